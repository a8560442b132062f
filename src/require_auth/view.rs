//! What a transition looks at, and how it tells what was decided.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::deny::Denied;
use super::rules::Rules;
use crate::audit::{Audit, Event, Outcome};
use crate::principal::Account;
use crate::request_head::RequestHead;
use crate::respond::Denial;
use crate::scheme::{Attempt, BodyRefused, Scheme};
use crate::unavailable::Unavailable;

/// What every transition looks at.
pub(super) struct View<'v, A: Scheme> {
    pub(super) rules: &'v Rules<A>,
    pub(super) attempt: Attempt<'v>,
    /// By the clock of the audit, if there is one.
    arrived: Option<Duration>,
}

/// Who was authenticated, if anybody was.
pub(super) type Known<'a> = Option<&'a (dyn Any + Send + Sync)>;

/// Code that the application brought did not answer.
pub(super) fn panicked() -> Unavailable {
    Unavailable::new("a verifier, a check or a policy panicked")
}

/// It has not answered yet.
pub(super) fn out_of_time() -> Unavailable {
    Unavailable::new("there was no decision in time")
}

impl<'v, A: Scheme> View<'v, A> {
    pub(super) fn of(
        rules: &'v Rules<A>,
        head: RequestHead<'v>,
        arrived: Option<Duration>,
    ) -> Self {
        let attempt = Attempt::read(head, rules.role);
        Self {
            rules,
            attempt,
            arrived,
        }
    }

    /// One of an attempt that was read before.
    pub(super) const fn with(rules: &'v Rules<A>, attempt: Attempt<'v>) -> Self {
        Self {
            rules,
            attempt,
            arrived: None,
        }
    }

    pub(super) fn panicked(&self) -> Denial {
        self.deny(self.rules.unavailable(panicked()), None)
    }

    /// What a body that is not handed on, or not any further, is answered with.
    pub(super) fn body_refused(&self, refused: &BodyRefused) -> Denied {
        match refused {
            BodyRefused::TooLong => self.rules.too_long(),
            BodyRefused::TooSlow => self.rules.too_slow(self.attempt.head().version()),
            BodyRefused::Unverified(refusal) => self.rules.refused(&self.attempt, refusal),
            BodyRefused::Panicked => self.rules.unavailable(panicked()),
            BodyRefused::Broken(_) => self.rules.broken(),
        }
    }

    pub(super) fn deny(&self, denied: Denied, identity: Known<'_>) -> Denial {
        let (outcome, reason) = (denied.outcome, denied.reason);
        self.tell(outcome, reason, identity, Some(&denied));
        denied.denial
    }

    pub(super) fn record(&self, outcome: Outcome, reason: &'static str, identity: Known<'_>) {
        self.tell(outcome, reason, identity, None);
    }

    /// A log decides nothing, not by panicking either.
    fn tell(
        &self,
        outcome: Outcome,
        reason: &'static str,
        identity: Known<'_>,
        denied: Option<&Denied>,
    ) {
        if let Some(audit) = &self.rules.audit {
            let record = || self.record_with(&**audit, outcome, reason, identity, denied);
            let _ = catch_unwind(AssertUnwindSafe(record));
        }
    }

    fn record_with(
        &self,
        audit: &dyn Audit,
        outcome: Outcome,
        reason: &'static str,
        identity: Known<'_>,
        denied: Option<&Denied>,
    ) {
        let account = unless_it_panics(|| self.rules.scheme.account(&self.attempt));
        let account = account.map(Account::without_secret);
        let principal = unless_it_panics(|| self.rules.names.of_identity(identity?));
        let now = self.rules.clock.monotonic();
        audit.record(&Event {
            request: self.attempt.head(),
            client: self.rules.client.find(&self.attempt.head()),
            outcome,
            reason,
            scheme: self.rules.offered(&self.attempt),
            account: account.as_ref(),
            identity,
            principal: principal.as_deref(),
            status: denied.map(|it| it.denial.status()),
            cause: denied.and_then(|it| it.cause.as_deref()),
            time: self.rules.clock.wall(),
            latency: now.saturating_sub(self.arrived.unwrap_or(now)),
        });
    }
}

/// Where asking for one thing panics, the rest is told all the same.
fn unless_it_panics<T>(ask: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_default()
}
