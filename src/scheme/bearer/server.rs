//! The Bearer scheme of a server.

use super::into_token_verifier::IntoTokenVerifier;
use super::message;
use super::reasons;
use super::token_challenge::{self, with_error, with_param};
use super::verify_token::VerifyToken;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::error_params::ErrorParams;
use crate::header::{Challenge, InvalidChallenge, SchemeName, is_token68};
use crate::now_or_later::NowOrLater;
use crate::principal::ClaimedAccount;
use crate::reason::ReasonText;
use crate::request_head::RequestHead;
use crate::scheme::{Admission, Attempt, BodyUnread, Refusal, Scheme, Verdict, VerdictNowOrLater};
use crate::secret::Secret;
use crate::verified::Verified;

/// Admits clients that send a token which a [`VerifyToken`] accepts.
///
/// A [policy](crate::policy) decides what the owner of the token may do.
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
/// assert_eq!(judge("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), None, "Bearer claims no credentials of Basic");
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
    visible_ascii: bool,
}

impl<V: VerifyToken> Bearer<V> {
    /// Protects the realm `realm` with `tokens`: a verifier, or a list of tokens. The documentation of
    /// [`IntoTokenVerifier`] lists what is accepted.
    ///
    /// # Errors
    ///
    /// The realm contains a control character, which a challenge cannot carry; the verifier [accepts no
    /// token](VerifyToken::is_empty); or `tokens` has a
    /// [fault](IntoTokenVerifier::into_token_verifier).
    pub fn new(
        realm: &str,
        tokens: impl IntoTokenVerifier<Verifier = V>,
    ) -> Result<Self, ConfigError> {
        let verifier = tokens.into_token_verifier()?;
        if verifier.is_empty() {
            return Err(ConfigError::new("no token is configured: add at least one"));
        }
        let challenge = Challenge::builder(SchemeName::BEARER).quoted("realm", realm);
        Ok(Self::with_challenge(challenge.build()?, verifier)?)
    }

    /// Names in the challenge the scopes that a token needs, separated by spaces (RFC 6750 section 3). This informs
    /// clients only: a [policy](crate::policy::scopes) has to check the scopes. The scopes in the refusal of a policy
    /// replace these.
    ///
    /// # Errors
    ///
    /// There is no scope, or a scope contains a character that RFC 6749 section 3.3 does not allow.
    pub fn scope(self, scopes: &str) -> Result<Self, ConfigError> {
        token_challenge::check_scopes(scopes)?;
        self.with_param("scope", scopes)
    }

    /// Names in the challenge the URL of the metadata of this resource (RFC 9728 section 5.1), which list for instance
    /// the authorization servers that it trusts. The application has to serve the metadata to every client: make their
    /// path [public](crate::RequireAuth::public).
    ///
    /// The challenge always has this URL. It does not depend on the `Host` of a request, which the client chooses.
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
    /// The text is not a URL, has a fragment, or has a scheme other than `https`. `http` is allowed for the local
    /// machine only: `localhost`, `127.0.0.1` and `[::1]`.
    pub fn resource_metadata(self, url: &str) -> Result<Self, ConfigError> {
        token_challenge::check_metadata_url(url)?;
        self.with_param("resource_metadata", url)
    }

    /// Accepts tokens of all visible ASCII characters except the comma and the quotation mark, for applications that issue
    /// tokens which are no b64tokens (RFC 6750 section 2.1). For example, Laravel issues `5|kq8Zr0`, and others issue
    /// `key:secret`.
    ///
    /// Without this setting, such a token is `400`, and the verifier does not see it. With it, the verifier has to take
    /// care where it puts a token: the token may have `'`, `%`, `\` or `<`, which mean something in a query or a URL.
    /// [`StaticTokens`](super::StaticTokens) has a setting of the same name. Spaces, commas, quotation marks, control
    /// characters and bytes beyond ASCII stay `400` with `error="invalid_request"`.
    ///
    /// # Example
    ///
    /// ```
    /// use http::{Request, header::AUTHORIZATION};
    /// use tower_challenge::scheme::bearer::StaticTokens;
    /// use tower_challenge::scheme::{Attempt, Bearer, Scheme, ServerRole, Verdict};
    /// use tower_challenge::{Principal, RequestHead};
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// let tokens = StaticTokens::new()?.allow_visible_ascii().token("5|kq8Zr0", Principal::new("ada"))?;
    /// let bearer = Bearer::new("api", tokens)?.allow_visible_ascii();
    /// let admits = |field: &str| {
    ///     let request = Request::get("/").header(AUTHORIZATION, field).body(()).unwrap();
    ///     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    ///     let verdict = bearer.authenticate(&attempt)?.try_now().ok()?;
    ///     Some(matches!(verdict, Ok(Verdict::Admit(_))))
    /// };
    /// assert_eq!(admits("Bearer 5|kq8Zr0"), Some(true));
    /// assert_eq!(admits("Bearer 6|kq8Zr0"), Some(false));
    /// assert_eq!(admits("Bearer 5|kq8Zr0, Basic YTpi"), Some(false));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub const fn allow_visible_ascii(mut self) -> Self {
        self.visible_ascii = true;
        self
    }

    /// Sets a parameter of the challenge. A second call replaces the value of the first, since RFC 6750 section 3
    /// allows each parameter once.
    pub(super) fn with_param(self, name: &str, value: &str) -> Result<Self, ConfigError> {
        let challenge = with_param(&self.challenge, name, value)?;
        let visible_ascii = self.visible_ascii;
        Ok(Self {
            visible_ascii,
            ..Self::with_challenge(challenge, self.verifier)?
        })
    }

    fn with_challenge(challenge: Challenge, verifier: V) -> Result<Self, InvalidChallenge> {
        Ok(Self {
            verifier,
            invalid_request: with_error(&challenge, &ErrorParams::invalid_request())?,
            invalid_token: with_error(&challenge, &ErrorParams::invalid_token())?,
            challenge,
            visible_ascii: false,
        })
    }
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
        let error = error.filter(|_| attempt.concerns(SchemeName::BEARER));
        challenges.push(self.challenge_with(error));
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.names(SchemeName::BEARER) || attempt.is_absent() && count_query_tokens(attempt) > 0
    }

    /// A token names no account before the verifier has found it.
    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<V::Identity>> {
        let in_query = count_query_tokens(attempt);
        match self.token(attempt) {
            None => self.without_credentials(attempt, in_query),
            Some(Some(token)) if in_query == 0 => Some(self.judge(token, attempt.head())),
            Some(_) => Some(self.refuse_field(in_query)),
        }
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        match self.token(attempt) {
            Some(token) => token.is_none(),
            None => attempt.breaks_grammar(SchemeName::BEARER),
        }
    }

    fn has_fixed_challenges(&self) -> bool {
        true
    }
}

