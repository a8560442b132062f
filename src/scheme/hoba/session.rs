//! The scheme that admits the cookie of a session.

use std::sync::Arc;

use http::header::COOKIE;

use super::core::HobaCore;
use super::key::HobaKey;
use super::reasons;
use super::server::Hoba;
use super::sessions::{ReadSession, SessionIssuer};
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::principal::ClaimedAccount;
use crate::reason::ReasonText;
use crate::scheme::{
    Admission, Attempt, BodyUnread, CredentialsField, Refusal, Scheme, ServerRole, Verdict,
    VerdictNowOrLater,
};

/// Admits the cookie of a session that a [`Hoba`] began. See [`HobaSessions`](super::HobaSessions).
///
/// Put it before `Hoba` in a tuple: `(HobaSession::of(&hoba)?, hoba)`. It adds no challenge. It reads the cookie only if
/// the request has no credentials field.
///
/// The key is looked up at each request, so a removed key admits no session.
///
/// A browser sends the cookie along with requests that pages of a neighbouring host make it send. So a request whose
/// method is not `GET`, `HEAD` or `OPTIONS` is `401` if its `Origin` or `Sec-Fetch-Site` names another origin. The same
/// applies to a `GET` that asks for another protocol, for example the start of a WebSocket.
///
/// A throttle counts none of its refusals: no attacker can guess a MAC, and after a restart every browser has an old cookie.
pub struct HobaSession<L>(Arc<HobaCore<L>>);

impl<L> HobaSession<L> {
    /// Makes the scheme for the sessions that `hoba` begins.
    ///
    /// # Errors
    ///
    /// `hoba` begins no sessions: its builder lacks a call of [`sessions`](super::HobaBuilder::sessions).
    pub fn of(hoba: &Hoba<L>) -> Result<Self, ConfigError> {
        match hoba.0.sessions {
            Some(_) => Ok(Self(Arc::clone(&hoba.0))),
            None => Err(ConfigError::new(
                "the HOBA scheme begins no sessions: call `sessions` of its builder",
            )),
        }
    }

    /// The sessions, and the cookie of a request without a credentials field.
    fn cookie<'s, 'r>(&'s self, attempt: &Attempt<'r>) -> Option<(&'s SessionIssuer, &'r str)> {
        let sessions = self.0.sessions.as_ref()?;
        let cookie = sessions.cookie(attempt.head().headers())?;
        let is_ours = attempt.is_absent() && attempt.role() == ServerRole::Origin;
        is_ours.then_some((sessions, cookie))
    }

    /// Reads the session of a request, or says why it is refused.
    fn read<'r>(
        &self,
        attempt: &Attempt<'r>,
        sessions: &SessionIssuer,
        cookie: &'r str,
    ) -> Result<ReadSession<'r>, ReasonText> {
        let head = attempt.head();
        let is_safe = matches!(head.method().as_str(), "GET" | "HEAD" | "OPTIONS");
        // A WebSocket begins with a `GET`, and its messages can change anything.
        let is_safe = is_safe && !head.leaves_http();
        if !is_safe && self.0.origin.is_foreign(head.headers()) {
            return Err(reasons::SESSION_CROSS_ORIGIN);
        }
        let session = sessions.read(cookie, self.0.clock.wall());
        let session = session.ok_or(reasons::UNKNOWN_SESSION)?;
        match session.has_ended {
            true => Err(reasons::SESSION_EXPIRED),
            false => Ok(session),
        }
    }
}

impl<L, I> Scheme for HobaSession<L>
where
    L: Lookup<str, Record = HobaKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    type Identity = I;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, _: &mut Vec<Challenge>) {}

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        self.cookie(attempt).is_some()
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<I>> {
        let (sessions, cookie) = self.cookie(attempt)?;
        let session = match self.read(attempt, sessions, cookie) {
            Ok(session) => session,
            Err(reason) => return Some(Refusal::wrong_because(reason).uncounted().at_once()),
        };
        let (generation, fingerprint) = (session.generation, session.fingerprint.to_owned());
        let core = Arc::clone(&self.0);
        let found = self.0.lookup.lookup(session.kid);
        Some(found.and_then(move |found| {
            let judge = |key: Option<HobaKey<I>>| {
                core.judge_session(key.as_ref(), generation, &fingerprint)
            };
            NowOrLater::now(found.map(judge))
        }))
    }

    fn is_malformed(&self, _: &Attempt<'_>) -> bool {
        false
    }

    fn credentials_fields(&self, fields: &mut Vec<CredentialsField>) {
        fields.push(CredentialsField::shared(COOKIE));
    }
}

impl<L> HobaCore<L> {
    /// Admits a session of the present generation, if the same key is still there and still accepted.
    fn judge_session<I: Clone>(
        &self,
        key: Option<&HobaKey<I>>,
        generation: u64,
        fingerprint: &str,
    ) -> Verdict<I> {
        let good = key.filter(|key| key.generation() == generation);
        let good = good.filter(|key| key.public().kid() == fingerprint);
        match good.filter(|key| self.accepts(key.public().algorithm())) {
            Some(key) => Verdict::Admit(Admission::new(key.identity().clone())),
            None => Verdict::Refuse(Refusal::wrong_because(reasons::SESSION_ENDED).uncounted()),
        }
    }
}

clones! { impl[L] HobaSession[L] { 0 } }

shows! { impl[L] HobaSession[L] as self { origin: self.0.origin } }
