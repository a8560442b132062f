//! A fixed set of opaque tokens.

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
use crate::secret::{Secret, same};
use crate::verified::{VerifiedNowOrLater, VerifyFailure};

/// Verifies tokens against a fixed set of opaque tokens.
///
/// The set keeps a hash of each token under a random key of this process, not the tokens. To rotate a token, add the
/// new token beside the old one, and give the old one an expiry.
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
    /// Sorted by their tags.
    tokens: Vec<TokenRecord<I>>,
    clock: Arc<dyn Clock>,
    grammar: TokenGrammar,
}

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
            tokens: Vec::new(),
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

    fn add(
        mut self,
        token: &str,
        identity: I,
        expiry: Option<SystemTime>,
    ) -> Result<Self, ConfigError> {
        self.check(token)?;
        let tag = self.tag(token);
        let Err(index) = self.tokens.binary_search_by_key(&tag, |record| record.tag) else {
            return Err(ConfigError::new("duplicate token: add each token once"));
        };
        let token = TokenRecord {
            tag,
            expiry,
            identity,
        };
        self.tokens.insert(index, token);
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

    fn tag(&self, token: &str) -> [u8; 32] {
        *blake3::keyed_hash(&self.key, token.as_bytes()).as_bytes()
    }

    /// Finds the token by the first 8 bytes of its tag, and compares the whole tag in constant time. The tags are keyed
    /// hashes, so a client cannot predict them, and the time of the search tells it nothing.
    fn find(&self, token: &str) -> Option<&TokenRecord<I>> {
        let tag = self.tag(token);
        let index = self
            .tokens
            .partition_point(|record| record.tag[..8] < tag[..8]);
        self.tokens
            .get(index)
            .filter(|record| same(&tag, &record.tag))
    }

    fn is_live(&self, token: &TokenRecord<I>) -> bool {
        token.expiry.is_none_or(|expiry| self.clock.wall() < expiry)
    }
}

impl<I: Clone + Send + Sync + 'static> VerifyToken for StaticTokens<I> {
    type Identity = I;

    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<I> {
        let found = self.find(token.expose());
        NowOrLater::now(Ok(match found {
            Some(token) if self.is_live(token) => Ok(token.identity.clone()),
            Some(_) => Err(VerifyFailure::for_reason(reasons::EXPIRED)),
            None => Err(VerifyFailure::default()),
        }))
    }

    fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}

shows! { impl[I] StaticTokens[I] as self { len: self.tokens.len() } }
