//! Configures the services.

use std::sync::Arc;
use std::time::Duration;

use super::event::{EventListener, HobaServicesEvent};
use super::key_store::HobaKeyStore;
use super::registration_policy::RegistrationPolicy;
use crate::client::ClientResolver;
use crate::clock::Timer;
use crate::derives::shows;
use crate::scheme::Hoba;

/// Configures and builds [`HobaServices`](super::HobaServices).
///
/// The defaults: only clients with an invitation register, an invitation is good for 10 minutes, the kid is the hash of the
/// key, and TLS is required.
#[must_use]
pub struct HobaServicesBuilder<L> {
    pub(super) hoba: Hoba<L>,
    pub(super) keys: Arc<dyn HobaKeyStore>,
    pub(super) timer: Arc<dyn Timer>,
    pub(super) policy: Option<Arc<dyn RegistrationPolicy>>,
    pub(super) client: ClientResolver,
    pub(super) is_local_excepted: bool,
    pub(super) allows_other_kids: bool,
    pub(super) invitation_lifetime: Duration,
    pub(super) listener: EventListener,
}

impl<L> HobaServicesBuilder<L> {
    pub(super) fn new(hoba: Hoba<L>, keys: impl HobaKeyStore, timer: impl Timer) -> Self {
        Self {
            hoba,
            keys: Arc::new(keys),
            timer: Arc::new(timer),
            policy: None,
            client: ClientResolver::by_connection(),
            is_local_excepted: false,
            allows_other_kids: false,
            invitation_lifetime: Duration::from_secs(600),
            listener: EventListener::default(),
        }
    }

    /// Lets `policy` decide about clients that register without an invitation. Without this call, they get `403`.
    pub fn open_registration(mut self, policy: impl RegistrationPolicy) -> Self {
        self.policy = Some(Arc::new(policy));
        self
    }

    /// Finds out with `resolver` whether a client used TLS, for servers behind a proxy.
    pub fn client(mut self, resolver: ClientResolver) -> Self {
        self.client = resolver;
        self
    }

    /// Requires TLS except from clients on this machine, as
    /// [`RequireAuth::require_tls_beyond_loopback`](crate::RequireAuth::require_tls_beyond_loopback) does.
    pub const fn require_tls_beyond_loopback(mut self) -> Self {
        self.is_local_excepted = true;
        self
    }

    /// Also accepts kids that are not the hash of the key: `kidtype` 1 (a URI) and 2 (any text), in base64url.
    ///
    /// <div class="warning">
    ///
    /// With this setting, a stranger chooses the kid. So a [policy](Self::open_registration) that makes the name of the
    /// account from the kid must check [`is_hashed`](super::RegistrationForm::is_hashed). A kid is free again when its key
    /// is removed, and another client may then register another key with it. A kid that a stranger can guess also lets him
    /// lock its owner out, if a [throttle](crate::throttle) counts wrong signatures.
    ///
    /// </div>
    pub const fn other_kid_types(mut self) -> Self {
        self.allows_other_kids = true;
        self
    }

    /// Calls `listener` for each registration, removal and refused invitation, and the other
    /// [kinds](super::HobaServicesEventKind) of events, for example to write a log or to send a mail to the owner of an account.
    /// A second call replaces the listener.
    ///
    /// The listener runs inside the request, so it must not wait. If the store does not answer, or the form is malformed, there
    /// is no event: the response says so. If the listener panics, its event is lost, and the response is the same.
    pub fn on_event(
        mut self,
        listener: impl Fn(&HobaServicesEvent) + Send + Sync + 'static,
    ) -> Self {
        self.listener = EventListener::new(listener);
        self
    }

    /// Sets how long an invitation is good, in place of 10 minutes: more than zero, and at most 30 days.
    pub const fn invitation_lifetime(mut self, time: Duration) -> Self {
        self.invitation_lifetime = time;
        self
    }
}

shows! { impl[L] HobaServicesBuilder[L] as self {
    hoba: self.hoba,
    is_local_excepted: self.is_local_excepted,
    allows_other_kids: self.allows_other_kids,
    invitation_lifetime: self.invitation_lifetime,
} }
