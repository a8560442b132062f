//! What a [`Permit`](super::Permit) asks of the layer around it, so that there is one way to refuse.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::identity::Authenticated;
use super::rules::Rules;
use super::view::View;
use crate::header::SchemeName;
use crate::policy::Decision;
use crate::request_head::RequestHead;
use crate::respond::Denial;
use crate::scheme::{Attempt, Scheme};
use crate::unavailable::Unavailable;

/// A layer, as far as it matters who is calling and not how they were found out.
pub(super) trait Around<I>: Send + Sync {
    /// Turns `caller` away as a policy has decided, and tells the audit.
    fn refuse(
        &self,
        head: RequestHead<'_>,
        caller: &Authenticated<I>,
        decision: Result<Decision, Unavailable>,
    ) -> Denial;

    /// Turns away whom the layer let pass unseen, and tells the audit.
    fn refuse_unseen(&self, head: RequestHead<'_>) -> Denial;
}

impl<A: Scheme> Around<A::Identity> for Rules<A> {
    fn refuse(
        &self,
        head: RequestHead<'_>,
        caller: &Authenticated<A::Identity>,
        decision: Result<Decision, Unavailable>,
    ) -> Denial {
        let identity: &A::Identity = caller;
        let refuse = AssertUnwindSafe(|| {
            let attempt = self.attempt_of(head, caller);
            // Nobody asks for a refusal of whom a policy allows; then it is one all the same.
            let denied = self.not_permitted(&attempt, decision);
            let denied = denied.unwrap_or_else(|| self.forbidden());
            View::with(self, attempt).deny(denied, Some(identity))
        });
        catch_unwind(refuse).unwrap_or_else(|_| View::of(self, head, None).panicked())
    }

    fn refuse_unseen(&self, head: RequestHead<'_>) -> Denial {
        let refuse = AssertUnwindSafe(|| {
            let view = View::of(self, head, None);
            // What passes unseen, passes without TLS. Whoever is asked for credentials needs it.
            let is_secure = self.tls.admits(&self.client.find(&head));
            let denied = if is_secure {
                self.unseen(&view.attempt)
            } else {
                self.insecure()
            };
            view.deny(denied, None)
        });
        catch_unwind(refuse).unwrap_or_else(|_| View::of(self, head, None).panicked())
    }
}

impl<A: Scheme> Rules<A> {
    /// The attempt that let `caller` through, even where its credentials have been removed since.
    fn attempt_of<'r>(
        &'r self,
        head: RequestHead<'r>,
        caller: &Authenticated<A::Identity>,
    ) -> Attempt<'r> {
        let name = caller.removed().and_then(|place| self.name(place));
        let name = name.and_then(|name| SchemeName::parse(name).ok());
        match name {
            Some(name) => Attempt::removed(head, self.role, name),
            None => Attempt::read(head, self.role),
        }
    }
}
