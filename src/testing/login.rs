//! Makes the right and the wrong credentials of a survey.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Request};

use super::CredentialsSent;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::header::Challenge;

/// Writes right or wrong credentials into the requests of a survey.
///
/// Use [`basic`](Self::basic), [`bearer`](Self::bearer), [`api_key`](Self::api_key), `digest`, `scram`, `mutual` or `hoba`
/// for these schemes. For any other scheme, and for signatures, [`with`](Self::with) takes two closures that write the
/// credentials into a request:
///
/// ```
/// use tower_challenge::testing::{TestLogin, AccessSurvey, ReceivedChallenges};
/// use http::{HeaderValue, Request};
///
/// let sign = |key: &'static str| {
///     move |request: &mut Request<()>, _: &ReceivedChallenges<'_>| {
///         // A real scheme computes a signature of the method and the target with the key here.
///         let signed = format!("Signed {key}-{}", request.method());
///         let value = HeaderValue::from_str(&signed).expect("the key is ASCII");
///         request.headers_mut().insert("authorization", value);
///     }
/// };
/// let survey = AccessSurvey::new(TestLogin::with(sign("right"), sign("wrong")));
/// ```
pub struct TestLogin {
    pub(super) right: LoginSteps,
    pub(super) wrong: LoginSteps,
}

/// Writes the credentials of the one request of a login, or of both requests of an exchange.
pub(super) struct LoginSteps(pub(super) Box<BeginLogin>);

/// Writes the first credentials. Returns the second step of an exchange, which holds the secrets of the first.
pub(super) type BeginLogin =
    dyn Fn(&mut Request<()>, &ReceivedChallenges<'_>) -> Option<AnswerChallenge> + Send + Sync;

/// Answers the challenge that the first request of an exchange got. It writes nothing if it has no answer.
pub(super) type AnswerChallenge = Box<dyn FnOnce(&mut Request<()>, &ReceivedChallenges<'_>) + Send>;

/// The challenges that the application sent before: to the same request without credentials. In the second request of an
/// exchange, such as one of SCRAM, they are the challenges that the first request got.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedChallenges<'a> {
    pub(super) challenges: &'a [Challenge],
}

impl<'a> ReceivedChallenges<'a> {
    /// Returns the challenges for this method and target. A Digest nonce in them was issued just before.
    #[must_use]
    pub const fn challenges(&self) -> &'a [Challenge] {
        self.challenges
    }
}

impl TestLogin {
    /// Logs in with closures: `right` and `wrong` write credentials into a request, most often into `Authorization`.
    ///
    /// For a proxy, the survey moves the field `Authorization` to `Proxy-Authorization`.
    #[must_use]
    pub fn with<R, W>(right: R, wrong: W) -> Self
    where
        R: Fn(&mut Request<()>, &ReceivedChallenges<'_>) + Send + Sync + 'static,
        W: Fn(&mut Request<()>, &ReceivedChallenges<'_>) + Send + Sync + 'static,
    {
        Self {
            right: LoginSteps::one(right),
            wrong: LoginSteps::one(wrong),
        }
    }

    /// Logs in with Basic as `user`. The wrong credentials have another password.
    #[must_use]
    pub fn basic(user: &str, password: &str) -> Self {
        let line = |password: &str| {
            let encoded = STANDARD.encode(format!("{user}:{password}"));
            always(format!("Basic {encoded}"))
        };
        Self::with(line(password), line(&altered(password)))
    }

    /// Logs in with a Bearer token. The wrong token has the same length.
    ///
    /// # Errors
    ///
    /// The token has characters that a header field cannot hold.
    pub fn bearer(token: &str) -> Result<Self, ConfigError> {
        if HeaderValue::from_str(token).is_err() {
            return Err(ConfigError::new(
                "the token has characters that a header field cannot hold",
            ));
        }
        let line = |token: &str| always(format!("Bearer {token}"));
        Ok(Self::with(line(token), line(&altered(token))))
    }

    /// Logs in with an API key in the field `field`, for example `X-Api-Key`. The wrong key has the same length.
    ///
    /// # Errors
    ///
    /// The key has characters that a header field cannot hold.
    pub fn api_key(field: &HeaderName, key: &str) -> Result<Self, ConfigError> {
        let line = |key: &str| -> Result<_, ConfigError> {
            let mut line = HeaderValue::from_str(key).map_err(|_| {
                ConfigError::new("the key has characters that a header field cannot hold")
            })?;
            line.set_sensitive(true);
            let field = field.clone();
            Ok(
                move |request: &mut Request<()>, _: &ReceivedChallenges<'_>| {
                    request.headers_mut().insert(&field, line.clone());
                },
            )
        };
        Ok(Self::with(line(key)?, line(&altered(key))?))
    }

    /// The steps of the login with these credentials, if they are of a scheme.
    pub(super) const fn steps(&self, sent: CredentialsSent) -> Option<&LoginSteps> {
        match sent {
            CredentialsSent::Nothing | CredentialsSent::Malformed => None,
            CredentialsSent::Wrong => Some(&self.wrong),
            CredentialsSent::Right => Some(&self.right),
        }
    }
}

impl LoginSteps {
    fn one<F>(sign: F) -> Self
    where
        F: Fn(&mut Request<()>, &ReceivedChallenges<'_>) + Send + Sync + 'static,
    {
        Self(Box::new(move |request, received| {
            sign(request, received);
            None
        }))
    }

    pub(super) fn begin(
        &self,
        request: &mut Request<()>,
        received: &ReceivedChallenges<'_>,
    ) -> Option<AnswerChallenge> {
        (self.0)(request, received)
    }
}

/// Returns a wrong secret: it differs from the right one in the last character.
pub(super) fn altered(secret: &str) -> String {
    let mut altered = secret.to_owned();
    let last = if altered.pop() == Some('x') { 'y' } else { 'x' };
    altered.push(last);
    altered
}

/// Writes the credentials field. Credentials that a field cannot hold are left out, so the request has none, and the
/// report shows that the right credentials were refused.
pub(super) fn write(request: &mut Request<()>, line: &str) {
    if let Ok(mut value) = HeaderValue::from_str(line) {
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
}

fn always(line: String) -> impl Fn(&mut Request<()>, &ReceivedChallenges<'_>) + Send + Sync {
    move |request, _| write(request, &line)
}

shows! { impl[] TestLogin[] as self {} }
