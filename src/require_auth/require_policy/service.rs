//! The service that a `RequirePolicy` layer makes.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::future::{PendingPolicy, RequirePolicyFuture};
use super::shared::{RouteRefusal, SharedPolicy};
use crate::clock::SleepFuture;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
use crate::policy::PolicyDecision;
use crate::principal::Principal;
use crate::request_head::RequestHead;
use crate::require_auth::deny::panicked;
use crate::require_auth::identity::Authenticated;
use crate::require_auth::service::take_ready;
use crate::respond::{EmptyBody, Respond};
use crate::unavailable::Unavailable;

/// Calls the inner service for requests that a policy allows, and refuses all others. The layer
/// [`RequirePolicy`](super::RequirePolicy) makes it.
#[must_use]
pub struct RequirePolicyService<S, I = Principal, R = EmptyBody> {
    inner: S,
    shared: Arc<SharedPolicy<I, R>>,
}

/// The progress of a decision.
enum PolicyProgress<I> {
    Permitted,
    RouteRefusal(RouteRefusal<I>),
    Waiting(
        NowOrLater<Result<PolicyDecision, Unavailable>>,
        Option<SleepFuture>,
    ),
}

impl<S, I, R> RequirePolicyService<S, I, R> {
    pub(super) fn new(inner: S, shared: SharedPolicy<I, R>) -> Self {
        let shared = Arc::new(shared);
        Self { inner, shared }
    }
}

impl<S, I, R, B, ResBody> Service<Request<B>> for RequirePolicyService<S, I, R>
where
    S: Service<Request<B>, Response = Response<ResBody>> + Clone,
    I: Send + Sync + 'static,
    R: Respond<ResBody>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = RequirePolicyFuture<S, I, R, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        match self.shared.ask(RequestHead::of(&request)) {
            PolicyProgress::Permitted => RequirePolicyFuture::serving(self.inner.call(request)),
            PolicyProgress::RouteRefusal(refusal) => {
                // The ready service may hold a reservation of the inner service until its next call, so it is dropped.
                take_ready(&mut self.inner);
                RequirePolicyFuture::answered(self.shared.answer(refusal, request))
            }
            PolicyProgress::Waiting(answer, deadline) => {
                RequirePolicyFuture::deciding(PendingPolicy {
                    inner: take_ready(&mut self.inner),
                    shared: Arc::clone(&self.shared),
                    answer,
                    deadline,
                    request: Some(request),
                })
            }
        }
    }
}

impl<I: Send + Sync + 'static, R> SharedPolicy<I, R> {
    fn ask(&self, head: RequestHead<'_>) -> PolicyProgress<I> {
        let Some(caller) = head.extensions().get::<Authenticated<I>>() else {
            return PolicyProgress::RouteRefusal(RouteRefusal::anonymous(head));
        };
        // The policy is code of the application. If it panics, the client gets `503`.
        let decide = AssertUnwindSafe(|| self.policy.decide(caller, &head).try_now());
        match catch_unwind(decide).unwrap_or_else(|_| Ok(Err(panicked()))) {
            Ok(decision) => self
                .refusal_unless_allowed(head, decision)
                .map_or(PolicyProgress::Permitted, PolicyProgress::RouteRefusal),
            Err(later) => PolicyProgress::Waiting(later, caller.outer_layer().sleep()),
        }
    }
}

clones! { impl[S: Clone, I, R] RequirePolicyService[S, I, R] { inner, shared } }

shows! { impl[S: fmt::Debug, I, R] RequirePolicyService[S, I, R] as self { inner: self.inner } }
