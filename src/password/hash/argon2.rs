//! Argon2 (RFC 9106).

use std::sync::Arc;

use argon2::{Algorithm as Variant, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::algorithm::HashAlgorithm;
use super::cost::HashCost;
use super::phc::PhcString;
use super::stored::{StoredHash, other_than};
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

/// Hashes `password` as OWASP has it: Argon2id, 19 MiB, two passes, one lane, with a random salt. The result is a PHC
/// string to keep, which [`PasswordHash::parse`](super::PasswordHash::parse) reads.
///
/// It takes some 20 ms: call it where that blocks nobody.
///
/// # Errors
///
/// There is no memory to compute it in, or the operating system has no random octets to give.
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
    getrandom::fill(&mut salt).map_err(|_| Unavailable::new("no random octets to be had"))?;
    let (params, mut hash) = (Params::DEFAULT, [0; Params::DEFAULT_OUTPUT_LEN]);
    let argon2 = argon2::Argon2::new(Variant::Argon2id, Version::V0x13, params);
    let hashed = argon2.hash_password_into(password.expose().as_bytes(), &salt, &mut hash);
    hashed.map_err(|_| no_memory())?;
    let [salt, hash] = [&salt[..], &hash].map(|octets| STANDARD_NO_PAD.encode(octets));
    Ok(format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${hash}"))
}

fn no_memory() -> Unavailable {
    Unavailable::new("there is no memory to compute a password hash in")
}

impl Argon2Hash {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut phc = PhcString::parse(text)?;
        let (m, t, p) = (phc.take("m")?, phc.take("t")?, phc.take("p")?);
        let params = Params::new(m, t, p, Some(phc.hash.len())).ok()?;
        phc.is_used_up().then_some(Self {
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

/// A string without a version is of the time before there was one.
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

    /// Its blocks are of a KiB, and each is filled once a pass.
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
            hash: other_than(&self.hash),
            ..self.clone()
        })
    }
}
