//! Keys that sign: for tests, and for requests to an authorization server.

#[cfg(feature = "jwt-aws-lc")]
mod aws_lc;
#[cfg(all(feature = "introspection", feature = "jwt-aws-lc"))]
mod loaded_aws_lc;
#[cfg(all(feature = "introspection", not(feature = "jwt-aws-lc")))]
mod loaded_rust_crypto;
#[cfg(feature = "introspection")]
mod private_jwk;
#[cfg(not(feature = "jwt-aws-lc"))]
mod rust_crypto;
#[cfg(feature = "testing")]
mod verifying;

#[cfg(feature = "jwt-aws-lc")]
use self::aws_lc::KeyPair;
#[cfg(not(feature = "jwt-aws-lc"))]
use self::rust_crypto::KeyPair;
use super::base64url::encode;
use crate::config_error::ConfigError;
use crate::text::json::string;

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
        let id = string(&self.id);
        let (x, y) = (encode(x), encode(y));
        format!(
            r#"{{"kty":"EC","crv":"P-256","use":"sig","alg":"ES256","kid":{id},"x":"{x}","y":"{y}"}}"#
        )
    }

    /// Signs a header and claims, which are JSON, and returns the token in the compact form (RFC 7515 section 7.1). Returns
    /// `None` if the random number generator fails.
    pub(crate) fn sign(&self, header: &str, claims: &str) -> Option<String> {
        let signed = format!(
            "{}.{}",
            encode(header.as_bytes()),
            encode(claims.as_bytes())
        );
        let signature = self.pair.sign(signed.as_bytes())?;
        Some(format!("{signed}.{}", encode(&signature)))
    }
}
