//! The state of a Mutual scheme, and the checks of credentials that need no secret.

use std::sync::Arc;
use std::time::Duration;

use super::accounts::MutualAccount;
use super::challenges::MutualChallenges;
use super::host_validation::HostValidation;
use super::message::{ClientMessage, MessageFault, MessageParams, read_message};
use super::reasons;
use super::secret::MutualSecret;
use super::session::{self, Session};
use super::session_marks::SessionMarks;
use super::space::MutualSpace;
use super::work::ExchangeRunner;
use crate::header::SchemeName;
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::random_stream::RandomStream;
use crate::reason::ReasonText;
use crate::scheme::{Attempt, Refusal};
use crate::stateless_nonce::NonceIssuer;
use crate::store::ReplayStore;
use crate::unavailable::Unavailable;

/// The state that all clones of a scheme share. A key exchange adds nothing to it.
pub(super) struct MutualCore<L> {
    pub(super) space: MutualSpace,
    pub(super) host: HostValidation,
    pub(super) lookup: L,
    pub(super) challenges: MutualChallenges,
    pub(super) nonces: NonceIssuer,
    pub(super) store: Arc<dyn ReplayStore>,
    pub(super) marks: SessionMarks,
    pub(super) random: Arc<RandomStream>,
    pub(super) runner: Arc<dyn ExchangeRunner>,
    /// The secret of users who do not exist. It belongs to no password.
    pub(super) decoy: MutualSecret,
    pub(super) nc_max: u32,
    pub(super) lifetime: Duration,
}

impl<L> MutualCore<L> {
    /// Reads the credentials and makes all checks that need no secret.
    pub(super) fn read(&self, attempt: &Attempt<'_>) -> Result<ClientMessage, Refusal> {
        let params = attempt.params(SchemeName::MUTUAL).unwrap_or_default();
        if params.is_empty() {
            return Err(self.invalid(reasons::NO_PARAMETERS));
        }
        let message = read_message(MessageParams(params), &self.space, &self.host);
        message.map_err(|fault| match fault {
            MessageFault::Elsewhere(reason) => self.initial(reason),
            MessageFault::Invalid(reason) => self.invalid(reason),
        })
    }

    /// The name of the user in the credentials, if they begin an exchange, or if the server has made their sid.
    pub(super) fn claimed_user(&self, attempt: &Attempt<'_>) -> Option<String> {
        let params = MessageParams(attempt.params(SchemeName::MUTUAL)?);
        match params.get("sid") {
            None => params.user(),
            Some(_) => Some(self.session(&params.sid()?)?.contents.user),
        }
    }

    pub(super) fn session(&self, sid: &[u8]) -> Option<Session> {
        session::open(&self.nonces, self.space.algorithm(), sid)
    }

    /// The refusal of a client that has not tried to authenticate here.
    fn initial(&self, reason: ReasonText) -> Refusal {
        let refusal = Refusal::wrong_because(reason).uncounted();
        refusal.with_challenge(self.challenges.initial.clone())
    }

    /// The refusal of a wrong message.
    pub(super) fn invalid(&self, reason: ReasonText) -> Refusal {
        let refusal = Refusal::wrong_because(reason).uncounted();
        refusal.with_challenge(self.challenges.invalid.clone())
    }

    /// The refusal of a wrong proof. A throttle counts it.
    pub(super) fn failed(&self, reason: ReasonText) -> Refusal {
        Refusal::wrong_because(reason).with_challenge(self.challenges.failed.clone())
    }

    /// The refusal of a session that is unknown or over. No proof was compared, or the comparison does not count.
    pub(super) fn over(&self, reason: ReasonText) -> Refusal {
        let refusal = Refusal::wrong_because(reason).uncounted();
        refusal.with_challenge(self.challenges.stale.clone())
    }

    /// The refusal of a client that has proved the password in a session that is over.
    pub(super) fn stale(&self, reason: ReasonText) -> Refusal {
        Refusal::stale_because(reason).with_challenge(self.challenges.stale.clone())
    }
}

impl<L, I> MutualCore<L>
where
    L: Lookup<str, Record = MutualAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Looks the account up. An error is no guess.
    pub(super) fn find(
        &self,
        user: &str,
    ) -> NowOrLater<Result<Option<MutualAccount<I>>, Unavailable>> {
        let account = self.lookup.lookup(user);
        account.map(|account| account.map_err(Unavailable::not_compared))
    }
}
