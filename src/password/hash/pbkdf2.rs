//! The hash formats `$pbkdf2-sha256$` and `$pbkdf2-sha512$` (PBKDF2, RFC 8018 section 5.2).

use std::sync::Arc;

use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use super::algorithm::HashAlgorithm;
use super::cost::HashCost;
use super::phc::PhcString;
use super::stored::{StoredHash, inverted};
use crate::secret::same;
use crate::unavailable::Unavailable;

#[derive(Clone)]
pub(super) struct Pbkdf2Hash {
    algorithm: HashAlgorithm,
    iterations: u32,
    salt: Box<[u8]>,
    hash: Box<[u8]>,
}

impl Pbkdf2Hash {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut phc = PhcString::parse(text)?;
        let iterations = phc.take("i").filter(|i| *i > 0)?;
        // Some programs write the length of the hash. It must then be the length of the hash that follows.
        let length = phc.take("l").map(usize::try_from);
        let usable = phc.has_no_params_left() && phc.version.is_none();
        let fits = length.is_none_or(|length| length == Ok(phc.hash.len()));
        (usable && fits).then_some(Self {
            algorithm: match phc.id {
                "pbkdf2-sha256" => HashAlgorithm::Pbkdf2Sha256,
                _ => HashAlgorithm::Pbkdf2Sha512,
            },
            iterations,
            salt: phc.salt.into(),
            hash: phc.hash.into(),
        })
    }
}

impl StoredHash for Pbkdf2Hash {
    fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// PBKDF2 runs all iterations once for each block of its output.
    fn cost(&self) -> HashCost {
        let (block, nanoseconds) = match self.algorithm {
            HashAlgorithm::Pbkdf2Sha256 => (32, 170),
            _ => (64, 550),
        };
        let blocks = self.hash.len().div_ceil(block) as u64;
        HashCost::of(u64::from(self.iterations) * blocks, nanoseconds, 0)
    }

    fn matches(&self, password: &[u8]) -> Result<bool, Unavailable> {
        let mut hash = Zeroizing::new(vec![0; self.hash.len()]);
        let pbkdf2 = match self.algorithm {
            HashAlgorithm::Pbkdf2Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>,
            _ => pbkdf2::pbkdf2_hmac::<Sha512>,
        };
        pbkdf2(password, &self.salt, self.iterations, &mut hash);
        Ok(same(&hash, &self.hash))
    }

    fn decoy(&self) -> Arc<dyn StoredHash> {
        Arc::new(Self {
            hash: inverted(&self.hash),
            ..self.clone()
        })
    }
}
