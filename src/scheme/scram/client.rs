//! The client of SCRAM, as functions without I/O.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::HeaderValue;

use super::client_error::{ScramClientError, of_reason};
use super::client_final::{BegunExchange, GS2_HEADER, ScramFinalMessage, sensitive};
use super::mechanism::ScramMechanism;
use super::message::{ClientFirst, ServerFirst, decoded, escaped_name};
use super::params::ScramParams;
use super::preparation::StringPreparation;
use super::proof::ScramKey;
use super::secret::MIN_ITERATIONS;
use crate::derives::shows;
use crate::header::Challenge;
use crate::random::random;
use crate::secret::{Secret, SecretString};

/// How many of 32 random bytes are in a nonce.
const NONCE: usize = 24;

/// The most iterations that a client computes by default. They take less than a second on a computer of today.
const MAX_ITERATIONS: u32 = 1_000_000;

/// A user of SCRAM with a password. It makes the fields of the requests, and reads those of the responses.
///
/// An exchange has three steps, and each step makes the next one:
///
/// 1. [`first`](Self::first) makes the credentials that name the user.
/// 2. [`answer`](ScramFirstMessage::answer) reads the challenge in the `401`, and makes the credentials with the proof.
/// 3. [`verify`](ScramFinalMessage::verify) reads `Authentication-Info` of the response. Only then has the server proved
///    that it knows the password, too. Do not trust a response that fails here.
///
/// A server may offer a login with one request to a client that has logged in before:
/// [`reauthenticate`](ScramFinalMessage::reauthenticate).
///
/// # Example
///
/// ```
/// use http::HeaderValue;
/// use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
/// use http::{Request, Response, StatusCode};
/// use tower::{Layer, ServiceExt, service_fn};
/// use tower_challenge::scheme::scram::{ScramClient, ScramMechanism};
/// use tower_challenge::{RequireAuth, Secret};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let auth = RequireAuth::scram("notes", [("ada", "lovelace")])?;
/// let service = auth.layer(service_fn(async |_: Request<()>| {
///     Ok::<_, std::convert::Infallible>(Response::new(String::new()))
/// }));
/// let ask = |credentials: &HeaderValue| {
///     service.clone().oneshot(Request::get("/").header(AUTHORIZATION, credentials).body(()).unwrap())
/// };
///
/// let client = ScramClient::new(ScramMechanism::Sha256, "ada", Secret::new("lovelace"))?;
/// let first = client.first(None)?;
/// let challenged = ask(first.credentials()).await?;
/// let last = first.answer(&challenged.headers()[WWW_AUTHENTICATE])?;
/// let response = ask(last.credentials()).await?;
/// assert_eq!(response.status(), StatusCode::OK);
/// last.verify(&response.headers()["authentication-info"])?;
///
/// let wrong = ScramClient::new(ScramMechanism::Sha256, "ada", Secret::new("byron"))?;
/// let first = wrong.first(None)?;
/// let challenged = ask(first.credentials()).await?;
/// let last = first.answer(&challenged.headers()[WWW_AUTHENTICATE])?;
/// assert_eq!(ask(last.credentials()).await?.status(), StatusCode::UNAUTHORIZED);
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Clone)]
pub struct ScramClient {
    mechanism: ScramMechanism,
    user: String,
    password: SecretString,
    max_iterations: u32,
}

/// The first credentials of an exchange.
pub struct ScramFirstMessage<'c> {
    client: &'c ScramClient,
    nonce: String,
    bare: String,
    credentials: HeaderValue,
}

impl ScramClient {
    /// Makes a client for this user and this password, which must be printable ASCII.
    ///
    /// # Errors
    ///
    /// As for [`prepared_by`](Self::prepared_by).
    pub fn new(
        mechanism: ScramMechanism,
        user: &str,
        password: Secret<'_>,
    ) -> Result<Self, ScramClientError> {
        Self::prepared_by(StringPreparation::ascii(), mechanism, user, password)
    }

    /// Makes a client whose name and password are prepared in this way.
    ///
    /// # Errors
    ///
    /// The name or the password is empty, or the preparation does not allow it.
    pub fn prepared_by(
        preparation: StringPreparation,
        mechanism: ScramMechanism,
        user: &str,
        password: Secret<'_>,
    ) -> Result<Self, ScramClientError> {
        let (user, password) = (preparation.user(user), preparation.password(password));
        let (user, password) = user.zip(password).ok_or(ScramClientError::new(
            "the name or the password has a character that the string preparation refuses",
        ))?;
        if user.is_empty() || password.expose().is_empty() {
            return Err(ScramClientError::new("the name or the password is empty"));
        }
        Ok(Self {
            mechanism,
            user,
            password,
            max_iterations: MAX_ITERATIONS,
        })
    }

    /// Computes at most this many iterations, in place of 1,000,000. A server that asks for more gets no proof: it could
    /// otherwise keep the client busy for as long as it wants.
    #[must_use]
    pub const fn max_iterations(mut self, iterations: u32) -> Self {
        self.max_iterations = iterations;
        self
    }

