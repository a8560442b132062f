//! Configures a HOBA scheme.

use std::sync::Arc;
use std::time::Duration;

use super::origin::HobaOrigin;
use super::sessions::HobaSessions;
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::stateless_nonce::NonceKeys;
use crate::store::ReplayStore;

/// Configures and builds a [`Hoba`](super::Hoba). [`Hoba::builder`](super::Hoba::builder) makes one.
///
/// The defaults: no realm, `max-age="0"`, signatures with SHA-256 alone, a key of this process, and a
/// [`MemoryStore`](crate::store::MemoryStore).
///
/// # Example
///
/// ```
/// # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
/// use std::time::Duration;
///
/// use tower_challenge::scheme::Hoba;
/// use tower_challenge::scheme::hoba::HobaKey;
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let no_keys = |_: &str| None::<HobaKey>;
/// let hoba = Hoba::builder("https://example.com", no_keys)
///     .realm("files")
///     .max_age(Duration::from_secs(10))
///     .build()?;
/// # drop(hoba);
/// assert!(Hoba::builder("example.com", no_keys).build().is_err(), "an origin has a scheme");
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
#[must_use]
pub struct HobaBuilder<L> {
    pub(super) origin: Result<HobaOrigin, ConfigError>,
    pub(super) realm: String,
    pub(super) lookup: L,
    pub(super) max_age: Duration,
    pub(super) sha1: bool,
    pub(super) keys: Option<NonceKeys>,
    pub(super) store: Option<Arc<dyn ReplayStore>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sessions: Option<HobaSessions>,
}

impl<L> HobaBuilder<L> {
    pub(super) fn new(origin: &str, lookup: L) -> Self {
        Self {
            origin: HobaOrigin::parse(origin),
            realm: String::new(),
            lookup,
            max_age: Duration::ZERO,
            sha1: false,
            keys: None,
            store: None,
            clock: Arc::new(SystemClock::new()),
            sessions: None,
        }
    }

    /// Names the realm in the challenge. Signatures cover it. Without this call, the challenge has no realm.
    ///
    /// Use ASCII: HTTP libraries do not agree on the bytes of other characters in a field, and a signature over other bytes
    /// is wrong.
    pub fn realm(mut self, realm: &str) -> Self {
        realm.clone_into(&mut self.realm);
        self
    }

    /// Sets how long a challenge is good after the server has sent it, in whole seconds, at most 24 hours. A client may
    /// sign it several times, each time with another nonce. The server accepts each signature once.
    ///
    /// The default is zero: then a challenge is good for one signature, and lives 60 seconds if no client uses it.
    pub const fn max_age(mut self, time: Duration) -> Self {
        self.max_age = time;
        self
    }

    /// Also accepts keys for [`RsaSha1`](super::HobaAlgorithm::RsaSha1). SHA-1 is broken: an attacker who chooses a part
    /// of what a client signs might find a second text with the same signature.
    pub const fn legacy_rsa_sha1(mut self) -> Self {
        self.sha1 = true;
        self
    }

    /// Issues challenges under `keys` in place of a random key of this process. Servers that share keys must also share
    /// a [`store`](Self::store): a challenge is bound to the epoch of the store.
    pub fn nonce_keys(mut self, keys: NonceKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Remembers used challenges and signatures in `store`, in place of a
    /// [`MemoryStore`](crate::store::MemoryStore) for this scheme alone.
    pub fn store(mut self, store: impl ReplayStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Begins a session with each admitted signature: the response sets a cookie. See [`HobaSessions`].
    pub fn sessions(mut self, sessions: HobaSessions) -> Self {
        self.sessions = Some(sessions);
        self
    }

    /// Reads the time from `clock`.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

shows! { impl[L] HobaBuilder[L] as self {
    origin: self.origin,
    realm: self.realm,
    max_age: self.max_age,
    sha1: self.sha1,
} }
