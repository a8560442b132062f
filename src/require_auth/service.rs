//! How does `RequireAuthService` answer a request?

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::BodyFor;
use super::after::After;
use super::flow::Flow;
use super::future::{Held, ResponseFuture};
use super::rules::Rules;
use super::shared::Shared;
use super::stage::Step;
use crate::derives::{clones, shows};
use crate::request_head::RequestHead;
use crate::respond::{Empty, Respond};
use crate::scheme::{ReadsFrom, Scheme};

/// Lets through whom a scheme admits. Made by [`RequireAuth`](super::RequireAuth).
#[must_use]
pub struct RequireAuthService<S, A: Scheme, R = Empty> {
    inner: S,
    shared: Arc<Shared<A, R>>,
}

impl<S, A: Scheme, R> RequireAuthService<S, A, R> {
    pub(super) fn new(inner: S, rules: Rules<A>, respond: R) -> Self {
        let rules = Arc::new(rules);
        Self {
            inner,
            shared: Arc::new(Shared { rules, respond }),
        }
    }
}

impl<S, A, R, B, ResBody> Service<Request<B>> for RequireAuthService<S, A, R>
where
    S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>> + Clone,
    A: Scheme,
    A::Reads: ReadsFrom<B>,
    R: Respond<ResBody>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, A, R, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let mut flow = Flow::new();
        let step = flow.poll(&self.shared.rules, RequestHead::of(&request), None);
        match step {
            Poll::Ready(Step::Admit(admission)) => {
                let after = After::admitted(&self.shared, &mut request, admission);
                ResponseFuture::serving(self.inner.call(request.map(A::Reads::untouched)), after)
            }
            Poll::Ready(Step::Pass) => {
                let after = After::passed(&self.shared, &mut request);
                ResponseFuture::serving(self.inner.call(request.map(A::Reads::untouched)), after)
            }
            Poll::Ready(Step::Deny(denial)) => {
                // Whatever the service reserved when it was polled ready must not wait for the next request.
                take_ready(&mut self.inner);
                let response = self.shared.render(denial, RequestHead::of(&request));
                ResponseFuture::answered(response)
            }
            Poll::Pending => {
                let inner = take_ready(&mut self.inner);
                ResponseFuture::deciding(Held::new(inner, &self.shared, flow, request))
            }
        }
    }
}

/// The service that was polled ready. The clone in its place was not.
pub(super) fn take_ready<S: Clone>(inner: &mut S) -> S {
    let clone = inner.clone();
    mem::replace(inner, clone)
}

clones! { impl[S: Clone, A: Scheme, R] RequireAuthService[S, A, R] { inner, shared } }

shows! { impl[S: fmt::Debug, A: Scheme, R] RequireAuthService[S, A, R] as self {
    inner: self.inner,
    rules: self.shared.rules,
} }
