//! Tests that a client which still sends its body gets the response, and that no client can hold the response back for
//! longer than the limits allow.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/run.rs"]
pub mod run;

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{AUTHORIZATION, EXPECT};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tower::{Layer, Service, service_fn};
use tower_challenge::clock::ManualClock;
use tower_challenge::password::OneAccount;
use tower_challenge::scheme::{Basic, BodyLimits};
use tower_challenge::{DrainBody, DrainableBody, RequireAuth};

use self::run::{run, still_waits};

const RIGHT: &str = "Basic YWRhOmxvdmVsYWNl";
const WRONG: &str = "Basic YWRhOndyb25n";
const KIB: usize = 1024;

/// A body of frames of one KiB, which counts the frames that were read.
struct Upload {
    left: usize,
    read: Arc<AtomicUsize>,
    end: End,
}

/// How a body goes on after its last frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Complete,
    Stalls,
    BreaksOff,
    Trailers,
}

impl Body for Upload {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        if self.left > 0 {
            self.left -= 1;
            self.read.fetch_add(1, Ordering::SeqCst);
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; KIB])))));
        }
        match self.end {
            End::Complete => Poll::Ready(None),
            End::Stalls => Poll::Pending,
            End::BreaksOff => Poll::Ready(Some(Err("the client went away"))),
            End::Trailers => {
                self.end = End::Complete;
                Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::new()))))
            }
        }
    }
}

/// A client that sends `frames` KiB, and the count of the frames that the server has read.
fn upload(credentials: &str, frames: usize, end: End) -> (Request<Upload>, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let body = Upload {
        left: frames,
        read: Arc::clone(&read),
        end,
    };
    let request = Request::put("/").header(AUTHORIZATION, credentials);
    (request.body(body).unwrap(), read)
}

fn clock() -> ManualClock {
    ManualClock::new(SystemTime::UNIX_EPOCH)
}

/// `RequireAuth` with Basic, inside of a `DrainBody` with the default limits.
fn service<F, Fut>(
    clock: &ManualClock,
    handler: F,
) -> impl Service<Request<Upload>, Response = Response<String>, Error = Infallible> + use<F, Fut>
where
    F: Fn(Request<DrainableBody<Upload>>) -> Fut + Clone,
    Fut: Future<Output = Result<Response<String>, Infallible>>,
{
    let basic = Basic::new("files", OneAccount::new("ada", "lovelace").unwrap()).unwrap();
    let auth = RequireAuth::new(basic).unwrap();
    DrainBody::new(clock.clone()).layer(auth.layer(service_fn(handler)))
}

/// The response of such a service.
fn answer<F, Fut>(handler: F, request: Request<Upload>) -> Response<String>
where
    F: Fn(Request<DrainableBody<Upload>>) -> Fut + Clone,
    Fut: Future<Output = Result<Response<String>, Infallible>>,
{
    let mut service = service(&clock(), handler);
    let response = service.call(request);
    run(response).unwrap()
}

async fn reads_all(
    request: Request<DrainableBody<Upload>>,
) -> Result<Response<String>, Infallible> {
    let read = request.into_body().collect().await;
    let text = read.map(|body| body.to_bytes().len().to_string());
    Ok(Response::new(text.unwrap_or_else(str::to_owned)))
}

async fn reads_nothing(_: Request<DrainableBody<Upload>>) -> Result<Response<String>, Infallible> {
    Ok(Response::new("done".to_owned()))
}

#[test]
fn a_refused_client_gets_the_response_after_its_whole_body_was_read() {
    for end in [End::Complete, End::BreaksOff, End::Trailers] {
        for frames in [0, 1, 31, 32, 33, 1000] {
            let (request, read) = upload(WRONG, frames, end);
            let response = answer(reads_all, request);
            assert_eq!(response.status(), 401, "{end:?}");
            assert!(response.headers().contains_key("www-authenticate"));
            assert_eq!(read.load(Ordering::SeqCst), frames);
        }
    }
}

#[test]
fn the_inner_service_reads_the_body_as_the_client_sends_it() {
    let (request, read) = upload(RIGHT, 5, End::Complete);
    let response = answer(reads_all, request);
    assert_eq!(
        (response.status(), response.body().as_str()),
        (StatusCode::OK, "5120")
    );
    assert_eq!(read.load(Ordering::SeqCst), 5);
    let (request, _) = upload(RIGHT, 5, End::BreaksOff);
    let response = answer(reads_all, request);
    assert_eq!(response.body(), "the client went away");
}

/// The layer does not know why a body was not read. An upload that a handler ignores is read as well.
#[test]
fn a_body_that_the_handler_ignores_is_read_too() {
    let (request, read) = upload(RIGHT, 40, End::Complete);
    let response = answer(reads_nothing, request);
    assert_eq!(response.status(), 200);
    assert_eq!(read.load(Ordering::SeqCst), 40);
}

/// Case 179: `Content-Length: 10`, and the client sends nothing.
#[test]
fn a179_a_client_that_stalls_gets_the_response_within_the_limit() {
    for (frames, seconds) in [(0, 5), (3, 8), (100, 30)] {
        let clock = clock();
        let (request, read) = upload(WRONG, frames, End::Stalls);
        let mut service = service(&clock, reads_all);
        let mut response = pin!(service.call(request));
        let mut context = Context::from_waker(Waker::noop());
        // Each poll reads some frames, and then the body stalls.
        for _ in 0..5 {
            assert!(response.as_mut().poll(&mut context).is_pending());
        }
        assert_eq!(read.load(Ordering::SeqCst), frames);
        clock.advance(Duration::from_secs(seconds) - Duration::from_millis(1));
        assert!(response.as_mut().poll(&mut context).is_pending());
        clock.advance(Duration::from_millis(300));
        let polls = (0..3).map(|_| response.as_mut().poll(&mut context));
        let answered = polls.filter_map(|poll| match poll {
            Poll::Ready(response) => Some(response.unwrap().status()),
            Poll::Pending => None,
        });
        assert_eq!(
            answered.take(1).collect::<Vec<_>>(),
            [401],
            "after {seconds} seconds"
        );
    }
}

