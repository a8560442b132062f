//! What a transition looks at, and how it tells what was decided.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::deny::Denied;
use super::rules::Rules;
use crate::audit::{self, Event};
use crate::request_head::RequestHead;
use crate::respond::Denial;
use crate::scheme::{Attempt, BodyRefused, Scheme};
use crate::unavailable::Unavailable;

/// What every transition looks at.
pub(super) struct View<'v, A: Scheme> {
    pub(super) rules: &'v Rules<A>,
    pub(super) attempt: Attempt<'v>,
}

/// Who was authenticated, if anybody was.
pub(super) type Known<'a> = Option<&'a (dyn Any + Send + Sync)>;

/// Code that the application brought did not answer.
pub(super) fn panicked() -> Unavailable {
    Unavailable::new("a verifier, a check or a policy panicked")
}

impl<'v, A: Scheme> View<'v, A> {
    pub(super) fn of(rules: &'v Rules<A>, head: RequestHead<'v>) -> Self {
        let attempt = Attempt::read(head, rules.role);
        Self { rules, attempt }
    }

    /// What panicked may be the audit: then it is not told.
    pub(super) fn panicked(rules: &'v Rules<A>, head: RequestHead<'v>) -> Denial {
        let denied = || rules.unavailable(panicked());
        let deny = AssertUnwindSafe(|| Self::of(rules, head).deny(denied(), None));
        catch_unwind(deny).unwrap_or_else(|_| denied().denial)
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

    pub(super) fn record(
        &self,
        outcome: audit::Outcome,
        reason: &'static str,
        identity: Known<'_>,
    ) {
        self.tell(outcome, reason, identity, None);
    }

    fn tell(
        &self,
        outcome: audit::Outcome,
        reason: &'static str,
        identity: Known<'_>,
        denied: Option<&Denied>,
    ) {
        let Some(audit) = &self.rules.audit else {
            return;
        };
        // Where asking for the account is what panicked, the rest is told all the same.
        let account = AssertUnwindSafe(|| self.rules.scheme.account(&self.attempt));
        let account = catch_unwind(account).unwrap_or_default();
        audit.record(&Event {
            request: self.attempt.head(),
            client: self.rules.client.find(&self.attempt.head()),
            outcome,
            reason,
            scheme: self.rules.offered(&self.attempt),
            account: account.as_ref(),
            identity,
            status: denied.map(|it| it.denial.status()),
            cause: denied.and_then(|it| it.cause.as_ref()),
        });
    }
}
