//! How does the survey log in?

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};

use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::header::Challenge;

/// Right credentials, and wrong ones.
///
/// [`basic`](Self::basic), [`bearer`](Self::bearer) and `digest` know both. For any other scheme, and for keys and
/// signatures, [`with`](Self::with) takes two closures that write the credentials into a request:
///
/// ```
/// use tower_challenge::testing::{TestLogin, AccessSurvey, ReceivedChallenges};
/// use http::{HeaderValue, Request};
///
/// let sign = |key: &'static str| {
///     move |request: &mut Request<()>, _: &ReceivedChallenges<'_>| {
///         // What is computed of the method, the target and the key, here.
///         let signed = format!("Signed {key}-{}", request.method());
///         let value = HeaderValue::from_str(&signed).expect("a key of ASCII");
///         request.headers_mut().insert("authorization", value);
///     }
/// };
/// let survey = AccessSurvey::new(TestLogin::with(sign("right"), sign("wrong")));
/// ```
pub struct TestLogin {
    right: Box<SignRequest>,
    wrong: Box<SignRequest>,
}

type SignRequest = dyn Fn(&mut Request<()>, &ReceivedChallenges<'_>) + Send + Sync;

/// What the application has told whoever came without credentials.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedChallenges<'a> {
    pub(super) challenges: &'a [Challenge],
}

impl<'a> ReceivedChallenges<'a> {
    /// The challenges for this very method and target. Those of Digest are new.
    #[must_use]
    pub const fn challenges(&self) -> &'a [Challenge] {
        self.challenges
    }
}

impl TestLogin {
    /// Credentials that `right` and `wrong` write into a request, most often into `Authorization`. For a proxy, the survey
    /// makes `Proxy-Authorization` of that.
    #[must_use]
    pub fn with<R, W>(right: R, wrong: W) -> Self
    where
        R: Fn(&mut Request<()>, &ReceivedChallenges<'_>) + Send + Sync + 'static,
        W: Fn(&mut Request<()>, &ReceivedChallenges<'_>) + Send + Sync + 'static,
    {
        Self {
            right: Box::new(right),
            wrong: Box::new(wrong),
        }
    }

    /// Basic, as `user`; the wrong password is another.
    #[must_use]
    pub fn basic(user: &str, password: &str) -> Self {
        let line = |password: &str| {
            let encoded = STANDARD.encode(format!("{user}:{password}"));
            always(format!("Basic {encoded}"))
        };
        Self::with(line(password), line(&altered(password)))
    }

    /// Bearer; the wrong token is another of the same length.
    ///
    /// # Errors
    ///
    /// The token has characters that no field can hold.
    pub fn bearer(token: &str) -> Result<Self, ConfigError> {
        if HeaderValue::from_str(token).is_err() {
            return Err(ConfigError::new("a token is visible ASCII"));
        }
        let line = |token: &str| always(format!("Bearer {token}"));
        Ok(Self::with(line(token), line(&altered(token))))
    }

    pub(super) fn right(&self, request: &mut Request<()>, told: &ReceivedChallenges<'_>) {
        (self.right)(request, told);
    }

    pub(super) fn wrong(&self, request: &mut Request<()>, told: &ReceivedChallenges<'_>) {
        (self.wrong)(request, told);
    }
}

/// Another secret of the same length, which differs in its last character.
pub(super) fn altered(secret: &str) -> String {
    let mut altered = secret.to_owned();
    let last = if altered.pop() == Some('x') { 'y' } else { 'x' };
    altered.push(last);
    altered
}

/// Writes the field. Credentials that no field can hold are left out, and then nobody gets in.
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
