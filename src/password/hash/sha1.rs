//! `{SHA}` and `{SSHA}`: SHA-1, once, in base64, and the salt behind it.

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
    /// Reads what follows `{SHA}`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::decode(text).filter(|it| it.salt.is_empty())
    }

    /// Reads what follows `{SSHA}`.
    pub(super) fn parse_salted(text: &str) -> Option<Self> {
        Self::decode(text).filter(|it| (4..=64).contains(&it.salt.len()))
    }

    fn decode(text: &str) -> Option<Self> {
        let octets = STANDARD.decode(text).ok()?;
        let (hash, salt) = octets.split_first_chunk()?;
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
            hash: self.hash.map(|octet| !octet),
        })
    }
}
