//! What one check of a hash costs.

use std::time::Duration;

/// An estimate. It orders hashes of different algorithms, and finds those that would stop a server.
#[derive(Clone, Copy)]
pub(super) struct HashCost {
    pub(super) time: Duration,
    /// In octets.
    pub(super) memory: u64,
}

impl HashCost {
    /// So many steps of so many nanoseconds, in `memory` octets.
    pub(super) const fn of(steps: u64, nanoseconds: u64, memory: u64) -> Self {
        Self {
            time: Duration::from_nanos(steps.saturating_mul(nanoseconds)),
            memory,
        }
    }
}
