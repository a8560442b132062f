//! Reads the rest of a body that the application has not read.
//!
//! A layer refuses a request by its head. If the response then goes out while the body still arrives, the server closes
//! the connection (HTTP/1.1) or resets the stream (HTTP/2). Both are right (RFC 9112 section 9.6, RFC 9113 section
//! 8.1). But some clients take that for a failure and never show the `401`: curl 7.88 and httpx over HTTP/2, aiohttp
//! over HTTP/1.1.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http_body::Frame;
use http_body_util::BodyExt;

/// The longest rest that the server reads, in bytes. If a client sends more, the server responds and stops reading.
const MAX_DRAINED: usize = 1024 * 1024;

/// Delays each response until the body of the request has arrived.
pub(crate) fn await_bodies(app: Router) -> Router {
    app.layer(from_fn(respond_last))
}

async fn respond_last(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let body = Shared(Arc::new(Mutex::new(body)));
    let shared = Body::new(body.clone());
    let response = next.run(Request::from_parts(head, shared)).await;
    drain(body).await;
    response
}

async fn drain(mut body: Shared) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > MAX_DRAINED {
            return;
        }
    }
}

/// A body with two readers: the drain goes on where the application has stopped.
#[derive(Clone)]
struct Shared(Arc<Mutex<Body>>);

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(cx)
    }
}
