//! A password that is stored in clear text.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::algorithm::HashAlgorithm;
use super::cost::HashCost;
use super::stored::StoredHash;
use crate::secret::same;
use crate::unavailable::Unavailable;

/// The password, or `None` for a decoy that no password matches.
pub(super) struct PlaintextPassword(Option<Zeroizing<Vec<u8>>>);

impl PlaintextPassword {
    pub(super) fn new(password: &[u8]) -> Self {
        Self(Some(Zeroizing::new(password.to_vec())))
    }
}

impl StoredHash for PlaintextPassword {
    fn algorithm(&self) -> HashAlgorithm {
        HashAlgorithm::Plaintext
    }

    fn cost(&self) -> HashCost {
        HashCost::of(1, 50, 0)
    }

    fn matches(&self, password: &[u8]) -> Result<bool, Unavailable> {
        // A decoy compares the password with itself, which takes as long as the comparison with a stored password.
        let expected = self.0.as_ref().map_or(password, |stored| &***stored);
        Ok(same(password, expected) & self.0.is_some())
    }

    fn decoy(&self) -> Arc<dyn StoredHash> {
        Arc::new(Self(None))
    }
}