impl<V: VerifyToken> Bearer<V> {
    /// Returns the challenge, with the parameters of `error`.
    pub(super) fn challenge_with(&self, error: Option<&ErrorParams>) -> Challenge {
        let explained = error.and_then(|error| with_error(&self.challenge, error).ok());
        explained.unwrap_or_else(|| self.challenge.clone())
    }

    /// Judges a token that stood elsewhere than in the credentials field, and has visible ASCII characters alone.
    pub(super) fn judge_text(
        &self,
        token: &str,
        head: RequestHead<'_>,
    ) -> VerdictNowOrLater<V::Identity> {
        match self.visible_ascii || is_token68(token.as_bytes()) {
            true => self.judge(Secret::new(token), head),
            false => self.malformed(reasons::NOT_B64TOKEN).at_once(),
        }
    }

    /// Returns the token of a client that names Bearer, and `Some(None)` if the text behind the name is no token.
    #[inline]
    fn token<'r>(&self, attempt: &Attempt<'r>) -> Option<Option<Secret<'r>>> {
        if self.visible_ascii {
            let field = attempt.raw(SchemeName::BEARER)?;
            return Some(message::visible_token(field).map(Secret::new));
        }
        let credentials = attempt.credentials(SchemeName::BEARER)?;
        Some(credentials.token68_bytes().map(Secret::of_ascii))
    }

    #[inline]
    fn judge(&self, token: Secret<'_>, head: RequestHead<'_>) -> VerdictNowOrLater<V::Identity> {
        match self.verifier.verify_for(token, head).try_now() {
            // An arm of its own, so that the admission is made in its place and not moved out of `verdict`.
            Ok(Ok(Ok(identity))) => Admission::new(identity).at_once(),
            Ok(verified) => {
                NowOrLater::now(verified.map(|token| verdict(token, &self.invalid_token)))
            }
            Err(later) => {
                let invalid_token = self.invalid_token.clone();
                later.map(move |verified| verified.map(|token| verdict(token, &invalid_token)))
            }
        }
    }

    /// Refuses credentials in the field: the query has a token as well, or the text behind `Bearer` is no token.
    #[cold]
    fn refuse_field(&self, in_query: usize) -> VerdictNowOrLater<V::Identity> {
        let reason = match in_query {
            0 => reasons::NOT_B64TOKEN,
            _ => reasons::TOKEN_IN_QUERY,
        };
        self.malformed(reason).at_once()
    }

    /// RFC 6750 section 2.3: a token in the query "SHOULD NOT be used", and OAuth 2.1 removes it. This scheme never
    /// accepts one. A client that sends one is refused, and not treated like a client without credentials.
    fn without_credentials(
        &self,
        attempt: &Attempt<'_>,
        in_query: usize,
    ) -> Option<VerdictNowOrLater<V::Identity>> {
        match in_query {
            0 => None,
            _ if !attempt.is_absent() => None,
            // The throttle does not count this refusal: a page of another site can make a browser send such requests,
            // and no token is compared.
            1 => Some(
                Refusal::wrong_because(reasons::TOKEN_IN_QUERY)
                    .uncounted()
                    .at_once(),
            ),
            _ => {
                let several = self.malformed(reasons::SEVERAL_TOKENS_IN_QUERY);
                Some(several.uncounted().at_once())
            }
        }
    }

    pub(super) fn malformed(&self, reason: ReasonText) -> Refusal {
        Refusal::malformed_because(reason).with_challenge(self.invalid_request.clone())
    }
}

pub(super) fn count_query_tokens(attempt: &Attempt<'_>) -> usize {
    let query = attempt.head().target().query();
    query.map_or(0, message::count_tokens)
}

#[inline]
fn verdict<I>(verified: Verified<I>, invalid_token: &Challenge) -> Verdict<I> {
    match verified {
        Ok(identity) => Verdict::Admit(Admission::new(identity)),
        Err(failure) => {
            let refusal = Refusal::unverified(failure, reasons::UNKNOWN_TOKEN);
            Verdict::Refuse(refusal.with_challenge(invalid_token.clone()))
        }
    }
}

shows! { impl[V] Bearer[V] as self { challenge: self.challenge } }
