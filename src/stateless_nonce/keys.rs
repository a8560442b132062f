//! The keys under which a server issues and recognises nonces.

use std::sync::{Arc, PoisonError, RwLock};

use zeroize::Zeroize;

use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::random::random;

/// The keys for nonces: the current key, under which nonces are issued, and the previous key, whose nonces are still
/// good.
///
/// Without `NonceKeys`, each scheme that issues nonces makes a random key, so its nonces are stale after a restart.
///
/// Servers that answer for each other share a key and a store. Their clocks must agree to within 5 seconds when each
/// server starts, or they find each other's nonces stale. A clone is the same set of keys: to rotate the keys of a
/// running scheme, keep a clone.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "digest")] {
/// # use tower_challenge::ConfigError;
/// use tower_challenge::scheme::digest::NonceKeys;
///
/// # fn main() -> Result<(), ConfigError> {
/// let keys = NonceKeys::new([7; 32])?;
/// let kept = keys.clone(); // `keys` goes into the scheme
/// kept.rotate([8; 32])?; // a day later
/// assert!(kept.rotate([0; 32]).is_err(), "a key of zeros was not loaded");
/// # Ok(())
/// # }
/// # main().unwrap(); }
/// ```
#[derive(Clone)]
pub struct NonceKeys(Arc<RwLock<KeyRing>>);

struct KeyRing {
    current: NonceKey,
    previous: Option<NonceKey>,
}

pub(super) struct NonceKey {
    /// Tells the keys apart. It is a keyed hash, so it reveals nothing about the key.
    pub(super) id: u8,
    pub(super) key: [u8; 32],
}

impl Drop for NonceKey {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl NonceKey {
    fn new(key: [u8; 32]) -> Result<Self, ConfigError> {
        if key == [0; 32] {
            return Err(ConfigError::new(
                "the nonce key is all zeros: load 32 random bytes",
            ));
        }
        let id = blake3::keyed_hash(&key, b"tower-challenge nonce key id").as_bytes()[0];
        Ok(Self { id, key })
    }

    /// The number that stands for the account with this secret. Servers that share a store also share the key, so they
    /// compute the same number. A reader of the store learns nothing about the secret from it.
    pub(super) fn holder(&self, secret: &[u8]) -> u64 {
        let mut hash = blake3::Hasher::new_keyed(&self.key);
        hash.update(b"tower-challenge holder").update(secret);
        u64::from_le_bytes(first(hash.finalize().as_bytes()))
    }
}

impl NonceKeys {
    /// Issues nonces under `key`, which must be 32 random bytes.
    ///
    /// # Errors
    ///
    /// All bytes are zero, so the application has not loaded the key.
    pub fn new(key: [u8; 32]) -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(RwLock::new(KeyRing {
            current: NonceKey::new(key)?,
            previous: None,
        }))))
    }

    /// Issues nonces under a random key of this process.
    ///
    /// # Errors
    ///
    /// The system random number generator failed.
    pub fn random() -> Result<Self, ConfigError> {
        Self::new(random()?)
    }

    /// Issues nonces under `key` from now on. Nonces under the key before stay good until they expire; nonces under
    /// earlier keys are stale.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new). The keys then stay unchanged.
    pub fn rotate(&self, key: [u8; 32]) -> Result<(), ConfigError> {
        let key = NonceKey::new(key)?;
        let mut ring = self.0.write().unwrap_or_else(PoisonError::into_inner);
        ring.previous = Some(std::mem::replace(&mut ring.current, key));
        Ok(())
    }

    /// Calls `f` with the current key.
    #[inline]
    pub(super) fn with_current<T>(&self, f: impl FnOnce(&NonceKey) -> T) -> T {
        f(&self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .current)
    }

    /// What `f` finds with the current key, or else with the previous one.
    #[inline]
    pub(super) fn find<T>(&self, f: impl Fn(&NonceKey) -> Option<T>) -> Option<T> {
        let ring = self.0.read().unwrap_or_else(PoisonError::into_inner);
        f(&ring.current).or_else(|| ring.previous.as_ref().and_then(&f))
    }
}

shows! { impl[] NonceKeys[] as self {} }

/// The first `N` bytes, filled up with zeros if there are fewer.
pub(super) fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut first = [0; N];
    for (to, from) in first.iter_mut().zip(bytes) {
        *to = *from;
    }
    first
}
