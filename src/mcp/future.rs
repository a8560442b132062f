//! The response future, which reads the message before it asks the policy.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use http::header::{CACHE_CONTROL, CONNECTION};
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode, Version};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::body::McpBody;
use super::message::McpOperations;
use crate::body_limits::{BodyLimitExceeded, BodyLimits, BodyPace};
use crate::derives::shows;
use crate::require_auth::{RequirePolicyFuture, RequirePolicyService};
use crate::respond::EmptyBody;

pin_project! {
    /// Response future of [`RequireMcpScopesService`](super::RequireMcpScopesService).
    #[must_use = "futures do nothing unless polled"]
    pub struct RequireMcpScopesFuture<S, I, B>
    where
        S: Service<Request<McpBody>>,
    {
        #[pin]
        state: FutureState<S, I, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum FutureState<S, I, B>
    where
        S: Service<Request<McpBody>>,
    {
        /// The client still sends the message, or the inner service is not ready.
        Reading { reading: Pin<Box<ReadingMessage<S, I, B>>> },
        Serving {
            #[pin]
            response: RequirePolicyFuture<S, I, EmptyBody, McpBody>,
        },
    }
}

pin_project! {
    /// A message that arrives, and the service that gets it.
    pub(super) struct ReadingMessage<S, I, B> {
        // A clone, which has to become ready.
        inner: RequirePolicyService<S, I>,
        head: Parts,
        #[pin]
        body: B,
        bytes: BytesMut,
        pace: BodyPace,
        // Whether the body announces more than the limits allow.
        is_too_long: bool,
        // The message, once it has arrived.
        message: Option<Bytes>,
    }
}

impl<S, I, B: Body> ReadingMessage<S, I, B> {
    pub(super) fn new(
        inner: RequirePolicyService<S, I>,
        limits: &BodyLimits,
        head: Parts,
        body: B,
    ) -> Self {
        Self {
            inner,
            head,
            is_too_long: !limits.allows_length(body.size_hint().lower()),
            body,
            bytes: BytesMut::new(),
            pace: BodyPace::new(limits.clone()),
            message: None,
        }
    }

    /// Reads the message. The error is the status of the refusal.
    fn poll_message(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), StatusCode>> {
        let mut this = self.project();
        if this.message.is_some() {
            return Poll::Ready(Ok(()));
        }
        if *this.is_too_long {
            // Without a poll of the body, so that a client that waits for `100 Continue` does not send it.
            return Poll::Ready(Err(StatusCode::PAYLOAD_TOO_LARGE));
        }
        loop {
            let Poll::Ready(frame) = this.body.as_mut().poll_frame(cx) else {
                return this.pace.poll_too_slow(cx).map(|limit| Err(status(limit)));
            };
            let frame = match frame {
                None => break,
                Some(Ok(frame)) => frame,
                Some(Err(_)) => return Poll::Ready(Err(StatusCode::BAD_REQUEST)),
            };
            if let Ok(mut data) = frame.into_data() {
                if let Err(limit) = this.pace.arrived(data.remaining()) {
                    return Poll::Ready(Err(status(limit)));
                }
                // The buffer grows with the bytes that arrive, and not with a length that the client announces.
                let data = data.copy_to_bytes(data.remaining());
                this.bytes.extend_from_slice(&data);
            }
        }
        let message = mem::take(this.bytes).freeze();
        let Ok(operations) = McpOperations::read(&message) else {
            return Poll::Ready(Err(StatusCode::BAD_REQUEST));
        };
        this.head.extensions.insert(operations);
        *this.message = Some(message);
        Poll::Ready(Ok(()))
    }
}

const fn status(limit: BodyLimitExceeded) -> StatusCode {
    match limit {
        BodyLimitExceeded::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        BodyLimitExceeded::TooSlow => StatusCode::REQUEST_TIMEOUT,
    }
}

/// A response without a body, which no cache may store. After `408`, the rest of the message may still arrive, so that
/// the server cannot tell where the next request begins. HTTP/1.1 closes the connection then, and HTTP/2 has no such
/// field.
fn refusal<B: Default>(status: StatusCode, version: Version) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = status;
    let fields = response.headers_mut();
    fields.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::REQUEST_TIMEOUT && version <= Version::HTTP_11 {
        fields.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

impl<S, I, B> RequireMcpScopesFuture<S, I, B>
where
    S: Service<Request<McpBody>>,
{
    pub(super) fn reading(reading: ReadingMessage<S, I, B>) -> Self {
        let reading = Box::pin(reading);
        Self {
            state: FutureState::Reading { reading },
        }
    }

    pub(super) const fn serving(response: RequirePolicyFuture<S, I, EmptyBody, McpBody>) -> Self {
        Self {
            state: FutureState::Serving { response },
        }
    }
}

impl<S, I, B, ResBody> Future for RequireMcpScopesFuture<S, I, B>
where
    S: Service<Request<McpBody>, Response = Response<ResBody>> + Clone,
    I: Send + Sync + 'static,
    B: Body<Data: Buf>,
    ResBody: Default,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        if let StateProj::Reading { reading } = state.as_mut().project() {
            if let Err(status) = ready!(reading.as_mut().poll_message(cx)) {
                let version = reading.head.version;
                return Poll::Ready(Ok(refusal(status, version)));
            }
            let reading = reading.as_mut().project();
            ready!(reading.inner.poll_ready(cx))?;
            let head = mem::replace(reading.head, Request::new(()).into_parts().0);
            let body = McpBody::of(reading.message.take().unwrap_or_default());
            let response = reading.inner.call(Request::from_parts(head, body));
            state.set(FutureState::Serving { response });
        }
        match state.project() {
            StateProj::Serving { response } => response.poll(cx),
            StateProj::Reading { .. } => Poll::Pending,
        }
    }
}

shows! { impl[S, I, B] RequireMcpScopesFuture[S, I, B] as self {}
where
    S: Service<Request<McpBody>>,
}
