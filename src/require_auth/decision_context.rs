//! The request, the client and the account that a decision is about, and the audit event of that decision.

use std::any::Any;
use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::deny::panicked;
use super::rules::LayerRules;
use crate::audit::{Audit, AuditEvent, AuditOutcome};
use crate::client::Client;
use crate::header::SchemeName;
use crate::principal::ClaimedAccount;
use crate::reason::{ReasonText, RefusalReason};
use crate::respond::Denial;
use crate::scheme::{Attempt, Scheme};
use crate::unavailable::Unavailable;

/// The inputs of a decision, which every step of the flow reads.
///
/// It finds the client and the claimed account at most once, because finding them calls code of the application and
/// parses header fields.
pub(super) struct DecisionContext<'v, A: Scheme> {
    pub(super) rules: &'v LayerRules<A>,
    pub(super) attempt: &'v Attempt<'v>,
    /// The time of arrival by the clock of the audit; `None` if the layer has no audit.
    arrived: Option<Duration>,
    client: OnceCell<Client>,
    account: OnceCell<Option<ClaimedAccount<'v>>>,
}

/// The client, the account and the scheme of a request that waits. [`DecisionContext`] borrows the request and cannot be kept
/// across polls, so this owned copy keeps its results.
#[derive(Default)]
pub(super) struct OwnedDecisionContext {
    client: Option<Client>,
    account: Option<Option<ClaimedAccount<'static>>>,
    claimant: Option<SchemeName<'static>>,
}

/// The identity of the caller, if a scheme has admitted one.
pub(super) type IdentityIfKnown<'a> = Option<&'a (dyn Any + Send + Sync)>;

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

    /// Takes over the client, the account and the scheme that were found before the request had to wait.
    #[inline(never)]
    pub(super) fn with(mut self, kept: OwnedDecisionContext) -> Self {
        if let Some(scheme) = kept.claimant {
            self.attempt.claim_for(scheme);
        }
        self.client = kept.client.map_or_else(OnceCell::new, OnceCell::from);
        self.account = kept.account.map_or_else(OnceCell::new, OnceCell::from);
        self
    }

    /// Keeps the client, the account and the scheme for the rest of a decision that has to wait.
    #[inline(never)]
    pub(super) fn keep(self) -> OwnedDecisionContext {
        // The audit event at the end of the decision has both.
        if self.rules.audit.is_some() {
            let _ = (self.client(), none_if_it_panics(|| self.account()));
        }
        let account = self.account.into_inner();
        OwnedDecisionContext {
            client: self.client.into_inner(),
            account: account.map(|account| account.map(ClaimedAccount::into_owned_name)),
            claimant: self.attempt.claimant(),
        }
    }

    /// Returns the client that sent the request.
    #[inline]
    pub(super) fn client(&self) -> Client {
        let find = || self.rules.client.find(&self.attempt.head());
        *self.client.get_or_init(find)
    }

    /// Tells the operator, once, that the throttle cannot tell the client from others.
    ///
    /// It then counts all failures of an account together. So one attacker shuts out the owner of the account, too.
    #[inline]
    pub(super) fn note_missing_address(&self) {
        if self.client().bannable_address().is_none() {
            self.rules.note_missing_address(&self.client());
        }
    }

    /// Returns the account that the credentials claim. The claim is not verified.
    #[inline]
    pub(super) fn account(&self) -> Option<&ClaimedAccount<'v>> {
        let find = || self.rules.scheme.account(self.attempt);
        self.account.get_or_init(find).as_ref()
    }

    /// Whether the request may be a guess. It is none without a credentials field, and without credentials elsewhere that
    /// a scheme may claim. Then it uses up no attempt.
    #[inline]
    pub(super) fn may_be_guess(&self) -> bool {
        !self.attempt.is_absent() || self.rules.scheme.may_claim(self.attempt)
    }

    /// Refuses with `503` because code of the application panicked, and tells the audit.
    pub(super) fn panicked(&self) -> Denial {
        let denial = self.rules.unavailable(panicked());
        self.tell_refusal(&denial, None);
        denial
    }

    /// Tells the audit of a refusal.
    #[inline]
    pub(super) fn tell_refusal(&self, denial: &Denial, identity: IdentityIfKnown<'_>) {
        self.tell(|| {
            let (reason, text, cause) = denial.told();
            DecisionForAudit {
                outcome: reason.outcome(),
                text,
                identity,
                refusal: Some((denial, reason)),
                cause,
            }
        });
    }

    /// Tells the audit of a request that reaches the inner service.
    #[inline]
    pub(super) fn tell_served(
        &self,
        outcome: AuditOutcome,
        text: &'static str,
        identity: IdentityIfKnown<'_>,
    ) {
        self.tell(|| DecisionForAudit {
            outcome,
            text: ReasonText::Uncoded(text),
            identity,
            refusal: None,
            cause: None,
        });
    }

    /// Sends the event to the audit, if there is one.
    #[inline(always)]
    fn tell<'d>(&self, decided: impl FnOnce() -> DecisionForAudit<'d>) {
        if let Some(audit) = &self.rules.audit {
            self.tell_audit(&**audit, &decided());
        }
    }

    #[inline(never)]
    fn tell_audit(&self, audit: &dyn Audit, decided: &DecisionForAudit<'_>) {
        // The audit is code of the application. If its panic unwound from here, it would end the decision, and a
        // broken log would refuse admitted callers.
        let record = || self.record_with(audit, decided);
        let _ = catch_unwind(AssertUnwindSafe(record));
    }

    fn record_with(&self, audit: &dyn Audit, decided: &DecisionForAudit<'_>) {
        let identity = decided.identity;
        let account = none_if_it_panics(|| self.account());
        let account = account.map(ClaimedAccount::without_secret);
        let principal = none_if_it_panics(|| self.rules.names.of_identity(identity?));
        let now = self.rules.clock.monotonic();
        audit.record(&AuditEvent {
            request: self.attempt.head(),
            client: self.client(),
            outcome: decided.outcome,
            text: decided.text.text(),
            code: decided.text.code(),
            reason: decided.refusal.map(|(_, reason)| reason),
            scheme: self.rules.named_scheme(self.attempt),
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

/// The parts of an audit event that depend on the decision.
struct DecisionForAudit<'d> {
    outcome: AuditOutcome,
    text: ReasonText,
    identity: IdentityIfKnown<'d>,
    refusal: Option<(&'d Denial, RefusalReason)>,
    cause: Option<&'d Unavailable>,
}

/// Returns `None` if `ask` panics, so that the audit still receives the event without that one field.
fn none_if_it_panics<T>(ask: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_default()
}
