//! The interface of the hash algorithms.

use std::sync::Arc;

use super::algorithm::HashAlgorithm;
use super::cost::HashCost;
use crate::unavailable::Unavailable;

/// A parsed hash of one algorithm.
pub(super) trait StoredHash: Send + Sync {
    fn algorithm(&self) -> HashAlgorithm;

    fn cost(&self) -> HashCost;

    /// Computes the hash of `password` and compares it with this hash. It always computes the hash, also for a password
    /// that cannot match, so that the time tells nothing.
    fn matches(&self, password: &[u8]) -> Result<bool, Unavailable>;

    /// A hash that costs the same and that no password matches.
    fn decoy(&self) -> Arc<dyn StoredHash>;
}

/// Inverts all bytes. The result has the same length and differs from `bytes`.
pub(super) fn inverted(bytes: &[u8]) -> Box<[u8]> {
    bytes.iter().map(|byte| !byte).collect()
}
