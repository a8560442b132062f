//! A small issuer of tokens.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::token::{TestToken, TokenKey};
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::jose::{KeySet, KeySource, SigningKey};
use crate::now_or_later::NowOrLater;
use crate::unavailable::Unavailable;

/// Issues tokens for tests: it has a key pair (ES256), publishes the public key, and signs whatever claims a test asks
/// for. A clone is the same issuer.
///
/// It checks no client and no password, so it is for tests alone.
///
/// # Example
///
/// ```
/// use tower_challenge::Secret;
/// use tower_challenge::jwt::JwtVerifier;
/// use tower_challenge::scheme::bearer::VerifyToken;
/// use tower_challenge::testing::TestIssuer;
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let issuer = TestIssuer::new("https://as.example")?;
/// let verifier = JwtVerifier::builder("https://as.example", issuer.clone()).audience("api").build()?;
/// let why = |token: String| {
///     let verified = verifier.verify(Secret::new(&token)).try_now().unwrap().unwrap();
///     verified.err().and_then(|failure| failure.why())
/// };
/// assert_eq!(why(issuer.token("ada").audience("api").sign()), None);
/// assert_eq!(why(issuer.expired_token("ada", "api")), Some("the token has expired"));
/// assert_eq!(why(issuer.wrongly_signed_token("ada", "api")), Some("the signature is wrong"));
///
/// let before = issuer.token("ada").audience("api");
/// issuer.rotate()?;
/// assert_eq!(why(before.sign()), None, "the old key is still published");
/// issuer.withdraw_old_keys();
/// assert_eq!(why(before.sign()), Some("no key of the issuer fits the token"));
/// # Ok(())
/// # }
/// ```
///
/// # Tokens of a profile
///
/// [`expired_token`](Self::expired_token) and [`wrongly_signed_token`](Self::wrongly_signed_token) make tokens of the
/// default profile (`typ` is `at+jwt`). A verifier with another [profile](crate::jwt::TokenProfile) can refuse them because
/// they lack a claim of that profile, and a test that expects `401` then proves nothing about the time. So write a
/// function that makes a right token, assert that the server accepts the token, and change one property at a time. For example,
/// with tokens like those of Keycloak:
///
/// ```
/// use serde_json::json;
/// use tower_challenge::Secret;
/// use tower_challenge::jwt::{JwtVerifier, TokenProfile};
/// use tower_challenge::scheme::bearer::VerifyToken;
/// use tower_challenge::testing::{TestIssuer, TestToken};
///
/// fn keycloak_token(issuer: &TestIssuer) -> TestToken {
///     issuer
///         .token("ada")
///         .audience("orders")
///         .header("typ", "JWT")
///         .claim("typ", "Bearer")
///         .claim("realm_access", json!({ "roles": ["admin"] }))
/// }
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let issuer = TestIssuer::new("https://id.example/realms/shop")?;
/// let verifier = JwtVerifier::builder(issuer.issuer(), issuer.clone())
///     .audience("orders")
///     .profile(TokenProfile::keycloak("orders"))
///     .build()?;
/// let verify = |token: String| verifier.verify(Secret::new(&token)).try_now().unwrap().unwrap();
/// let why = |token: String| verify(token).unwrap_err().why();
///
/// let right = keycloak_token(&issuer);
/// assert!(verify(right.sign()).unwrap().has_role("admin"));
/// assert_eq!(why(right.clone().expired().sign()), Some("the token has expired"));
/// assert_eq!(why(right.sign_wrongly()), Some("the signature is wrong"));
/// assert_eq!(why(right.audience("account").sign()), Some("the token is for another audience"));
///
/// // This token is refused for another reason than the time.
/// let reason = why(issuer.expired_token("ada", "orders"));
/// assert_eq!(reason, Some("a claim that the profile requires is missing or has another value"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestIssuer(Arc<IssuerState>);

struct IssuerState {
    issuer: String,
    keys: Mutex<IssuerKeys>,
    clock: Arc<dyn Clock>,
}

struct IssuerKeys {
    /// The newest key is the last. It signs.
    all: Vec<Arc<SigningKey>>,
    published: KeySet,
    made: u64,
}

