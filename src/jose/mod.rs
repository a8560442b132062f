//! Keys and signatures of JSON Object Signing and Encryption (JOSE).
//!
//! A [`VerificationKey`] verifies signatures. It comes from a JSON Web Key (RFC 7517), from PEM, or from a shared secret,
//! and it knows which [`SignatureAlgorithm`]s it may be used with. A token never chooses that: a token that names
//! another algorithm does not fit the key. A [`KeySet`] holds the keys of one issuer, and a [`KeySource`] says which
//! set is good now. [`jwt`](crate::jwt) verifies tokens with them.
//!
//! The signatures are verified by a [`SignatureBackend`]: the crate `aws-lc-rs` (feature `jwt-aws-lc`) or the crates of
//! the RustCrypto project (feature `jwt-rust-crypto`).
//!
//! ```
//! # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
//! use tower_challenge::jose::{KeySet, SignatureAlgorithm, VerificationKey};
//!
//! # fn main() -> Result<(), tower_challenge::ConfigError> {
//! // The public key of RFC 8037 appendix A.2.
//! let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
//! let key = VerificationKey::from_jwk(jwk)?;
//! assert!(key.allows(SignatureAlgorithm::EdDsa));
//! assert!(!key.allows(SignatureAlgorithm::Hs256), "a public key is never the secret of an HMAC");
//!
//! let keys = KeySet::from_jwks(&format!(r#"{{"keys":[{jwk}]}}"#))?;
//! assert_eq!(keys.len(), 1);
//! assert!(KeySet::from_jwks(r#"{"keys":[]}"#).is_err(), "a set without keys would refuse every token");
//! # Ok(()) }
//! # main().unwrap(); }
//! ```

mod algorithm;
mod backend;
pub(crate) mod base64url;
mod compact;
#[cfg(feature = "dpop")]
mod header_key;
mod invalid_jws;
mod jose_header;
mod json;
mod jwk;
mod key;
mod key_file;
mod key_material;
mod key_set;
mod key_source;
#[cfg(feature = "vapid")]
mod p256_point;
mod pem;
mod reasons;
#[cfg(feature = "hoba")]
mod rsa_signature;
#[cfg(all(
    any(feature = "introspection", feature = "testing"),
    any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")
))]
mod signing;
mod thumbprint;

pub use self::algorithm::SignatureAlgorithm;
pub use self::backend::SignatureBackend;
pub use self::invalid_jws::InvalidJws;
pub use self::key::VerificationKey;
pub use self::key_file::KeyFile;
pub use self::key_set::KeySet;
pub use self::key_source::KeySource;
pub use crate::reloading::{FileHealth, ReloadEvent};

#[cfg(any(
    feature = "dpop",
    feature = "jwt-aws-lc",
    feature = "jwt-rust-crypto",
    feature = "vapid"
))]
pub(crate) use self::compact::CompactJws;
#[cfg(feature = "dpop")]
pub(crate) use self::header_key::header_key;
#[cfg(any(
    feature = "dpop",
    feature = "jwt-aws-lc",
    feature = "jwt-rust-crypto",
    feature = "vapid"
))]
pub(crate) use self::jose_header::JoseHeader;
#[cfg(any(
    feature = "dpop",
    feature = "jwks-client",
    feature = "jwt-aws-lc",
    feature = "jwt-rust-crypto",
    feature = "vapid"
))]
pub(crate) use self::json::{JsonFault, JsonObject};
#[cfg(feature = "jwks-client")]
pub(crate) use self::key_set::KeyRule;
#[cfg(feature = "hoba")]
pub(crate) use self::rsa_signature::{RsaHash, RsaPublicKey};
#[cfg(all(
    any(feature = "introspection", feature = "testing"),
    any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")
))]
pub(crate) use self::signing::SigningKey;
