//! A cache of signing keys, so that the scheme does not derive a key again for every request.
//!
//! The scheme stores a signing key only after a signature with it has verified. An attacker without a secret can
//! therefore neither fill the cache nor displace keys from it. A key is found by a hash of its secret. If the
//! application changes a secret, the keys of the old secret are therefore not found any more.

use super::accepted_scopes::ScopeIndex;
use super::signing_key::SigningKey;
use crate::secret::same;
use crate::set_cache::{CacheTag, SetCache};

/// The number of slots. Two secrets that share a slot displace each other's keys.
const SLOTS: usize = 256;

/// A cache with a fixed number of slots.
pub(super) struct KeyCache(SetCache<KeyTag, SigningKey, 1>);

/// The key by which the cache finds a signing key: a hash of the secret, the day, and the region with the service.
#[derive(Clone, Copy)]
pub(super) struct KeyTag {
    pub(super) secret: [u8; 32],
    pub(super) day: [u8; 8],
    pub(super) scope: ScopeIndex,
}

impl CacheTag for KeyTag {
    /// The first byte of the hash and the scope choose the slot; the bytes of a hash are evenly distributed. The day has
    /// no part in it, so that the key of a new day replaces the key of the day before.
    fn spread(&self) -> u64 {
        u64::from(self.secret[0]).wrapping_add(self.scope.number())
    }

    fn is(&self, other: &Self) -> bool {
        same(&self.secret, &other.secret) && self.day == other.day && self.scope == other.scope
    }
}

impl KeyCache {
    pub(super) fn new() -> Self {
        Self(SetCache::new(SLOTS))
    }

    pub(super) fn find(&self, tag: &KeyTag) -> Option<SigningKey> {
        self.0.find(tag, |key| Some(key.clone()))
    }

    /// Stores a signing key, and displaces the key in the same slot.
    pub(super) fn keep(&self, tag: KeyTag, key: &SigningKey) {
        self.0.keep(tag, key.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::super::CredentialScope;
    use super::super::accepted_scopes::AcceptedScopes;
    use super::{CacheTag, KeyCache, KeyTag, ScopeIndex, SigningKey};
    use crate::secret::Secret;

    const TAG: KeyTag = KeyTag {
        secret: [1; 32],
        day: *b"20150830",
        scope: ScopeIndex::FIRST,
    };
    const SCOPE: CredentialScope<'_> = CredentialScope {
        region: "us-east-1",
        service: "s3",
    };

    fn key() -> SigningKey {
        SigningKey::derive(Secret::new("secret"), b"20150830", SCOPE)
    }

    #[test]
    fn a_signing_key_is_found_by_its_secret_and_day_until_another_displaces_it() {
        let cache = KeyCache::new();
        cache.keep(TAG, &key());
        assert!(cache.find(&TAG).is_some());
        let day = *b"20150831";
        assert!(cache.find(&KeyTag { day, ..TAG }).is_none());
        let mut secret = [1; 32];
        secret[31] = 2;
        let other = KeyTag { secret, ..TAG };
        assert!(
            cache.find(&other).is_none(),
            "the other secret shares the slot and has no key"
        );
        cache.keep(other, &key());
        assert!(cache.find(&TAG).is_none(), "the other key has displaced it");
    }

    #[test]
    fn a_signing_key_is_found_for_its_own_region_and_service_only() {
        let mut accepted = AcceptedScopes::new(SCOPE);
        accepted.add_regions(["auto".to_owned()]);
        accepted.add_services(["s3express".to_owned()]);
        let tags = ["us-east-1", "auto"].map(|region| {
            ["s3", "s3express"].map(|service| {
                let scope = accepted.find(CredentialScope { region, service });
                let scope = scope.expect("an accepted scope");
                KeyTag { scope, ..TAG }
            })
        });
        let tags = tags.concat();
        for (index, tag) in tags.iter().enumerate() {
            // Two scopes may share a slot, so that the tags themselves must differ.
            let same = tags.iter().map(|other| other.is(tag));
            assert!(
                same.enumerate()
                    .all(|(other, same)| same == (other == index))
            );
            let cache = KeyCache::new();
            cache.keep(*tag, &key());
            let found = tags.iter().map(|tag| cache.find(tag).is_some());
            assert!(
                found
                    .enumerate()
                    .all(|(other, found)| found == (other == index))
            );
        }
        let cache = KeyCache::new();
        tags.iter().for_each(|tag| cache.keep(*tag, &key()));
        assert!(
            tags.iter().all(|tag| cache.find(tag).is_some()),
            "they do not displace each other"
        );
    }
}