impl TestIssuer {
    /// Makes an issuer with this identifier (`iss`) and one key.
    ///
    /// The first key of every issuer has the same `kid`.
    ///
    /// # Errors
    ///
    /// The random number generator failed.
    pub fn new(issuer: &str) -> Result<Self, ConfigError> {
        let first = Arc::new(SigningKey::generate("test-key-1")?);
        let published = KeySet::new([first.verification_key()?])?;
        Ok(Self(Arc::new(IssuerState {
            issuer: issuer.to_owned(),
            keys: Mutex::new(IssuerKeys {
                all: vec![first],
                published,
                made: 1,
            }),
            clock: Arc::new(SystemClock::new()),
        })))
    }

    /// Makes an issuer that reads the time from `clock`, with the same identifier and a new key.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn with_clock(self, clock: impl Clock) -> Result<Self, ConfigError> {
        let issuer = Self::new(&self.0.issuer)?;
        let keys = issuer.state().copy();
        Ok(Self(Arc::new(IssuerState {
            issuer: self.0.issuer.clone(),
            keys: Mutex::new(keys),
            clock: Arc::new(clock),
        })))
    }

    /// Returns the identifier of the issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Begins a token for `subject`, signed with the newest key. It has the claims of RFC 9068 section 2.2, but no `aud`
    /// yet, and is valid for five minutes.
    ///
    /// The `jti` is made of the subject and the second, so two tokens of a subject can have the same. If a test needs
    /// different ones, set them: `.claim("jti", "first")`.
    #[must_use]
    pub fn token(&self, subject: &str) -> TestToken {
        let state = self.state();
        let key = state.all.last().cloned();
        drop(state);
        let key = TokenKey::of(key);
        TestToken::new(&self.0.issuer, subject, key, self.0.clock.wall())
    }

    /// Makes a token of the default profile that expired an hour ago. For another profile, see
    /// [above](Self#tokens-of-a-profile).
    #[must_use]
    pub fn expired_token(&self, subject: &str, audience: &str) -> String {
        self.token(subject).audience(audience).expired().sign()
    }

    /// Makes a token of the default profile that names the key of the issuer and is signed with another key.
    #[must_use]
    pub fn wrongly_signed_token(&self, subject: &str, audience: &str) -> String {
        self.token(subject).audience(audience).sign_wrongly()
    }

    /// Makes a new key, which signs from now on. The old keys stay published.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new).
    pub fn rotate(&self) -> Result<(), ConfigError> {
        let mut state = self.state();
        state.made += 1;
        let key = SigningKey::generate(&format!("test-key-{}", state.made))?;
        state.all.push(Arc::new(key));
        state.publish()
    }

    /// Publishes the newest key alone.
    pub fn withdraw_old_keys(&self) {
        let mut state = self.state();
        let newest = state.all.len().saturating_sub(1);
        state.all.drain(..newest);
        // A set of keys that were published before is a set again.
        let _ = state.publish();
    }

    /// Returns the published keys, as they are now. The issuer itself is a [`KeySource`] that follows its rotations.
    #[must_use]
    pub fn keys(&self) -> KeySet {
        self.state().published.clone()
    }

    /// Returns the published keys as a JSON Web Key Set.
    #[must_use]
    pub fn jwks(&self) -> String {
        let state = self.state();
        let keys = state.all.iter().map(|key| key.jwk()).collect::<Vec<_>>();
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    }

    fn state(&self) -> MutexGuard<'_, IssuerKeys> {
        self.0.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl IssuerKeys {
    fn publish(&mut self) -> Result<(), ConfigError> {
        let keys = self.all.iter().map(|key| key.verification_key());
        self.published = KeySet::new(keys.collect::<Result<Vec<_>, _>>()?)?;
        Ok(())
    }

    fn copy(&self) -> Self {
        Self {
            all: self.all.clone(),
            published: self.published.clone(),
            made: self.made,
        }
    }
}

impl KeySource for TestIssuer {
    fn keys(&self) -> NowOrLater<Result<KeySet, Unavailable>> {
        NowOrLater::now(Ok(Self::keys(self)))
    }
}

shows! { impl[] TestIssuer[] as self { issuer: self.0.issuer } }
