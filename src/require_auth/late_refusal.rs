//! Refuses a request whose body fails verification while the inner service reads it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Request, Response};

use super::decision_context::DecisionContext;
use super::rules::LayerRules;
use super::shared::SharedLayer;
use crate::request_head::RequestHead;
use crate::respond::{Denial, Respond};
use crate::scheme::{BodyError, OnRefusal, Scheme};

/// The refusal that replaces the response of the inner service, if the body of the request fails verification.
///
/// The body decides it and tells the audit while the inner service reads. That may be after the response was sent: the
/// response then stays, and only the audit learns of the refusal.
pub(super) struct LateRefusal {
    head: Arc<Request<()>>,
    denial: Arc<OnceLock<Denial>>,
}

impl LateRefusal {
    /// Stores a callback in `slot` of the body, which the body calls if it fails verification.
    ///
    /// `head` is the request, `arrived` its time of arrival, and `identity` the caller whom the head has admitted.
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
            let attempt = rules.read_attempt(RequestHead::of(&head));
            let context = || DecisionContext::of(&rules, &attempt, arrived);
            denial.get_or_init(|| deny(context, refused, &identity));
        }));
        late
    }

    /// Returns the refusal, if the body has failed verification by now.
    #[inline(never)]
    pub(super) fn response<A, R, B>(&self, shared: &SharedLayer<A, R>) -> Option<Response<B>>
    where
        A: Scheme,
        R: Respond<B>,
    {
        Some(shared.render(self.denial.get()?, RequestHead::of(&self.head)))
    }
}

fn deny<'v, A: Scheme>(
    context: impl Fn() -> DecisionContext<'v, A>,
    refused: &BodyError,
    identity: &A::Identity,
) -> Denial {
    // The body calls this while the inner service polls it, so a panic of the application's code would unwind through
    // the inner service. It would also leave no refusal, and the response to an unverified body would go out.
    let deny = AssertUnwindSafe(|| {
        let context = context();
        let denial = context.rules.body_refused(context.attempt, refused.clone());
        context.tell_refusal(&denial, Some(identity));
        denial
    });
    catch_unwind(deny).unwrap_or_else(|_| context().panicked())
}
