//! bcrypt: `$2y$cost$` and 53 characters of salt and hash.

use std::sync::Arc;

use base64::Engine;
use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use zeroize::Zeroizing;

use super::algorithm::HashAlgorithm;
use super::cost::HashCost;
use super::stored::StoredHash;
use crate::secret::same;
use crate::unavailable::Unavailable;

/// `$2a$`, `$2b$` and `$2y$` differ in the faults of programs that once wrote them, not in what they mean. `$2x$` marks
/// hashes that such a fault has made, and is not read.
pub(super) struct BcryptHash {
    cost: u32,
    salt: [u8; 16],
    hash: [u8; 23],
}

/// What it hears of a password, the NUL at its end included if there is room.
const MOST_OCTETS: usize = 72;

/// Some programs fill the bits that no octet has.
const CRYPT64: GeneralPurpose =
    GeneralPurpose::new(&BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));

impl BcryptHash {
    /// Reads what follows the prefix.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (cost, encoded) = text.split_once('$')?;
        let two_digits = cost.len() == 2 && cost.bytes().all(|octet| octet.is_ascii_digit());
        let cost = cost.parse().ok().filter(|_| two_digits)?;
        let (salt, hash) = encoded.split_at_checked(22)?;
        (4..=31).contains(&cost).then_some(Self {
            cost,
            salt: decode(salt)?,
            hash: decode(hash)?,
        })
    }
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    CRYPT64.decode(text).ok()?.try_into().ok()
}

impl StoredHash for BcryptHash {
    fn algorithm(&self) -> HashAlgorithm {
        HashAlgorithm::Bcrypt
    }

    fn cost(&self) -> HashCost {
        HashCost::of(1 << self.cost, 57_000, 4096)
    }

    fn matches(&self, password: &[u8]) -> Result<bool, Unavailable> {
        let heard = password.len() <= MOST_OCTETS;
        let mut key = Zeroizing::new(
            password
                .iter()
                .copied()
                .take(MOST_OCTETS)
                .collect::<Vec<_>>(),
        );
        key.push(0);
        key.truncate(MOST_OCTETS);
        let hash = bcrypt::bcrypt(self.cost, self.salt, &key);
        Ok(same(&hash[..23], &self.hash) & heard)
    }

    fn decoy(&self) -> Arc<dyn StoredHash> {
        Arc::new(Self {
            cost: self.cost,
            salt: self.salt,
            hash: self.hash.map(|octet| !octet),
        })
    }
}
