//! The state that all clones of a service share, and the refusals that it makes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use http::{Request, Response};

use super::policy_refusal::{PolicyRefusal, PolicyRendering};
use crate::policy::{Policy, PolicyDecision};
use crate::reason::RefusalReason;
use crate::request_head::RequestHead;
use crate::require_auth::identity::{AnonymousRequest, Authenticated};
use crate::require_auth::missing_layer::MissingLayer;
use crate::require_auth::outer_require_auth::OuterRequireAuth;
use crate::respond::{Denial, RefusalChallenges, Respond};
use crate::server_role::ServerRole;
use crate::unavailable::Unavailable;

/// The policy of a route, and the renderer of its refusals.
pub(super) struct SharedPolicy<I, R> {
    pub(super) policy: Arc<dyn Policy<I>>,
    pub(super) respond: R,
    /// Whether this layer renders its refusals itself, and not the layer around it.
    pub(super) renders: bool,
}

/// A refusal, and the layer that let the caller through.
pub(super) struct RouteRefusal<I> {
    denial: Denial,
    outer_layer: Option<Arc<dyn OuterRequireAuth<I>>>,
}

impl<I: Send + Sync + 'static, R> SharedPolicy<I, R> {
    /// Makes the response of a refusal. The layer around it finds the refusal in the extensions of the response, and
    /// renders it.
    pub(super) fn answer<B, ResBody>(
        &self,
        refusal: RouteRefusal<I>,
        request: Request<B>,
    ) -> Response<ResBody>
    where
        R: Respond<ResBody>,
    {
        let RouteRefusal {
            denial,
            outer_layer,
        } = refusal;
        let head = RequestHead::of(&request);
        let rendered = self.respond.respond(&denial, &head);
        let stands_alone = rendered.stands_alone();
        let mut response = rendered.stamped(&denial);
        let Some(outer_layer) = outer_layer else {
            MissingLayer::report::<I>(request.into_parts().0, response.extensions_mut());
            return response;
        };
        let rendering = match self.renders {
            true => PolicyRendering::Done { stands_alone },
            false => PolicyRendering::ByLayer(Box::new((denial, request.into_parts().0))),
        };
        let refused = PolicyRefusal::new(outer_layer, rendering);
        response.extensions_mut().insert(refused);
        response
    }

    /// Returns the refusal that follows from `decision`, or `None` if the policy allows the request.
    pub(super) fn refusal_unless_allowed(
        &self,
        head: RequestHead<'_>,
        decision: Result<PolicyDecision, Unavailable>,
    ) -> Option<RouteRefusal<I>> {
        if matches!(decision, Ok(PolicyDecision::Allow)) {
            return None;
        }
        let Some(caller) = head.extensions().get::<Authenticated<I>>() else {
            return Some(RouteRefusal::anonymous(head));
        };
        let decision = decision.map(|decision| self.with_all_scopes(&head, decision));
        let outer_layer = caller.outer_layer();
        let denial = outer_layer.refuse(head, caller, caller.passed(), decision);
        let outer_layer = Some(Arc::clone(outer_layer));
        Some(RouteRefusal {
            denial,
            outer_layer,
        })
    }

    /// Adds all scopes of the policy to a `Lacks` or a `StepUp`. The layer around this one adds those of its own policies.
    fn with_all_scopes(&self, head: &RequestHead<'_>, decision: PolicyDecision) -> PolicyDecision {
        // The policy is code of the application. If it panics, the challenge names only the scopes of the decision.
        let all = || {
            catch_unwind(AssertUnwindSafe(|| self.policy.required_scopes(head))).unwrap_or_default()
        };
        match decision {
            PolicyDecision::Lacks(lack) => PolicyDecision::Lacks(lack.with_scopes(&all())),
            PolicyDecision::StepUp(lack) => PolicyDecision::StepUp(lack.with_scopes(&all())),
            other => other,
        }
    }
}

impl<I: Send + Sync + 'static> RouteRefusal<I> {
    /// Makes the refusal of a request without a caller: `401` if a layer let it pass, and `500` if there is no such
    /// layer.
    pub(super) fn anonymous(head: RequestHead<'_>) -> Self {
        let found = head.extensions().get::<AnonymousRequest<I>>();
        let denial = match found {
            Some(found) => found.outer_layer().refuse_anonymous(head, found.removed()),
            None => Denial::new(
                RefusalReason::MissingLayer,
                ServerRole::Origin,
                RefusalChallenges::NONE,
            ),
        };
        let outer_layer = found.map(AnonymousRequest::outer_layer).cloned();
        Self {
            denial,
            outer_layer,
        }
    }
}
