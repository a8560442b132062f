//! Bearer, as a server judges it.

use std::future::Future;
use std::sync::Arc;

use super::message;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::error_params::ErrorParams;
use crate::forward::forward;
use crate::header::{Challenge, ChallengeBuilder, InvalidChallenge, SchemeName};
use crate::now_or_later::{IntoAnswer, NowOrLater};
use crate::principal::ClaimedAccount;
use crate::scheme::{Admission, Attempt, BodyUnread, Refusal, Scheme, Verdict, VerdictNowOrLater};
use crate::secret::{Secret, SecretString};
use crate::unavailable::Unavailable;
use crate::verified::{AsyncVerifier, IntoVerified, Verified, VerifiedNowOrLater, verification};

/// Knows whose a token is: a fixed set, a database, an introspection endpoint.
///
/// Every closure from `Secret<'_>` to `Option<I>` or [`Verified<I>`], or to a `Result` or [`NowOrLater`] of it, is one;
/// [`later`] makes one of an `async` function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not verify tokens",
    note = "a closure does if it names its argument's type: `|token: Secret<'_>| ..`"
)]
pub trait VerifyToken: Send + Sync + 'static {
    /// Whom a good token identifies.
    type Identity: Clone + Send + Sync + 'static;

    /// Whose `token` is. It is a b64token (RFC 6750 section 2.1), and never empty.
    ///
    /// # Errors
    ///
    /// The answer is an error when nobody can tell; an unknown, expired or revoked token is `None`.
    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<Self::Identity>;

    /// Whether it is known beforehand that no token is good. A scheme cannot be built on such a one.
    fn is_empty(&self) -> bool {
        false
    }
}

impl<F, A, V> VerifyToken for F
where
    F: Fn(Secret<'_>) -> A + Send + Sync + 'static,
    A: IntoAnswer<ParamValue = V>,
    V: IntoVerified<Identity: Clone + Send + Sync> + 'static,
{
    type Identity = V::Identity;

    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<V::Identity> {
        verification(self(token))
    }
}

// One that several share, and that may be any: `Arc<dyn VerifyToken<Identity = ..>>`.
forward! { Arc: VerifyToken {
    type Identity;
    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<T::Identity>;
    fn is_empty(&self) -> bool;
} }

/// Verifies tokens with an `async` function.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::{Bearer, bearer};
/// use tower_challenge::{Principal, SecretString, Unavailable};
///
/// async fn whose(token: SecretString) -> Result<Option<Principal>, Unavailable> {
///     // .. a round trip ..
///     Ok(token.as_secret().matches("t0ken").then(|| Principal::new("ada")))
/// }
///
/// assert!(Bearer::new("files", bearer::verify_async(whose)).is_ok());
/// ```
pub const fn verify_async<F, Fut, V>(f: F) -> AsyncVerifier<F>
where
    F: Fn(SecretString) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<V, Unavailable>> + Send + 'static,
    V: IntoVerified<Identity: Clone + Send + Sync> + 'static,
{
    AsyncVerifier::new(f)
}

impl<F, Fut, V> VerifyToken for AsyncVerifier<F>
where
    F: Fn(SecretString) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<V, Unavailable>> + Send + 'static,
    V: IntoVerified<Identity: Clone + Send + Sync> + 'static,
{
    type Identity = V::Identity;

    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<V::Identity> {
        let answer = (self.function())(token.to_owned());
        NowOrLater::later(async { answer.await.map(IntoVerified::into_verified) })
    }
}

/// Admits who sends a token that a [`VerifyToken`] knows.
///
/// What the token allows is for a [policy](crate::policy) to decide.
///
/// # Example
///
/// ```
/// use http::{Request, header::AUTHORIZATION};
/// use tower_challenge::scheme::{Attempt, Bearer, ServerRole, Scheme, Verdict};
/// use tower_challenge::{ConfigError, Principal, RequestHead, Secret};
///
/// # fn main() -> Result<(), ConfigError> {
/// let known = |token: Secret<'_>| token.matches("t0ken").then(|| Principal::new("ada"));
/// let bearer = Bearer::new("files", known)?;
/// let judge = |credentials: &str| {
///     let request = Request::get("/").header(AUTHORIZATION, credentials).body(()).unwrap();
///     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
///     let verdict = bearer.authenticate(&attempt)?.try_now().ok()?;
///     Some(matches!(verdict, Ok(Verdict::Admit(_))))
/// };
/// assert_eq!(judge("Bearer t0ken"), Some(true));
/// assert_eq!(judge("Bearer stolen"), Some(false));
/// assert_eq!(judge("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), None, "for another scheme to judge");
/// assert!(Bearer::new("line\nbreak", known).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Bearer<V> {
    verifier: V,
    challenge: Challenge,
    invalid_request: Challenge,
    invalid_token: Challenge,
}

