//! How a verifier of hashed passwords is tuned.

use std::sync::Arc;

use super::store::HashStore;
use super::verifier::{HashCheck, HashedPasswords, RehashPolicy, VerifierInner};
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::password::hash::PasswordHash;
use crate::password::hashing_pool::HashingPool;
use crate::password::verified_password_cache::VerifiedPasswordCache;
use crate::secret::Secret;
use crate::single_flight::InFlight;
use crate::unavailable::Unavailable;

/// Tunes a [`HashedPasswords`].
pub struct HashedPasswordsBuilder<S> {
    store: S,
    pool: Option<HashingPool>,
    cache: Option<(VerifiedPasswordCache, Box<str>)>,
    max_length: usize,
    clock: Arc<dyn Clock>,
    check: Box<HashCheck>,
    rehash: Option<RehashPolicy>,
}

impl<S: HashStore> HashedPasswords<S> {
    /// Verifies against `store`, with a pool and a cache of its own.
    ///
    /// # Errors
    ///
    /// The operating system starts no thread, or has no random octets to give.
    pub fn new(store: S) -> Result<Self, ConfigError> {
        Self::builder(store).build()
    }

    /// One that is tuned.
    #[must_use]
    pub fn builder(store: S) -> HashedPasswordsBuilder<S> {
        HashedPasswordsBuilder {
            store,
            pool: None,
            cache: None,
            max_length: 256,
            clock: Arc::new(SystemClock::new()),
            check: Box::new(PasswordHash::matches),
            rehash: None,
        }
    }
}

impl<S: HashStore> HashedPasswordsBuilder<S> {
    /// Computes hashes in `pool`, which others may use as well.
    #[must_use]
    pub fn pool(mut self, pool: HashingPool) -> Self {
        self.pool = Some(pool);
        self
    }

    /// Remembers right passwords in `cache`, under the name `realm`: verifiers with different accounts that share a cache
    /// need different names. [Clear](VerifiedPasswordCache::clear) it, and every password is hashed again.
    #[must_use]
    pub fn cache(mut self, cache: VerifiedPasswordCache, realm: &str) -> Self {
        self.cache = Some((cache, realm.into()));
        self
    }

    /// Refuses passwords of more than `octets`: 256 by default, which is 64 characters of any script.
    ///
    /// What SHA-crypt and apr1 cost grows with the password in every round: one of 1024 octets takes ten times as long as
    /// one of 64, whoever sends it. The others hash it once, and then its hash.
    #[must_use]
    pub const fn max_length(mut self, octets: usize) -> Self {
        self.max_length = octets;
        self
    }

    /// Tells by `clock` whether an account has expired.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Computes and compares hashes with `check` in place of [`PasswordHash::matches`]: to count them, or to change
    /// the password before they are computed. Whatever it says is right is right.
    #[must_use]
    pub fn check_with<F>(mut self, check: F) -> Self
    where
        F: Fn(&PasswordHash, Secret<'_>) -> Result<bool, Unavailable> + Send + Sync + 'static,
    {
        self.check = Box::new(check);
        self
    }

    /// Tells `tell` the name and the right password of whoever logs in while `is_needed` says of their hash that it
    /// should be made anew. That is the moment at which it can be.
    ///
    /// `tell` runs on a thread of the pool, once for each hash that is computed, and may take a while: it can compute
    /// the new hash there. What it does with the password is up to it, so it should do nothing else.
    #[must_use]
    pub fn needs_rehash<N, T>(mut self, is_needed: N, tell: T) -> Self
    where
        N: Fn(&PasswordHash) -> bool + Send + Sync + 'static,
        T: Fn(&str, Secret<'_>) + Send + Sync + 'static,
    {
        self.rehash = Some(RehashPolicy {
            is_needed: Box::new(is_needed),
            tell: Box::new(tell),
        });
        self
    }

    /// The verifier.
    ///
    /// # Errors
    ///
    /// It was given no pool, and the operating system starts no thread; or no cache, and there are no random octets.
    pub fn build(self) -> Result<HashedPasswords<S>, ConfigError> {
        let (cache, realm) = match self.cache {
            Some(cache) => cache,
            None => (VerifiedPasswordCache::new()?, Box::default()),
        };
        Ok(HashedPasswords(Arc::new(VerifierInner {
            store: self.store,
            pool: self.pool.map_or_else(HashingPool::new, Ok)?,
            cache,
            realm,
            in_flight: InFlight::new(),
            max_length: self.max_length,
            clock: self.clock,
            check: self.check,
            rehash: self.rehash,
        })))
    }
}

shows! { impl[S] HashedPasswordsBuilder[S] as self { pool: self.pool, cache: self.cache } }