    /// Begins an exchange, which may answer the challenge of the server. Without a challenge, the credentials name no realm.
    ///
    /// # Errors
    ///
    /// The challenge is of another mechanism, the name is too long, or the system random number generator failed.
    pub fn first(
        &self,
        challenge: Option<&Challenge>,
    ) -> Result<ScramFirstMessage<'_>, ScramClientError> {
        let random = random()
            .map_err(|_| ScramClientError::new("the system random number generator failed"))?;
        self.first_with_nonce(challenge, URL_SAFE_NO_PAD.encode(&random[..NONCE]))
    }

    /// Begins an exchange with this nonce, for a test that compares messages. A nonce must be random, and a client must not
    /// use it twice.
    ///
    /// # Errors
    ///
    /// As for [`first`](Self::first); or the nonce is not printable ASCII, or contains a comma.
    pub fn first_with_nonce(
        &self,
        challenge: Option<&Challenge>,
        nonce: String,
    ) -> Result<ScramFirstMessage<'_>, ScramClientError> {
        let is_other = |challenge: &Challenge| challenge.scheme() != self.mechanism.scheme_name();
        if challenge.is_some_and(is_other) {
            return Err(ScramClientError::new(
                "the challenge is of another mechanism",
            ));
        }
        let bare = format!("n={},r={nonce}", escaped_name(&self.user));
        let message = [GS2_HEADER, &bare].concat();
        // A comma in the nonce would begin an extension, so the nonce must be read as it is.
        if !ClientFirst::read(&message).is_ok_and(|read| read.nonce == nonce) {
            return Err(ScramClientError::new(
                "the name or the nonce cannot be sent",
            ));
        }
        let credentials = Challenge::builder(self.mechanism.scheme_name());
        let credentials = match challenge.and_then(|challenge| challenge.param("realm")) {
            Some(realm) => credentials.quoted("realm", realm.to_bytes()),
            None => credentials,
        };
        let credentials = credentials.quoted("data", STANDARD.encode(message)).build();
        let credentials = credentials.map_err(|_| ScramClientError::new("the realm is invalid"))?;
        Ok(ScramFirstMessage {
            client: self,
            nonce,
            bare,
            credentials: sensitive(credentials),
        })
    }
}

impl ScramFirstMessage<'_> {
    /// The value of `Authorization`.
    #[must_use]
    pub const fn credentials(&self) -> &HeaderValue {
        &self.credentials
    }

    /// Reads the challenge in `WWW-Authenticate` of the `401`, and computes the proof. It takes as long as the iterations
    /// that the server asks for.
    ///
    /// # Errors
    ///
    /// The value is no challenge of the mechanism with a sid and a message, the nonce does not begin with that of the
    /// client, or the number of iterations is below 4,096 or above the
    /// [limit](ScramClient::max_iterations).
    pub fn answer(
        &self,
        www_authenticate: &HeaderValue,
    ) -> Result<ScramFinalMessage, ScramClientError> {
        let mechanism = self.client.mechanism;
        let params = ScramParams::of_field(www_authenticate.as_bytes(), mechanism.name());
        let params = params.map_err(of_reason)?;
        let (Some(sid), Some(data)) = (params.sid, params.data) else {
            return Err(ScramClientError::new("the challenge has no sid or no data"));
        };
        let message = decoded(&data).map_err(of_reason)?;
        let read = ServerFirst::read(&message).map_err(ScramClientError::new)?;
        self.check(&read)?;
        let password = self.client.password.as_secret();
        let salted = ScramKey::salted_password(mechanism, password, &read.salt, read.iterations);
        let begun = BegunExchange {
            sid: sid.into_owned(),
            bare: self.bare.clone(),
            client_nonce: self.nonce.clone(),
            salt: read.salt,
            iterations: read.iterations,
            client_key: salted.client_key(),
            server_key: salted.server_key(),
        };
        Arc::new(begun).finish(None, &message, read.nonce, None)
    }

    fn check(&self, read: &ServerFirst<'_>) -> Result<(), ScramClientError> {
        let server_nonce = read.nonce.strip_prefix(&*self.nonce);
        if server_nonce.is_none_or(str::is_empty) {
            return Err(ScramClientError::new(
                "the nonce of the server does not begin with that of the client",
            ));
        }
        if read.iterations < MIN_ITERATIONS {
            return Err(ScramClientError::new(
                "the server asks for too few iterations",
            ));
        }
        if read.iterations > self.client.max_iterations {
            return Err(ScramClientError::new(
                "the server asks for too many iterations",
            ));
        }
        Ok(())
    }
}

shows! { impl[] ScramClient[] as self { mechanism: self.mechanism, user: self.user } }
shows! { impl[] ScramFirstMessage['_] as self { mechanism: self.client.mechanism } }
