//! The libraries that verify signatures. Each sits behind its feature.

#[cfg(not(all(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")))]
mod absent;
#[cfg(feature = "jwt-aws-lc")]
mod aws_lc;
mod hmac;
#[cfg(feature = "jwt-rust-crypto")]
mod rust_crypto;

#[cfg(not(feature = "jwt-aws-lc"))]
use self::absent as aws_lc;
#[cfg(not(feature = "jwt-rust-crypto"))]
use self::absent as rust_crypto;

use std::sync::Arc;

use self::hmac::HmacKey;
use super::algorithm::SignatureAlgorithm;
use super::key_material::KeyMaterial;

/// The library that verifies signatures. HMAC is the same with every backend.
///
/// Both backends accept the same keys and signatures: this crate refuses the few that one library alone would accept, such
/// as an RSA signature that is not below the modulus, and points of small order. So the choice changes only the speed and
/// what has to be compiled.
///
/// # Example
///
/// ```
/// use tower_challenge::jose::{SignatureBackend, VerificationKey};
///
/// let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// for backend in [SignatureBackend::AwsLc, SignatureBackend::RustCrypto] {
///     let key = VerificationKey::from_jwk_with(jwk, backend);
///     assert_eq!(key.is_ok(), backend.is_enabled(), "without the feature, the key is refused");
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureBackend {
    /// `aws-lc-rs` (feature `jwt-aws-lc`). It verifies RSA and ECDSA four to eight times faster than `RustCrypto`, and
    /// needs a C compiler.
    AwsLc,
    /// The crates of the RustCrypto project (feature `jwt-rust-crypto`). They are Rust alone.
    RustCrypto,
}

/// The default is `AwsLc` if its feature is enabled, and `RustCrypto` otherwise.
impl Default for SignatureBackend {
    fn default() -> Self {
        if aws_lc::IS_PRESENT {
            Self::AwsLc
        } else {
            Self::RustCrypto
        }
    }
}

impl SignatureBackend {
    /// Whether the feature of this backend is enabled.
    #[must_use]
    pub const fn is_enabled(self) -> bool {
        match self {
            Self::AwsLc => aws_lc::IS_PRESENT,
            Self::RustCrypto => rust_crypto::IS_PRESENT,
        }
    }
}

/// A key in the form that its backend verifies with.
#[derive(Clone)]
pub(super) enum PreparedKey {
    Hmac(Arc<HmacKey>),
    AwsLc(aws_lc::PublicKey),
    RustCrypto(rust_crypto::PublicKey),
}

impl PreparedKey {
    /// Prepares a key for `algorithm`, which fits its type.
    pub(super) fn new(
        material: &KeyMaterial,
        algorithm: SignatureAlgorithm,
        backend: SignatureBackend,
    ) -> Result<Self, String> {
        if let KeyMaterial::Secret(secret) = material {
            let smallest = algorithm.smallest_secret();
            if secret.len() < smallest {
                return Err(format!(
                    "a secret for {algorithm} needs at least {smallest} bytes"
                ));
            }
            return Ok(Self::Hmac(Arc::new(HmacKey::new(algorithm, secret))));
        }
        if !backend.is_enabled() {
            return Err(
                "no library verifies it: enable the feature `jwt-aws-lc` or `jwt-rust-crypto`"
                    .to_owned(),
            );
        }
        let key = match backend {
            SignatureBackend::AwsLc => aws_lc::PublicKey::new(material, algorithm).map(Self::AwsLc),
            SignatureBackend::RustCrypto => {
                rust_crypto::PublicKey::new(material, algorithm).map(Self::RustCrypto)
            }
        };
        key.ok_or_else(|| "its numbers are no key of their type".to_owned())
    }

    /// Whether `signature` is the signature of `message`.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Hmac(key) => key.verify(message, signature),
            Self::AwsLc(key) => key.verify(message, signature),
            Self::RustCrypto(key) => key.verify(message, signature),
        }
    }
}
