//! The estimated cost of one check of a hash.

use std::time::Duration;

/// The estimated time and memory of one check. It orders hashes of different algorithms by their cost, and it finds
/// hashes that are so costly that a few requests would stop the server.
#[derive(Clone, Copy)]
pub(super) struct HashCost {
    pub(super) time: Duration,
    /// In bytes.
    pub(super) memory: u64,
}

impl HashCost {
    /// The cost of `steps` steps of `nanoseconds` each, in `memory` bytes.
    pub(super) const fn of(steps: u64, nanoseconds: u64, memory: u64) -> Self {
        Self {
            time: Duration::from_nanos(steps.saturating_mul(nanoseconds)),
            memory,
        }
    }
}