impl<V: VerifyToken> Bearer<V> {
    /// Guards the protection space `realm` with the tokens that `verifier` knows.
    ///
    /// # Errors
    ///
    /// The realm holds a control character, which no challenge can carry, or there is no token.
    pub fn new(realm: &str, verifier: V) -> Result<Self, ConfigError> {
        if verifier.is_empty() {
            return Err(ConfigError::new("there is no token: nobody could log in"));
        }
        let challenge = Challenge::builder(SchemeName::BEARER).quoted("realm", realm);
        Ok(Self::with_challenge(challenge.build()?, verifier)?)
    }

    /// Tells clients which scopes a token has to have here, separated by spaces (RFC 6750 section 3). Whether it has them
    /// is for a [policy](crate::policy::scopes) to decide, and what that says takes the place of this.
    ///
    /// # Errors
    ///
    /// There is no scope, or one holds what RFC 6749 section 3.3 does not allow in one.
    pub fn scope(self, scopes: &str) -> Result<Self, ConfigError> {
        if scopes.split(' ').any(str::is_empty) {
            return Err(ConfigError::new(
                "a scope is empty: separate them by one space",
            ));
        }
        self.with_param("scope", scopes)
    }

    /// Tells clients where the metadata of this resource are (RFC 9728 section 5.1), for instance which authorization
    /// servers it trusts. Serving them, to everybody, is for the application: make their path
    /// [public](crate::RequireAuth::public).
    ///
    /// The URL is the one that was configured, whatever `Host` a request names.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::scheme::{Bearer, Scheme};
    /// use tower_challenge::{Principal, Secret};
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// let known = |token: Secret<'_>| token.matches("t0ken").then(|| Principal::new("ada"));
    /// let url = "https://api.example/.well-known/oauth-protected-resource";
    /// let bearer = Bearer::new("files", known)?.scope("read write")?.resource_metadata(url)?;
    /// # drop(bearer);
    /// assert!(Bearer::new("files", known)?.resource_metadata("http://api.example/").is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// It is no URL, has a fragment, or is neither `https` nor `http` on this machine.
    pub fn resource_metadata(self, url: &str) -> Result<Self, ConfigError> {
        if !message::is_metadata_url(url) {
            return Err(ConfigError::new(format!(
                "{url:?} is no https URL without a fragment"
            )));
        }
        self.with_param("resource_metadata", url)
    }

    /// Says it once: what is said again takes the place of what was said before.
    fn with_param(self, name: &str, value: &str) -> Result<Self, ConfigError> {
        let others = without(&self.challenge, |other| other.eq_ignore_ascii_case(name));
        let challenge = others.quoted(name, value).build()?;
        Ok(Self::with_challenge(challenge, self.verifier)?)
    }

    fn with_challenge(challenge: Challenge, verifier: V) -> Result<Self, InvalidChallenge> {
        Ok(Self {
            verifier,
            invalid_request: with_error(&challenge, &ErrorParams::invalid_request())?,
            invalid_token: with_error(&challenge, &ErrorParams::invalid_token())?,
            challenge,
        })
    }
}

