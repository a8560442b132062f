//! A cache of signing keys, so that the scheme does not derive a key again for every request.
//!
//! The scheme stores a signing key only after a signature with it has verified. An attacker without a secret can
//! therefore neither fill the cache nor displace keys from it. A key is found by a hash of its secret. If the
//! application changes a secret, the keys of the old secret are therefore not found any more.

use super::signing_key::SigningKey;
use crate::secret::same;
use crate::set_cache::{CacheTag, SetCache};

/// The number of slots. Two secrets that share a slot displace each other's keys.
const SLOTS: usize = 256;

/// A cache with a fixed number of slots.
pub(super) struct KeyCache(SetCache<KeyTag, SigningKey, 1>);

/// The key by which the cache finds a signing key: a hash of the secret, and the day.
struct KeyTag([u8; 32], [u8; 8]);

impl CacheTag for KeyTag {
    /// The first byte of the hash chooses the slot; the bytes of a hash are evenly distributed. The day has no part in
    /// it, so that the key of a new day replaces the key of the day before.
    fn spread(&self) -> u64 {
        u64::from(self.0[0])
    }

    fn is(&self, other: &Self) -> bool {
        same(&self.0, &other.0) && self.1 == other.1
    }
}

impl KeyCache {
    pub(super) fn new() -> Self {
        Self(SetCache::new(SLOTS))
    }

    /// Returns the signing key for a day, of the secret with this hash.
    pub(super) fn find(&self, secret: &[u8; 32], day: &[u8; 8]) -> Option<SigningKey> {
        self.0.find(&KeyTag(*secret, *day), |key| Some(key.clone()))
    }

    /// Stores a signing key, and displaces the key in the same slot.
    pub(super) fn keep(&self, secret: &[u8; 32], day: &[u8; 8], key: &SigningKey) {
        self.0.keep(KeyTag(*secret, *day), key.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::super::CredentialScope;
    use super::{KeyCache, SigningKey};
    use crate::secret::Secret;

    #[test]
    fn a_signing_key_is_found_by_its_secret_and_day_until_another_displaces_it() {
        let scope = CredentialScope {
            region: "us-east-1",
            service: "s3",
        };
        let (cache, day) = (KeyCache::new(), b"20150830");
        let key = SigningKey::derive(Secret::new("secret"), day, scope);
        cache.keep(&[1; 32], day, &key);
        assert!(cache.find(&[1; 32], day).is_some());
        assert!(cache.find(&[1; 32], b"20150831").is_none());
        let mut other = [1; 32];
        other[31] = 2;
        assert!(
            cache.find(&other, day).is_none(),
            "the other secret shares the slot and has no key"
        );
        cache.keep(&other, day, &key);
        assert!(
            cache.find(&[1; 32], day).is_none(),
            "the other key has displaced it"
        );
    }
}
