//! The hash formats `$pbkdf2-sha256$` and `$pbkdf2-sha512$` (PBKDF2, RFC 8018 section 5.2), as PHC strings and as
//! Python's passlib writes them.

use std::sync::Arc;

use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use super::algorithm::HashAlgorithm;
use super::cost::HashCost;
use super::phc::{PhcString, number};
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
    /// Parses a PHC string, or a hash of passlib. passlib writes the number of iterations alone, without `i=`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '$').skip(1);
        let (id, params, rest) = (parts.next()?, parts.next()?, parts.next()?);
        match number(params) {
            Some(iterations) => Self::parse_passlib(id, iterations, rest),
            None => Self::parse_phc(text),
        }
    }

    /// Parses `$pbkdf2-sha256$29000$salt$hash`. Its base64 has `.` in the place of `+`, and its hash has the length of
    /// one output of the hash function.
    fn parse_passlib(id: &str, iterations: u32, salt_and_hash: &str) -> Option<Self> {
        let salt_and_hash = salt_and_hash.replace('.', "+");
        let read = Self::parse_phc(&format!("${id}$i={iterations}${salt_and_hash}"))?;
        (read.hash.len() == read.block_length()).then_some(read)
    }

    /// The length of one output of the hash function, in bytes.
    const fn block_length(&self) -> usize {
        match self.algorithm {
            HashAlgorithm::Pbkdf2Sha256 => 32,
            _ => 64,
        }
    }

    fn parse_phc(text: &str) -> Option<Self> {
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
        let nanoseconds = match self.algorithm {
            HashAlgorithm::Pbkdf2Sha256 => 170,
            _ => 550,
        };
        let blocks = self.hash.len().div_ceil(self.block_length()) as u64;
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
