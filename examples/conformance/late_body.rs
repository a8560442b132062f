//! What becomes of a body that nobody read.
//!
//! A layer refuses by the head of a request. If the response then goes out while the body still comes in, HTTP/1.1 ends in
//! a closed connection and HTTP/2 in a reset stream, both as they should (RFC 9112 section 9.6, RFC 9113 section 8.1);
//! but clients take that for a failure and never show the `401`: curl 7.88 and httpx over HTTP/2, aiohttp over HTTP/1.1.

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

/// Who sends more for nothing than this, in octets, is cut off.
const LIMIT: usize = 1024 * 1024;

/// Holds each response back until the body has come.
pub(crate) fn await_bodies(app: Router) -> Router {
    app.layer(from_fn(respond_last))
}

async fn respond_last(request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let body = Shared(Arc::new(Mutex::new(body)));
    let lent = Body::new(body.clone());
    let response = next.run(Request::from_parts(head, lent)).await;
    drain(body).await;
    response
}

async fn drain(mut body: Shared) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > LIMIT {
            return;
        }
    }
}

/// A body that can be taken up again where another left it.
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
