//! Keys that sign, for tests.

#[cfg(feature = "jwt-aws-lc")]
mod aws_lc;
#[cfg(not(feature = "jwt-aws-lc"))]
mod rust_crypto;

#[cfg(feature = "jwt-aws-lc")]
use self::aws_lc::KeyPair;
#[cfg(not(feature = "jwt-aws-lc"))]
use self::rust_crypto::KeyPair;
use super::backend::SignatureBackend;
use super::base64url::encode;
use super::key::VerificationKey;
use crate::config_error::ConfigError;

/// A key pair that signs with ES256, and its name.
pub(crate) struct SigningKey {
    id: String,
    pair: KeyPair,
}

impl SigningKey {
    /// Makes a random key pair.
    pub(crate) fn generate(id: &str) -> Result<Self, ConfigError> {
        let pair = KeyPair::generate();
        let pair = pair.ok_or_else(|| ConfigError::new("no key pair could be made"))?;
        let id = id.to_owned();
        Ok(Self { id, pair })
    }

    /// The identifier of the key (`kid`).
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The public key as a JSON Web Key.
    pub(crate) fn jwk(&self) -> String {
        let point = self.pair.point();
        let (x, y) = point
            .get(1..)
            .unwrap_or_default()
            .split_at_checked(32)
            .unwrap_or_default();
        let (id, x, y) = (&self.id, encode(x), encode(y));
        format!(
            r#"{{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":"{id}","x":"{x}","y":"{y}"}}"#
        )
    }

    /// The public key.
    pub(crate) fn verification_key(&self) -> Result<VerificationKey, ConfigError> {
        VerificationKey::from_jwk_with(&self.jwk(), SignatureBackend::default())
    }

    /// Signs a header and claims, which are JSON, and returns the token in the compact form (RFC 7515 section 7.1).
    pub(crate) fn sign(&self, header: &str, claims: &str) -> String {
        let signed = format!(
            "{}.{}",
            encode(header.as_bytes()),
            encode(claims.as_bytes())
        );
        let signature = self.pair.sign(signed.as_bytes());
        format!("{signed}.{}", encode(&signature))
    }
}
