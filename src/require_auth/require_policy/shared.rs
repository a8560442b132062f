//! What do all clones of a service share?

use std::sync::Arc;

use http::{Request, Response};

use super::policy_refusal::{MissingLayer, PolicyRefusal};
use crate::policy::{Policy, PolicyDecision};
use crate::reason::RefusalReason;
use crate::request_head::RequestHead;
use crate::require_auth::identity::{AnonymousRequest, Authenticated};
use crate::require_auth::outer_layer::OuterLayer;
use crate::respond::{Denial, Respond};
use crate::server_role::ServerRole;
use crate::unavailable::Unavailable;

/// A policy, and how a refusal is rendered.
pub(super) struct SharedPolicy<I, R> {
    pub(super) policy: Arc<dyn Policy<I>>,
    pub(super) respond: R,
    /// Whether the layer around is not to render.
    pub(super) renders: bool,
}

/// A refusal, and the layer that let the caller through.
pub(super) struct TurnedAway<I> {
    denial: Denial,
    around: Option<Arc<dyn OuterLayer<I>>>,
}

impl<I: Send + Sync + 'static, R> SharedPolicy<I, R> {
    /// Answers for the inner service. How the refusal looks is left to the layer around, which finds it in the extensions.
    pub(super) fn answer<B, ResBody>(
        &self,
        refusal: TurnedAway<I>,
        request: Request<B>,
    ) -> Response<ResBody>
    where
        R: Respond<ResBody>,
    {
        let TurnedAway { denial, around } = refusal;
        let head = RequestHead::of(&request);
        let mut response = self.respond.respond(&denial, &head).stamped(denial.clone());
        let Some(around) = around else {
            response.extensions_mut().insert(MissingLayer);
            return response;
        };
        let plain = (!self.renders).then(|| (denial, request.into_parts().0));
        let refused = PolicyRefusal::new(around, plain);
        response.extensions_mut().insert(refused);
        response
    }
}

/// Nothing, if the caller may.
pub(super) fn conclude<I: Send + Sync + 'static>(
    head: RequestHead<'_>,
    decision: Result<PolicyDecision, Unavailable>,
) -> Option<TurnedAway<I>> {
    if matches!(decision, Ok(PolicyDecision::Allow)) {
        return None;
    }
    let Some(caller) = head.extensions().get::<Authenticated<I>>() else {
        return Some(TurnedAway::unseen(head));
    };
    let around = caller.around();
    let denial = around.refuse(head, caller, caller.removed(), decision);
    let around = Some(Arc::clone(around));
    Some(TurnedAway { denial, around })
}

impl<I: Send + Sync + 'static> TurnedAway<I> {
    /// A layer was asked, and found nobody; or there is none.
    pub(super) fn unseen(head: RequestHead<'_>) -> Self {
        let found = head.extensions().get::<AnonymousRequest<I>>();
        let denial = match found {
            Some(found) => found.around().refuse_unseen(head, found.removed()),
            None => Denial::new(RefusalReason::MissingLayer, ServerRole::Origin),
        };
        let around = found.map(AnonymousRequest::around).cloned();
        Self { denial, around }
    }
}
