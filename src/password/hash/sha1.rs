//! The hash formats `{SHA}` and `{SSHA}`: the base64 of one round of SHA-1, followed by the salt.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::Digest;

use super::algorithm::HashAlgorithm;
use super::cost::HashCost;
use super::stored::StoredHash;
use crate::secret::same;
use crate::unavailable::Unavailable;

pub(super) struct Sha1Hash {
    salt: Box<[u8]>,
    hash: [u8; 20],
}

impl Sha1Hash {
    /// Parses the text after `{SHA}`, which holds no salt.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::decode(text).filter(|hash| hash.salt.is_empty())
    }

    /// Parses the text after `{SSHA}`, with a salt of 4 to 64 bytes.
    pub(super) fn parse_salted(text: &str) -> Option<Self> {
        Self::decode(text).filter(|hash| (4..=64).contains(&hash.salt.len()))
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?;
        let (hash, salt) = bytes.split_first_chunk()?;
        Some(Self {
            salt: salt.into(),
            hash: *hash,
        })
    }
}

impl StoredHash for Sha1Hash {
    fn algorithm(&self) -> HashAlgorithm {
        if self.salt.is_empty() {
            HashAlgorithm::Sha1
        } else {
            HashAlgorithm::SaltedSha1
        }
    }

    fn cost(&self) -> HashCost {
        HashCost::of(1, 150, 0)
    }

    fn matches(&self, password: &[u8]) -> Result<bool, Unavailable> {
        let hash = sha1::Sha1::new()
            .chain_update(password)
            .chain_update(&self.salt);
        Ok(same(&hash.finalize(), &self.hash))
    }

    fn decoy(&self) -> Arc<dyn StoredHash> {
        Arc::new(Self {
            salt: self.salt.clone(),
            hash: self.hash.map(|byte| !byte),
        })
    }
}
