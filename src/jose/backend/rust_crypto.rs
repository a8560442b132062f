//! Verifies with the crates of the RustCrypto project.

use std::sync::Arc;

use p256::ecdsa::signature::Verifier;
use rsa::sha2::{Sha256, Sha384, Sha512};
use rsa::traits::PublicKeyParts;
use rsa::{BigUint, Pkcs1v15Sign, Pss, RsaPublicKey};
use sha2::Digest;

use crate::jose::algorithm::SignatureAlgorithm;
use crate::jose::key_material::{Curve, KeyMaterial};

pub(super) const IS_PRESENT: bool = true;

/// The largest modulus in bits. The crate itself takes only 4,096 without being told.
const MOST_RSA_BITS: usize = 8192;

/// A key that is parsed once.
#[derive(Clone)]
pub(in crate::jose) struct PublicKey(Arc<ParsedKey>);

enum ParsedKey {
    Rsa(RsaPublicKey, SignatureAlgorithm),
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl PublicKey {
    /// Prepares a key. Returns `None` if its numbers are no key, for example a point that is not on its curve.
    pub(super) fn new(material: &KeyMaterial, algorithm: SignatureAlgorithm) -> Option<Self> {
        let key = match material {
            KeyMaterial::Rsa { modulus, exponent } => {
                let (n, e) = (
                    BigUint::from_bytes_be(modulus),
                    BigUint::from_bytes_be(exponent),
                );
                let key = RsaPublicKey::new_with_max_size(n, e, MOST_RSA_BITS).ok()?;
                ParsedKey::Rsa(key, algorithm)
            }
            KeyMaterial::Ec { curve, x, y } => {
                let point = KeyMaterial::uncompressed(x, y);
                match curve {
                    Curve::P256 => ParsedKey::P256(sec1_p256(&point)?),
                    Curve::P384 => ParsedKey::P384(sec1_p384(&point)?),
                    Curve::P521 => ParsedKey::P521(sec1_p521(&point)?),
                }
            }
            KeyMaterial::Ed25519(key) => {
                ParsedKey::Ed25519(ed25519_dalek::VerifyingKey::from_bytes(key).ok()?)
            }
            KeyMaterial::Secret(_) => return None,
        };
        Some(Self(Arc::new(key)))
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &*self.0 {
            ParsedKey::Rsa(key, algorithm) => verify_rsa(key, *algorithm, message, signature),
            ParsedKey::P256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            ParsedKey::P384(key) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            ParsedKey::P521(key) => p521::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            ParsedKey::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
        }
    }
}

fn sec1_p256(point: &[u8]) -> Option<p256::ecdsa::VerifyingKey> {
    p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()
}

fn sec1_p384(point: &[u8]) -> Option<p384::ecdsa::VerifyingKey> {
    p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()
}

fn sec1_p521(point: &[u8]) -> Option<p521::ecdsa::VerifyingKey> {
    p521::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()
}

fn verify_rsa(
    key: &RsaPublicKey,
    algorithm: SignatureAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    // RFC 8017 section 5.2.2: a number that is not less than the modulus is no signature. The crate `rsa` 0.9 compares them
    // for PKCS #1 alone, and for PSS a signature would have a second spelling.
    if BigUint::from_bytes_be(signature) >= *key.n() {
        return false;
    }
    let sha256 = || sha2::Sha256::digest(message).to_vec();
    let sha384 = || sha2::Sha384::digest(message).to_vec();
    let sha512 = || sha2::Sha512::digest(message).to_vec();
    let verified = match algorithm {
        SignatureAlgorithm::Rs256 => {
            key.verify(Pkcs1v15Sign::new::<Sha256>(), &sha256(), signature)
        }
        SignatureAlgorithm::Rs384 => {
            key.verify(Pkcs1v15Sign::new::<Sha384>(), &sha384(), signature)
        }
        SignatureAlgorithm::Rs512 => {
            key.verify(Pkcs1v15Sign::new::<Sha512>(), &sha512(), signature)
        }
        // RFC 7518 section 3.5: "The size of the salt value is the same size as the hash function output".
        SignatureAlgorithm::Ps256 => {
            key.verify(Pss::new_with_salt::<Sha256>(32), &sha256(), signature)
        }
        SignatureAlgorithm::Ps384 => {
            key.verify(Pss::new_with_salt::<Sha384>(48), &sha384(), signature)
        }
        SignatureAlgorithm::Ps512 => {
            key.verify(Pss::new_with_salt::<Sha512>(64), &sha512(), signature)
        }
        _ => return false,
    };
    verified.is_ok()
}
