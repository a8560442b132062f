//! The service that requires the scopes of each operation.

use std::fmt;
use std::task::{Context, Poll};

use bytes::Buf;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::body::McpBody;
use super::future::{ReadingMessage, RequireMcpScopesFuture};
use super::message::McpOperations;
use crate::body_limits::BodyLimits;
use crate::derives::{clones, shows};
use crate::principal::Principal;
use crate::require_auth::{Authenticated, RequirePolicyService};

/// Reads the message of an authenticated caller, and calls the inner service if the caller has the scopes that it needs.
/// The layer [`RequireMcpScopes`](super::RequireMcpScopes) makes it.
#[must_use]
pub struct RequireMcpScopesService<S, I = Principal> {
    inner: RequirePolicyService<S, I>,
    limits: BodyLimits,
}

impl<S, I> RequireMcpScopesService<S, I> {
    pub(super) const fn new(inner: RequirePolicyService<S, I>, limits: BodyLimits) -> Self {
        Self { inner, limits }
    }
}

impl<S, I, B, ResBody> Service<Request<B>> for RequireMcpScopesService<S, I>
where
    S: Service<Request<McpBody>, Response = Response<ResBody>> + Clone,
    I: Send + Sync + 'static,
    B: Body<Data: Buf>,
    ResBody: Default,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = RequireMcpScopesFuture<S, I, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut head, body) = request.into_parts();
        // The body of a client that is not authenticated is not read. The policy refuses such a request.
        let is_known = head.extensions.get::<Authenticated<I>>().is_some();
        if is_known && !body.is_end_stream() {
            // The ready service may hold a reservation of the inner service, and the client may send slowly. So it is
            // dropped, and the clone in its place becomes ready once the message is here.
            self.inner = self.inner.clone();
            let reading = ReadingMessage::new(self.inner.clone(), &self.limits, head, body);
            return RequireMcpScopesFuture::reading(reading);
        }
        head.extensions.insert(McpOperations::default());
        let request = Request::from_parts(head, McpBody::default());
        RequireMcpScopesFuture::serving(self.inner.call(request))
    }
}

clones! { impl[S: Clone, I] RequireMcpScopesService[S, I] { inner, limits } }

shows! { impl[S: fmt::Debug, I] RequireMcpScopesService[S, I] as self { inner: self.inner, limits: self.limits } }
