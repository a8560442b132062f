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

    /// The signature. It is empty if the random number generator fails, and then no key accepts it.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature = self.0.sign(&SystemRandom::new(), message);
        signature.map_or_else(|_| Vec::new(), |signature| signature.as_ref().to_vec())
    }
}
