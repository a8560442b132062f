//! The service behind the layers, and the driver that sends it a request.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response};
use http_body_util::Full;
use tower::Service;

pub(crate) type Body = Full<Bytes>;
pub(crate) type BenchRequest = Request<Body>;

/// Answers every request with [`hello`].
#[derive(Clone, Copy)]
pub(crate) struct Inner;

impl<B: Default> Service<Request<B>> for Inner {
    type Response = Response<B>;
    type Error = Infallible;
    type Future = Ready<Result<Response<B>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        ready(Ok(hello(request)))
    }
}

/// The inner service as a function: it returns an empty response with one field.
pub(crate) fn hello<B, R: Default>(request: Request<B>) -> Response<R> {
    let mut response = Response::new(R::default());
    let text = HeaderValue::from_static("text/plain");
    response.headers_mut().insert(CONTENT_TYPE, text);
    drop(request);
    response
}

/// Calls `service`, whose response must be ready at the first poll.
pub(crate) fn now<S, B, R>(service: &mut S, request: Request<B>) -> Response<R>
where
    S: Service<Request<B>, Response = Response<R>, Error = Infallible>,
{
    let Ok(response) = ready_now(service.call(request));
    response
}

/// Returns the output of a future that is ready at the first poll.
pub(crate) fn ready_now<F: Future>(future: F) -> F::Output {
    let mut cx = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut cx) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits, and a bench cannot wait"),
    }
}

/// Returns the output of a future that may wait for another thread.
pub(crate) fn ready_soon<F: Future>(future: F) -> F::Output {
    let mut cx = Context::from_waker(Waker::noop());
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
