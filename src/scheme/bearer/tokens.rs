//! A fixed set of opaque tokens.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::VerifyToken;
use super::message::is_visible_token;
use super::reasons;
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::header::is_token68;
use crate::now_or_later::NowOrLater;
use crate::principal::Principal;
use crate::random::random;
use crate::scheme::contract::presented_field::MAX_FIELD_LENGTH;
use crate::secret::{Secret, SecretString, same};
use crate::verified::{VerifiedNowOrLater, VerifyFailure};

/// Verifies tokens against a fixed set of opaque tokens.
///
/// A set of up to four tokens keeps the tokens, and compares each of them in constant time. A larger set keeps a hash of
/// each token under a random key of this process, and no token. To rotate a token, add the new token beside the old one,
/// and give the old one an expiry.
///
/// # Example
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tower_challenge::scheme::bearer::{StaticTokens, VerifyToken};
/// use tower_challenge::{Principal, Secret};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let ada = Principal::new("ada").with_scopes("read");
/// let tokens = StaticTokens::new()?
///     .token_until("0ld", ada.clone(), SystemTime::now() + Duration::from_secs(3600))?
///     .token("n3w", ada)?;
/// let verify = |token| tokens.verify(Secret::new(token)).try_now().unwrap().unwrap();
/// assert!(verify("0ld").is_ok());
/// assert!(verify("n3w").is_ok());
/// assert!(verify("n3w=").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct StaticTokens<I = Principal> {
    key: Zeroizing<[u8; 32]>,
    /// The expiry and the identity of each token, in the order in which the tokens were added.
    records: Vec<TokenRecord<I>>,
    /// The index of each token in `records`, under the first 8 bytes of its tag.
    index_by_tag: HashMap<u64, usize, BuildHasherDefault<TagHasher>>,
    /// The tokens themselves, in the order of `records`. It is empty if there are more than [`FEW`].
    few: Vec<SecretString>,
    clock: Arc<dyn Clock>,
    grammar: TokenGrammar,
}

/// The largest number of tokens for which it is cheaper to compare all of them than to compute a hash.
const FEW: usize = 4;

/// The characters that a token may have.
#[derive(Clone, Copy)]
enum TokenGrammar {
    /// A b64token (RFC 6750 section 2.1).
    B64Token,
    /// Visible ASCII without a comma and a quotation mark.
    VisibleAscii,
    /// Visible ASCII.
    ApiKey,
}

/// Passes the first bytes of a tag on. They are random already: a tag is a hash under a random key.
#[derive(Default)]
struct TagHasher(u64);

impl Hasher for TagHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, tag: u64) {
        self.0 = tag;
    }
}

#[derive(Clone)]
struct TokenRecord<I> {
    tag: [u8; 32],
    expiry: Option<SystemTime>,
    identity: I,
}

impl<I> StaticTokens<I> {
    /// Makes a set without a token. [`Bearer::new`](super::Bearer::new) refuses a set that is still empty.
    ///
    /// # Errors
    ///
    /// The system random number generator failed.
    pub fn new() -> Result<Self, ConfigError> {
        Ok(Self {
            key: Zeroizing::new(random()?),
            records: Vec::new(),
            index_by_tag: HashMap::default(),
            few: Vec::new(),
            clock: Arc::new(SystemClock::new()),
            grammar: TokenGrammar::B64Token,
        })
    }

    /// Allows tokens of all visible ASCII characters except the comma and the quotation mark, for example `5|kq8Zr0`.
    /// Call it before [`token`](Self::token). [`Bearer::allow_visible_ascii`](super::Bearer::allow_visible_ascii) must
    /// be called, too: without it, no such token reaches this set, and the client gets `400`.
    #[must_use]
    pub const fn allow_visible_ascii(mut self) -> Self {
        self.grammar = TokenGrammar::VisibleAscii;
        self
    }

    /// Allows tokens of all visible ASCII characters, for the scheme `ApiKey`. Call it before [`token`](Self::token). A
    /// list of keys does not need it.
    #[must_use]
    pub const fn allow_api_keys(mut self) -> Self {
        self.grammar = TokenGrammar::ApiKey;
        self
    }

    /// Reads the time from `clock`, to find expired tokens.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Adds a token that never expires.
    ///
    /// # Errors
    ///
    /// The text is not a b64token (RFC 6750 section 2.1) and not [allowed](Self::allow_visible_ascii) otherwise, or the
    /// set has this token already.
    pub fn token(self, token: &str, identity: I) -> Result<Self, ConfigError> {
        self.add(token, identity, None)
    }

    /// Adds a token that is valid before `expiry`, and expired from that moment on.
    ///
    /// # Errors
    ///
    /// As for [`token`](Self::token).
    pub fn token_until(
        self,
        token: &str,
        identity: I,
        expiry: SystemTime,
    ) -> Result<Self, ConfigError> {
        self.add(token, identity, Some(expiry))
    }

