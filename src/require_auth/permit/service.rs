//! How does `PermitService` answer a request?

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::future::{Held, PermitFuture};
use super::shared::{Shared, TurnedAway, conclude};
use crate::clock::Sleep;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
use crate::policy::Decision;
use crate::principal::Principal;
use crate::request_head::RequestHead;
use crate::require_auth::deny::panicked;
use crate::require_auth::identity::Authenticated;
use crate::require_auth::service::take_ready;
use crate::respond::{Empty, Respond};
use crate::unavailable::Unavailable;

/// Lets through whom a policy permits. Made by [`Permit`](super::Permit).
#[must_use]
pub struct PermitService<S, I = Principal, R = Empty> {
    inner: S,
    shared: Arc<Shared<I, R>>,
}

/// How far a policy has come.
enum Asked<I> {
    Permitted,
    TurnedAway(TurnedAway<I>),
    Waiting(NowOrLater<Result<Decision, Unavailable>>, Option<Sleep>),
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
                take_ready(&mut self.inner);
                PermitFuture::answered(self.shared.answer(refusal, request))
            }
            Asked::Waiting(answer, deadline) => PermitFuture::deciding(Held {
                inner: take_ready(&mut self.inner),
                shared: Arc::clone(&self.shared),
                answer,
                deadline,
                request: Some(request),
            }),
        }
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
            Err(later) => Asked::Waiting(later, caller.around().sleep()),
        }
    }
}

clones! { impl[S: Clone, I, R] PermitService[S, I, R] { inner, shared } }

shows! { impl[S: fmt::Debug, I, R] PermitService[S, I, R] as self { inner: self.inner } }
