//! Under which number a key is filed.

use std::hash::{BuildHasherDefault, Hasher};

/// What a key is filed under: all of it but for the epoch, which is looked at before.
pub(super) type KeyBytes = [u8; 16];

/// How a table of keys hashes: not at all.
pub(super) type KeyHasher = BuildHasherDefault<FirstBytes>;

/// The first eight octets of a key, which are as evenly spread as any hash of them would be. (Its last octet has chosen
/// the shard, and would tell nothing more.) The number of an account is eight octets, spread as evenly.
#[derive(Default)]
pub(super) struct FirstBytes(u64);

impl Hasher for FirstBytes {
    #[inline]
    fn write(&mut self, octets: &[u8]) {
        if let Some(first) = octets.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    /// The length, which comes before the octets and is the same for every key.
    #[inline]
    fn write_usize(&mut self, _length: usize) {}

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
