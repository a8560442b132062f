//! The settings of a verifier of tokens.

use std::sync::Arc;
use std::time::Duration;

use serde_core::de::DeserializeOwned;

use super::cache::TokenCache;
use super::last_header::LastHeader;
use super::profile::TokenProfile;
use super::revocations::RevocationList;
use super::rules::{ClaimRules, MOST_LEEWAY};
use super::verifier::{JwtVerifier, VerifierParts};
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::jose::{KeySource, SignatureAlgorithm};
use crate::principal::Principal;
use crate::token_claims::{ReadIdentity, VerifiedClaims, principal_alone, with_claims};

/// The settings of a [`JwtVerifier`]. `I` is the type of the caller's identity.
///
/// # Example
///
/// ```
/// # #[cfg(all(feature = "testing", any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")))] {
/// use std::time::Duration;
/// use tower_challenge::Secret;
/// use tower_challenge::jose::SignatureAlgorithm;
/// use tower_challenge::jwt::{JwtVerifier, TokenProfile};
/// use tower_challenge::scheme::bearer::VerifyToken;
/// use tower_challenge::testing::TestIssuer;
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let issuer = TestIssuer::new("https://as.example")?;
/// let builder = || JwtVerifier::builder("https://as.example", issuer.clone())
///     .audience("https://api.example")
///     .profile(TokenProfile::rfc9068())
///     .algorithms(&[SignatureAlgorithm::Es256]);
///
/// let verifier = builder().leeway(Duration::from_secs(5)).build()?;
/// let token = issuer.token("ada").audience("https://api.example");
/// let verify = |token: String| verifier.verify(Secret::new(&token)).try_now().unwrap().unwrap();
/// assert_eq!(verify(token.sign()).unwrap().name(), "ada");
/// assert!(verify(token.without("client_id").sign()).is_err(), "RFC 9068 requires it");
///
/// let error = builder().leeway(Duration::from_secs(3600)).build().unwrap_err();
/// assert_eq!(error.to_string(), "the leeway is longer than 60 seconds");
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
pub struct JwtVerifierBuilder<I = Principal> {
    pub(super) rules: ClaimRules,
    keys: Arc<dyn KeySource>,
    pub(super) algorithms: Option<Vec<SignatureAlgorithm>>,
    revocations: Option<RevocationList>,
    cache: usize,
    clock: Arc<dyn Clock>,
    read: ReadIdentity<I>,
}

const DEFAULT_LEEWAY: Duration = Duration::from_secs(30);

/// How many tokens a verifier remembers.
const DEFAULT_CACHE: usize = 4096;

impl JwtVerifier {
    /// Begins a verifier of the tokens that `issuer` signs with one of `keys`. The tokens name the issuer in `iss`, in
    /// exactly this spelling: a slash at the end counts. The [module](crate::jwt#several-issuers) says how to accept the
    /// tokens of two issuers.
    ///
    /// `keys` is a [`KeySet`](crate::jose::KeySet), a [`KeyFile`](crate::jose::KeyFile), `jwks::RemoteKeys`, or a source
    /// of your own.
    #[must_use]
    pub fn builder(issuer: &str, keys: impl KeySource) -> JwtVerifierBuilder {
        JwtVerifierBuilder {
            rules: ClaimRules {
                issuers: vec![issuer.to_owned()],
                audiences: Vec::new(),
                leeway: DEFAULT_LEEWAY,
                profile: TokenProfile::access_token(),
            },
            keys: Arc::new(keys),
            algorithms: None,
            revocations: None,
            cache: DEFAULT_CACHE,
            clock: Arc::new(SystemClock::new()),
            read: principal_alone,
        }
    }
}

