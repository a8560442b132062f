//! What happened at the services? The events for the operator.

use std::fmt;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::key_store::RegistrationOutcome;
use crate::audit::EscapedText;

/// An event at the services, for the [listener](super::HobaServicesBuilder::on_event): a key was registered, refused or
/// removed.
///
/// `Display` writes one line for a log, in which the texts of clients are [escaped](EscapedText).
///
/// # Example
///
/// ```
/// use tower_challenge::hoba_services::{HobaServicesEvent, HobaServicesEventKind};
///
/// let mut event = HobaServicesEvent::new(HobaServicesEventKind::Joined);
/// event.account = Some("ada".to_owned());
/// event.device = Some("my \"phone\"".to_owned());
/// event.client = Some([192, 0, 2, 1].into());
/// let line = r#"joined account="ada" device="my \"phone\"" client=192.0.2.1"#;
/// assert_eq!(event.to_string(), line);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HobaServicesEvent {
    /// What happened.
    pub kind: HobaServicesEventKind,
    /// The account. It is not known if the registration was refused, except if the policy named the account.
    pub account: Option<String>,
    /// The kid of the key.
    pub kid: Option<String>,
    /// The name of the device, which the client has chosen.
    pub device: Option<String>,
    /// The address of the client; `None` if the application called the services itself, or if the address is not known.
    pub client: Option<IpAddr>,
}

/// The kind of an event at the services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HobaServicesEventKind {
    /// A client without an invitation registered a key, or repeated the registration.
    Registered,
    /// A client registered a key with an invitation. Tell the owner of the account.
    Joined,
    /// The policy has not decided yet.
    InWork,
    /// The policy refused a client.
    PolicyRefused,
    /// A client had no invitation, and there is no policy for strangers.
    InvitationRequired,
    /// A client had an invitation that is unknown, used or expired. Some of them in a row are an attempt to guess.
    InvitationRefused,
    /// The kid belongs to another account or another key.
    KidTaken,
    /// The account of the policy has keys already.
    AccountTaken,
    /// The account has as many keys as the store allows.
    TooManyDevices,
    /// An invitation was made.
    Invited,
    /// An invitation was not made, because the account has too many open ones.
    TooManyInvitations,
    /// A key was removed, by [`HobaServices::remove`](super::HobaServices::remove).
    Removed,
    /// A client signed out, and the sessions of its key ended.
    SignedOut,
}

impl HobaServicesEventKind {
    /// Returns the word for a log. It does not change between versions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Joined => "joined",
            Self::InWork => "in_work",
            Self::PolicyRefused => "policy_refused",
            Self::InvitationRequired => "invitation_required",
            Self::InvitationRefused => "invitation_refused",
            Self::KidTaken => "kid_taken",
            Self::AccountTaken => "account_taken",
            Self::TooManyDevices => "too_many_devices",
            Self::Invited => "invited",
            Self::TooManyInvitations => "too_many_invitations",
            Self::Removed => "removed",
            Self::SignedOut => "signed_out",
        }
    }

    /// The kind for the outcome of a registration, where `registered` is the kind of a success.
    pub(super) const fn of_outcome(outcome: RegistrationOutcome, registered: Self) -> Self {
        match outcome {
            RegistrationOutcome::Registered => registered,
            RegistrationOutcome::KidTaken => Self::KidTaken,
            RegistrationOutcome::AccountTaken => Self::AccountTaken,
            RegistrationOutcome::NoInvitation => Self::InvitationRefused,
            RegistrationOutcome::TooManyDevices => Self::TooManyDevices,
        }
    }
}

impl HobaServicesEvent {
    /// Makes an event without any details, for the test of a listener.
    #[must_use]
    pub const fn new(kind: HobaServicesEventKind) -> Self {
        Self {
            kind,
            account: None,
            kid: None,
            device: None,
            client: None,
        }
    }
}

impl fmt::Display for HobaServicesEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        let texts = [
            ("account", &self.account),
            ("kid", &self.kid),
            ("device", &self.device),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                write!(f, " {name}=\"{}\"", EscapedText(text))?;
            }
        }
        match self.client {
            Some(client) => write!(f, " client={client}"),
            None => Ok(()),
        }
    }
}

/// The listener of the application, if there is one. A clone is the same listener.
#[derive(Clone, Default)]
pub(super) struct EventListener(Option<Arc<ListenToEvent>>);

type ListenToEvent = dyn Fn(&HobaServicesEvent) + Send + Sync;

impl EventListener {
    pub(super) fn new(listener: impl Fn(&HobaServicesEvent) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    /// Whether an event needs details that cost a call of the store.
    pub(super) const fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Calls the listener. A panic of the listener must not change the response: the key is registered or removed already.
    pub(super) fn tell(&self, event: impl FnOnce() -> HobaServicesEvent) {
        if let Some(listener) = &self.0 {
            let event = event();
            let _ = catch_unwind(AssertUnwindSafe(|| listener(&event)));
        }
    }
}
