//! What a layer is configured to do.

use std::any::Any;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::Inner401;
use super::space::each_once;
use crate::audit::Audit;
use crate::client::{Client, ClientResolver};
use crate::clock::{Clock, SleepFuture, SystemClock, Timer};
use crate::derives::{clones, shows};
use crate::header::{Challenge, SchemeName};
use crate::policy::Policy;
use crate::principal::Principal;
use crate::request_head::RequestHead;
use crate::scheme::{Attempt, Scheme};
use crate::server_role::ServerRole;
use crate::throttle::Throttle;

/// Everything but the renderer, shared by all clones of a service.
///
/// It is bound to `Scheme`, unlike the structs of most layers, because the policy is one for the scheme's identity.
pub(super) struct LayerRules<A: Scheme> {
    pub(super) scheme: Arc<A>,
    /// What the schemes are called.
    offers: Arc<[Box<str>]>,
    /// Whether two of the schemes say the same, which is found out once and not for every refusal.
    pub(super) doubled: bool,
    pub(super) role: ServerRole,
    pub(super) optional: bool,
    pub(super) public: Option<Arc<IsPublic>>,
    pub(super) client: ClientResolver,
    pub(super) tls: TlsRule,
    pub(super) joined: bool,
    pub(super) exposed: bool,
    pub(super) strip: bool,
    pub(super) inner_401: Inner401,
    pub(super) policies: Vec<Arc<dyn Policy<A::Identity>>>,
    pub(super) throttle: Option<Arc<dyn Throttle>>,
    pub(super) audit: Option<Arc<dyn Audit>>,
    /// What the audit calls whom a scheme admits.
    pub(super) names: IdentityNames,
    /// By which the audit measures.
    pub(super) clock: Arc<dyn Clock>,
    pub(super) deadline: Option<DecisionDeadline>,
}

/// Who may come without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TlsRule {
    /// Everybody.
    Optional,
    /// Who is on this machine.
    BeyondLoopback,
    /// Nobody.
    Required,
}

impl TlsRule {
    /// Whether `client` may be asked for credentials.
    pub(super) const fn admits(self, client: &Client) -> bool {
        match self {
            Self::Optional => true,
            Self::BeyondLoopback => client.is_secure() || client.is_local(),
            Self::Required => client.is_secure(),
        }
    }
}

/// How identities are named.
#[derive(Clone, Default)]
pub(super) struct IdentityNames(Option<Arc<NameIdentity>>);

type NameIdentity =
    dyn for<'i> Fn(&'i (dyn Any + Send + Sync)) -> Option<Cow<'i, str>> + Send + Sync;

impl IdentityNames {
    /// Identities of type `I` are called what `name` says.
    pub(super) fn by<I: 'static>(
        name: impl Fn(&I) -> Cow<'_, str> + Send + Sync + 'static,
    ) -> Self {
        Self(Some(Arc::new(move |identity| {
            identity.downcast_ref().map(&name)
        })))
    }

    /// Unless it was told otherwise, principals have names, and others have none.
    pub(super) fn of_identity<'i>(
        &self,
        identity: &'i (dyn Any + Send + Sync),
    ) -> Option<Cow<'i, str>> {
        match &self.0 {
            Some(name) => name(identity),
            None => identity
                .downcast_ref()
                .map(|it: &Principal| it.name().into()),
        }
    }
}

/// A limit, and how to tell that it has passed.
#[derive(Clone, Debug)]
pub(super) struct DecisionDeadline {
    limit: Duration,
    timer: Arc<dyn Timer>,
}

impl DecisionDeadline {
    pub(super) fn new(limit: Duration, timer: impl Timer) -> Self {
        let timer = Arc::new(timer);
        Self { limit, timer }
    }

    /// Ends when a decision that begins to wait now has waited too long.
    pub(super) fn sleep(&self) -> SleepFuture {
        self.timer.sleep(self.limit)
    }
}

