//! The builder of a verifier of hashed passwords.

use std::sync::Arc;

use super::store::HashStore;
use super::verifier::{HashCheckFn, HashedPasswords, RehashPolicy, VerifierInner};
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::password::hash::PasswordHash;
use crate::password::hashing_pool::HashingPool;
use crate::password::verified_password_cache::VerifiedPasswordCache;
use crate::secret::Secret;
use crate::single_flight::SharedComputations;
use crate::unavailable::Unavailable;

/// Builds a [`HashedPasswords`]. Create it with [`HashedPasswords::builder`].
pub struct HashedPasswordsBuilder<S> {
    store: S,
    pool: Option<HashingPool>,
    cache: Option<(VerifiedPasswordCache, Box<str>)>,
    max_length: usize,
    clock: Arc<dyn Clock>,
    check: Box<HashCheckFn>,
    rehash: Option<RehashPolicy>,
}

impl<S: HashStore> HashedPasswords<S> {
    /// Creates a verifier of the accounts in `store`, with its own pool and its own cache.
    ///
    /// # Errors
    ///
    /// The operating system could not start a thread, or the system random number generator failed.
    pub fn new(store: S) -> Result<Self, ConfigError> {
        Self::builder(store).build()
    }

    /// Creates a builder, to choose the pool, the cache and the limits.
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
    /// Computes hashes in `pool`. Several verifiers can share one pool. By default, the verifier starts its own.
    #[must_use]
    pub fn pool(mut self, pool: HashingPool) -> Self {
        self.pool = Some(pool);
        self
    }

    /// Remembers right passwords in `cache`, under the name `realm`. By default, the verifier has its own cache.
    ///
    /// Verifiers with different accounts that share a cache need different names. Otherwise they would share entries
    /// for accounts that have the same name, password and hash.
    ///
    /// Keep a clone of the cache to [clear](VerifiedPasswordCache::clear) it: then every password is hashed again.
    #[must_use]
    pub fn cache(mut self, cache: VerifiedPasswordCache, realm: &str) -> Self {
        self.cache = Some((cache, realm.into()));
        self
    }

    /// Refuses passwords of more than this many bytes. The default is 256, which is at least 64 characters of any
    /// script.
    ///
    /// A long password makes SHA-crypt and apr1 slow, because they hash the whole password in every round. For example,
    /// a password of 1024 bytes takes ten times as long as a password of 64 bytes, so that a client could keep the pool
    /// busy. The other algorithms hash the password once and then work on that hash.
    #[must_use]
    pub const fn max_length(mut self, bytes: usize) -> Self {
        self.max_length = bytes;
        self
    }

    /// Decides by the wall time of `clock` whether an account has expired.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Calls `check` in place of [`PasswordHash::matches`] to compute and compare a hash.
    ///
    /// Use it to count hashes, or to change the password before it is hashed. The verifier trusts the result: a
    /// password for which `check` returns `true` is right.
    #[must_use]
    pub fn check_with<F>(mut self, check: F) -> Self
    where
        F: Fn(&PasswordHash, Secret<'_>) -> Result<bool, Unavailable> + Send + Sync + 'static,
    {
        self.check = Box::new(check);
        self
    }

    /// Calls `rehash` when a user logs in whose hash should be replaced, as `is_needed` decides.
    ///
    /// `rehash` receives the user's name and the right password. A new hash can only be computed at that moment,
    /// because the server does not store the password. For example, `is_needed` returns `true` for hashes with a low
    /// [`estimated_time`](PasswordHash::estimated_time), and `rehash` stores the result of
    /// [`argon2id`](crate::password::hash::argon2id).
    ///
    /// `rehash` runs on a thread of the pool and may block. It is called once for each hash that is computed, and not
    /// for a password that the cache remembers. It receives a plaintext password, and must use it for nothing else.
    #[must_use]
    pub fn needs_rehash<N, T>(mut self, is_needed: N, rehash: T) -> Self
    where
        N: Fn(&PasswordHash) -> bool + Send + Sync + 'static,
        T: Fn(&str, Secret<'_>) + Send + Sync + 'static,
    {
        self.rehash = Some(RehashPolicy {
            is_needed: Box::new(is_needed),
            rehash: Box::new(rehash),
        });
        self
    }

    /// Builds the verifier.
    ///
    /// # Errors
    ///
    /// - No pool was set, and the operating system could not start a thread.
    /// - No cache was set, and the system random number generator failed.
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
            computations: SharedComputations::new(),
            max_length: self.max_length,
            clock: self.clock,
            check: self.check,
            rehash: self.rehash,
        })))
    }
}

shows! { impl[S] HashedPasswordsBuilder[S] as self { pool: self.pool, cache: self.cache } }
