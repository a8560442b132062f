//! Opaque tokens that are known beforehand.

use std::sync::Arc;
use std::time::SystemTime;

use zeroize::Zeroizing;

use super::VerifyToken;
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::now_or_later::NowOrLater;
use crate::principal::Principal;
use crate::random::random;
use crate::secret::{Secret, same};
use crate::verified::{Unverified, VerifiedNowOrLater};

/// A fixed set of opaque tokens.
///
/// The tokens themselves are not kept, but a hash of each under a random key of this process. To rotate a token, add
/// the new one beside the old one, and give the old one an expiry.
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
    /// In the order of their tags.
    tokens: Vec<TokenRecord<I>>,
    clock: Arc<dyn Clock>,
}

#[derive(Clone)]
struct TokenRecord<I> {
    tag: [u8; 32],
    expiry: Option<SystemTime>,
    identity: I,
}

impl<I> StaticTokens<I> {
    /// A set without a token, on which no scheme can be built.
    ///
    /// # Errors
    ///
    /// The operating system has no random octets to give.
    pub fn new() -> Result<Self, ConfigError> {
        Ok(Self {
            key: Zeroizing::new(random()?),
            tokens: Vec::new(),
            clock: Arc::new(SystemClock::new()),
        })
    }

    /// Tells the time by `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Adds a token that does not expire.
    ///
    /// # Errors
    ///
    /// It is no b64token (RFC 6750 section 2.1), or it is there already.
    pub fn token(self, token: &str, identity: I) -> Result<Self, ConfigError> {
        self.add(token, identity, None)
    }

    /// Adds a token that is good until `expiry`.
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
        if !crate::header::is_token68(token.as_bytes()) {
            return Err(ConfigError::new(
                "a token is letters, digits and -._~+/ with = at its end (RFC 6750 section 2.1)",
            ));
        }
        let tag = self.tag(token);
        let Err(place) = self.tokens.binary_search_by_key(&tag, |it| it.tag) else {
            return Err(ConfigError::new("a token is there twice"));
        };
        let token = TokenRecord {
            tag,
            expiry,
            identity,
        };
        self.tokens.insert(place, token);
        Ok(self)
    }

    fn tag(&self, token: &str) -> [u8; 32] {
        *blake3::keyed_hash(&self.key, token.as_bytes()).as_bytes()
    }

    /// Found by the first octets of its tag, which nobody outside can predict, and compared in constant time.
    fn find(&self, token: &str) -> Option<&TokenRecord<I>> {
        let tag = self.tag(token);
        let place = self.tokens.partition_point(|it| it.tag[..8] < tag[..8]);
        self.tokens.get(place).filter(|it| same(&tag, &it.tag))
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
            Some(_) => Err(Unverified::because("the token has expired")),
            None => Err(Unverified::default()),
        }))
    }

    fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}

shows! { impl[I] StaticTokens[I] as self { len: self.tokens.len() } }
