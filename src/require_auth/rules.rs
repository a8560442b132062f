//! The configuration of a layer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use http::Request;

use super::Inner401;
use super::other_credentials::OtherCredentials;
use super::space::remove_repeats;
use crate::audit::Audit;
use crate::client::{Client, ClientResolver, UnresolvedClient};
use crate::clock::{Clock, SleepFuture, SystemClock, Timer};
use crate::derives::{clones, shows};
use crate::header::{Challenge, SchemeName};
use crate::identity_names::IdentityNames;
use crate::policy::Policy;
use crate::request_head::RequestHead;
use crate::respond::{LoginHints, OrdinaryChallenges};
use crate::scheme::{Attempt, Scheme};
use crate::server_role::ServerRole;
use crate::throttle::Throttle;

/// The configuration of a layer except for its renderer. All clones of a service share it.
///
/// The struct itself requires `A: Scheme`, unlike the structs of most layers, because its policies are for the scheme's
/// identity.
pub(super) struct LayerRules<A: Scheme> {
    pub(super) scheme: Arc<A>,
    /// The names of the schemes, as their challenges write them.
    scheme_names: Arc<[Box<str>]>,
    /// Whether two of the challenges repeat each other. The layer finds that out once and not for every refusal.
    pub(super) has_repeats: bool,
    /// The challenges of a refusal without an error, if they are the same for every request and have been
    /// [prepared](Self::prepared).
    pub(super) fixed: Option<Arc<OrdinaryChallenges>>,
    pub(super) other_credentials: OtherCredentials,
    pub(super) role: ServerRole,
    pub(super) optional: bool,
    pub(super) public: Option<Arc<IsPublic>>,
    pub(super) client: ClientResolver,
    pub(super) tls: TlsRule,
    pub(super) joined: bool,
    pub(super) exposed: bool,
    pub(super) strip: bool,
    pub(super) inner_401: Inner401,
    pub(super) offers_login: bool,
    pub(super) hints: Option<Arc<LoginHints>>,
    pub(super) policies: Vec<Arc<dyn Policy<A::Identity>>>,
    pub(super) throttle: Option<Arc<dyn Throttle>>,
    pub(super) audit: Option<Arc<dyn Audit>>,
    /// Whether the layer has reported that it does not know the addresses of its clients.
    pub(super) has_noted_address: Arc<AtomicBool>,
    /// The names of identities in audit events.
    pub(super) names: IdentityNames,
    /// The clock of the audit events.
    pub(super) clock: Arc<dyn Clock>,
    pub(super) deadline: Option<DecisionDeadline>,
}

/// Which clients the layer allows to connect without TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TlsRule {
    /// All clients.
    Optional,
    /// Clients on this machine.
    BeyondLoopback,
    /// No clients.
    Required,
}

impl TlsRule {
    /// Whether the layer may ask `client` for credentials over its connection.
    pub(super) const fn admits(self, client: &Client) -> bool {
        match self {
            Self::Optional => true,
            Self::BeyondLoopback => client.is_secure() || client.is_local(),
            Self::Required => client.is_secure(),
        }
    }
}

/// The time limit of a decision, and the timer that measures it.
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

    /// Starts the time limit. The future ends when a decision that begins to wait now has waited too long.
    pub(super) fn sleep(&self) -> SleepFuture {
        self.timer.sleep(self.limit)
    }
}

