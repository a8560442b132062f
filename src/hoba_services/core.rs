//! Answers the requests of each URI.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Buf;
use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;

use super::answer::{
    ServiceRefusal, answer, malformed, outcome, refusal, registered, unauthenticated, unavailable,
    wrong_method,
};
use super::form_body;
use super::invitations::InvitationTokens;
use super::key_store::{HobaDevice, HobaKeyStore, InvitationHash};
use super::registration_form::RegistrationForm;
use super::registration_policy::{RegistrationDecision, RegistrationPolicy};
use crate::body_limits::BodyLimits;
use crate::client::ClientResolver;
use crate::clock::Timer;
use crate::lookup::Lookup;
use crate::reason::AttemptOutcome;
use crate::request_head::RequestHead;
use crate::scheme::hoba::HobaKey;
use crate::scheme::{Attempt, Hoba, Scheme, ServerRole, Verdict};

/// The state that all clones of the services share.
pub(super) struct ServicesCore<L> {
    pub(super) hoba: Hoba<L>,
    pub(super) keys: Arc<dyn HobaKeyStore>,
    pub(super) timer: Arc<dyn Timer>,
    pub(super) limits: BodyLimits,
    pub(super) policy: Option<Arc<dyn RegistrationPolicy>>,
    pub(super) client: ClientResolver,
    pub(super) is_local_excepted: bool,
    pub(super) allows_other_kids: bool,
    pub(super) invitation_lifetime: Duration,
    pub(super) tokens: InvitationTokens,
}

type ServiceAnswer = Result<Response<String>, ServiceRefusal>;

impl<L, I> ServicesCore<L>
where
    L: Lookup<str, Record = HobaKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    pub(super) async fn respond<B>(self: Arc<Self>, request: Request<B>) -> Response<String>
    where
        B: Body<Data: Buf> + Send,
    {
        let (head, body) = request.into_parts();
        let path = head.uri.path().strip_prefix("/.well-known/hoba/");
        let answered = match (path, self.check(&head)) {
            (Some("register"), Ok(())) => self.register(&head, body).await,
            (Some("getchal"), Ok(())) => Ok(answer(StatusCode::OK, self.hoba.new_challenge())),
            (Some("logout"), Ok(())) => self.log_out(&head).await,
            (Some("register" | "getchal" | "logout"), Err(refused)) => Err(refused),
            _ => Err(refusal(StatusCode::NOT_FOUND, "not found")),
        };
        answered.unwrap_or_else(|refused| *refused)
    }

    /// Makes the checks that all three URIs need.
    fn check(&self, head: &Parts) -> Result<(), ServiceRefusal> {
        let client = self.client.find(&RequestHead::of_parts(head));
        let is_local = self.is_local_excepted && client.is_local();
        if !client.is_secure() && !is_local {
            return Err(refusal(StatusCode::FORBIDDEN, "TLS is required"));
        }
        if head.method != Method::POST {
            return Err(wrong_method());
        }
        // A page of another site could otherwise register a key in the browser of a visitor, or sign him out.
        if self.hoba.origin().is_foreign(&head.headers) {
            let text = "a page of another origin sent the request";
            return Err(refusal(StatusCode::FORBIDDEN, text));
        }
        Ok(())
    }

    async fn register<B: Body<Data: Buf> + Send>(&self, head: &Parts, body: B) -> ServiceAnswer {
        if !is_form(head) {
            let text = "send application/x-www-form-urlencoded";
            return Err(refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
        }
        let form = form_body::read(body, &self.limits).await?;
        let form = RegistrationForm::parse(&form).map_err(|why| malformed(&why))?;
        if !form.is_hashed && !self.allows_other_kids {
            return Err(refusal(StatusCode::BAD_REQUEST, "the kidtype must be 0"));
        }
        match join_token(head) {
            Some(token) => self.join(token, form).await,
            None => self.register_stranger(form).await,
        }
    }

    async fn join(&self, token: &str, form: RegistrationForm) -> ServiceAnswer {
        let now = self.timer.wall();
        let device = device(form, String::new(), now);
        let accepted = self.keys.accept(InvitationHash::of(token), device, now);
        outcome(accepted.await.map_err(|why| unavailable(&why))?)
    }

    async fn register_stranger(&self, form: RegistrationForm) -> ServiceAnswer {
        let Some(policy) = &self.policy else {
            return Err(refusal(StatusCode::FORBIDDEN, "an invitation is required"));
        };
        let decision = policy.decide(&form);
        match decision.await.map_err(|why| unavailable(&why))? {
            RegistrationDecision::Register(account) => {
                let device = device(form, account, self.timer.wall());
                let stored = self.keys.register(device);
                outcome(stored.await.map_err(|why| unavailable(&why))?)
            }
            RegistrationDecision::InWork => Ok(registered("reginwork", "the registration goes on")),
            RegistrationDecision::Refuse => Err(refusal(
                StatusCode::FORBIDDEN,
                "the registration is refused",
            )),
        }
    }

    async fn log_out(&self, head: &Parts) -> ServiceAnswer {
        let (kid, verdict) = {
            let attempt = Attempt::read(RequestHead::of_parts(head), ServerRole::Origin);
            let kid = self.hoba.account(&attempt);
            let kid = kid.map(|kid| kid.name().to_owned());
            (kid, self.hoba.authenticate(&attempt))
        };
        let Some(verdict) = verdict else {
            return Err(self.challenged(head));
        };
        match (verdict.await.map_err(|why| unavailable(&why))?, kid) {
            (Verdict::Admit(_), Some(kid)) => self.end_sessions(&kid).await,
            (Verdict::Refuse(refused), _) if refused.attempt() == AttemptOutcome::Malformed => {
                let text = "the credentials are malformed";
                Err(refusal(StatusCode::BAD_REQUEST, text))
            }
            _ => Err(self.challenged(head)),
        }
    }

    async fn end_sessions(&self, kid: &str) -> ServiceAnswer {
        let ended = self.keys.end_sessions(kid).await;
        ended.map_err(|why| unavailable(&why))?;
        let mut response = answer(StatusCode::OK, "signed out");
        if let Some(removal) = self.hoba.session_removal() {
            response.headers_mut().insert(SET_COOKIE, removal);
        }
        Ok(response)
    }

    fn challenged(&self, head: &Parts) -> ServiceRefusal {
        let attempt = Attempt::read(RequestHead::of_parts(head), ServerRole::Origin);
        let mut challenges = Vec::new();
        self.hoba.challenge(&attempt, None, &mut challenges);
        unauthenticated(challenges)
    }
}

/// The generation starts with the time, and not with zero. Otherwise an old session is good again if its key is removed and
/// later registered again.
fn device(form: RegistrationForm, account: String, now: SystemTime) -> HobaDevice {
    let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH);
    HobaDevice {
        kid: form.kid,
        account,
        public_key: form.public_key,
        name: form.device,
        generation: since_1970.unwrap_or_default().as_secs(),
    }
}

fn is_form(head: &Parts) -> bool {
    let kind = head.headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| {
        let kind = kind.trim_ascii();
        kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

/// The token of an invitation: the whole query is `join=TOKEN`. A token has no character that needs an escape. Every other
/// query counts as an unknown token, so that a client that wants to use an invitation never makes a new account.
fn join_token(head: &Parts) -> Option<&str> {
    let query = head.uri.query()?;
    Some(query.strip_prefix("join=").unwrap_or_default())
}
