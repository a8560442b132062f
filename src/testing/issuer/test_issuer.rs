//! A small issuer of tokens.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::opaque_tokens::OpaqueTokens;
use super::token::{TestToken, TokenKeys, seconds};
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::jose::{KeySet, KeySource, SigningKey};
use crate::now_or_later::NowOrLater;
use crate::unavailable::Unavailable;

/// Issues tokens for tests: it has a key pair (ES256), publishes the public key, and signs all claims that a test asks
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
pub struct TestIssuer {
    state: Arc<IssuerState>,
    clock: Arc<dyn Clock>,
}

struct IssuerState {
    issuer: String,
    keys: Mutex<IssuerKeys>,
    /// A key that is never published.
    unpublished: Arc<SigningKey>,
    /// How many tokens were begun.
    tokens: AtomicU64,
    opaque: OpaqueTokens,
}

struct IssuerKeys {
    /// The key that signs.
    newest: Arc<SigningKey>,
    /// The keys before it that are still published.
    old: Vec<Arc<SigningKey>>,
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
        let newest = SigningKey::generate("test-key-1")?;
        let published = KeySet::new([newest.verification_key()?])?;
        let state = IssuerState {
            issuer: issuer.to_owned(),
            keys: Mutex::new(IssuerKeys {
                newest: Arc::new(newest),
                old: Vec::new(),
                published,
                made: 1,
            }),
            unpublished: Arc::new(SigningKey::generate("an unpublished key")?),
            tokens: AtomicU64::new(0),
            opaque: OpaqueTokens::default(),
        };
        Ok(Self {
            state: Arc::new(state),
            clock: Arc::new(SystemClock::new()),
        })
    }

    /// Reads the time from `clock`. The issuer stays the same, with the same keys, and so do its other clones.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        let clock = Arc::new(clock);
        Self { clock, ..self }
    }

    /// Returns the identifier of the issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.state.issuer
    }

    /// Begins a token for `subject`, signed with the newest key. It has the claims of RFC 9068 section 2.2, but no `aud`
    /// yet, and is valid for five minutes. No other token of the issuer has its `jti`.
    #[must_use]
    pub fn token(&self, subject: &str) -> TestToken {
        let keys = TokenKeys {
            right: Arc::clone(&self.keys_now().newest),
            wrong: Arc::clone(&self.state.unpublished),
        };
        let number = self.state.tokens.fetch_add(1, Ordering::Relaxed);
        let token = TestToken::new(keys, self.state.opaque.clone(), self.clock.wall());
        let token = token.claim("iss", self.issuer()).claim("sub", subject);
        token.claim("jti", format!("token-{number}"))
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

    /// Revokes a token that [`issue_opaque`](TestToken::issue_opaque) made: it is inactive from now on.
    pub fn revoke(&self, token: &str) {
        self.state.opaque.remove(token);
    }

    /// What the issuer says about a token.
    pub(super) fn introspect(&self, token: &str) -> String {
        self.state.opaque.answer(token, seconds(self.clock.wall()))
    }

    /// Makes a new key, which signs from now on. The old keys stay published.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new), or 64 keys are published. The issuer then keeps the keys that it had.
    pub fn rotate(&self) -> Result<(), ConfigError> {
        let mut keys = self.keys_now();
        keys.made += 1;
        let newest = SigningKey::generate(&format!("test-key-{}", keys.made))?;
        let old = mem::replace(&mut keys.newest, Arc::new(newest));
        keys.old.push(old);
        let published = keys.publish();
        if published.is_err() {
            // The set is full, so the key before goes on signing.
            if let Some(before) = keys.old.pop() {
                keys.newest = before;
            }
        }
        published
    }

    /// Publishes the newest key alone.
    pub fn withdraw_old_keys(&self) {
        let mut keys = self.keys_now();
        keys.old.clear();
        // A key that was published before can be published again.
        let _ = keys.publish();
    }

    /// Returns the published keys, as they are now. The issuer itself is a [`KeySource`] that follows its rotations.
    #[must_use]
    pub fn keys(&self) -> KeySet {
        self.keys_now().published.clone()
    }

    /// Returns the published keys as a JSON Web Key Set.
    #[must_use]
    pub fn jwks(&self) -> String {
        let keys = self.keys_now();
        let keys = keys.all().map(SigningKey::jwk).collect::<Vec<_>>();
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    }

    fn keys_now(&self) -> MutexGuard<'_, IssuerKeys> {
        let keys = self.state.keys.lock();
        keys.unwrap_or_else(PoisonError::into_inner)
    }
}

impl IssuerKeys {
    fn all(&self) -> impl Iterator<Item = &SigningKey> {
        self.old.iter().chain([&self.newest]).map(|key| &**key)
    }

    fn publish(&mut self) -> Result<(), ConfigError> {
        let keys = self.all().map(SigningKey::verification_key);
        self.published = KeySet::new(keys.collect::<Result<Vec<_>, _>>()?)?;
        Ok(())
    }
}

impl KeySource for TestIssuer {
    fn keys(&self) -> NowOrLater<Result<KeySet, Unavailable>> {
        NowOrLater::now(Ok(Self::keys(self)))
    }
}

shows! { impl[] TestIssuer[] as self { issuer: self.state.issuer } }
