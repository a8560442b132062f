//! What happens when a body turns out to be bad that the inner service has already?

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Request, Response};

use super::decision_context::DecisionContext;
use super::rules::LayerRules;
use super::shared::SharedLayer;
use crate::request_head::RequestHead;
use crate::respond::{Denial, Respond};
use crate::scheme::{Attempt, BodyError, OnRefusal, Scheme};

/// The refusal that takes the place of the response of the inner service, if its body turns out to be bad.
///
/// It is decided and audited where the body is read, which may be after the response has gone.
pub(super) struct LateRefusal {
    head: Arc<Request<()>>,
    denial: Arc<OnceLock<Denial>>,
}

impl LateRefusal {
    /// Leaves word in `slot` of the request with this `head`, which `arrived` then, from a caller who is known.
    pub(super) fn watch<A: Scheme>(
        slot: &mut OnRefusal,
        rules: &Arc<LayerRules<A>>,
        head: &Request<()>,
        arrived: Option<Duration>,
        identity: &A::Identity,
    ) -> Self {
        let late = Self {
            head: Arc::new(head.clone()),
            denial: Arc::default(),
        };
        let (head, denial) = (Arc::clone(&late.head), Arc::clone(&late.denial));
        let (rules, identity) = (Arc::clone(rules), identity.clone());
        *slot = Some(Box::new(move |refused| {
            let attempt = Attempt::read(RequestHead::of(&head), rules.role);
            let view = || DecisionContext::of(&rules, &attempt, arrived);
            denial.get_or_init(|| deny(view, refused, &identity));
        }));
        late
    }

    /// The refusal, if there is one by now.
    pub(super) fn response<A, R, B>(&self, shared: &SharedLayer<A, R>) -> Option<Response<B>>
    where
        A: Scheme,
        R: Respond<B>,
    {
        let denial = self.denial.get()?.clone();
        Some(shared.render(denial, RequestHead::of(&self.head)))
    }
}

fn deny<'v, A: Scheme>(
    view: impl Fn() -> DecisionContext<'v, A>,
    refused: &BodyError,
    identity: &A::Identity,
) -> Denial {
    let deny = AssertUnwindSafe(|| {
        let view = view();
        let denial = view.rules.body_refused(view.attempt, refused.clone());
        view.deny(denial, Some(identity))
    });
    catch_unwind(deny).unwrap_or_else(|_| view().panicked())
}
