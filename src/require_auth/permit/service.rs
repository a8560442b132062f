//! The service.

use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::WWW_AUTHENTICATE;
use http::{Request, Response, StatusCode};
use tower_service::Service;

use super::future::{Held, PermitFuture};
use super::{Misplaced, Refused};
use crate::now_or_later::NowOrLater;
use crate::policy::{Decision, Policy};
use crate::principal::Principal;
use crate::request_head::RequestHead;
use crate::require_auth::around::Around;
use crate::require_auth::identity::{Anonymous, Authenticated};
use crate::require_auth::view::panicked;
use crate::respond::{Denial, Empty, Kind, Respond};
use crate::unavailable::Unavailable;

/// Lets through whom a policy permits. Made by [`Permit`](super::Permit).
#[must_use]
pub struct PermitService<S, I = Principal, R = Empty> {
    inner: S,
    shared: Arc<Shared<I, R>>,
}

/// What all clones of a service share.
pub(super) struct Shared<I, R> {
    pub(super) policy: Arc<dyn Policy<I>>,
    pub(super) respond: R,
    /// Whether the layer around is not to render.
    pub(super) renders: bool,
}

/// What a policy comes to, or why nobody can tell.
pub(super) type Decided = Result<Decision, Unavailable>;

/// A refusal, and the layer that let the caller through.
pub(super) struct TurnedAway<I> {
    denial: Denial,
    around: Option<Arc<dyn Around<I>>>,
}

/// How far a policy has come.
enum Asked<I> {
    Permitted,
    TurnedAway(TurnedAway<I>),
    Waiting(NowOrLater<Decided>),
}

impl<S, I, R> PermitService<S, I, R> {
    pub(super) fn new(inner: S, shared: Shared<I, R>) -> Self {
        let shared = Arc::new(shared);
        Self { inner, shared }
    }
}

impl<S, I, R, B, ResBody> Service<Request<B>> for PermitService<S, I, R>
where
    S: Service<Request<B>, Response = Response<ResBody>> + Clone,
    I: Send + Sync + 'static,
    R: Respond<ResBody>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = PermitFuture<S, I, R, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.shared.ask(RequestHead::of(&request)) {
            Asked::Permitted => PermitFuture::serving(self.inner.call(request)),
            Asked::TurnedAway(refusal) => {
                // Whatever the service reserved when it was polled ready must not wait for the next request.
                self.take_ready();
                PermitFuture::answered(self.shared.answer(refusal, request))
            }
            Asked::Waiting(answer) => PermitFuture::deciding(Held {
                inner: self.take_ready(),
                shared: Arc::clone(&self.shared),
                answer,
                request,
            }),
        }
    }
}

impl<S: Clone, I, R> PermitService<S, I, R> {
    /// The service that was polled ready. The clone in its place was not.
    fn take_ready(&mut self) -> S {
        let clone = self.inner.clone();
        mem::replace(&mut self.inner, clone)
    }
}

impl<I: Send + Sync + 'static, R> Shared<I, R> {
    fn ask(&self, head: RequestHead<'_>) -> Asked<I> {
        let Some(caller) = head.extensions().get::<Authenticated<I>>() else {
            return Asked::TurnedAway(TurnedAway::unseen(head));
        };
        let decide = AssertUnwindSafe(|| self.policy.decide(caller, &head).try_now());
        match catch_unwind(decide).unwrap_or_else(|_| Ok(Err(panicked()))) {
            Ok(decision) => conclude(head, decision).map_or(Asked::Permitted, Asked::TurnedAway),
            Err(later) => Asked::Waiting(later),
        }
    }

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
    decision: Decided,
) -> Option<TurnedAway<I>> {
    if matches!(decision, Ok(Decision::Allow)) {
        return None;
    }
    let Some(caller) = head.extensions().get::<Authenticated<I>>() else {
        return Some(TurnedAway::unseen(head));
    };
    let denial = caller.around().refuse(head, caller, decision);
    let around = Some(Arc::clone(caller.around()));
    Some(TurnedAway { denial, around })
}

impl<I: Send + Sync + 'static> TurnedAway<I> {
    /// A layer was asked, and found nobody; or there is none.
    fn unseen(head: RequestHead<'_>) -> Self {
        let found = head.extensions().get::<Anonymous<I>>();
        let around = found.map(Anonymous::around).cloned();
        let denial = match &around {
            Some(around) => around.refuse_unseen(head),
            None => misplaced(),
        };
        Self { denial, around }
    }
}

fn misplaced() -> Denial {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    Denial::new(Kind::Misplaced, status, WWW_AUTHENTICATE)
}

impl<S: Clone, I, R> Clone for PermitService<S, I, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S: fmt::Debug, I, R> fmt::Debug for PermitService<S, I, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
