//! Checks each floor against the contract, so that no floor is fast because it omits a part of the work.

use std::cell::Cell;

use http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue, VARY, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use md5::Md5;
use sha2::{Sha256, Sha512_256};
use tower_challenge::scheme::digest::DigestAlgorithm;

use super::Caller;
use super::basic::BasicFloor;
use super::bearer::BearerFloor;
use super::digest::DigestFloor;
use super::sigv4::SigV4Floor;
use crate::support::inner::{BenchRequest, Body};
use crate::support::requests as of;
use crate::support::schemes::{HASH, tokens_of};

/// Checks all floors.
///
/// # Panics
///
/// Panics if a floor violates the contract.
pub(crate) fn all() {
    let bearer = BearerFloor::of_one(of::TOKEN);
    check(
        "mufasa",
        of::right_token(),
        of::wrong_token(),
        |request, inner| bearer.answer(request, inner),
    );
    let bearer = BearerFloor::of_many(tokens_of(10));
    check(
        "mufasa",
        of::right_token(),
        of::wrong_token(),
        |request, inner| bearer.answer(request, inner),
    );
    let basic = BasicFloor::of_one(of::NAME, of::PASSWORD);
    check(
        of::NAME,
        of::right_password(),
        of::wrong_password(),
        |request, inner| basic.answer(request, inner),
    );
    let basic = BasicFloor::of_hashes(std::iter::once(of::NAME.to_owned()), HASH);
    check(
        of::NAME,
        of::right_password(),
        of::wrong_password(),
        |request, inner| basic.answer(request, inner),
    );
    digests();
    let sigv4 = SigV4Floor::new(of::KEY_ID, of::SECRET, of::SIGNED_AT);
    let (right, wrong) = (of::signed_request(), of::wrongly_signed_request());
    check(of::KEY_ID, right, wrong, |request, inner| {
        sigv4.answer(request, inner)
    });
}

fn digests() {
    let md5 = DigestFloor::<Md5>::new("MD5");
    digest(DigestAlgorithm::Md5, |request, inner| {
        md5.answer(request, inner)
    });
    let sha256 = DigestFloor::<Sha256>::new("SHA-256");
    digest(DigestAlgorithm::Sha256, |request, inner| {
        sha256.answer(request, inner)
    });
    let sha512 = DigestFloor::<Sha512_256>::new("SHA-512-256");
    digest(DigestAlgorithm::Sha512_256, |request, inner| {
        sha512.answer(request, inner)
    });
}

/// Checks the contract, and two more rules: the floor accepts a nonce count only once, and it never accepts a nonce
/// that it did not issue.
fn digest(algorithm: DigestAlgorithm, floor: impl Fn(BenchRequest, Probe<'_>) -> Response<Body>) {
    let client = || {
        let refused = floor(of::without_credentials(), Box::new(hello));
        of::DigestClient::refused_with(&refused, algorithm)
    };
    let right = client();
    let wrong = client().with_wrong_password();
    check("mufasa", right.request(1), wrong.request(1), &floor);
    let used = floor(right.request(1), Box::new(hello));
    assert_eq!(used.status(), StatusCode::UNAUTHORIZED, "a used count");
    let foreign = right.request(2).headers()[AUTHORIZATION]
        .to_str()
        .map(|line| {
            let (start, nonce) = line.split_once("nonce=\"").expect("it has a nonce");
            format!("{start}nonce=\"x{}", &nonce[1..])
        });
    let foreign = of::request(&foreign.expect("it is ASCII"));
    let refused = floor(foreign, Box::new(hello));
    assert_eq!(
        refused.status(),
        StatusCode::UNAUTHORIZED,
        "a foreign nonce"
    );
}

type Probe<'a> = Box<dyn FnOnce(BenchRequest) -> Response<Body> + 'a>;

fn hello(request: BenchRequest) -> Response<Body> {
    crate::support::inner::hello(request)
}

fn check(
    name: &str,
    right: BenchRequest,
    wrong: BenchRequest,
    floor: impl Fn(BenchRequest, Probe<'_>) -> Response<Body>,
) {
    let mut twice = wrong.clone();
    let line = wrong.headers()[AUTHORIZATION].clone();
    twice.headers_mut().append(AUTHORIZATION, line);

    let called = Cell::new(false);
    let probe = |request: BenchRequest| {
        called.set(true);
        let caller = request.extensions().get::<Caller>();
        assert!(caller.is_some_and(|Caller(caller)| caller.name() == name));
        assert!(request.headers()[AUTHORIZATION].is_sensitive());
        let mut response = hello(request);
        let public = HeaderValue::from_static("public, max-age=60");
        response.headers_mut().insert(CACHE_CONTROL, public);
        response
    };
    let response = floor(right, Box::new(probe));
    assert!(
        called.get() && response.status() == StatusCode::OK,
        "right credentials"
    );
    assert_eq!(response.headers()[VARY], "authorization");

    let never = |_: BenchRequest| -> Response<Body> { panic!("the floor lets in a stranger") };
    let response = floor(wrong, Box::new(never));
    assert_eq!(
        response.status(),
        StatusCode::UNAUTHORIZED,
        "wrong credentials"
    );
    assert!(response.headers().contains_key(WWW_AUTHENTICATE));
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    let response = floor(twice, Box::new(never));
    assert_eq!(response.status(), StatusCode::BAD_REQUEST, "two lines");
}
