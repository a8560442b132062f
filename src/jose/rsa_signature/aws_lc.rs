//! Verifies with SHA-1 and `aws-lc-rs`.

use std::sync::Arc;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RsaPublicKeyComponents,
};

use crate::jose::key_material::KeyMaterial;

#[derive(Clone)]
pub(super) struct Sha1Key(Arc<ParsedPublicKey>);

impl Sha1Key {
    pub(super) fn new(material: &KeyMaterial) -> Option<Self> {
        let KeyMaterial::Rsa { modulus, exponent } = material else {
            return None;
        };
        let (n, e) = (modulus, exponent);
        let der = RsaPublicKeyComponents { n, e }.as_der().ok()?;
        let algorithm = &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY;
        let key = ParsedPublicKey::new(algorithm, der.as_ref()).ok()?;
        Some(Self(Arc::new(key)))
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}
