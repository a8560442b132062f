//! What does one hash know, as its algorithm sees it?

use std::sync::Arc;

use super::algorithm::HashAlgorithm;
use super::cost::HashCost;
use crate::unavailable::Unavailable;

/// A hash of one algorithm.
pub(super) trait StoredHash: Send + Sync {
    fn algorithm(&self) -> HashAlgorithm;

    fn cost(&self) -> HashCost;

    /// Computes the hash of `password`, whatever it is, and compares.
    fn matches(&self, password: &[u8]) -> Result<bool, Unavailable>;

    /// One that costs the same and that no password matches.
    fn decoy(&self) -> Arc<dyn StoredHash>;
}

/// The same number of octets, every one of them another.
pub(super) fn other_than(octets: &[u8]) -> Box<[u8]> {
    octets.iter().map(|octet| !octet).collect()
}
