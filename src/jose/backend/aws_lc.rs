//! Verifies with `aws-lc-rs`.

use std::sync::Arc;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaPublicKeyComponents, VerificationAlgorithm};

use crate::jose::algorithm::SignatureAlgorithm;
use crate::jose::key_material::KeyMaterial;

pub(super) const IS_PRESENT: bool = true;

/// A key that is parsed once.
#[derive(Clone)]
pub(in crate::jose) struct PublicKey(Arc<ParsedPublicKey>);

impl PublicKey {
    /// Prepares a key. Returns `None` if its numbers are no key, for example a point that is not on its curve.
    pub(super) fn new(material: &KeyMaterial, algorithm: SignatureAlgorithm) -> Option<Self> {
        let encoded = match material {
            KeyMaterial::Rsa { modulus, exponent } => {
                let (n, e) = (modulus, exponent);
                let der = RsaPublicKeyComponents { n, e }.as_der().ok()?;
                der.as_ref().to_owned()
            }
            KeyMaterial::Ec { x, y, .. } => KeyMaterial::uncompressed(x, y),
            KeyMaterial::Ed25519(key) => key.to_vec(),
            KeyMaterial::Secret(_) => return None,
        };
        let key = ParsedPublicKey::new(verification(algorithm)?, encoded).ok()?;
        Some(Self(Arc::new(key)))
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}

fn verification(algorithm: SignatureAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match algorithm {
        SignatureAlgorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        SignatureAlgorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        SignatureAlgorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        SignatureAlgorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        SignatureAlgorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        SignatureAlgorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        SignatureAlgorithm::Es256 => &signature::ECDSA_P256_SHA256_FIXED,
        SignatureAlgorithm::Es384 => &signature::ECDSA_P384_SHA384_FIXED,
        SignatureAlgorithm::Es512 => &signature::ECDSA_P521_SHA512_FIXED,
        SignatureAlgorithm::EdDsa => &signature::ED25519,
        SignatureAlgorithm::Hs256 | SignatureAlgorithm::Hs384 | SignatureAlgorithm::Hs512 => {
            return None;
        }
    })
}
