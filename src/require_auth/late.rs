//! What happens when a body turns out to be bad that the inner service has already.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{Request, Response};

use super::service::Shared;
use super::view::View;
use crate::request_head::RequestHead;
use crate::respond::{Denial, Respond};
use crate::scheme::{BodyRefused, OnRefusal, Scheme};

/// The refusal that takes the place of whatever the inner service answers, if its body turns out to be bad.
///
/// It is decided and audited where the body is read, which may be after the response has gone.
pub(super) struct Late<A: Scheme, R> {
    shared: Arc<Shared<A, R>>,
    head: Arc<Request<()>>,
    denial: Arc<OnceLock<Denial>>,
}

impl<A: Scheme, R> Late<A, R> {
    /// Leaves word in `slot` of the request with this `head`, which `arrived` then, from a caller who is known.
    pub(super) fn watch(
        slot: &mut OnRefusal,
        shared: &Arc<Shared<A, R>>,
        head: &Request<()>,
        arrived: Option<Duration>,
        identity: &A::Identity,
    ) -> Self {
        let late = Self {
            shared: Arc::clone(shared),
            head: Arc::new(head.clone()),
            denial: Arc::default(),
        };
        let (head, denial) = (Arc::clone(&late.head), Arc::clone(&late.denial));
        let (rules, identity) = (shared.rules.clone(), identity.clone());
        *slot = Some(Box::new(move |refused| {
            let head = RequestHead::of(&head);
            let view = || View::of(&rules, head, arrived);
            denial.get_or_init(|| deny(view, refused, &identity));
        }));
        late
    }

    /// The refusal, if there is one by now.
    pub(super) fn response<B>(&self) -> Option<Response<B>>
    where
        R: Respond<B>,
    {
        let denial = self.denial.get()?.clone();
        let head = RequestHead::of(&self.head);
        Some(self.shared.render(denial, head))
    }
}

fn deny<'v, A: Scheme>(
    view: impl Fn() -> View<'v, A>,
    refused: &BodyRefused,
    identity: &A::Identity,
) -> Denial {
    let deny = AssertUnwindSafe(|| {
        let view = view();
        view.deny(view.body_refused(refused), Some(identity))
    });
    catch_unwind(deny).unwrap_or_else(|_| view().panicked())
}
