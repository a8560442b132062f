//! A private key that `aws-lc-rs` loads.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

use super::aws_lc::KeyPair;

impl KeyPair {
    /// Returns `None` if the number and the point do not belong together.
    pub(super) fn load(number: &[u8; 32], point: &[u8; 65]) -> Option<Self> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, number, point);
        pair.ok().map(Self)
    }
}
