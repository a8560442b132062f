//! What a Digest scheme can be told.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::Digest;
use super::accounts::DigestAccount;
use super::algorithm::Algorithm;
use super::info::Template;
use super::nonce::{NonceKeys, Nonces};
use super::server::Core;
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::password::Lookup;
use crate::random::random;
use crate::store::{MemoryStore, ReplayStore};

/// Builds a [`Digest`].
#[must_use]
pub struct DigestBuilder<L> {
    realm: String,
    lookup: L,
    algorithms: Vec<Algorithm>,
    legacy_md5: bool,
    opaque: Option<String>,
    keys: Option<NonceKeys>,
    lifetime: Duration,
    store: Option<Arc<dyn ReplayStore>>,
    clock: Arc<dyn Clock>,
}

impl<L> DigestBuilder<L> {
    pub(super) fn new(realm: &str, lookup: L) -> Self {
        Self {
            realm: realm.to_owned(),
            lookup,
            algorithms: vec![Algorithm::Sha256],
            legacy_md5: false,
            opaque: None,
            keys: None,
            lifetime: Duration::from_secs(300),
            store: None,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Offers these algorithms, strongest first, in place of SHA-256 alone: one challenge for each, all with one nonce.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Lets MD5 be offered; where [`algorithms`](Self::algorithms) does not name it, as the last.
    ///
    /// MD5 is broken as a hash. Digest rests on less than what is broken, but a password of ordinary strength that is
    /// seen in an exchange is soon guessed.
    pub const fn legacy_md5(mut self) -> Self {
        self.legacy_md5 = true;
        self
    }

    /// Sends `opaque`, and requires it back.
    pub fn opaque(mut self, opaque: &str) -> Self {
        self.opaque = Some(opaque.to_owned());
        self
    }

    /// Issues nonces under `keys`, which can be shared with other servers and changed, in place of a key of this
    /// process. Servers that share keys must share a [`store`](Self::store), or nonces could be replayed from one to
    /// the other.
    pub fn nonce_keys(mut self, keys: NonceKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Lets nonces live that long, in place of 5 minutes. A client that comes later is told `stale=true` and comes again
    /// by itself.
    pub const fn nonce_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Remembers nonce counts in `store`, in place of a [`MemoryStore`] of its own.
    pub fn store(mut self, store: impl ReplayStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Tells the time by `clock`.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The algorithms to offer.
    fn offer(&self) -> Result<Vec<Algorithm>, ConfigError> {
        let mut offer = self.algorithms.clone();
        if self.legacy_md5 && !offer.contains(&Algorithm::Md5) {
            offer.push(Algorithm::Md5);
        }
        if offer.contains(&Algorithm::Md5) && !self.legacy_md5 {
            return Err(ConfigError::new("to offer MD5, call `legacy_md5`"));
        }
        let repeated = (1..offer.len()).any(|end| offer[..end].contains(&offer[end]));
        if offer.is_empty() || repeated {
            return Err(ConfigError::new(
                "offer one algorithm at least, and each once",
            ));
        }
        Ok(offer)
    }
}

impl<L, I> DigestBuilder<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// The scheme.
    ///
    /// # Errors
    ///
    /// There is no algorithm, one appears twice, or one is MD5 without [`legacy_md5`](Self::legacy_md5); the realm or
    /// the opaque text holds a control character; a nonce would live for less than a second; the operating system has
    /// no random octets to give.
    pub fn build(self) -> Result<Digest<L>, ConfigError> {
        let algorithms = self.offer()?;
        if self.lifetime < Duration::from_secs(1) {
            return Err(ConfigError::new(
                "a nonce has to live for a second at least",
            ));
        }
        let keys = self.keys.map_or_else(NonceKeys::random, Ok)?;
        let names = algorithms.iter().map(|it| it.name()).collect::<Vec<_>>();
        let space = [self.realm.as_bytes(), names.join(",").as_bytes()].map(<[u8]>::to_vec);
        let space = space.each_ref().map(Vec::as_slice);
        let nonces = Nonces::new(keys, &space, self.clock, self.lifetime)?;
        let template = |algorithm| {
            let template = Template::new(&self.realm, algorithm, self.opaque.as_deref())?;
            Ok((algorithm, template))
        };
        let offers = algorithms.into_iter().map(template);
        Ok(Digest::from_core(Core {
            offers: offers.collect::<Result<_, ConfigError>>()?,
            realm: self.realm,
            opaque: self.opaque,
            lookup: self.lookup,
            nonces,
            store: self.store.unwrap_or_else(|| Arc::new(MemoryStore::new())),
            epoch: AtomicU64::new(0),
            dummy: random()?,
        }))
    }
}

impl<L> fmt::Debug for DigestBuilder<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestBuilder")
            .field("realm", &self.realm)
            .field("algorithms", &self.algorithms)
            .field("legacy_md5", &self.legacy_md5)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
