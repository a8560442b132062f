//! A token that a test makes.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

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
    key: TokenKey,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    issued: SystemTime,
}

/// The key that signs a token, if its issuer has one.
#[derive(Clone)]
pub(super) struct TokenKey(Option<Arc<SigningKey>>);

impl TokenKey {
    pub(super) const fn of(key: Option<Arc<SigningKey>>) -> Self {
        Self(key)
    }

    fn id(&self) -> &str {
        self.0.as_deref().map_or("", SigningKey::id)
    }
}

const LIFETIME: Duration = Duration::from_secs(300);
const HOUR: Duration = Duration::from_secs(3600);

impl TestToken {
    pub(super) fn new(issuer: &str, subject: &str, key: TokenKey, now: SystemTime) -> Self {
        let header = [("typ", "at+jwt"), ("alg", "ES256"), ("kid", key.id())];
        let header = header.map(|(name, value)| (name.to_owned(), Value::from(value)));
        let token = Self {
            header: header.into_iter().collect(),
            claims: Map::new(),
            issued: now,
            key,
        };
        let token_id = format!("{subject}-{}", seconds(now));
        let token = token.claim("iss", issuer).claim("sub", subject);
        let token = token
            .claim("client_id", "test-client")
            .claim("jti", token_id);
        token.claim("iat", seconds(now)).lifetime(LIFETIME)
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

    /// Sets for how long the token is valid (`exp`).
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        let expires = seconds(self.issued + lifetime);
        self.claim("exp", expires)
    }

    /// Sets `iat` to two hours ago and `exp` to an hour ago.
    #[must_use]
    pub fn expired(self) -> Self {
        let issued = seconds(self.issued - 2 * HOUR);
        self.claim("iat", issued)
            .claim("exp", issued + HOUR.as_secs())
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
        self.sign_with(self.key.0.as_deref())
    }

    /// Signs the token with another key than the header names.
    #[must_use]
    pub fn sign_wrongly(&self) -> String {
        let other = SigningKey::generate("another key");
        self.sign_with(other.ok().as_ref())
    }

    fn sign_with(&self, key: Option<&SigningKey>) -> String {
        let header = Value::from(self.header.clone()).to_string();
        let claims = Value::from(self.claims.clone()).to_string();
        key.map_or_else(String::new, |key| key.sign(&header, &claims))
    }
}

fn seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

shows! { impl[] TestToken[] as self { header: self.header, claims: self.claims } }
