//! Logs the survey in with SCRAM.

use http::Request;
use http::header::AUTHORIZATION;

use super::TestLogin;
use super::login::{AnswerChallenge, LoginSteps, ReceivedChallenges, altered};
use crate::config_error::ConfigError;
use crate::scheme::scram::{ScramClient, ScramFirstMessage, ScramMechanism, StringPreparation};
use crate::secret::Secret;

/// The nonce of the client. The nonce of the server makes each exchange another one.
const NONCE: &str = "dG93ZXItY2hhbGxlbmdl";

impl TestLogin {
    /// Logs in with SCRAM (RFC 7804) as `user`. The wrong credentials have another password. The name and the password must
    /// be printable ASCII: see [`scram_prepared_by`](Self::scram_prepared_by) for others.
    ///
    /// Each login is an exchange of two requests, and the survey judges the answer to the second one. It answers the first
    /// challenge whose mechanism this crate knows. Its nonce is a constant, so never use it outside of tests.
    ///
    /// # Errors
    ///
    /// As for [`scram_prepared_by`](Self::scram_prepared_by).
    pub fn scram(user: &str, password: &str) -> Result<Self, ConfigError> {
        Self::scram_prepared_by(StringPreparation::ascii(), user, password)
    }

    /// Logs in with SCRAM, with a name and a password that are prepared in this way: as the application prepares them.
    ///
    /// # Errors
    ///
    /// The name or the password is empty, or the preparation does not allow it.
    pub fn scram_prepared_by(
        preparation: StringPreparation,
        user: &str,
        password: &str,
    ) -> Result<Self, ConfigError> {
        let steps = |password: &str| {
            let clients = ScramClients::new(preparation, user, password)?;
            Ok::<_, ConfigError>(LoginSteps(Box::new(move |request, received| {
                clients.begin(request, received)
            })))
        };
        Ok(Self {
            right: steps(password)?,
            wrong: steps(&altered(password))?,
        })
    }
}

/// A client for each mechanism.
#[derive(Clone)]
struct ScramClients(Vec<(ScramMechanism, ScramClient)>);

impl ScramClients {
    fn new(
        preparation: StringPreparation,
        user: &str,
        password: &str,
    ) -> Result<Self, ConfigError> {
        let clients = ScramMechanism::ALL.into_iter().map(|mechanism| {
            let password = Secret::new(password);
            let client = ScramClient::prepared_by(preparation, mechanism, user, password);
            let client = client.map_err(|why| ConfigError::new(why.to_string()))?;
            Ok((mechanism, client))
        });
        clients.collect::<Result<_, _>>().map(Self)
    }

    /// Writes the first credentials of an exchange.
    fn begin(
        &self,
        request: &mut Request<()>,
        received: &ReceivedChallenges<'_>,
    ) -> Option<AnswerChallenge> {
        let mut challenges = received.challenges().iter();
        let first = challenges.find_map(|challenge| {
            let name = challenge.scheme();
            let mut clients = self.0.iter();
            let found = clients.find(|(mechanism, _)| mechanism.scheme_name() == name);
            let first = found?.1.first_with_nonce(Some(challenge), NONCE.to_owned());
            first.ok()
        });
        let credentials = first?.credentials().clone();
        request.headers_mut().insert(AUTHORIZATION, credentials);
        let clients = self.clone();
        Some(Box::new(move |request, received| {
            clients.answer(request, received);
        }))
    }

    /// Writes the last credentials, if the challenge goes on with the exchange.
    fn answer(&self, request: &mut Request<()>, received: &ReceivedChallenges<'_>) {
        let mut challenges = received.challenges().iter();
        let last = challenges.find_map(|challenge| {
            let mut begun = self.0.iter().filter_map(|(_, client)| begun(client));
            begun.find_map(|first| first.answer(challenge.as_value()).ok())
        });
        if let Some(last) = last {
            let credentials = last.credentials().clone();
            request.headers_mut().insert(AUTHORIZATION, credentials);
        }
    }
}

/// The exchange that the first request has begun: its message is the same each time.
fn begun(client: &ScramClient) -> Option<ScramFirstMessage<'_>> {
    client.first_with_nonce(None, NONCE.to_owned()).ok()
}
