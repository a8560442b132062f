//! A password that is kept as it is.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::algorithm::Algorithm;
use super::cost::Cost;
use super::stored::Stored;
use crate::secret::same;
use crate::unavailable::Unavailable;

pub(super) struct Plaintext(Option<Zeroizing<Vec<u8>>>);

impl Plaintext {
    pub(super) fn new(password: &[u8]) -> Self {
        Self(Some(Zeroizing::new(password.to_vec())))
    }
}

impl Stored for Plaintext {
    fn algorithm(&self) -> Algorithm {
        Algorithm::Plaintext
    }

    fn cost(&self) -> Cost {
        Cost::of(1, 50, 0)
    }

    fn matches(&self, password: &[u8]) -> Result<bool, Unavailable> {
        let expected = self.0.as_ref().map_or(password, |it| &***it);
        Ok(same(password, expected) & self.0.is_some())
    }

    fn decoy(&self) -> Arc<dyn Stored> {
        Arc::new(Self(None))
    }
}
