//! Random numbers and keys for the checks.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use crate::store::ClaimKey;

/// Makes a key that no earlier run has claimed.
pub(super) fn new_key() -> ClaimKey {
    SeededRandom::new().key()
}

/// The SplitMix64 generator. It returns evenly spread numbers, which are the same for the same seed.
pub(super) struct SeededRandom(u64);

impl SeededRandom {
    /// A generator with the same numbers in every run.
    pub(super) const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator with other numbers in every run, for keys that no earlier run has claimed.
    pub(super) fn new() -> Self {
        Self(RandomState::new().build_hasher().finish())
    }

    pub(super) const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `end`, exclusive.
    pub(super) const fn below(&mut self, end: u32) -> u32 {
        ((self.number() >> 32) as u32) % end
    }

    pub(super) fn key(&mut self) -> ClaimKey {
        let halves = u128::from(self.number()) << 64 | u128::from(self.number());
        ClaimKey::new(halves.to_be_bytes())
    }

    /// The numbers `1..=last` in random order.
    pub(super) fn shuffled(&mut self, last: u32) -> Vec<u32> {
        let mut numbers: Vec<_> = (1..=last).map(|number| (self.number(), number)).collect();
        numbers.sort_unstable();
        numbers.into_iter().map(|(_, number)| number).collect()
    }
}
