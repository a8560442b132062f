//! Checks that canonical requests are canonical, and that the layer admits no request that was signed without the
//! secret.

#![no_main]

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::Full;
use libfuzzer_sys::fuzz_target;
use tower_challenge::RequireAuth;
use tower_challenge::clock::ManualClock;
use tower_challenge::scheme::SigV4;
use tower_challenge::scheme::sigv4::proof::SignedRequest as Signed;
use tower_challenge::scheme::sigv4::{AccessKeys, CredentialScope, PathRule};
use tower_layer::Layer;
use tower_service::Service;

fuzz_target!(|data: &[u8]| {
    let mut parts = data.split(|&byte| byte == b'\n');
    let mut next = || parts.next().unwrap_or_default();
    let (path, query, field, body) = (next(), next(), next(), next());
    a_canonical_path_does_not_change_again(path);
    a_canonical_query_does_not_change_again(query);
    a_request_without_a_valid_signature_is_refused(path, query, field, body);
});

/// Returns the lines of a canonical request.
fn canonical(path: &[u8], query: &[u8], rule: PathRule) -> Option<Vec<Vec<u8>>> {
    let signed = Signed {
        method: "GET",
        path,
        query,
        headers: &[("host", b"example.org")],
        signed_headers: "host",
        payload: "UNSIGNED-PAYLOAD",
    };
    let text = signed.canonical(rule).ok()?;
    Some(
        text.split(|&byte| byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect(),
    )
}

fn a_canonical_path_does_not_change_again(path: &[u8]) {
    if let Some(once) = canonical(path, b"", PathRule::Once) {
        let again =
            canonical(&once[1], b"", PathRule::Once).expect("a canonical request is a valid input");
        assert_eq!(once, again, "an encoded path does not change again");
    }
    if let Some(normalized) = canonical(path, b"", PathRule::Normalized) {
        assert!(!normalized[1].windows(2).any(|two| two == b"//"));
        assert!(normalized[1].iter().all(u8::is_ascii_graphic));
    }
}

fn a_canonical_query_does_not_change_again(query: &[u8]) {
    if let Some(once) = canonical(b"/", query, PathRule::Once) {
        let again = canonical(b"/", &once[2], PathRule::Once)
            .expect("a canonical request is a valid input");
        assert_eq!(
            once, again,
            "a sorted and encoded query does not change again"
        );
    }
}

fn a_request_without_a_valid_signature_is_refused(
    path: &[u8],
    query: &[u8],
    field: &[u8],
    body: &[u8],
) {
    let target = [path, b"?", query].concat();
    let (Ok(target), Ok(field)) = (Uri::try_from(target), HeaderValue::from_bytes(field)) else {
        return;
    };
    for service in ["s3", "execute-api"] {
        let mut request = Request::new(Full::new(Bytes::copy_from_slice(body)));
        *request.uri_mut() = target.clone();
        let headers = request.headers_mut();
        headers.insert("host", HeaderValue::from_static("example.org"));
        headers.insert("x-amz-date", HeaderValue::from_static("20150830T123600Z"));
        headers.insert(
            "x-amz-content-sha256",
            HeaderValue::from_static("UNSIGNED-PAYLOAD"),
        );
        headers.insert("authorization", field.clone());
        assert_ne!(status(service, request), 200);
    }
}

fn status(service: &str, request: Request<Full<Bytes>>) -> u16 {
    let keys = AccessKeys::new([("AKIDEXAMPLE", "a secret that no input holds")]).expect("a key");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
    let scope = CredentialScope {
        region: "us-east-1",
        service,
    };
    let sigv4 = SigV4::builder("fuzz", scope, keys, ManualClock::new(now));
    let sigv4 = sigv4.unsigned_payloads().build().expect("a scope");
    let layer = RequireAuth::new(sigv4).expect("a challenge");
    let mut service = layer.layer(Inner);
    let mut response = pin!(service.call(request));
    match response
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(Ok(response)) => response.status().as_u16(),
        Poll::Ready(Err(never)) => match never {},
        Poll::Pending => panic!("the layer returned `Pending`, although the table answers at once"),
    }
}

/// The inner service, which answers `200`.
#[derive(Clone)]
struct Inner;

impl<B> Service<Request<B>> for Inner {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        std::future::ready(Ok(Response::new(())))
    }
}
