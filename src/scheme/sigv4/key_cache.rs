//! Signing keys that were used before, so that they need not be derived again.
//!
//! A key is kept only after a signature made with it was right, so that no stranger can fill the cache or empty it; and it
//! is found by a hash of the secret, so that a secret that was changed counts at once.

use super::signing_key::SigningKey;
use crate::secret::same;
use crate::set_cache::{CacheTag, SetCache};

/// How many keys are kept. Two secrets that fall into one place take turns.
const PLACES: usize = 256;

/// A fixed number of places.
pub(super) struct KeyCache(SetCache<KeyTag, SigningKey, 1>);

/// A hash of the secret, and the day.
struct KeyTag([u8; 32], [u8; 8]);

impl CacheTag for KeyTag {
    /// A hash is spread evenly: its first octet will do. The key of a new day takes the place of yesterday's.
    fn spread(&self) -> u64 {
        u64::from(self.0[0])
    }

    fn is(&self, other: &Self) -> bool {
        same(&self.0, &other.0) && self.1 == other.1
    }
}

impl KeyCache {
    pub(super) fn new() -> Self {
        Self(SetCache::new(PLACES))
    }

    /// The key of the secret with this hash, for a day.
    pub(super) fn find(&self, secret: &[u8; 32], day: &[u8; 8]) -> Option<SigningKey> {
        self.0.find(&KeyTag(*secret, *day), |key| Some(key.clone()))
    }

    /// Keeps a key in the place of another.
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
    fn a_key_is_found_by_its_secret_and_its_day_alone() {
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
        assert!(cache.find(&other, day).is_none(), "in the same place");
        cache.keep(&other, day, &key);
        assert!(cache.find(&[1; 32], day).is_none(), "it is bounded");
    }
}
