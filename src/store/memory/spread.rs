//! Hashes keys for the tables of the stores in memory.

use std::hash::{BuildHasherDefault, Hasher};

/// The bytes of a key. The store checks the epoch of a key before it looks for the key.
pub(super) type KeyBytes = [u8; 16];

/// The hasher of a table of keys. It takes bytes of the key, because keys are hashes already.
pub(super) type KeyHasher = BuildHasherDefault<FirstBytes>;

/// The first eight bytes of a key, which are spread as evenly as any hash of them. (The last byte of the key has chosen
/// the shard, so it would not spread the keys within a shard.) The number of an account has eight bytes, spread as
/// evenly.
#[derive(Default)]
pub(super) struct FirstBytes(u64);

impl Hasher for FirstBytes {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    /// Ignores the length, which `Hash` writes before the bytes and which is the same for every key.
    #[inline]
    fn write_usize(&mut self, _length: usize) {}

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