/// Decides whether a request is public.
pub(super) type IsPublic = dyn Fn(&RequestHead<'_>) -> bool + Send + Sync;

impl<A: Scheme> LayerRules<A> {
    /// Makes the default configuration. `challenges` are those of `scheme`, and `to_scripts` are those for requests of
    /// scripts, whose schemes may have other names.
    pub(super) fn new(scheme: A, challenges: &[Challenge], to_scripts: &[Challenge]) -> Self {
        let scheme_names = challenges.iter().chain(to_scripts);
        let scheme_names = scheme_names.map(|challenge| challenge.scheme().as_str().into());
        let mut once = challenges.to_vec();
        remove_repeats(&[], &mut once);
        Self {
            other_credentials: OtherCredentials::of(&scheme),
            fixed: None,
            scheme: Arc::new(scheme),
            scheme_names: scheme_names.collect(),
            has_repeats: once.len() < challenges.len(),
            role: ServerRole::Origin,
            optional: false,
            public: None,
            client: ClientResolver::by_connection(),
            tls: TlsRule::Optional,
            joined: false,
            exposed: false,
            strip: false,
            inner_401: Inner401::Pass,
            offers_login: false,
            hints: None,
            policies: Vec::new(),
            throttle: None,
            audit: None,
            has_noted_address: Arc::default(),
            names: IdentityNames::default(),
            clock: Arc::new(SystemClock::new()),
            deadline: None,
        }
    }

    /// Prepares the challenges of refusals and their fields. The layer calls it when all of its settings are known,
    /// because the role decides which challenges they are.
    pub(super) fn prepared(mut self) -> Self {
        self.fixed = self.scheme.has_fixed_challenges().then(|| {
            let request = Request::new(());
            let attempt = self.read_attempt(RequestHead::of(&request));
            let challenges = self.all_challenges(&attempt, None);
            Arc::new(OrdinaryChallenges::new(self.fixed_of(&challenges)))
        });
        self
    }

    /// Returns the time at which a decision starts, if there is an audit that needs its duration.
    pub(super) fn start_time(&self) -> Option<Duration> {
        self.audit.as_ref().map(|_| self.clock.monotonic())
    }

    /// Starts the deadline of a decision that begins to wait now; `None` if the layer has no deadline.
    pub(super) fn sleep(&self) -> Option<SleepFuture> {
        self.deadline.as_ref().map(DecisionDeadline::sleep)
    }

    /// Whether the request is public, so that it passes without a look at its credentials.
    pub(super) fn is_public_request(&self, request: &RequestHead<'_>) -> bool {
        let public = self.public.as_ref();
        public.is_some_and(|is_public| is_public(request))
    }

    /// Whether a request without credentials reaches the inner service.
    ///
    /// It does not if the layer has a policy. A policy needs a caller to decide about, and there is no safe default
    /// without one: `role("guest")?.not()` would allow a request without a caller.
    pub(super) fn admits_anonymous(&self) -> bool {
        self.optional && self.policies.is_empty()
    }

    /// Returns the name of the scheme that has claimed credentials outside of the credentials field, or that the field
    /// names, if it is a scheme of this layer.
    ///
    /// Other names must not reach a log. For example, a client may send a bare token without a scheme before it, and
    /// the token then looks like the name of a scheme.
    pub(super) fn named_scheme(&self, attempt: &Attempt<'_>) -> Option<&str> {
        let claimant = attempt.claimant().and_then(|name| self.index_of(name));
        let named = || self.index_of(attempt.scheme()?);
        self.name_at(claimant.or_else(named)?)
    }

    /// Reads the credentials field of a request. The schemes learn which names the layer offers, and
    /// how to find the client.
    #[inline]
    pub(super) fn read_attempt<'r>(&'r self, head: RequestHead<'r>) -> Attempt<'r> {
        let client = UnresolvedClient::new(head, &self.client);
        Attempt::read_in_layer(client, self.role, &self.scheme_names)
    }

    /// Whether the credentials field cannot be parsed, or names a scheme of this layer and breaks the grammar of that
    /// scheme. A field that names another scheme may break the grammar of RFC 9110, but not with a tab or a byte that is
    /// not ASCII.
    ///
    /// The flow calls this after it has asked the schemes. If another scheme has claimed the request, for example by a
    /// cookie, the scheme that the field names has not read it. In that case this function asks that scheme, so that the
    /// answer does not depend on the order of the schemes.
    #[inline]
    pub(super) fn breaks_grammar(&self, attempt: &Attempt<'_>) -> bool {
        if !attempt.is_unread() {
            return attempt.is_malformed();
        }
        match attempt.names_offered() {
            true => self.scheme.is_malformed(attempt),
            false => attempt.has_invisible() && attempt.is_no_credentials(),
        }
    }

    /// Returns the index of the scheme with this name. Names of schemes are case-insensitive (RFC 9110 section 11.1).
    pub(super) fn index_of(&self, named: SchemeName<'_>) -> Option<usize> {
        let mut scheme_names = self.scheme_names.iter();
        scheme_names.position(|name| named.as_str().eq_ignore_ascii_case(name))
    }

    /// Returns the names of all schemes, for a message to the operator.
    pub(super) fn all_scheme_names(&self) -> String {
        let names = self.scheme_names.iter().map(AsRef::as_ref);
        let names: BTreeSet<&str> = names.collect();
        Vec::from_iter(names).join(" or ")
    }

    /// Returns the name of the scheme at `index`.
    pub(super) fn name_at(&self, index: usize) -> Option<&str> {
        self.scheme_names.get(index).map(AsRef::as_ref)
    }
}

clones! { impl[A: Scheme] LayerRules[A] {
    scheme, scheme_names, has_repeats, fixed, other_credentials, role, optional, public, client, tls, joined, exposed, strip, inner_401,
    offers_login, hints, policies, throttle, audit, has_noted_address, names, clock, deadline,
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