#[test]
fn a_client_that_sends_too_much_gets_the_response_at_the_limit() {
    let (request, read) = upload(WRONG, usize::MAX, End::Complete);
    let limits = BodyLimits::new(clock()).max_length(64 * 1024);
    let basic = Basic::new("files", OneAccount::new("ada", "lovelace").unwrap()).unwrap();
    let auth = RequireAuth::new(basic).unwrap();
    let layer = DrainBody::new(clock()).limits(limits);
    let mut service = layer.layer(auth.layer(service_fn(reads_all)));
    assert_eq!(run(service.call(request)).unwrap().status(), 401);
    assert_eq!(read.load(Ordering::SeqCst), 65);
}

/// A client that sends fast must not keep a thread from the tasks of other clients.
#[test]
fn one_poll_reads_a_bounded_number_of_frames() {
    let (request, read) = upload(WRONG, 1000, End::Complete);
    let mut service = service(&clock(), reads_all);
    let mut response = pin!(service.call(request));
    assert!(
        response
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    assert_eq!(read.load(Ordering::SeqCst), 32);
}

/// RFC 9110 section 10.1.1: "A server that responds with a final status code instead of reading the entire request
/// content SHOULD indicate whether it intends to close the connection or continue reading the request content." A client that
/// waits for `100 Continue` sends nothing, so there is nothing to wait for.
#[test]
fn a_client_that_waits_for_100_continue_gets_the_response_at_once() {
    let (mut request, read) = upload(WRONG, 5, End::Stalls);
    request
        .headers_mut()
        .insert(EXPECT, "100-Continue".parse().unwrap());
    let response = answer(reads_all, request);
    assert_eq!(response.status(), 401);
    assert_eq!(
        read.load(Ordering::SeqCst),
        0,
        "polling the body would ask the client for it"
    );
    // Once the inner service has asked for the body, the client sends all of it.
    let (mut request, read) = upload(RIGHT, 5, End::Complete);
    request
        .headers_mut()
        .insert(EXPECT, "100-continue".parse().unwrap());
    let reads_one = async |request: Request<DrainableBody<Upload>>| {
        request.into_body().frame().await;
        Ok(Response::new(String::new()))
    };
    assert_eq!(answer(reads_one, request).status(), 200);
    assert_eq!(read.load(Ordering::SeqCst), 5);
}

#[test]
fn a_client_that_was_too_slow_gets_408_at_once() {
    let (request, read) = upload(RIGHT, 5, End::Stalls);
    let too_slow = async |_: Request<DrainableBody<Upload>>| {
        let mut response = Response::new(String::new());
        *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
        Ok(response)
    };
    assert_eq!(answer(too_slow, request).status(), 408);
    assert_eq!(read.load(Ordering::SeqCst), 0);
}

/// A handler that passes the body on, such as a proxy, still has it when it answers.
#[test]
fn a_response_does_not_wait_for_a_body_that_the_handler_still_has() {
    let (request, read) = upload(RIGHT, 5, End::Stalls);
    let kept = Arc::new(std::sync::Mutex::new(None));
    let keeps = {
        let kept = Arc::clone(&kept);
        move |request: Request<DrainableBody<Upload>>| {
            *kept.lock().unwrap() = Some(request.into_body());
            std::future::ready(Ok(Response::new(String::new())))
        }
    };
    assert_eq!(answer(keeps, request).status(), 200);
    assert_eq!(read.load(Ordering::SeqCst), 0);
}

#[test]
fn a_stalled_body_does_not_end_the_wait_by_itself() {
    let (request, _) = upload(WRONG, 0, End::Stalls);
    let mut service = service(&clock(), reads_all);
    assert!(still_waits(service.call(request)));
}

/// The future of the inner service may hold a permit of a concurrency limit.
#[test]
fn the_future_of_the_inner_service_is_dropped_before_the_wait() {
    let held = Arc::new(());
    let holds = {
        let held = Arc::clone(&held);
        move |_: Request<DrainableBody<Upload>>| {
            let permit = Arc::clone(&held);
            let mut answered = false;
            std::future::poll_fn(move |_| {
                assert!(!answered && Arc::strong_count(&permit) > 1);
                answered = true;
                Poll::Ready(Ok(Response::new(String::new())))
            })
        }
    };
    let (request, _) = upload(RIGHT, 5, End::Stalls);
    let mut service = service(&clock(), holds);
    let mut response = pin!(service.call(request));
    let before = Arc::strong_count(&held);
    let mut context = Context::from_waker(Waker::noop());
    assert!(response.as_mut().poll(&mut context).is_pending());
    assert_eq!(Arc::strong_count(&held), before - 1);
}

#[test]
fn a_client_of_grpc_or_connect_gets_the_response_at_once() {
    for (kind, end, read_before) in [
        ("application/grpc+proto", End::Stalls, 0),
        ("application/connect+proto", End::Stalls, 0),
        ("Application/Connect+JSON; charset=utf-8", End::Stalls, 0),
        ("application/connection", End::Complete, 5),
        ("application/proto", End::Complete, 5),
    ] {
        let (mut request, read) = upload(WRONG, 5, end);
        let headers = request.headers_mut();
        headers.insert("content-type", kind.parse().unwrap());
        assert_eq!(answer(reads_all, request).status(), 401);
        assert_eq!(read.load(Ordering::SeqCst), read_before, "{kind}");
    }
}
