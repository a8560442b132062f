//! Keys and proofs of DPoP (RFC 9449), for tests.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::token::{TestToken, seconds};
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::jose::{SigningKey, base64url};
use crate::random::random;

/// The key pair of a client of DPoP, for ES256. A clone is the same key.
///
/// # Example
///
/// A token that is bound to the key, and a proof for one request with it:
///
/// ```
/// use tower_challenge::testing::{DpopKey, TestIssuer};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let issuer = TestIssuer::new("https://as.example")?;
/// let key = DpopKey::generate()?;
/// let token = issuer.token("ada").audience("api").bound_to(&key).sign();
/// let proof = key.proof("GET", "https://api.example/notes").token(&token).sign();
/// assert_eq!(proof.split('.').count(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DpopKey(Arc<SigningKey>);

impl DpopKey {
    /// Makes a random key pair.
    ///
    /// # Errors
    ///
    /// The random number generator failed.
    pub fn generate() -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(SigningKey::generate("client")?)))
    }

    /// Returns the thumbprint of the public key (RFC 7638) in base64url: the value of `jkt` in a token.
    ///
    /// # Errors
    ///
    /// No backend for signatures accepts the key.
    pub fn thumbprint(&self) -> Result<String, ConfigError> {
        let key = self.0.verification_key()?;
        Ok(base64url::encode(&key.thumbprint()))
    }

    /// Begins a proof for one request, with the time of now and a random `jti`. `uri` is the URI of the request without its
    /// query.
    #[must_use]
    pub fn proof(&self, method: &str, uri: &str) -> DpopProof {
        let mut proof = DpopProof {
            key: self.clone(),
            header: Map::new(),
            claims: Map::new(),
        };
        let id = random().map_or_else(|_| String::new(), |bytes| base64url::encode(&bytes[..16]));
        proof = proof.header("typ", "dpop+jwt").header("alg", "ES256");
        proof = proof.header("jwk", self.public_jwk());
        proof = proof.claim("jti", id).claim("htm", method);
        proof.claim("htu", uri).at(SystemClock::new().wall())
    }

    fn public_jwk(&self) -> Value {
        let jwk = serde_json::from_str::<Map<_, _>>(&self.0.jwk());
        let members = jwk.unwrap_or_default().into_iter();
        let public = members.filter(|(name, _)| ["kty", "crv", "x", "y"].contains(&&**name));
        Value::Object(public.collect())
    }
}

shows! { impl[] DpopKey[] as self { thumbprint: self.thumbprint() } }

/// A proof of DPoP that is not signed yet (RFC 9449 section 4.2). [`DpopKey::proof`] begins one.
///
/// # Example
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use tower_challenge::testing::DpopKey;
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let proof = DpopKey::generate()?
///     .proof("GET", "https://api.example/notes")
///     .token("t0ken")
///     .nonce("n1")
///     .at(UNIX_EPOCH + Duration::from_secs(1_720_000_000))
///     .without("jti")
///     .header("typ", "JWT");
/// assert_ne!(proof.sign(), proof.sign(), "a signature of ES256 is random");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DpopProof {
    key: DpopKey,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl DpopProof {
    /// Sets the token (`ath`).
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        let hash = base64url::encode(&Sha256::digest(token.as_bytes()));
        self.claim("ath", hash)
    }

    /// Sets the nonce of the server (`nonce`).
    #[must_use]
    pub fn nonce(self, nonce: &str) -> Self {
        self.claim("nonce", nonce)
    }

    /// Sets the time of the proof (`iat`), in whole seconds.
    #[must_use]
    pub fn at(self, time: SystemTime) -> Self {
        self.claim("iat", seconds(time))
    }

    /// Sets the claim `name`.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Removes the claim `name`.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Sets the header parameter `name`. The signature is always ES256.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Removes the header parameter `name`.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// Signs the proof and returns it in the compact form: the value of the field `DPoP`.
    #[must_use]
    pub fn sign(&self) -> String {
        self.sign_with(&self.key)
    }

    /// Signs the proof with `key`, while its header has the key with which it was begun.
    #[must_use]
    pub fn sign_with(&self, key: &DpopKey) -> String {
        let header = Value::from(self.header.clone()).to_string();
        let claims = Value::from(self.claims.clone()).to_string();
        let signed = key.0.sign(&header, &claims);
        // No verifier accepts an empty text, as none accepts a token without a signature.
        signed.unwrap_or_default()
    }
}

shows! { impl[] DpopProof[] as self { header: self.header, claims: self.claims } }

impl TestToken {
    /// Binds the token to `key` (`cnf` with `jkt`, RFC 9449 section 6.1).
    #[must_use]
    pub fn bound_to(self, key: &DpopKey) -> Self {
        // A key that signs has a thumbprint.
        let thumbprint = key.thumbprint().unwrap_or_default();
        self.claim("cnf", serde_json::json!({ "jkt": thumbprint }))
    }
}
