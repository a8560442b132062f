//! What does a [`RequirePolicy`](super::RequirePolicy) need from the layer around it in order to refuse a request?

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use super::decision_context::DecisionContext;
use super::rules::LayerRules;
use crate::client::UnresolvedClient;
use crate::clock::SleepFuture;
use crate::header::SchemeName;
use crate::policy::PolicyDecision;
use crate::reason::RefusalReason;
use crate::request_head::RequestHead;
use crate::respond::Denial;
use crate::scheme::{Attempt, Scheme};
use crate::server_role::ServerRole;
use crate::unavailable::Unavailable;

/// The credentials that the layer removed from a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct RemovedCredentials {
    /// The index of their scheme in the scheme names of the layer, or `None` if they named no scheme of the layer. For
    /// example, a bare token names none.
    pub(super) scheme: Option<usize>,
}

/// The credentials of an admitted caller, as far as services inside of the layer need to know them.
#[derive(Clone, Copy, Debug)]
pub(super) struct PassedCredentials {
    /// `Some` if the layer removed the credentials field from the request. A [`RequirePolicy`](super::RequirePolicy)
    /// needs it to choose the challenges of its refusal, and to know a client that has sent credentials.
    pub(super) removed: Option<RemovedCredentials>,
    /// Whether the layer left a credentials field in the request. A clone of the layer inside it needs that to notice
    /// another field.
    pub(super) has_field: bool,
    /// The scheme that found the credentials outside of that field. The audit of a `RequirePolicy` names it.
    pub(super) claimant: Option<SchemeName<'static>>,
}

/// A layer with identities of type `I`, without the type of its scheme. A [`RequirePolicy`](super::RequirePolicy) knows
/// only the type of the identity.
///
/// `removed` is `Some` if the layer removed credentials from the request.
pub(super) trait OuterRequireAuth<I>: Send + Sync {
    /// Makes the refusal of `caller` that follows from the decision of a policy, and tells the audit.
    fn refuse(
        &self,
        head: RequestHead<'_>,
        caller: &I,
        passed: PassedCredentials,
        decision: Result<PolicyDecision, Unavailable>,
    ) -> Denial;

    /// Makes the refusal of a request that the layer let pass without a caller, and tells the audit.
    fn refuse_anonymous(
        &self,
        head: RequestHead<'_>,
        removed: Option<RemovedCredentials>,
    ) -> Denial;

    /// Whether this layer asks the scheme at the address `scheme` for credentials in the same field. Clones of a layer
    /// share their scheme.
    fn has_login(&self, scheme: *const (), role: ServerRole) -> bool;

    /// Starts the deadline of the layer for a policy that has to wait; `None` if the layer has no deadline.
    fn sleep(&self) -> Option<SleepFuture>;
}

impl<A: Scheme> OuterRequireAuth<A::Identity> for LayerRules<A> {
    fn refuse(
        &self,
        head: RequestHead<'_>,
        caller: &A::Identity,
        passed: PassedCredentials,
        decision: Result<PolicyDecision, Unavailable>,
    ) -> Denial {
        let attempt = self.attempt_of(head, passed.removed);
        if let Some(scheme) = passed.claimant {
            attempt.claim_for(scheme);
        }
        let context = DecisionContext::of(self, &attempt, None);
        // `Scheme::challenge` is code of the application. If it panics, the client gets `503`.
        let refuse = AssertUnwindSafe(|| {
            // `RequirePolicy` calls this only for decisions that do not allow. If it ever did otherwise, the safe
            // answer is a refusal.
            let denial = self.policy_refusal(&attempt, decision);
            let denial = denial.unwrap_or_else(|| self.denial(RefusalReason::Forbidden));
            context.tell_refusal(&denial, Some(caller));
            denial
        });
        catch_unwind(refuse).unwrap_or_else(|_| context.panicked())
    }

    fn refuse_anonymous(
        &self,
        head: RequestHead<'_>,
        removed: Option<RemovedCredentials>,
    ) -> Denial {
        let attempt = self.attempt_of(head, removed);
        let context = DecisionContext::of(self, &attempt, None);
        let refuse = AssertUnwindSafe(|| {
            // Public requests pass without TLS. The challenges of this refusal ask for credentials, and a client must
            // send those through TLS if the layer requires it.
            let denial = match self.tls.admits(&context.client()) {
                true => self.login_required(&attempt),
                false => self.denial(RefusalReason::TlsRequired),
            };
            context.tell_refusal(&denial, None);
            denial
        });
        catch_unwind(refuse).unwrap_or_else(|_| context.panicked())
    }

    fn has_login(&self, scheme: *const (), role: ServerRole) -> bool {
        ptr::addr_eq(Arc::as_ptr(&self.scheme), scheme) && self.role == role
    }

    fn sleep(&self) -> Option<SleepFuture> {
        self.sleep()
    }
}

impl<A: Scheme> LayerRules<A> {
    /// Returns the attempt as the layer saw it, even if the layer has removed the credentials from the request since.
    #[inline]
    pub(super) fn attempt_of<'r>(
        &'r self,
        head: RequestHead<'r>,
        removed: Option<RemovedCredentials>,
    ) -> Attempt<'r> {
        match removed {
            None => self.read_attempt(head),
            Some(removed) => self.attempt_without_field(head, removed),
        }
    }

    /// Returns the attempt of a request whose credentials field the layer has removed.
    #[cold]
    fn attempt_without_field<'r>(
        &'r self,
        head: RequestHead<'r>,
        removed: RemovedCredentials,
    ) -> Attempt<'r> {
        let name = removed.scheme.and_then(|index| self.name_at(index));
        let name = name.and_then(|name| SchemeName::parse(name).ok());
        Attempt::removed(UnresolvedClient::new(head, &self.client), self.role, name)
    }
}
