//! A key pair of the RustCrypto project.

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};

use crate::random::random;

pub(super) struct KeyPair(pub(super) SigningKey);

impl KeyPair {
    /// Makes a key of random bytes. All but one in 2^32 are a number below the order of the curve.
    pub(super) fn generate() -> Option<Self> {
        let tries = (0..8).filter_map(|_| random().ok());
        let mut keys = tries.filter_map(|bytes| SigningKey::from_slice(&bytes).ok());
        keys.next().map(Self)
    }

    /// The public point, uncompressed.
    pub(super) fn point(&self) -> Vec<u8> {
        let point = self.0.verifying_key().to_encoded_point(false);
        point.as_bytes().to_vec()
    }

    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signature: Signature = self.0.try_sign(message).ok()?;
        Some(signature.to_bytes().to_vec())
    }
}
