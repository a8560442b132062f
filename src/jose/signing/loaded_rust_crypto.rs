//! A private key that the crates of the RustCrypto project load.

use p256::ecdsa::SigningKey;

use super::rust_crypto::KeyPair;

impl KeyPair {
    /// Returns `None` if the number and the point do not belong together.
    pub(super) fn load(number: &[u8; 32], point: &[u8; 65]) -> Option<Self> {
        let pair = SigningKey::from_slice(number).ok().map(Self)?;
        (pair.point() == point).then_some(pair)
    }
}
