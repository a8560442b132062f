//! A client that signs a JWT in place of a secret (RFC 7523 section 2.2, `private_key_jwt` of OpenID Connect Core 1.0
//! section 9).

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::client_credentials::{AuthenticateClient, ClientCredentials};
use super::form::QuestionForm;
use super::outage::Outage;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::jose::SigningKey;
use crate::jose::base64url::encode;
use crate::random::random;

/// The private key with which this server signs its requests to an authorization server: an ECDSA key on P-256, for the
/// algorithm ES256. A clone is the same key.
///
/// The authorization server has the public key. It is registered with the client there, or the authorization server
/// fetches it from the `jwks_uri` of the client.
///
/// Keys for other algorithms are not supported. Every server that follows OpenID Connect may accept ES256; look for
/// `token_endpoint_auth_signing_alg_values_supported` in its metadata.
///
/// # Example
///
/// ```
/// use tower_challenge::introspection::{ClientCredentials, ClientKey};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let key = ClientKey::generate("key-1")?;
/// assert!(key.public_jwk().contains(r#""kid":"key-1""#));
/// let credentials = ClientCredentials::private_key_jwt("orders", &key, "https://as.example");
/// # let _ = credentials;
///
/// // The example of RFC 7515 appendix A.3.
/// let jwk = r#"{"kty":"EC","crv":"P-256","kid":"key-2",
///     "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
///     "d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
/// assert!(ClientKey::from_jwk(jwk)?.public_jwk().contains("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"));
///
/// let without_d = r#"{"kty":"EC","crv":"P-256","kid":"key-2",
///     "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
/// assert!(ClientKey::from_jwk(without_d).is_err(), "a public key does not sign");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ClientKey(Arc<SigningKey>);

impl ClientKey {
    /// Makes a random key pair with this identifier (`kid`). The private key never leaves the process. So the
    /// authorization server must fetch the public key again after each start.
    ///
    /// # Errors
    ///
    /// The system random number generator failed.
    pub fn generate(key_id: &str) -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(SigningKey::generate(key_id)?)))
    }

    /// Reads a private key as a JSON Web Key (RFC 7518 section 6.2.2). `kid` is optional.
    ///
    /// # Errors
    ///
    /// The text is not a JSON object, the key is not on the curve P-256, has no private part (`d`), or its parts do not
    /// belong together.
    pub fn from_jwk(jwk: &str) -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(SigningKey::from_jwk(jwk)?)))
    }

    /// Returns the public key as a JSON Web Key, for the registration of the client.
    #[must_use]
    pub fn public_jwk(&self) -> String {
        self.0.jwk()
    }
}

shows! { impl[] ClientKey[] as self { id: self.0.id() } }

impl ClientCredentials {
    /// Signs a JWT for each request (`private_key_jwt`). It is valid for a minute and has a `jti` of its own.
    ///
    /// `audience` is the authorization server: its issuer identifier, for example `https://as.example`. Some servers want
    /// the URL of their token endpoint or of their introspection endpoint there.
    #[must_use]
    pub fn private_key_jwt(client: &str, key: &ClientKey, audience: &str) -> Self {
        let assertion = SignedAssertion {
            key: key.clone(),
            audience: audience.to_owned(),
        };
        Self::with(client, assertion)
    }
}

struct SignedAssertion {
    key: ClientKey,
    audience: String,
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long an assertion is valid.
const LIFETIME: Duration = Duration::from_secs(60);

impl AuthenticateClient for SignedAssertion {
    fn add(&self, client: &str, form: &mut QuestionForm, now: SystemTime) -> Result<(), Outage> {
        let assertion = self.sign(client, now)?;
        form.add("client_id", client);
        form.add("client_assertion_type", ASSERTION_TYPE);
        form.add("client_assertion", &assertion);
        Ok(())
    }
}

impl SignedAssertion {
    /// RFC 7523 section 3: `iss` and `sub` are the client, `aud` is the authorization server.
    fn sign(&self, client: &str, now: SystemTime) -> Result<String, Outage> {
        let random = random().map_err(|error| Outage::new(error.to_string()))?;
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let until = now.saturating_add(LIFETIME);
        let claims = object([
            ("iss", client.into()),
            ("sub", client.into()),
            ("aud", self.audience.as_str().into()),
            ("jti", encode(&random[..16]).into()),
            ("iat", now.as_secs().into()),
            ("exp", until.as_secs().into()),
        ]);
        let key = &self.key.0;
        let header = [("typ", "JWT"), ("alg", "ES256"), ("kid", key.id())];
        let header = header.into_iter().filter(|(_, value)| !value.is_empty());
        let header = object(header.map(|(name, value)| (name, value.into())));
        let signed = key.sign(&header, &claims);
        signed.ok_or_else(|| Outage::new("the assertion of this client cannot be signed"))
    }
}

fn object<'n>(members: impl IntoIterator<Item = (&'n str, Value)>) -> String {
    let members = members.into_iter();
    let members = members.map(|(name, value)| (name.to_owned(), value));
    Value::Object(members.collect()).to_string()
}
