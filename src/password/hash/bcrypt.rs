//! The hash format of bcrypt: `$2y$`, the cost, `$`, and 53 characters of salt and hash.

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

/// A bcrypt hash with the prefix `$2a$`, `$2b$` or `$2y$`.
///
/// The three prefixes mean the same. They tell apart versions of programs that had different bugs. `$2x$` marks hashes
/// that were computed by a buggy program, and is not read.
pub(super) struct BcryptHash {
    cost: u32,
    salt: [u8; 16],
    hash: [u8; 23],
}

/// bcrypt uses the first 72 bytes of its key. The key is the password with a NUL at its end; the NUL of a password of
/// 72 bytes is cut off.
const MAX_KEY_LENGTH: usize = 72;

/// bcrypt's own base64. Some programs write nonzero bits after the last byte, so trailing bits are allowed.
const CRYPT64: GeneralPurpose =
    GeneralPurpose::new(&BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));

impl BcryptHash {
    /// Parses the text after the prefix.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (cost, encoded) = text.split_once('$')?;
        let two_digits = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
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
        // A longer password would match every password with the same first 72 bytes, so it is refused. The hash is
        // computed all the same, so that the time is that of any other password.
        let fits = password.len() <= MAX_KEY_LENGTH;
        let mut key = Zeroizing::new(
            password
                .iter()
                .copied()
                .take(MAX_KEY_LENGTH)
                .collect::<Vec<_>>(),
        );
        key.push(0);
        key.truncate(MAX_KEY_LENGTH);
        let hash = bcrypt::bcrypt(self.cost, self.salt, &key);
        Ok(same(&hash[..23], &self.hash) & fits)
    }

    fn decoy(&self) -> Arc<dyn StoredHash> {
        Arc::new(Self {
            cost: self.cost,
            salt: self.salt,
            hash: self.hash.map(|byte| !byte),
        })
    }
}
