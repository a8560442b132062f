//! Verifies an HMAC (RFC 7518 section 3.2).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};

use crate::jose::algorithm::SignatureAlgorithm;
use crate::secret::same;

/// A secret that is hashed once.
pub(in crate::jose) enum HmacKey {
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

impl HmacKey {
    pub(super) fn new(algorithm: SignatureAlgorithm, secret: &[u8]) -> Self {
        match algorithm {
            SignatureAlgorithm::Hs384 => Self::Sha384(keyed(secret)),
            SignatureAlgorithm::Hs512 => Self::Sha512(keyed(secret)),
            _ => Self::Sha256(keyed(secret)),
        }
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Sha256(key) => is_mac(key.clone(), message, signature),
            Self::Sha384(key) => is_mac(key.clone(), message, signature),
            Self::Sha512(key) => is_mac(key.clone(), message, signature),
        }
    }
}

fn keyed<M: KeyInit>(secret: &[u8]) -> M {
    M::new_from_slice(secret).expect("an HMAC takes a key of any length")
}

fn is_mac<M: Mac>(mut mac: M, message: &[u8], signature: &[u8]) -> bool {
    mac.update(message);
    same(signature, &mac.finalize().into_bytes())
}
