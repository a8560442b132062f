//! The hash formats of MD5-crypt, a thousand rounds of MD5 with a salt: `$1$` of crypt(3), and `$apr1$` of Apache.

use std::sync::Arc;

use md5::{Digest, Md5};
use zeroize::Zeroize;

use super::algorithm::HashAlgorithm;
use super::cost::HashCost;
use super::crypt64;
use super::stored::StoredHash;
use crate::secret::same;
use crate::unavailable::Unavailable;

pub(super) struct Md5CryptHash {
    algorithm: HashAlgorithm,
    salt: Box<str>,
    /// In the text form, 22 characters.
    hash: Box<[u8]>,
}

/// The order in which the format writes the bytes of the hash. `usize::MAX` stands for no byte: the last group has one.
const ORDER: [[usize; 3]; 6] = [
    [0, 6, 12],
    [1, 7, 13],
    [2, 8, 14],
    [3, 9, 15],
    [4, 10, 5],
    [usize::MAX, usize::MAX, 11],
];

const ROUNDS: usize = 1000;

impl Md5CryptHash {
    /// Parses the text after `$apr1$`.
    pub(super) fn parse_apr1(text: &str) -> Option<Self> {
        Self::parse(HashAlgorithm::Apr1, text)
    }

    /// Parses the text after `$1$`.
    pub(super) fn parse_md5_crypt(text: &str) -> Option<Self> {
        Self::parse(HashAlgorithm::Md5Crypt, text)
    }

    fn parse(algorithm: HashAlgorithm, text: &str) -> Option<Self> {
        let (salt, hash) = text.split_once('$')?;
        let fits = crypt64::is_salt(salt, 8) && crypt64::is_encoded(hash, 22);
        fits.then_some(Self {
            algorithm,
            salt: salt.into(),
            hash: hash.as_bytes().into(),
        })
    }
}

/// Computes FreeBSD's MD5-crypt. The two formats differ only in their prefix, which is a part of what is hashed.
fn md5_crypt(prefix: &[u8], password: &[u8], salt: &[u8]) -> [u8; 16] {
    let inner = Md5::new().chain_update(password).chain_update(salt);
    let inner: [u8; 16] = inner.chain_update(password).finalize().into();
    let mut first = Md5::new();
    first.update(password);
    first.update(prefix);
    first.update(salt);
    for start in (0..password.len()).step_by(inner.len()) {
        first.update(&inner[..inner.len().min(password.len() - start)]);
    }
    let mut length = password.len();
    while length > 0 {
        // For each bit of the length: a 1 adds a NUL, a 0 adds the first byte of the password. Every implementation
        // does so, and the hashes depend on it.
        first.update(if length & 1 == 1 {
            &[0]
        } else {
            &password[..1]
        });
        length >>= 1;
    }
    let first = first.finalize().into();
    (0..ROUNDS).fold(first, |hash, round| stretch(hash, round, password, salt))
}

/// Computes one of the thousand rounds. Which inputs it uses depends on the number of the round.
fn stretch(hash: [u8; 16], round: usize, password: &[u8], salt: &[u8]) -> [u8; 16] {
    let odd = round % 2 == 1;
    let mut next = Md5::new();
    next.update(if odd { password } else { &hash });
    if round % 3 != 0 {
        next.update(salt);
    }
    if round % 7 != 0 {
        next.update(password);
    }
    next.update(if odd { &hash } else { password });
    next.finalize().into()
}

impl StoredHash for Md5CryptHash {
    fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    fn cost(&self) -> HashCost {
        HashCost::of(ROUNDS as u64, 150, 0)
    }

    fn matches(&self, password: &[u8]) -> Result<bool, Unavailable> {
        let prefix: &[u8] = match self.algorithm {
            HashAlgorithm::Apr1 => b"$apr1$",
            _ => b"$1$",
        };
        let hash = md5_crypt(prefix, password, self.salt.as_bytes());
        let mut text = crypt64::encode(&hash, &ORDER);
        let matches = same(&text, &self.hash);
        text.zeroize();
        Ok(matches)
    }

    fn decoy(&self) -> Arc<dyn StoredHash> {
        Arc::new(Self {
            algorithm: self.algorithm,
            salt: self.salt.clone(),
            hash: crypt64::decoy(&self.hash),
        })
    }
}
