//! Verifies signatures of RSASSA-PKCS1-v1_5 that are not in tokens, also with SHA-1.
//!
//! SHA-1 is none of the algorithms of JOSE, so no setting and no token can choose it there.

#[cfg(not(all(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")))]
mod absent;
#[cfg(feature = "jwt-aws-lc")]
mod aws_lc;
#[cfg(feature = "jwt-rust-crypto")]
mod rust_crypto;

#[cfg(not(feature = "jwt-aws-lc"))]
use self::absent as aws_lc;
#[cfg(not(feature = "jwt-rust-crypto"))]
use self::absent as rust_crypto;

use super::algorithm::SignatureAlgorithm;
use super::backend::{PreparedKey, SignatureBackend};
use super::key_material::KeyMaterial;
use super::pem;

/// The hash of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RsaHash {
    Sha256,
    Sha1,
}

/// An RSA public key that verifies signatures with one hash. A clone shares the key.
#[derive(Clone)]
pub(crate) struct RsaPublicKey(PreparedRsaKey);

#[derive(Clone)]
enum PreparedRsaKey {
    Sha256(PreparedKey),
    Sha1AwsLc(aws_lc::Sha1Key),
    Sha1RustCrypto(rust_crypto::Sha1Key),
}

impl RsaPublicKey {
    /// Reads the `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7) of an RSA key with 2,048 to 8,192 bits.
    pub(crate) fn from_spki_der(
        der: &[u8],
        hash: RsaHash,
        backend: SignatureBackend,
    ) -> Result<Self, String> {
        let material = pem::public_key(der)?;
        if !matches!(material, KeyMaterial::Rsa { .. }) {
            return Err("the type of the key is not RSA".to_owned());
        }
        // `PreparedKey` says so if the feature of the backend is not enabled.
        let sha256 = PreparedKey::new(&material, SignatureAlgorithm::Rs256, backend)?;
        let sha1 = match (hash, backend) {
            (RsaHash::Sha256, _) => return Ok(Self(PreparedRsaKey::Sha256(sha256))),
            (RsaHash::Sha1, SignatureBackend::AwsLc) => {
                aws_lc::Sha1Key::new(&material).map(PreparedRsaKey::Sha1AwsLc)
            }
            (RsaHash::Sha1, SignatureBackend::RustCrypto) => {
                rust_crypto::Sha1Key::new(&material).map(PreparedRsaKey::Sha1RustCrypto)
            }
        };
        sha1.map(Self)
            .ok_or_else(|| "its numbers are no key of their type".to_owned())
    }

    /// Whether `signature` is the signature of `message`.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            PreparedRsaKey::Sha256(key) => key.verify(message, signature),
            PreparedRsaKey::Sha1AwsLc(key) => key.verify(message, signature),
            PreparedRsaKey::Sha1RustCrypto(key) => key.verify(message, signature),
        }
    }
}
