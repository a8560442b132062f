//! Verifies with SHA-1 and the crates of the RustCrypto project.

use std::sync::Arc;

use rsa::{BigUint, Pkcs1v15Sign};
use sha1::{Digest, Sha1};

use crate::jose::key_material::KeyMaterial;

/// The `DigestInfo` of SHA-1 without the hash (RFC 8017 section 9.2 note 1).
const PREFIX: [u8; 15] = [
    0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14,
];

/// The length of a hash of SHA-1 in bytes.
const HASH: usize = 20;

/// The largest modulus in bits. The crate itself takes only 4,096 without being told.
const MOST_BITS: usize = 8192;

#[derive(Clone)]
pub(super) struct Sha1Key(Arc<rsa::RsaPublicKey>);

impl Sha1Key {
    pub(super) fn new(material: &KeyMaterial) -> Option<Self> {
        let KeyMaterial::Rsa { modulus, exponent } = material else {
            return None;
        };
        let (n, e) = (
            BigUint::from_bytes_be(modulus),
            BigUint::from_bytes_be(exponent),
        );
        let key = rsa::RsaPublicKey::new_with_max_size(n, e, MOST_BITS).ok()?;
        Some(Self(Arc::new(key)))
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let padding = Pkcs1v15Sign {
            hash_len: Some(HASH),
            prefix: PREFIX.into(),
        };
        let hash = Sha1::digest(message);
        self.0.verify(padding, &hash, signature).is_ok()
    }
}
