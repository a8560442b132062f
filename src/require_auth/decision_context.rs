//! What does a decision look at, and how does the audit hear of it?

use std::any::Any;
use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::deny::panicked;
use super::rules::LayerRules;
use crate::audit::{Audit, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::principal::ClaimedAccount;
use crate::reason::RefusalReason;
use crate::respond::Denial;
use crate::scheme::{Attempt, Scheme};
use crate::unavailable::Unavailable;

/// What every transition looks at. Who sent the request, and whose account it claims, is found once for each decision.
pub(super) struct DecisionContext<'v, A: Scheme> {
    pub(super) rules: &'v LayerRules<A>,
    pub(super) attempt: &'v Attempt<'v>,
    /// By the clock of the audit, if there is one.
    arrived: Option<Duration>,
    client: OnceCell<Client>,
    account: OnceCell<Option<ClaimedAccount<'v>>>,
}

/// What a request that waits keeps of a view, so that nothing is found twice.
#[derive(Default)]
pub(super) struct KeptContext {
    client: Option<Client>,
    account: Option<Option<ClaimedAccount<'static>>>,
}

/// Who was authenticated, if anybody was.
pub(super) type KnownIdentity<'a> = Option<&'a (dyn Any + Send + Sync)>;

impl<'v, A: Scheme> DecisionContext<'v, A> {
    #[inline]
    pub(super) const fn of(
        rules: &'v LayerRules<A>,
        attempt: &'v Attempt<'v>,
        arrived: Option<Duration>,
    ) -> Self {
        Self {
            rules,
            attempt,
            arrived,
            client: OnceCell::new(),
            account: OnceCell::new(),
        }
    }

    /// With what was found before the request had to wait.
    pub(super) fn with(mut self, kept: KeptContext) -> Self {
        self.client = kept.client.map_or_else(OnceCell::new, OnceCell::from);
        self.account = kept.account.map_or_else(OnceCell::new, OnceCell::from);
        self
    }

    /// What the rest of the decision needs, where it has to wait. The audit needs all of it.
    pub(super) fn keep(self) -> KeptContext {
        if self.rules.audit.is_some() {
            let _ = (self.client(), unless_it_panics(|| self.account()));
        }
        let account = self.account.into_inner();
        KeptContext {
            client: self.client.into_inner(),
            account: account.map(|account| account.map(ClaimedAccount::into_owned_name)),
        }
    }

    /// Who sent the request.
    #[inline]
    pub(super) fn client(&self) -> Client {
        let find = || self.rules.client.find(&self.attempt.head());
        *self.client.get_or_init(find)
    }

    /// Whose account the credentials claim.
    #[inline]
    pub(super) fn account(&self) -> Option<&ClaimedAccount<'v>> {
        let find = || self.rules.scheme.account(self.attempt);
        self.account.get_or_init(find).as_ref()
    }

    pub(super) fn panicked(&self) -> Denial {
        self.deny(self.rules.unavailable(panicked()), None)
    }

    /// Tells the audit of a refusal.
    #[inline]
    pub(super) fn deny(&self, denial: Denial, identity: KnownIdentity<'_>) -> Denial {
        let (reason, text, cause) = denial.told();
        self.tell(&DecisionForAudit {
            outcome: reason.outcome(),
            text,
            identity,
            refusal: Some((&denial, reason)),
            cause,
        });
        denial
    }

    /// Tells the audit of a request that passes.
    pub(super) fn record(
        &self,
        outcome: AuditOutcome,
        text: &'static str,
        identity: KnownIdentity<'_>,
    ) {
        self.tell(&DecisionForAudit {
            outcome,
            text,
            identity,
            refusal: None,
            cause: None,
        });
    }

    /// A log decides nothing, not by panicking either.
    #[inline]
    fn tell(&self, decided: &DecisionForAudit<'_>) {
        if let Some(audit) = &self.rules.audit {
            let record = || self.record_with(&**audit, decided);
            let _ = catch_unwind(AssertUnwindSafe(record));
        }
    }

    fn record_with(&self, audit: &dyn Audit, decided: &DecisionForAudit<'_>) {
        let identity = decided.identity;
        let account = unless_it_panics(|| self.account());
        let account = account.map(ClaimedAccount::without_secret);
        let principal = unless_it_panics(|| self.rules.names.of_identity(identity?));
        let now = self.rules.clock.monotonic();
        audit.record(&AuditEvent {
            request: self.attempt.head(),
            client: self.client(),
            outcome: decided.outcome,
            text: decided.text,
            reason: decided.refusal.map(|(_, reason)| reason),
            scheme: self.rules.offered(self.attempt),
            account: account.as_ref(),
            identity,
            principal: principal.as_deref(),
            status: decided.refusal.map(|(denial, _)| denial.status()),
            cause: decided.cause,
            time: self.rules.clock.wall(),
            latency: now.saturating_sub(self.arrived.unwrap_or(now)),
        });
    }
}

/// What the audit hears of a decision.
struct DecisionForAudit<'d> {
    outcome: AuditOutcome,
    text: &'static str,
    identity: KnownIdentity<'d>,
    refusal: Option<(&'d Denial, RefusalReason)>,
    cause: Option<&'d Unavailable>,
}

/// Where asking for one thing panics, the rest is told all the same.
fn unless_it_panics<T>(ask: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_default()
}
