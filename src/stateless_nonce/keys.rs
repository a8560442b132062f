//! Under which keys does this server mint nonces, and know them again?

use std::sync::{Arc, PoisonError, RwLock};

use zeroize::Zeroize;

use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::random::random;

/// The keys under which nonces are issued: a current one, and the one before it, whose nonces are still good.
///
/// Without it, a [`Digest`](crate::scheme::Digest) makes a key of its own, and its nonces are stale after a restart.
/// Servers that answer for each other share a key, and a store, and clocks that agreed to within 5 seconds when each was
/// started; else they find each other's nonces stale. A clone is the same set of keys.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::digest::NonceKeys;
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let keys = NonceKeys::new([7; 32])?;
/// let kept = keys.clone(); // one goes into the `Digest`, and this one is kept
/// kept.rotate([8; 32])?; // a day later
/// assert!(kept.rotate([0; 32]).is_err(), "a key that was not loaded");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct NonceKeys(Arc<RwLock<KeyRing>>);

struct KeyRing {
    current: NonceKey,
    previous: Option<NonceKey>,
}

pub(super) struct NonceKey {
    /// Tells keys apart without telling anything about them.
    pub(super) id: u8,
    key: [u8; 32],
}

impl Drop for NonceKey {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl NonceKey {
    fn new(key: [u8; 32]) -> Result<Self, ConfigError> {
        if key == [0; 32] {
            return Err(ConfigError::new("the nonce key is zero: it was not loaded"));
        }
        let id = blake3::keyed_hash(&key, b"tower-challenge nonce key id").as_bytes()[0];
        Ok(Self { id, key })
    }

    #[inline]
    pub(super) fn mac<const N: usize>(&self, message: &[u8]) -> [u8; N] {
        first(blake3::keyed_hash(&self.key, message).as_bytes())
    }

    /// The number that stands for the account with this secret. Servers that share a store share the key, and a reader of
    /// the store learns nothing about the secret.
    pub(super) fn holder(&self, secret: &[u8]) -> u64 {
        let mut hash = blake3::Hasher::new_keyed(&self.key);
        hash.update(b"tower-challenge holder").update(secret);
        u64::from_le_bytes(first(hash.finalize().as_bytes()))
    }
}

impl NonceKeys {
    /// Issues under `key`: 32 random octets.
    ///
    /// # Errors
    ///
    /// They are all zero: the key was not loaded.
    pub fn new(key: [u8; 32]) -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(RwLock::new(KeyRing {
            current: NonceKey::new(key)?,
            previous: None,
        }))))
    }

    /// Issues under a key of this process alone.
    ///
    /// # Errors
    ///
    /// The operating system has no random octets to give.
    pub fn random() -> Result<Self, ConfigError> {
        Self::new(random()?)
    }

    /// Issues under `key` from now on. The nonces of the key before stay good; those of the one before that are stale.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new). The keys stay as they are.
    pub fn rotate(&self, key: [u8; 32]) -> Result<(), ConfigError> {
        let key = NonceKey::new(key)?;
        let mut ring = self.0.write().unwrap_or_else(PoisonError::into_inner);
        ring.previous = Some(std::mem::replace(&mut ring.current, key));
        Ok(())
    }

    /// Applies `f` to the current key.
    #[inline]
    pub(super) fn with_current<T>(&self, f: impl FnOnce(&NonceKey) -> T) -> T {
        f(&self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .current)
    }

    /// Whether one of the keys satisfies `f`.
    #[inline]
    pub(super) fn any(&self, f: impl Fn(&NonceKey) -> bool) -> bool {
        let ring = self.0.read().unwrap_or_else(PoisonError::into_inner);
        f(&ring.current) || ring.previous.as_ref().is_some_and(f)
    }
}

shows! { impl[] NonceKeys[] as self {} }

/// The first `N` octets; zeros where there are fewer.
pub(super) fn first<const N: usize>(octets: &[u8]) -> [u8; N] {
    let mut first = [0; N];
    for (to, from) in first.iter_mut().zip(octets) {
        *to = *from;
    }
    first
}
