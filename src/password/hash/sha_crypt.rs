//! The hash formats of SHA-crypt: `$5$` or `$6$`, then `rounds=n$` or nothing, then the salt and the hash.

use std::sync::Arc;

use sha_crypt::{Params, sha256_crypt, sha512_crypt};
use zeroize::Zeroize;

use super::algorithm::HashAlgorithm;
use super::cost::HashCost;
use super::crypt64;
use super::phc::number;
use super::stored::StoredHash;
use crate::secret::same;
use crate::unavailable::Unavailable;

#[derive(Clone)]
pub(super) struct ShaCrypt {
    algorithm: HashAlgorithm,
    rounds: u32,
    params: Params,
    salt: Box<str>,
    /// In the text form: 43 characters for `$5$`, 86 for `$6$`.
    hash: Box<[u8]>,
}

/// The order in which the specification writes the bytes of the hash. The first byte of a group fills the highest bits.
const SHA256_ORDER: [[usize; 3]; 11] = [
    [0, 10, 20],
    [21, 1, 11],
    [12, 22, 2],
    [3, 13, 23],
    [24, 4, 14],
    [15, 25, 5],
    [6, 16, 26],
    [27, 7, 17],
    [18, 28, 8],
    [9, 19, 29],
    [NONE, 31, 30],
];

const SHA512_ORDER: [[usize; 3]; 22] = [
    [0, 21, 42],
    [22, 43, 1],
    [44, 2, 23],
    [3, 24, 45],
    [25, 46, 4],
    [47, 5, 26],
    [6, 27, 48],
    [28, 49, 7],
    [50, 8, 29],
    [9, 30, 51],
    [31, 52, 10],
    [53, 11, 32],
    [12, 33, 54],
    [34, 55, 13],
    [56, 14, 35],
    [15, 36, 57],
    [37, 58, 16],
    [59, 17, 38],
    [18, 39, 60],
    [40, 61, 19],
    [62, 20, 41],
    [NONE, NONE, 63],
];

/// Stands for no byte: the last group has fewer than three.
const NONE: usize = usize::MAX;

/// The number of rounds of a hash without `rounds=`.
const DEFAULT_ROUNDS: u32 = 5000;

impl ShaCrypt {
    /// Parses the text after `$5$`.
    pub(super) fn parse_sha256(text: &str) -> Option<Self> {
        Self::parse(HashAlgorithm::Sha256Crypt, text, 43)
    }

    /// Parses the text after `$6$`.
    pub(super) fn parse_sha512(text: &str) -> Option<Self> {
        Self::parse(HashAlgorithm::Sha512Crypt, text, 86)
    }

    /// Parses the text after the prefix.
    ///
    /// A hash with fewer than 1000 rounds or with more than 16 bytes of salt is refused. crypt(3) raises the rounds to
    /// 1000 and cuts the salt to 16 bytes, and writes the values that it used. So it never writes such a hash, and no
    /// password would match it.
    fn parse(algorithm: HashAlgorithm, text: &str, length: usize) -> Option<Self> {
        let (rounds, rest) = match text.strip_prefix("rounds=") {
            Some(text) => text.split_once('$').map(|(n, rest)| (number(n), rest))?,
            None => (Some(DEFAULT_ROUNDS), text),
        };
        let (salt, hash) = rest.split_once('$')?;
        let fits = crypt64::is_salt(salt, 16) && crypt64::is_encoded(hash, length);
        fits.then_some(Self {
            algorithm,
            rounds: rounds?,
            params: Params::new(rounds?).ok()?,
            salt: salt.into(),
            hash: hash.as_bytes().into(),
        })
    }
}

impl StoredHash for ShaCrypt {
    fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    fn cost(&self) -> HashCost {
        HashCost::of(u64::from(self.rounds), 300, 0)
    }

    fn matches(&self, password: &[u8]) -> Result<bool, Unavailable> {
        let salt = self.salt.as_bytes();
        let mut text = match self.algorithm {
            HashAlgorithm::Sha256Crypt => {
                crypt64::encode(&sha256_crypt(password, salt, self.params), &SHA256_ORDER)
            }
            _ => crypt64::encode(&sha512_crypt(password, salt, self.params), &SHA512_ORDER),
        };
        let matches = same(&text, &self.hash);
        text.zeroize();
        Ok(matches)
    }

    fn decoy(&self) -> Arc<dyn StoredHash> {
        Arc::new(Self {
            hash: crypt64::decoy(&self.hash),
            ..self.clone()
        })
    }
}
