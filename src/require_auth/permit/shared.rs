//! What do all clones of a service share?

use std::sync::Arc;

use http::{Request, Response};

use super::refused::{Misplaced, Refused};
use crate::policy::{Decision, Policy};
use crate::reason::Reason;
use crate::request_head::RequestHead;
use crate::require_auth::around::Around;
use crate::require_auth::identity::{Anonymous, Authenticated};
use crate::respond::{Denial, Respond};
use crate::role::Role;
use crate::unavailable::Unavailable;

/// A policy, and how a refusal is rendered.
pub(super) struct Shared<I, R> {
    pub(super) policy: Arc<dyn Policy<I>>,
    pub(super) respond: R,
    /// Whether the layer around is not to render.
    pub(super) renders: bool,
}

/// A refusal, and the layer that let the caller through.
pub(super) struct TurnedAway<I> {
    denial: Denial,
    around: Option<Arc<dyn Around<I>>>,
}

impl<I: Send + Sync + 'static, R> Shared<I, R> {
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
            response.extensions_mut().insert(Misplaced);
            return response;
        };
        let plain = (!self.renders).then(|| (denial, request.into_parts().0));
        let refused = Refused::new(around, plain);
        response.extensions_mut().insert(refused);
        response
    }
}

/// Nothing, if the caller may.
pub(super) fn conclude<I: Send + Sync + 'static>(
    head: RequestHead<'_>,
    decision: Result<Decision, Unavailable>,
) -> Option<TurnedAway<I>> {
    if matches!(decision, Ok(Decision::Allow)) {
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
        let found = head.extensions().get::<Anonymous<I>>();
        let denial = match found {
            Some(found) => found.around().refuse_unseen(head, found.removed()),
            None => Denial::new(Reason::Misplaced, Role::Origin),
        };
        let around = found.map(Anonymous::around).cloned();
        Self { denial, around }
    }
}
