//! Signing keys that were used before, so that they need not be derived again.
//!
//! A key is kept only after a signature made with it was right, so that no stranger can fill the cache or empty it; and it
//! is found by a hash of the secret, so that a secret that was changed counts at once.

use std::sync::{Mutex, PoisonError};

use super::signing_key::SigningKey;
use crate::secret::same;

/// How many keys are kept. Two secrets that fall into one place take turns.
const PLACES: usize = 256;

/// A fixed number of places.
pub(super) struct KeyCache {
    places: Box<[Mutex<Option<Kept>>]>,
}

struct Kept {
    secret: [u8; 32],
    day: [u8; 8],
    key: SigningKey,
}

impl KeyCache {
    pub(super) fn new() -> Self {
        let places = std::iter::repeat_with(|| Mutex::new(None));
        Self {
            places: places.take(PLACES).collect(),
        }
    }

    /// The key of the secret with this hash, for a day.
    pub(super) fn find(&self, secret: &[u8; 32], day: &[u8; 8]) -> Option<SigningKey> {
        let place = self.place(secret).lock();
        let kept = place.unwrap_or_else(PoisonError::into_inner);
        let kept = kept.as_ref()?;
        let is_it = same(secret, &kept.secret) && kept.day == *day;
        is_it.then(|| kept.key.clone())
    }

    /// Keeps a key in the place of another.
    pub(super) fn keep(&self, secret: &[u8; 32], day: &[u8; 8], key: &SigningKey) {
        let kept = Kept {
            secret: *secret,
            day: *day,
            key: key.clone(),
        };
        let place = self.place(secret).lock();
        *place.unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }

    /// A hash is spread evenly: its first octet will do.
    fn place(&self, secret: &[u8; 32]) -> &Mutex<Option<Kept>> {
        &self.places[usize::from(secret[0]) % self.places.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scope;
    use super::{KeyCache, SigningKey};
    use crate::secret::Secret;

    #[test]
    fn a_key_is_found_by_its_secret_and_its_day_alone() {
        let scope = Scope {
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
