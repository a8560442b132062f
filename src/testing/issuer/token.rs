//! A token that a test makes.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use super::opaque_tokens::OpaqueTokens;
use crate::derives::shows;
use crate::jose::SigningKey;

/// A token that is not signed yet. [`TestIssuer::token`](super::TestIssuer::token) begins one.
///
/// # Example
///
/// ```
/// use tower_challenge::testing::TestIssuer;
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let issuer = TestIssuer::new("https://as.example")?;
/// let token = issuer
///     .token("ada")
///     .audience("https://api.example")
///     .scope("read write")
///     .claim("tenant", 7)
///     .without("jti")
///     .header("typ", "JWT");
/// assert_eq!(token.sign().split('.').count(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestToken {
    keys: TokenKeys,
    opaque: OpaqueTokens,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    /// In seconds since 1970.
    issued: i64,
}

/// The key of the issuer that signs a token, and a key that the issuer never publishes.
#[derive(Clone)]
pub(super) struct TokenKeys {
    pub(super) right: Arc<SigningKey>,
    pub(super) wrong: Arc<SigningKey>,
}

const LIFETIME: Duration = Duration::from_secs(300);

/// An hour in seconds.
const HOUR: i64 = 3600;

impl TestToken {
    pub(super) fn new(keys: TokenKeys, opaque: OpaqueTokens, now: SystemTime) -> Self {
        let issued = seconds(now);
        let token = Self {
            header: Map::new(),
            claims: Map::new(),
            issued,
            keys,
            opaque,
        };
        let id = token.keys.right.id().to_owned();
        let token = token.header("typ", "at+jwt").header("alg", "ES256");
        let token = token.header("kid", id).claim("client_id", "test-client");
        token.claim("iat", issued).lifetime(LIFETIME)
    }

    /// Sets the audience (`aud`).
    #[must_use]
    pub fn audience(self, audience: &str) -> Self {
        self.claim("aud", audience)
    }

    /// Sets the scopes (`scope`), separated by spaces.
    #[must_use]
    pub fn scope(self, scopes: &str) -> Self {
        self.claim("scope", scopes)
    }

    /// Sets for how long the token is valid (`exp`), in whole seconds.
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        let lifetime = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
        let expires = self.issued.saturating_add(lifetime);
        self.claim("exp", expires)
    }

    /// Sets `iat` to two hours ago and `exp` to an hour ago.
    #[must_use]
    pub fn expired(self) -> Self {
        // RFC 7519 section 2: a date before 1970 is a negative number.
        let expired = self.issued.saturating_sub(HOUR);
        self.claim("iat", expired.saturating_sub(HOUR))
            .claim("exp", expired)
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

    /// Sets the header parameter `name`. The signature is always ES256. For example, with
    /// `header("alg", "RS256")` the token names another algorithm than that of its signature.
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

    /// Signs the token and returns it in the compact form.
    #[must_use]
    pub fn sign(&self) -> String {
        self.sign_with(&self.keys.right)
    }

    /// Signs the token with another key than the header names.
    #[must_use]
    pub fn sign_wrongly(&self) -> String {
        self.sign_with(&self.keys.wrong)
    }

    /// Gives out an opaque token with these claims. Each call makes another token. The
    /// [introspection endpoint](super::TestIssuer::introspection) of the issuer knows it.
    #[must_use]
    pub fn issue_opaque(&self) -> String {
        self.opaque.add(self.claims.clone())
    }

    fn sign_with(&self, key: &SigningKey) -> String {
        let header = Value::from(self.header.clone()).to_string();
        let claims = Value::from(self.claims.clone()).to_string();
        let signed = key.sign(&header, &claims);
        // No verifier accepts an empty text, as none accepts a token without a signature.
        signed.unwrap_or_default()
    }
}

/// The last whole second before `time`, or at it, counted since 1970. It is negative before 1970.
pub(super) fn seconds(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
        Err(before) => {
            let before = before.duration();
            let whole = before
                .as_secs()
                .saturating_add(u64::from(before.subsec_nanos() > 0));
            i64::try_from(whole).map_or(i64::MIN, |whole| -whole)
        }
    }
}

shows! { impl[] TestToken[] as self { header: self.header, claims: self.claims } }