impl<I: Clone + Send + Sync + 'static> JwtVerifierBuilder<I> {
    /// Accepts tokens for this audience (`aud`): the identifier of this server at the issuer. Compared exactly. Call it
    /// again for another name of the same server.
    #[must_use]
    pub fn audience(mut self, audience: &str) -> Self {
        self.rules.audiences.push(audience.to_owned());
        self
    }

    /// Accepts this spelling of the issuer, too. For example, Google writes `accounts.google.com` in some tokens.
    ///
    /// Do not use it for a second issuer: every key of this verifier would be good for both. See
    /// [several issuers](crate::jwt#several-issuers).
    #[must_use]
    pub fn issuer_alias(mut self, issuer: &str) -> Self {
        self.rules.issuers.push(issuer.to_owned());
        self
    }

    /// Sets the shape of the tokens. The default is [`TokenProfile::access_token`], which needs `typ: at+jwt` in the
    /// header of a token. Most issuers write `JWT` there, so choose the profile of your issuer.
    #[must_use]
    pub fn profile(mut self, profile: TokenProfile) -> Self {
        self.rules.profile = profile;
        self
    }

    /// Accepts these algorithms only. Without this call, each key decides which algorithms it may be used with.
    #[must_use]
    pub fn algorithms(mut self, algorithms: &[SignatureAlgorithm]) -> Self {
        self.algorithms = Some(algorithms.to_vec());
        self
    }

    /// Sets by how much the clocks of the issuer and of this server may differ: up to 60 seconds, 30 by default. A token
    /// is accepted until so long after its `exp`, and from so long before its `nbf` and `iat`.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.rules.leeway = leeway;
        self
    }

    /// Refuses the tokens of `list`. [`RevocationList`] says how to find the identifier of a token.
    #[must_use]
    pub fn revocations(mut self, list: &RevocationList) -> Self {
        self.revocations = Some(list.clone());
        self
    }

    /// Remembers up to this many tokens, rounded up to a multiple of four. The default is 4,096, and with 0 every
    /// signature is verified each time. A remembered token takes about 200 bytes and its identity.
    #[must_use]
    pub fn cache(mut self, tokens: usize) -> Self {
        self.cache = tokens;
        self
    }

    /// Reads the time from `clock`.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Reads the claims into a type of the application. The identity of the caller is then a [`VerifiedClaims<T>`], whose
    /// documentation says what changes for handlers, policies and the audit.
    ///
    /// `T` gets all claims of the token, also `iss`, `exp` and `jti`. A token whose claims do not fit is refused with `401`.
    /// If some tokens lack a claim, make its field an `Option`.
    #[must_use]
    pub fn claims<T: DeserializeOwned + Send + Sync + 'static>(
        self,
    ) -> JwtVerifierBuilder<VerifiedClaims<T>> {
        JwtVerifierBuilder {
            rules: self.rules,
            keys: self.keys,
            algorithms: self.algorithms,
            revocations: self.revocations,
            cache: self.cache,
            clock: self.clock,
            read: with_claims::<T>,
        }
    }

    /// Makes the verifier.
    ///
    /// # Errors
    ///
    /// - There is no [audience](Self::audience), and the profile needs one.
    /// - The issuer or an audience is empty, or the list of algorithms is.
    /// - The leeway is longer than 60 seconds.
    /// - The profile has an empty path, or a required claim without a permitted value.
    /// - The system random number generator failed.
    pub fn build(self) -> Result<JwtVerifier<I>, ConfigError> {
        let rules = self.rules;
        if rules.issuers.iter().any(String::is_empty) {
            return Err(ConfigError::new(
                "the issuer is empty: name the `iss` of its tokens",
            ));
        }
        if rules.audiences.is_empty() && rules.profile.needs_audience {
            return Err(ConfigError::new(
                "no audience is configured: name the `aud` that stands for this server",
            ));
        }
        if rules.audiences.iter().any(String::is_empty) {
            return Err(ConfigError::new("an audience is empty"));
        }
        if rules.leeway > MOST_LEEWAY {
            return Err(ConfigError::new("the leeway is longer than 60 seconds"));
        }
        if self.algorithms.as_ref().is_some_and(Vec::is_empty) {
            return Err(ConfigError::new(
                "no algorithm is allowed: name at least one",
            ));
        }
        rules.profile.check()?;
        Ok(JwtVerifier::of(VerifierParts {
            rules,
            keys: self.keys,
            algorithms: self.algorithms,
            revocations: self.revocations,
            cache: TokenCache::new(self.cache)?,
            last_header: LastHeader::default(),
            clock: self.clock,
            read: self.read,
        }))
    }
}

shows! { impl[I] JwtVerifierBuilder[I] as self { rules: self.rules, algorithms: self.algorithms } }
