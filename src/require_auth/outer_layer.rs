//! What does a [`RequirePolicy`](super::RequirePolicy) ask of the layer around it, so that there is one way to refuse?

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::decision_context::DecisionContext;
use super::rules::LayerRules;
use crate::clock::SleepFuture;
use crate::header::SchemeName;
use crate::policy::PolicyDecision;
use crate::reason::RefusalReason;
use crate::request_head::RequestHead;
use crate::respond::Denial;
use crate::scheme::{Attempt, Scheme};
use crate::unavailable::Unavailable;

/// A layer, as far as it matters who is calling and not how they were found out.
///
/// `removed` is the place of the scheme whose credentials the layer has removed from the request.
pub(super) trait OuterLayer<I>: Send + Sync {
    /// Turns `caller` away as a policy has decided, and tells the audit.
    fn refuse(
        &self,
        head: RequestHead<'_>,
        caller: &I,
        removed: Option<usize>,
        decision: Result<PolicyDecision, Unavailable>,
    ) -> Denial;

    /// Turns away whom the layer let pass unseen, and tells the audit.
    fn refuse_unseen(&self, head: RequestHead<'_>, removed: Option<usize>) -> Denial;

    /// How long a policy that begins to wait now may wait.
    fn sleep(&self) -> Option<SleepFuture>;
}

impl<A: Scheme> OuterLayer<A::Identity> for LayerRules<A> {
    fn refuse(
        &self,
        head: RequestHead<'_>,
        caller: &A::Identity,
        removed: Option<usize>,
        decision: Result<PolicyDecision, Unavailable>,
    ) -> Denial {
        let attempt = self.attempt_of(head, removed);
        let view = DecisionContext::of(self, &attempt, None);
        let refuse = AssertUnwindSafe(|| {
            // Nobody asks for a refusal of whom a policy allows; then it is one all the same.
            let denial = self.not_permitted(&attempt, decision);
            let denial = denial.unwrap_or_else(|| self.denial(RefusalReason::Forbidden));
            view.deny(denial, Some(caller))
        });
        catch_unwind(refuse).unwrap_or_else(|_| view.panicked())
    }

    fn refuse_unseen(&self, head: RequestHead<'_>, removed: Option<usize>) -> Denial {
        let attempt = self.attempt_of(head, removed);
        let view = DecisionContext::of(self, &attempt, None);
        let refuse = AssertUnwindSafe(|| {
            // What passes unseen, passes without TLS. A client that is asked for credentials needs it.
            let denial = match self.tls.admits(&view.client()) {
                true => self.login_required(&attempt),
                false => self.denial(RefusalReason::TlsRequired),
            };
            view.deny(denial, None)
        });
        catch_unwind(refuse).unwrap_or_else(|_| view.panicked())
    }

    fn sleep(&self) -> Option<SleepFuture> {
        self.sleep()
    }
}

impl<A: Scheme> LayerRules<A> {
    /// The attempt that the layer saw, even where its credentials have been removed since.
    fn attempt_of<'r>(&'r self, head: RequestHead<'r>, removed: Option<usize>) -> Attempt<'r> {
        let name = removed.and_then(|place| self.name(place));
        let name = name.and_then(|name| SchemeName::parse(name).ok());
        match name {
            Some(name) => Attempt::removed(head, self.role, name),
            None => Attempt::read(head, self.role),
        }
    }
}
