//! Tests of requests whose body is at its end before it has any bytes.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body::{Body, Frame};
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, ReplayStore, StoreEpoch};
use tower_challenge::{NowOrLater, Unavailable};

use crate::support::sigv4::{SignedStand, Signer, ask, with};

/// The SHA-256 hash of no bytes.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A body that always says that it is at its end, also while it has bytes left.
struct EndedBody(Option<Bytes>);

impl Body for EndedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}

/// A body that says once that it is at its end, and never again.
struct FickleBody {
    asked: AtomicUsize,
    data: EndedBody,
}

impl FickleBody {
    fn new(bytes: &'static [u8]) -> Self {
        Self {
            asked: AtomicUsize::new(0),
            data: EndedBody(Some(Bytes::from_static(bytes))),
        }
    }
}

impl Body for FickleBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.data).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) == 0
    }
}

/// A body that panics when it is asked for its end.
struct PanickingBody;

impl Body for PanickingBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        panic!("the body does not know")
    }
}

/// A store that admits every signature, and answers later.
struct LaterStore;

impl ReplayStore for LaterStore {
    fn claim_once(&self, _: ClaimKey, _: ClaimHolder, _: Duration) -> Later<Claim> {
        NowOrLater::later(async { Ok(Claim::First) })
    }

    fn claim_count(&self, _: ClaimKey, _: ClaimHolder, _: u32, _: Duration) -> Later<Claim> {
        NowOrLater::later(async { Err(Unavailable::new("SigV4 counts no nonces")) })
    }

    fn epoch(&self) -> Later<StoreEpoch> {
        NowOrLater::later(async { Err(Unavailable::new("SigV4 has no nonces")) })
    }
}

type Later<T> = NowOrLater<Result<T, Unavailable>>;

/// Signed requests without a body: with a hash in a field, without one, and with a presigned URL.
fn signed() -> [(&'static str, Request<Bytes>); 4] {
    [
        (
            "s3",
            Signer::of("s3").payload(EMPTY).sign(ask("GET", "/a", "")),
        ),
        ("s3", Signer::of("s3").presign(ask("GET", "/a", ""), "60")),
        (
            "execute-api",
            Signer::of("execute-api").sign(ask("GET", "/a", "")),
        ),
        (
            "execute-api",
            Signer::of("execute-api")
                .payload(EMPTY)
                .sign(ask("GET", "/a", "")),
        ),
    ]
}

#[test]
fn the_inner_service_gets_no_bytes_of_a_body_that_said_that_it_had_none() {
    for (service, request) in signed() {
        let stand = SignedStand::of(service);
        let request = request.map(|_| EndedBody(Some(Bytes::from_static(b"unsigned"))));
        let seen = stand.send_body(request).admits("mufasa");
        assert_eq!(seen.body, b"", "{service}");
    }
}

/// The layer asks once for the end of a body. Otherwise the scheme would verify an empty body, and the inner service would
/// get another one, also when the decision has to wait.
#[test]
fn the_inner_service_gets_no_bytes_of_a_body_that_changes_its_mind() {
    for (service, request) in signed() {
        let (parts, _) = request.into_parts();
        let request = || Request::from_parts(parts.clone(), FickleBody::new(b"unsigned"));
        let at_once = SignedStand::of(service);
        let later = SignedStand::tuned(service, |builder| builder.once(LaterStore));
        // With a store, the client has to say the hash of the body, or that it does not sign the body.
        let says_hash = parts.headers.contains_key("x-amz-content-sha256");
        let later = (says_hash || parts.uri.query().is_some()).then_some(later);
        for stand in [Some(at_once), later].into_iter().flatten() {
            let seen = stand.send_body(request()).admits("mufasa");
            assert_eq!(seen.body, b"", "{service}");
        }
    }
}

#[test]
fn a_body_that_panics_when_it_is_asked_for_its_end_is_an_outage() {
    for (service, request) in signed() {
        let stand = SignedStand::of(service);
        let answer = stand.send_body(request.map(|_| PanickingBody));
        let reason = "no decision could be made";
        assert_eq!(answer.refuses(503).reason(), reason, "{service}");
    }
}

#[test]
fn a_body_without_bytes_still_has_to_be_signed() {
    for (service, request) in signed() {
        let stand = SignedStand::of(service);
        let mut other = request.map(|_| EndedBody(None));
        *other.method_mut() = http::Method::DELETE;
        assert_eq!(
            stand.send_body(other).refuses(401).reason(),
            "the access key or the signature is wrong"
        );
    }
    let stand = SignedStand::of("s3");
    let request = Signer::of("s3").sign(ask("PUT", "/a", "signed"));
    let answer = stand.send_body(request.map(|_| EndedBody(None)));
    assert_eq!(answer.refuses(401).reason(), "body hash mismatch");
}

/// The head and the body contradict each other. The layer then believes neither, and reads the body.
#[test]
fn a_body_without_bytes_may_not_announce_too_many() {
    let stand = SignedStand::of("execute-api");
    let request = Signer::of("execute-api").sign(ask("PUT", "/a", ""));
    let request = with(request, "content-length", "1073741824");
    stand
        .send_body(request.map(|_| EndedBody(None)))
        .refuses(413);
}
