//! Logs the survey in with Mutual.

use http::Request;
use http::header::AUTHORIZATION;

use super::TestLogin;
use super::login::{AnswerChallenge, LoginSteps, ReceivedChallenges, altered};
use crate::config_error::ConfigError;
use crate::header::SchemeName;
use crate::scheme::mutual::{HostValidation, MutualClient, MutualKeyExchange};
use crate::secret::Secret;

impl TestLogin {
    /// Logs in with Mutual (RFC 8120) as `user`. `host` is the server of the application: the same value as that of
    /// [`Mutual::new`](crate::scheme::Mutual::new). The wrong credentials have another password.
    ///
    /// Each login is an exchange of two requests with a random key of its own, and the survey judges the answer to the second
    /// one. It answers the first challenge whose algorithm this crate knows and whose auth-scope covers the host. A login
    /// computes for up to 200 milliseconds, and for longer without optimizations.
    ///
    /// # Errors
    ///
    /// The name or the password is empty, or the name cannot be sent: see [`MutualClient::new`].
    pub fn mutual(host: &HostValidation, user: &str, password: &str) -> Result<Self, ConfigError> {
        let steps = |password: &str| {
            let client = MutualClient::new(user, Secret::new(password));
            let client = client.map_err(|why| ConfigError::new(why.to_string()))?;
            let host = host.clone();
            Ok::<_, ConfigError>(LoginSteps(Box::new(move |request, received| {
                begin(&client, &host, request, received)
            })))
        };
        Ok(Self {
            right: steps(password)?,
            wrong: steps(&altered(password))?,
        })
    }
}

/// Writes the first credentials of a session.
fn begin(
    client: &MutualClient,
    host: &HostValidation,
    request: &mut Request<()>,
    received: &ReceivedChallenges<'_>,
) -> Option<AnswerChallenge> {
    let mut challenges = received.challenges().iter();
    let exchange =
        challenges.find_map(|challenge| client.begin(host, challenge.as_value()).ok())?;
    let credentials = exchange.credentials().clone();
    request.headers_mut().insert(AUTHORIZATION, credentials);
    Some(Box::new(move |request, received| {
        answer(exchange, request, received);
    }))
}

/// Writes the proof of the password, if the challenge goes on with the session.
fn answer(
    exchange: MutualKeyExchange,
    request: &mut Request<()>,
    received: &ReceivedChallenges<'_>,
) {
    let mut challenges = received.challenges().iter();
    let ours = challenges.find(|challenge| challenge.scheme() == SchemeName::MUTUAL);
    let session = ours.and_then(|challenge| exchange.answer(challenge.as_value()).ok());
    if let Some(proof) = session.and_then(|mut session| session.next().ok()) {
        let credentials = proof.credentials().clone();
        request.headers_mut().insert(AUTHORIZATION, credentials);
    }
}
