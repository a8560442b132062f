//! Tests of the memory that the verification of a body takes.

use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use allocation_counter::measure;
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::RequireAuth;
use tower_challenge::clock::ManualClock;
use tower_challenge::scheme::{BodyLimits, VerifiedBody};

use crate::fed::{FedBody, fed_body};
use crate::scheme::{Sums, chunk, clock, request};

/// A body that sends `first`, then `bytes` as many `times`, and then `last`.
struct Repeated {
    first: Option<Bytes>,
    bytes: Bytes,
    times: usize,
    last: Option<Bytes>,
}

impl Body for Repeated {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let once = match (self.first.take(), self.times) {
            (None, 0) => self.last.take(),
            (first, _) => first,
        };
        if self.times == 0 || once.is_some() {
            return Poll::Ready(once.map(Frame::data).map(Ok));
        }
        self.times -= 1;
        Poll::Ready(Some(Ok(Frame::data(self.bytes.clone()))))
    }
}

fn streaming(clock: &ManualClock) -> RequireAuth<Sums> {
    let limits = BodyLimits::streaming(clock.clone());
    RequireAuth::new(Sums { limits }).unwrap()
}

/// An inner service that counts the bytes of its body and keeps none of them.
async fn count(
    request: Request<VerifiedBody<Repeated>>,
) -> Result<Response<u64>, Box<dyn std::error::Error + Send + Sync>> {
    let (mut body, mut count) = (request.into_body(), 0);
    while let Some(frame) = body.frame().await {
        count += frame?.into_data().unwrap_or_default().len() as u64;
    }
    Ok(Response::new(count))
}

#[test]
fn the_memory_for_a_body_that_is_verified_by_chunks_does_not_depend_on_its_length() {
    let peak = |times: usize| {
        let service = streaming(&clock()).layer(service_fn(count));
        // No frame ends where a chunk ends, so that a part of a chunk is always pending.
        let chunks = chunk([7; 61]).repeat(1000);
        let (start, rest) = chunks.split_at(30);
        let body = Repeated {
            first: Some(Bytes::copy_from_slice(start)),
            bytes: Bytes::from([rest, start].concat()),
            times: times - 1,
            last: Some(Bytes::from([rest, &chunk("")].concat())),
        };
        let credentials = format!("VerifyChunks {}", 61 * 1000 * times);
        let request = request(&credentials, body);
        let info = measure(|| {
            let mut answer = pin!(service.oneshot(request));
            let mut cx = Context::from_waker(Waker::noop());
            let Poll::Ready(Ok(answer)) = answer.as_mut().poll(&mut cx) else {
                panic!("the whole body has arrived");
            };
            assert_eq!(*answer.body(), 61 * 1000 * times as u64);
        });
        info.bytes_max
    };
    let (short, long) = (peak(10), peak(300));
    println!("{short} bytes at most for 610 kB, {long} for 18.3 MB");
    assert!(long <= short && long < 256 * 1024, "{short}, {long}");
}

#[test]
fn the_memory_for_a_body_grows_with_its_bytes_and_not_with_its_content_length() {
    let inner = |_: Request<VerifiedBody<FedBody>>| async {
        Ok::<_, Infallible>(Response::new(String::new()))
    };
    for credentials in ["JudgeWhole 0", "VerifyChunks 1000000"] {
        let service = RequireAuth::new(Sums::new(&clock())).unwrap();
        let service = service.layer(service_fn(inner));
        let (client, body) = fed_body();
        let mut request = request(credentials, body);
        let length = (1024 * 1024).into();
        request.headers_mut().insert(CONTENT_LENGTH, length);
        client.sends("a");
        let info = measure(|| {
            let mut answer = pin!(service.oneshot(request));
            let mut cx = Context::from_waker(Waker::noop());
            let _ = answer.as_mut().poll(&mut cx);
        });
        println!("{credentials}: {} bytes", info.bytes_max);
        assert!(
            info.bytes_max < 16 * 1024,
            "{credentials}: {}",
            info.bytes_max
        );
    }
}