/// Which requests pass unseen.
pub(super) type IsPublic = dyn Fn(&RequestHead<'_>) -> bool + Send + Sync;

impl<A: Scheme> LayerRules<A> {
    /// `challenges` are those of `scheme`, and `to_scripts` those that scripts are told, which may have other names.
    pub(super) fn new(scheme: A, challenges: &[Challenge], to_scripts: &[Challenge]) -> Self {
        let offers = challenges.iter().chain(to_scripts);
        let offers = offers.map(|it| it.scheme().as_str().into());
        let mut once = challenges.to_vec();
        each_once(&[], &mut once);
        Self {
            scheme: Arc::new(scheme),
            offers: offers.collect(),
            doubled: once.len() < challenges.len(),
            role: ServerRole::Origin,
            optional: false,
            public: None,
            client: ClientResolver::by_connection(),
            tls: TlsRule::Optional,
            joined: false,
            exposed: false,
            strip: false,
            inner_401: Inner401::Pass,
            policies: Vec::new(),
            throttle: None,
            audit: None,
            names: IdentityNames::default(),
            clock: Arc::new(SystemClock::new()),
            deadline: None,
        }
    }

    /// What time it is, for who is told how long a decision took.
    pub(super) fn starts(&self) -> Option<Duration> {
        self.audit.as_ref().map(|_| self.clock.monotonic())
    }

    /// How long a decision that begins to wait now may wait.
    pub(super) fn sleep(&self) -> Option<SleepFuture> {
        self.deadline.as_ref().map(DecisionDeadline::sleep)
    }

    /// Whether the request passes unseen.
    pub(super) fn lets_pass(&self, request: &RequestHead<'_>) -> bool {
        let public = self.public.as_ref();
        public.is_some_and(|is_public| is_public(request))
    }

    /// Whether a request without credentials reaches the inner service. A policy binds every caller, and of a stranger it
    /// cannot be asked: `not(role("guest"))` would admit them.
    pub(super) fn admits_strangers(&self) -> bool {
        self.optional && self.policies.is_empty()
    }

    /// The scheme of ours that the client named. What it named otherwise is for no log: a token without a scheme before
    /// it looks like one.
    pub(super) fn offered(&self, attempt: &Attempt<'_>) -> Option<&str> {
        self.name(self.place_of(attempt.scheme()?)?)
    }

    /// Whether the credentials field names a scheme of ours and breaks its grammar. Asked after the schemes: one that
    /// claims the request by other means, such as a cookie, may have come first, so that the scheme that is named has not
    /// read the field.
    #[inline]
    pub(super) fn is_broken(&self, attempt: &Attempt<'_>) -> bool {
        if attempt.is_unread() && self.offered(attempt).is_some() {
            attempt.read_as_credentials();
        }
        attempt.is_malformed()
    }

    /// Which of our schemes has this name.
    pub(super) fn place_of(&self, named: SchemeName<'_>) -> Option<usize> {
        let mut offers = self.offers.iter();
        offers.position(|name| named.as_str().eq_ignore_ascii_case(name))
    }

    /// The names of all schemes, for a sentence to an operator.
    pub(super) fn names_of_all(&self) -> String {
        let names = self.offers.iter().map(AsRef::as_ref);
        let names: BTreeSet<&str> = names.collect();
        Vec::from_iter(names).join(" or ")
    }

    /// The name at a place.
    pub(super) fn name(&self, place: usize) -> Option<&str> {
        self.offers.get(place).map(AsRef::as_ref)
    }
}

clones! { impl[A: Scheme] LayerRules[A] {
    scheme, offers, doubled, role, optional, public, client, tls, joined, exposed, strip, inner_401,
    policies, throttle, audit, names, clock, deadline,
} }

shows! { impl[A: Scheme] LayerRules[A] as self {
    role: self.role,
    optional: self.optional,
    public: self.public.is_some(),
    client: self.client,
    tls: self.tls,
    policies: self.policies.len(),
    throttle: self.throttle.is_some(),
    audit: self.audit.is_some(),
    deadline: self.deadline,
} }
