//! The service, which lends the body to the inner service.

use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::body::DrainableBody;
use super::future::DrainBodyFuture;
use crate::body_limits::BodyLimits;
use crate::request_head::RequestHead;

/// Runs the inner service, and reads the rest of the request body before it returns the response.
/// [`DrainBody`](super::DrainBody) makes it.
#[derive(Clone, Debug)]
#[must_use]
pub struct DrainBodyService<S> {
    inner: S,
    limits: BodyLimits,
}

impl<S> DrainBodyService<S> {
    pub(super) const fn new(inner: S, limits: BodyLimits) -> Self {
        Self { inner, limits }
    }
}

impl<S, B, ResBody> Service<Request<B>> for DrainBodyService<S>
where
    S: Service<Request<DrainableBody<B>>, Response = Response<ResBody>>,
    B: Body + Unpin,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = DrainBodyFuture<S::Future, ResBody, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (head, body) = request.into_parts();
        let (body, returned) = DrainableBody::lend(body, RequestHead::of_parts(&head));
        let response = self.inner.call(Request::from_parts(head, body));
        DrainBodyFuture::new(response, returned, self.limits.clone())
    }
}