    /// Adds tokens that never expire, each with the identity of its holder. To add a token takes as long in a set of a
    /// million tokens as in an empty one.
    ///
    /// # Errors
    ///
    /// As for [`token`](Self::token), for one of the tokens.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::scheme::bearer::{StaticTokens, VerifyToken};
    /// use tower_challenge::{Principal, Secret};
    ///
    /// let rows = (0..1000).map(|number| (format!("t0ken-{number}"), Principal::new("ada")));
    /// let tokens = StaticTokens::new()?.tokens(rows)?;
    /// let verify = |token| tokens.verify(Secret::new(token)).try_now().unwrap().unwrap();
    /// assert!(verify("t0ken-999").is_ok());
    /// assert!(verify("t0ken-1000").is_err());
    /// let twice = [("t0ken", Principal::new("ada")), ("t0ken", Principal::new("grace"))];
    /// assert!(StaticTokens::new()?.tokens(twice).is_err());
    /// # Ok::<(), tower_challenge::ConfigError>(())
    /// ```
    pub fn tokens<T: AsRef<str>>(
        self,
        tokens: impl IntoIterator<Item = (T, I)>,
    ) -> Result<Self, ConfigError> {
        let mut tokens = tokens.into_iter();
        tokens.try_fold(self, |set, (token, identity)| {
            set.token(token.as_ref(), identity)
        })
    }

    fn add(
        mut self,
        token: &str,
        identity: I,
        expiry: Option<SystemTime>,
    ) -> Result<Self, ConfigError> {
        self.check(token)?;
        let tag = self.tag(token.as_bytes());
        // Two tokens whose tags begin with the same 8 bytes are taken for one. That happens by chance once in some
        // thousand million sets of 100,000 tokens.
        match self.index_by_tag.entry(start_of(&tag)) {
            Entry::Occupied(_) => {
                return Err(ConfigError::new("duplicate token: add each token once"));
            }
            Entry::Vacant(free) => free.insert(self.records.len()),
        };
        self.records.push(TokenRecord {
            tag,
            expiry,
            identity,
        });
        match self.records.len() {
            ..=FEW => self.few.push(SecretString::new(token)),
            _ => self.few.clear(),
        }
        Ok(self)
    }

    fn check(&self, token: &str) -> Result<(), ConfigError> {
        match self.grammar {
            _ if token.is_empty() => Err(ConfigError::new(
                "a token must not be empty: is the variable set that it comes from?",
            )),
            TokenGrammar::B64Token if !is_token68(token.as_bytes()) => Err(ConfigError::new(
                "invalid token: use letters, digits and -._~+/ and then optional = (RFC 6750 section 2.1), or allow more",
            )),
            TokenGrammar::VisibleAscii if !is_visible_token(token) => Err(ConfigError::new(
                "invalid token: use visible ASCII characters except the comma and the quotation mark",
            )),
            TokenGrammar::ApiKey if !token.bytes().all(|byte| byte.is_ascii_graphic()) => Err(
                ConfigError::new("invalid API key: use visible ASCII characters, without spaces"),
            ),
            _ if token.len() > MAX_FIELD_LENGTH => Err(ConfigError::new(
                "the token is longer than 16 KiB, so the layer would refuse each request with it",
            )),
            _ => Ok(()),
        }
    }

    fn tag(&self, token: &[u8]) -> [u8; 32] {
        *blake3::keyed_hash(&self.key, token).as_bytes()
    }

    /// Finds a token.
    ///
    /// In a small set, it compares every token in constant time, so that the time does not tell which of them resembles
    /// the presented one. In a large set, it finds the token by the first 8 bytes of its tag, and compares the whole tag in
    /// constant time. The tags are keyed hashes, so a client cannot predict them, and the time of the search tells it
    /// nothing.
    fn find(&self, presented: Secret<'_>) -> Option<&TokenRecord<I>> {
        if !self.few.is_empty() {
            let tokens = self.few.iter().zip(&self.records);
            return tokens.fold(None, |found, (token, record)| {
                match presented.matches(token.expose()) {
                    true => Some(record),
                    false => found,
                }
            });
        }
        let tag = self.tag(presented.expose_bytes());
        let index = *self.index_by_tag.get(&start_of(&tag))?;
        let found = self.records.get(index);
        found.filter(|record| same(&tag, &record.tag))
    }

    fn is_live(&self, token: &TokenRecord<I>) -> bool {
        token.expiry.is_none_or(|expiry| self.clock.wall() < expiry)
    }
}

/// Returns the first 8 bytes of a tag.
const fn start_of(tag: &[u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *tag;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

impl<I: Clone + Send + Sync + 'static> VerifyToken for StaticTokens<I> {
    type Identity = I;

    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<I> {
        let found = self.find(token);
        NowOrLater::now(Ok(match found {
            Some(token) if self.is_live(token) => Ok(token.identity.clone()),
            Some(_) => Err(VerifyFailure::for_reason(reasons::EXPIRED).uncounted()),
            None => Err(VerifyFailure::default()),
        }))
    }

    fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

shows! { impl[I] StaticTokens[I] as self { len: self.records.len() } }