/// The challenge that also says what was wrong. RFC 6750 section 3: no attribute may be there twice.
fn with_error(challenge: &Challenge, error: &ErrorParams) -> Result<Challenge, InvalidChallenge> {
    let same = without(challenge, |name| error.says(name));
    error.add_to(same).build()
}

/// The same challenge, in the making, without those parameters that `is_left_out` names.
fn without(challenge: &Challenge, is_left_out: impl Fn(&str) -> bool) -> ChallengeBuilder {
    let params = challenge.params();
    params
        .filter(|param| !is_left_out(param.name()))
        .fold(Challenge::builder(SchemeName::BEARER), |same, param| {
            same.quoted(param.name(), param.value().to_bytes())
        })
}

impl<V: VerifyToken> Scheme for Bearer<V> {
    type Identity = V::Identity;
    type BodyAccess = BodyUnread;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        let error = error.filter(|_| attempt.names(SchemeName::BEARER));
        let explained = error.and_then(|error| with_error(&self.challenge, error).ok());
        challenges.push(explained.unwrap_or_else(|| self.challenge.clone()));
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        !attempt.is_absent() || tokens_in_query(attempt) > 0
    }

    /// A token says nothing of whose it is before it is looked up.
    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<V::Identity>> {
        let in_query = tokens_in_query(attempt);
        let Some(credentials) = attempt.credentials(SchemeName::BEARER) else {
            return self.without_header(attempt, in_query);
        };
        Some(match credentials.token68() {
            _ if in_query > 0 => self.malformed("a token in the query").at_once(),
            Some(token) => self.judge(Secret::new(token)),
            None => self
                .malformed("the credentials are not a b64token")
                .at_once(),
        })
    }
}

impl<V: VerifyToken> Bearer<V> {
    fn judge(&self, token: Secret<'_>) -> VerdictNowOrLater<V::Identity> {
        match self.verifier.verify(token).try_now() {
            Ok(verified) => NowOrLater::now(verified.map(|it| verdict(it, &self.invalid_token))),
            Err(later) => {
                let invalid_token = self.invalid_token.clone();
                later.map(move |verified| verified.map(|it| verdict(it, &invalid_token)))
            }
        }
    }

    /// RFC 6750 section 2.3: a token in the query "SHOULD NOT be used"; OAuth 2.1 removes it. Here it is no token, and
    /// who sends one is not a client without credentials either.
    fn without_header(
        &self,
        attempt: &Attempt<'_>,
        in_query: usize,
    ) -> Option<VerdictNowOrLater<V::Identity>> {
        match in_query {
            0 => None,
            _ if !attempt.is_absent() => None,
            // Uncounted: a page of another site can make a browser send these, and no token is compared.
            1 => Some(Refusal::wrong("a token in the query").uncounted().at_once()),
            _ => {
                let several = self.malformed("several tokens in the query");
                Some(several.uncounted().at_once())
            }
        }
    }

    fn malformed(&self, reason: &'static str) -> Refusal {
        Refusal::malformed(reason).with_challenge(self.invalid_request.clone())
    }
}

fn tokens_in_query(attempt: &Attempt<'_>) -> usize {
    let query = attempt.head().target().query();
    query.map_or(0, message::tokens_in)
}

fn verdict<I>(verified: Verified<I>, invalid_token: &Challenge) -> Verdict<I> {
    match verified {
        Ok(identity) => Verdict::Admit(Admission::new(identity)),
        Err(unverified) => {
            let refusal = Refusal::wrong(unverified.why().unwrap_or("the token is not known"));
            Verdict::Refuse(refusal.with_challenge(invalid_token.clone()))
        }
    }
}

shows! { impl[V] Bearer[V] as self { challenge: self.challenge } }
