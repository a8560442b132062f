//! The service that a `RequireAuth` layer makes.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::BodyFor;
use super::flow::RequestFlow;
use super::future::{PendingDecision, ResponseFuture};
use super::response_edits::ResponseEdits;
use super::rules::LayerRules;
use super::shared::SharedLayer;
use super::stage::FlowDecision;
use crate::derives::{clones, shows};
use crate::request_head::RequestHead;
use crate::respond::{Denial, EmptyBody, Respond};
use crate::scheme::{BodyAccessFor, Scheme};

/// Calls the inner service for requests that the layer admits, and answers all others with a refusal. The layer
/// [`RequireAuth`](super::RequireAuth) makes it.
#[must_use]
pub struct RequireAuthService<S, A: Scheme, R = EmptyBody> {
    inner: S,
    shared: Arc<SharedLayer<A, R>>,
}

impl<S, A: Scheme, R> RequireAuthService<S, A, R> {
    pub(super) fn new(inner: S, rules: Arc<LayerRules<A>>, respond: R) -> Self {
        Self {
            inner,
            shared: Arc::new(SharedLayer { rules, respond }),
        }
    }
}

impl<S, A, R, B, ResBody> Service<Request<B>> for RequireAuthService<S, A, R>
where
    S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>> + Clone,
    A: Scheme,
    A::BodyAccess: BodyAccessFor<B>,
    R: Respond<ResBody>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, A, R, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let mut flow = RequestFlow::new();
        // Before everything else, so that no handler sees a certificate that the client only claims.
        self.shared.rules.client.settle_certificate(&mut request);
        let head = RequestHead::of(&request);
        flow.begin(&self.shared.rules, head, request.body());
        let has_no_body = flow.has_no_body();
        let untouched = |body| A::BodyAccess::untouched(body, has_no_body);
        match flow.decision {
            Some(FlowDecision::Admit(admission, claimant)) => {
                let edits =
                    ResponseEdits::admitted(&self.shared, &mut request, admission, claimant);
                ResponseFuture::serving(self.inner.call(request.map(untouched)), edits)
            }
            Some(FlowDecision::Pass) => {
                let edits = ResponseEdits::passed(&self.shared, &mut request);
                ResponseFuture::serving(self.inner.call(request.map(untouched)), edits)
            }
            Some(FlowDecision::Deny(ref denial)) => self.deny(denial, &request),
            None => {
                let inner = take_ready(&mut self.inner);
                ResponseFuture::deciding(PendingDecision::new(inner, &self.shared, flow, request))
            }
        }
    }
}

impl<S: Clone, A: Scheme, R> RequireAuthService<S, A, R> {
    /// Answers with a refusal.
    #[inline(never)]
    fn deny<B, ResBody>(
        &mut self,
        denial: &Denial,
        request: &Request<B>,
    ) -> ResponseFuture<S, A, R, B>
    where
        S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>>,
        A::BodyAccess: BodyAccessFor<B>,
        R: Respond<ResBody>,
    {
        // `poll_ready` may have reserved something in the inner service, such as a slot of a concurrency limit. Without
        // a call, the ready service would hold it until the next request, so it is dropped.
        take_ready(&mut self.inner);
        ResponseFuture::answered(self.shared.render(denial, RequestHead::of(request)))
    }
}

/// Takes the service that was polled ready, and leaves a clone in its place. A clone is not ready, so only the service
/// that was polled may be called (see the documentation of [`tower_service::Service`]).
pub(super) fn take_ready<S: Clone>(inner: &mut S) -> S {
    let clone = inner.clone();
    mem::replace(inner, clone)
}

clones! { impl[S: Clone, A: Scheme, R] RequireAuthService[S, A, R] { inner, shared } }

shows! { impl[S: fmt::Debug, A: Scheme, R] RequireAuthService[S, A, R] as self {
    inner: self.inner,
    rules: self.shared.rules,
} }
