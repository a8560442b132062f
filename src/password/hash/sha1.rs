//! `{SHA}` and `{SSHA}`: SHA-1, once, in base64, and the salt behind it.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::Digest;

use super::algorithm::Algorithm;
use super::cost::Cost;
use super::stored::Stored;
use crate::secret::same;
use crate::unavailable::Unavailable;

pub(super) struct Sha1 {
    salt: Box<[u8]>,
    hash: [u8; 20],
}

impl Sha1 {
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

impl Stored for Sha1 {
    fn algorithm(&self) -> Algorithm {
        if self.salt.is_empty() {
            Algorithm::Sha1
        } else {
            Algorithm::SaltedSha1
        }
    }

    fn cost(&self) -> Cost {
        Cost::of(1, 150, 0)
    }

    fn matches(&self, password: &[u8]) -> Result<bool, Unavailable> {
        let hash = sha1::Sha1::new()
            .chain_update(password)
            .chain_update(&self.salt);
        Ok(same(&hash.finalize(), &self.hash))
    }

    fn decoy(&self) -> Arc<dyn Stored> {
        Arc::new(Self {
            salt: self.salt.clone(),
            hash: self.hash.map(|octet| !octet),
        })
    }
}
