//! Answers the requests of each URI.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use http::header::SET_COOKIE;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;

use super::answer::{
    ServiceAnswer, ServiceRefusal, answer, refusal, unauthenticated, unavailable, wrong_method,
};
use super::event::{EventListener, HobaServicesEvent, HobaServicesEventKind};
use super::invitations::InvitationTokens;
use super::key_store::HobaKeyStore;
use super::registration_policy::RegistrationPolicy;
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
    pub(super) listener: EventListener,
}

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
            (Some("invitation"), Ok(())) => self.show_invitation(&head, body).await,
            (Some("getchal"), Ok(())) => Ok(answer(StatusCode::OK, self.hoba.new_challenge())),
            (Some("logout"), Ok(())) => self.log_out(&head).await,
            (Some("register" | "invitation" | "getchal" | "logout"), Err(refused)) => Err(refused),
            _ => Err(refusal(StatusCode::NOT_FOUND, "not found")),
        };
        answered.unwrap_or_else(|refused| *refused)
    }

    /// Makes the checks that all URIs need.
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
            (Verdict::Admit(_), Some(kid)) => self.end_sessions(head, kid).await,
            (Verdict::Refuse(refused), _) if refused.attempt() == AttemptOutcome::Malformed => {
                let text = "the credentials are malformed";
                Err(refusal(StatusCode::BAD_REQUEST, text))
            }
            _ => Err(self.challenged(head)),
        }
    }

    async fn end_sessions(&self, head: &Parts, kid: String) -> ServiceAnswer {
        let ended = self.keys.end_sessions(&kid).await;
        ended.map_err(|why| unavailable(&why))?;
        self.listener.tell(|| HobaServicesEvent {
            kid: Some(kid),
            client: self.address(head),
            ..HobaServicesEvent::new(HobaServicesEventKind::SignedOut)
        });
        let mut response = answer(StatusCode::OK, "signed out");
        if let Some(removal) = self.hoba.session_removal() {
            response.headers_mut().insert(SET_COOKIE, removal);
        }
        Ok(response)
    }

    /// The address of the client, for an event.
    pub(super) fn address(&self, head: &Parts) -> Option<IpAddr> {
        self.client.find(&RequestHead::of_parts(head)).address()
    }

    fn challenged(&self, head: &Parts) -> ServiceRefusal {
        let attempt = Attempt::read(RequestHead::of_parts(head), ServerRole::Origin);
        let mut challenges = Vec::new();
        self.hoba.challenge(&attempt, None, &mut challenges);
        unauthenticated(challenges)
    }
}
