//! Registers the keys of strangers, and of clients with an invitation.

use std::time::SystemTime;

use bytes::{Buf, BytesMut};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body::Body;

use super::answer::{
    ServiceAnswer, ServiceRefusal, answer, malformed, outcome, refusal, registered, unavailable,
};
use super::core::ServicesCore;
use super::event::{HobaServicesEvent, HobaServicesEventKind};
use super::form_body;
use super::key_store::{HobaDevice, InvitationHash, RegistrationOutcome};
use super::registration_form::{RegistrationForm, invitation_in};
use super::registration_policy::RegistrationDecision;
use crate::lookup::Lookup;
use crate::scheme::hoba::HobaKey;

impl<L, I> ServicesCore<L>
where
    L: Lookup<str, Record = HobaKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Stores the key of the form.
    pub(super) async fn register<B>(&self, head: &Parts, body: B) -> ServiceAnswer
    where
        B: Body<Data: Buf> + Send,
    {
        let form = self.form(head, body).await?;
        let read = RegistrationForm::parse_with_invitation(&form);
        let (form, in_form) = read.map_err(|why| malformed(&why))?;
        if !form.is_hashed && !self.allows_other_kids {
            return Err(refusal(StatusCode::BAD_REQUEST, "the kidtype must be 0"));
        }
        match (in_query(head), in_form) {
            (Some(_), Some(_)) => {
                let text = "the invitation is in the query and in the form";
                Err(refusal(StatusCode::BAD_REQUEST, text))
            }
            (Some(token), None) => self.join(head, token, form).await,
            (None, Some(token)) => self.join(head, &token, form).await,
            (None, None) => self.register_stranger(head, form).await,
        }
    }

    /// Responds with the name of the account of an invitation.
    pub(super) async fn show_invitation<B>(&self, head: &Parts, body: B) -> ServiceAnswer
    where
        B: Body<Data: Buf> + Send,
    {
        let form = self.form(head, body).await?;
        let token = invitation_in(&form).map_err(|why| malformed(&why))?;
        let hash = InvitationHash::of(&token.unwrap_or_default());
        let account = self.keys.invited(hash, self.timer.wall()).await;
        if let Some(account) = account.map_err(|why| unavailable(&why))? {
            return Ok(answer(StatusCode::OK, account));
        }
        self.listener.tell(|| HobaServicesEvent {
            client: self.address(head),
            ..HobaServicesEvent::new(HobaServicesEventKind::InvitationRefused)
        });
        outcome(RegistrationOutcome::NoInvitation)
    }

    async fn form<B>(&self, head: &Parts, body: B) -> Result<BytesMut, ServiceRefusal>
    where
        B: Body<Data: Buf> + Send,
    {
        if !is_form(head) {
            let text = "send application/x-www-form-urlencoded";
            return Err(refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
        }
        form_body::read(body, &self.limits).await
    }

    async fn join(&self, head: &Parts, token: &str, form: RegistrationForm) -> ServiceAnswer {
        let now = self.timer.wall();
        let device = device(form, String::new(), now);
        let mut event = self.event(head, &device);
        let accepted = self
            .keys
            .accept(InvitationHash::of(token), device, now)
            .await;
        let accepted = accepted.map_err(|why| unavailable(&why))?;
        event.kind = HobaServicesEventKind::of_outcome(accepted, HobaServicesEventKind::Joined);
        if accepted == RegistrationOutcome::Registered && self.listener.is_there() {
            let kid = event.kid.as_deref().unwrap_or_default();
            let stored = self.keys.find(kid).await.ok().flatten();
            event.account = stored.map(|stored| stored.account);
        }
        self.listener.tell(|| event);
        outcome(accepted)
    }

    async fn register_stranger(&self, head: &Parts, form: RegistrationForm) -> ServiceAnswer {
        let device = device(form.clone(), String::new(), self.timer.wall());
        let mut event = self.event(head, &device);
        let answer = self.decide(&form, device, &mut event).await?;
        self.listener.tell(|| event);
        answer
    }

    /// Asks the policy, and stores the key. An error means that the policy or the store does not answer.
    async fn decide(
        &self,
        form: &RegistrationForm,
        mut device: HobaDevice,
        event: &mut HobaServicesEvent,
    ) -> Result<ServiceAnswer, ServiceRefusal> {
        let Some(policy) = &self.policy else {
            event.kind = HobaServicesEventKind::InvitationRequired;
            return Ok(forbidden("an invitation is required"));
        };
        let decision = policy.decide(form).await;
        Ok(match decision.map_err(|why| unavailable(&why))? {
            RegistrationDecision::Register(account) => {
                device.account = account;
                self.store(device, event).await?
            }
            RegistrationDecision::InWork => {
                event.kind = HobaServicesEventKind::InWork;
                Ok(registered("reginwork", "the registration goes on"))
            }
            RegistrationDecision::Refuse => {
                event.kind = HobaServicesEventKind::PolicyRefused;
                forbidden("the registration is refused")
            }
        })
    }

    async fn store(
        &self,
        device: HobaDevice,
        event: &mut HobaServicesEvent,
    ) -> Result<ServiceAnswer, ServiceRefusal> {
        event.account = Some(device.account.clone());
        let stored = self.keys.register(device).await;
        let stored = stored.map_err(|why| unavailable(&why))?;
        event.kind = HobaServicesEventKind::of_outcome(stored, event.kind);
        Ok(outcome(stored))
    }

    /// The event of a registration, without the account.
    fn event(&self, head: &Parts, device: &HobaDevice) -> HobaServicesEvent {
        HobaServicesEvent {
            kid: Some(device.kid.clone()),
            device: Some(device.name.clone()).filter(|name| !name.is_empty()),
            client: self.address(head),
            ..HobaServicesEvent::new(HobaServicesEventKind::Registered)
        }
    }
}

fn forbidden(text: &str) -> ServiceAnswer {
    Err(refusal(StatusCode::FORBIDDEN, text))
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
fn in_query(head: &Parts) -> Option<&str> {
    let query = head.uri.query()?;
    Some(query.strip_prefix("join=").unwrap_or_default())
}
