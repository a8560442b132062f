//! A key pair of `aws-lc-rs`.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

pub(super) struct KeyPair(pub(super) EcdsaKeyPair);

impl KeyPair {
    pub(super) fn generate() -> Option<Self> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .ok()
            .map(Self)
    }

    /// The public point, uncompressed.
    pub(super) fn point(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }

    /// The signature, or `None` if the random number generator fails.
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signature = self.0.sign(&SystemRandom::new(), message).ok()?;
        Some(signature.as_ref().to_vec())
    }
}
