//! The hash formats `$argon2id$`, `$argon2i$` and `$argon2d$` (RFC 9106).

use std::sync::Arc;

use argon2::{Algorithm as Variant, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::algorithm::HashAlgorithm;
use super::cost::HashCost;
use super::phc::PhcString;
use super::stored::{StoredHash, inverted};
use crate::secret::{Secret, same};
use crate::unavailable::Unavailable;

#[derive(Clone)]
pub(super) struct Argon2Hash {
    variant: Variant,
    version: Version,
    params: Params,
    salt: Box<[u8]>,
    hash: Box<[u8]>,
}

/// Hashes `password` with Argon2id and a random salt. Use it to store a new password.
///
/// The parameters are those that OWASP recommends: 19 MiB of memory, two passes, one lane. The result is a PHC string,
/// which [`PasswordHash::parse`](super::PasswordHash::parse) reads.
///
/// The function blocks for about 20 ms. Do not call it on a thread that serves requests; a
/// [`HashingPool`](crate::password::HashingPool) has threads for it.
///
/// # Errors
///
/// There is not enough memory to compute the hash, or the system random number generator failed.
///
/// # Example
///
/// ```
/// use tower_challenge::Secret;
/// use tower_challenge::password::hash::{PasswordHash, argon2id};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let text = argon2id(Secret::new("lovelace"))?;
/// assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
/// assert!(PasswordHash::parse(&text)?.matches(Secret::new("lovelace"))?);
/// assert!(!PasswordHash::parse(&text)?.matches(Secret::new("babbage"))?);
/// # Ok(())
/// # }
/// ```
pub fn argon2id(password: Secret<'_>) -> Result<String, Unavailable> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)
        .map_err(|_| Unavailable::new("the system random number generator failed"))?;
    let (params, mut hash) = (Params::DEFAULT, [0; Params::DEFAULT_OUTPUT_LEN]);
    let argon2 = argon2::Argon2::new(Variant::Argon2id, Version::V0x13, params);
    let hashed = argon2.hash_password_into(password.expose().as_bytes(), &salt, &mut hash);
    hashed.map_err(|_| no_memory())?;
    let [salt, hash] = [&salt[..], &hash].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    Ok(format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${hash}"))
}

fn no_memory() -> Unavailable {
    Unavailable::new("not enough memory to compute a password hash")
}

impl Argon2Hash {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut phc = PhcString::parse(text)?;
        let (m, t, p) = (phc.take("m")?, phc.take("t")?, phc.take("p")?);
        let params = Params::new(m, t, p, Some(phc.hash.len())).ok()?;
        phc.has_no_params_left().then_some(Self {
            variant: variant(phc.id)?,
            version: version(phc.version)?,
            params,
            salt: phc.salt.into(),
            hash: phc.hash.into(),
        })
    }
}

fn variant(id: &str) -> Option<Variant> {
    match id {
        "argon2id" => Some(Variant::Argon2id),
        "argon2i" => Some(Variant::Argon2i),
        "argon2d" => Some(Variant::Argon2d),
        _ => None,
    }
}

/// The version of a PHC string. A string without one was written before version 0x13 existed, and so means 0x10.
fn version(number: Option<u32>) -> Option<Version> {
    match number {
        None | Some(0x10) => Some(Version::V0x10),
        Some(0x13) => Some(Version::V0x13),
        Some(_) => None,
    }
}

impl StoredHash for Argon2Hash {
    fn algorithm(&self) -> HashAlgorithm {
        match self.variant {
            Variant::Argon2id => HashAlgorithm::Argon2id,
            Variant::Argon2i => HashAlgorithm::Argon2i,
            Variant::Argon2d => HashAlgorithm::Argon2d,
        }
    }

    /// Each pass fills every block once, in about 550 ns. A block has 1 KiB.
    fn cost(&self) -> HashCost {
        let blocks = u64::from(self.params.m_cost());
        let filled = blocks * u64::from(self.params.t_cost());
        HashCost::of(filled, 550, blocks * 1024)
    }

    fn matches(&self, password: &[u8]) -> Result<bool, Unavailable> {
        let argon2 = argon2::Argon2::new(self.variant, self.version, self.params.clone());
        let mut hash = Zeroizing::new(vec![0; self.hash.len()]);
        let hashed = argon2.hash_password_into(password, &self.salt, &mut hash);
        hashed.map_err(|_| no_memory())?;
        Ok(same(&hash, &self.hash))
    }

    fn decoy(&self) -> Arc<dyn StoredHash> {
        Arc::new(Self {
            hash: inverted(&self.hash),
            ..self.clone()
        })
    }
}
