//! The hash formats of scrypt (RFC 7914): the PHC string `$scrypt$`, and `$7$` of crypt(3).

use std::sync::Arc;

use scrypt::Params;
use zeroize::Zeroizing;

use super::algorithm::HashAlgorithm;
use super::cost::HashCost;
use super::crypt64;
use super::phc::PhcString;
use super::stored::{StoredHash, inverted};
use crate::secret::same;
use crate::unavailable::Unavailable;

#[derive(Clone)]
pub(super) struct ScryptHash {
    cost: HashCost,
    params: Params,
    salt: Box<[u8]>,
    hash: Box<[u8]>,
}

/// In bytes. crypt(3) writes hashes of this length.
const CRYPT_HASH_LENGTH: usize = 32;

/// In bytes. crypt(3) writes a salt of 22 to 86 characters, and hashes the characters as they are.
const MAX_CRYPT_SALT_LENGTH: usize = 86;

impl ScryptHash {
    /// Parses the text after `$7$`: `ln` in one character, `r` and `p` in five each, then the salt, `$` and the hash.
    pub(super) fn parse_crypt(text: &str) -> Option<Self> {
        let (params, rest) = text.split_at_checked(11)?;
        let (salt, hash) = rest.split_once('$')?;
        let number = |range| crypt64::number(params.get(range)?);
        let (ln, r, p) = (number(0..1)?, number(1..6)?, number(6..11)?);
        let hash = crypt64::decode(hash)?;
        let fits = crypt64::is_salt(salt, MAX_CRYPT_SALT_LENGTH) && hash.len() == CRYPT_HASH_LENGTH;
        Some(Self {
            cost: cost(ln, r, p).filter(|_| fits)?,
            params: Params::new(u8::try_from(ln).ok()?, r, p).ok()?,
            salt: salt.as_bytes().into(),
            hash: hash.into(),
        })
    }

    /// Parses a PHC string.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut phc = PhcString::parse(text)?;
        let (ln, r, p) = (phc.take("ln")?, phc.take("r")?, phc.take("p")?);
        let usable = phc.has_no_params_left() && phc.version.is_none();
        Some(Self {
            cost: cost(ln, r, p).filter(|_| usable)?,
            params: Params::new(u8::try_from(ln).ok()?, r, p).ok()?,
            salt: phc.salt.into(),
            hash: phc.hash.into(),
        })
    }
}

/// The cost of the parameters. `N` is 2 to the power of `ln`, and a block has 128 times `r` bytes. Returns `None` for
/// parameters that no computer could work with, such as an `ln` of 40.
fn cost(ln: u32, r: u32, p: u32) -> Option<HashCost> {
    let is_in_range = |number: &u32| (1..=1 << 15).contains(number);
    [ln, r, p].iter().all(is_in_range).then_some(())?;
    let n = 1_u64.checked_shl(ln).filter(|_| ln < 40)?;
    let (r, p) = (u64::from(r), u64::from(p));
    let memory = n.saturating_add(p).saturating_mul(128 * r);
    Some(HashCost::of(n.saturating_mul(r * p), 350, memory))
}

impl StoredHash for ScryptHash {
    fn algorithm(&self) -> HashAlgorithm {
        HashAlgorithm::Scrypt
    }

    fn cost(&self) -> HashCost {
        self.cost
    }

    fn matches(&self, password: &[u8]) -> Result<bool, Unavailable> {
        let mut hash = Zeroizing::new(vec![0; self.hash.len()]);
        let hashed = scrypt::scrypt(password, &self.salt, &self.params, &mut hash);
        hashed.map_err(Unavailable::new)?;
        Ok(same(&hash, &self.hash))
    }

    fn decoy(&self) -> Arc<dyn StoredHash> {
        Arc::new(Self {
            hash: inverted(&self.hash),
            ..self.clone()
        })
    }
}
