//! The services and requests that the instruction bench runs.
#![expect(clippy::unwrap_used, reason = "a bench that cannot start says where")]

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use http::{Request, Response};
use http_body_util::Full;
use sha2::Digest as _;
use tower::Service;
use tower_challenge::clock::ManualClock;
use tower_challenge::password::OneAccount;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::digest::{Algorithm, DigestAccounts};
use tower_challenge::scheme::sigv4::proof::{self, SigningKey};
use tower_challenge::scheme::sigv4::{AccessKeys, PathRule, Scope};
use tower_challenge::scheme::{Basic, Bearer, Digest, SigV4};
use tower_challenge::{Principal, Secret};

pub(crate) type Body = Full<Bytes>;
pub(crate) type BenchRequest = Request<Body>;

/// What is called where nothing refuses.
#[derive(Clone, Copy)]
pub(crate) struct Inner;

impl<B> Service<Request<B>> for Inner {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        let mut response = Response::new(Body::default());
        let text = HeaderValue::from_static("text/plain");
        response.headers_mut().insert(CONTENT_TYPE, text);
        ready(Ok(response))
    }
}

pub(crate) const TOKEN: &str = "mF_9.B5f-4.1JqMmF_9.B5f-4.1J";
pub(crate) const BASIC: &str = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";

pub(crate) fn bearer() -> Bearer<StaticTokens> {
    let tokens = StaticTokens::new().unwrap();
    let tokens = tokens.token(TOKEN, Principal::new("mufasa")).unwrap();
    Bearer::new("interop", tokens).unwrap()
}

pub(crate) fn basic() -> Basic<OneAccount> {
    basic_in("interop")
}

pub(crate) fn basic_in(realm: &str) -> Basic<OneAccount> {
    let account = OneAccount::new("Aladdin", "open sesame").unwrap();
    Basic::new(realm, account).unwrap()
}

pub(crate) fn digest(algorithm: Algorithm) -> Digest<DigestAccounts> {
    let accounts = DigestAccounts::new("interop", [("mufasa", "Circle of Life")]).unwrap();
    let builder = Digest::builder("interop", accounts).algorithms([algorithm]);
    builder.legacy_md5().build().unwrap()
}

pub(crate) fn request(authorization: &str) -> BenchRequest {
    let mut request = Request::new(Body::default());
    *request.uri_mut() = "/dir/index.html".parse().unwrap();
    if !authorization.is_empty() {
        let value = authorization.parse().unwrap();
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    request
}

/// Answers what is here already.
pub(crate) fn now<S>(service: &mut S, request: BenchRequest) -> Response<Body>
where
    S: Service<BenchRequest, Response = Response<Body>, Error = Infallible>,
{
    let mut response = pin!(service.call(request));
    let mut cx = Context::from_waker(Waker::noop());
    match response.as_mut().poll(&mut cx) {
        Poll::Ready(Ok(response)) => response,
        Poll::Ready(Err(never)) => match never {},
        Poll::Pending => panic!("nothing here waits"),
    }
}

/// Credentials for the counts 1 to `len` of one nonce that `service` issued.
pub(crate) fn digest_requests<S>(
    service: &mut S,
    algorithm: Algorithm,
    len: u32,
) -> Vec<BenchRequest>
where
    S: Service<BenchRequest, Response = Response<Body>, Error = Infallible>,
{
    let refused = now(service, request(""));
    let challenge = refused.headers()[WWW_AUTHENTICATE].to_str().unwrap();
    let (_, nonce) = challenge.split_once("nonce=\"").unwrap();
    let (nonce, _) = nonce.split_once('"').unwrap();
    let hash = |text: &str| match algorithm {
        Algorithm::Md5 => hex(&md5::Md5::digest(text)),
        Algorithm::Sha256 => hex(&sha2::Sha256::digest(text)),
        _ => hex(&sha2::Sha512_256::digest(text)),
    };
    let ha1 = hash("mufasa:interop:Circle of Life");
    let ha2 = hash("GET:/dir/index.html");
    let credentials = |count: u32| {
        let response = hash(&format!(
            "{ha1}:{nonce}:{count:08x}:0a4f113b0a4f113b:auth:{ha2}"
        ));
        request(&format!(
            "Digest username=\"mufasa\", realm=\"interop\", nonce=\"{nonce}\", uri=\"/dir/index.html\", \
             algorithm={algorithm}, response=\"{response}\", qop=auth, nc={count:08x}, cnonce=\"0a4f113b0a4f113b\""
        ))
    };
    (1..=len).map(credentials).collect()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The key of the signing test suite of AWS, and its time and place.
pub(crate) const KEY_ID: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(crate) const SCOPE: Scope<'_> = Scope {
    region: "us-east-1",
    service: "service",
};
const DATE: &str = "20150830T123600Z";

pub(crate) fn sigv4() -> SigV4<AccessKeys> {
    let keys = AccessKeys::new([(KEY_ID, SECRET)]).unwrap();
    let now = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_440_938_160);
    SigV4::new("interop", SCOPE, keys, ManualClock::new(now)).unwrap()
}

pub(crate) fn signing_key() -> SigningKey {
    SigningKey::derive(Secret::new(SECRET), b"20150830", SCOPE)
}

/// What is signed of the request.
pub(crate) fn canonical() -> Vec<u8> {
    let request = proof::Request {
        method: "GET",
        path: b"/dir/index.html",
        query: b"",
        headers: &[
            ("host", b"example.amazonaws.com"),
            ("x-amz-date", DATE.as_bytes()),
        ],
        signed_headers: "host;x-amz-date",
        payload: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    };
    request.canonical(PathRule::Normalized).unwrap()
}

/// The signature of what is signed: two hashes, and no more.
pub(crate) fn signature(key: &SigningKey, canonical: &[u8]) -> String {
    let text = proof::string_to_sign(DATE, SCOPE, canonical).unwrap();
    key.signature(&text)
}

pub(crate) fn signed_request() -> BenchRequest {
    let signature = signature(&signing_key(), &canonical());
    let mut request = request(&format!(
        "AWS4-HMAC-SHA256 Credential={KEY_ID}/20150830/us-east-1/service/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={signature}"
    ));
    let headers = request.headers_mut();
    headers.insert("host", HeaderValue::from_static("example.amazonaws.com"));
    headers.insert("x-amz-date", HeaderValue::from_static(DATE));
    request
}
