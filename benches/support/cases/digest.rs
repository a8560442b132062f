//! Cases of Digest: its challenges, and right credentials with each algorithm.

use std::hint::black_box;
use std::rc::Rc;

use http::{Response, StatusCode};
use md5::Md5;
use sha2::{Sha256, Sha512_256};
use tower_challenge::scheme::digest::DigestAlgorithm;
use tower_challenge::scheme::digest::proof::{Ha1, ResponseInputs};
use tower_challenge::scheme::{Attempt, ServerRole};
use tower_challenge::{RequestHead, Scheme};

use super::{Case, Goal};
use crate::support::contender::{Contender, FLOOR, HASHES, OURS, Traffic};
use crate::support::floors::digest::{DigestFloor, challenger, minter};
use crate::support::inner::{BenchRequest, Body, hello, now};
use crate::support::peers;
use crate::support::requests::{DigestClient, PATH, REALM, without_credentials};
use crate::support::schemes::{basic, bearer, digest, protected};

pub(super) const CASES: &[Case] = &[
    Case::new("401: digest, one algorithm", one_challenge),
    Case::new("401: digest, two algorithms", two_challenges),
    Case::new("401: digest, bearer, basic", three_challenges),
    Case::new("digest challenge minted, without its 401", minted).goal(Goal::instructions(2500)),
    Case::new("digest MD5 accepted", md5),
    Case::new("digest SHA-256 accepted", sha256).goal(Goal::beyond_hashes(7800).allocations(4)),
    Case::new("digest SHA-512-256 accepted", sha512_256),
];

fn no_credentials() -> Traffic {
    Traffic::each(StatusCode::UNAUTHORIZED, without_credentials)
}

fn one_challenge() -> Vec<Contender> {
    let (traffic, scheme) = (no_credentials(), digest(&[DigestAlgorithm::Sha256]));
    vec![
        Contender::service(OURS, &traffic, protected(scheme)),
        Contender::new(FLOOR, &traffic, challenger(&["SHA-256"])),
    ]
}

fn two_challenges() -> Vec<Contender> {
    let algorithms = [DigestAlgorithm::Sha512_256, DigestAlgorithm::Sha256];
    let (traffic, scheme) = (no_credentials(), digest(&algorithms));
    vec![
        Contender::service(OURS, &traffic, protected(scheme)),
        Contender::new(FLOOR, &traffic, challenger(&["SHA-512-256", "SHA-256"])),
    ]
}

fn three_challenges() -> Vec<Contender> {
    let schemes = (digest(&[DigestAlgorithm::Sha256]), bearer(), basic());
    vec![Contender::service(
        OURS,
        &no_credentials(),
        protected(schemes),
    )]
}

/// Only makes the challenge. There is no layer around the scheme, and the inner service answers as on the bare side.
fn minted() -> Vec<Contender> {
    let traffic = Traffic::each(StatusCode::OK, without_credentials);
    let (scheme, mut challenges) = (digest(&[DigestAlgorithm::Sha256]), Vec::with_capacity(1));
    let mint = move |request| {
        let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
        scheme.challenge(&attempt, None, &mut challenges);
        black_box(&mut challenges).clear();
        hello::<_, Body>(request)
    };
    let floor = minter("SHA-256");
    let mint_by_hand = move |request| {
        black_box(floor());
        hello::<_, Body>(request)
    };
    vec![
        Contender::new(OURS, &traffic, mint),
        Contender::new(FLOOR, &traffic, mint_by_hand),
    ]
}

fn md5() -> Vec<Contender> {
    let floor = DigestFloor::<Md5>::new("MD5");
    contenders(DigestAlgorithm::Md5, move |request| {
        floor.answer(request, hello)
    })
}

fn sha256() -> Vec<Contender> {
    let floor = DigestFloor::<Sha256>::new("SHA-256");
    contenders(DigestAlgorithm::Sha256, move |request| {
        floor.answer(request, hello)
    })
}

fn sha512_256() -> Vec<Contender> {
    let floor = DigestFloor::<Sha512_256>::new("SHA-512-256");
    contenders(DigestAlgorithm::Sha512_256, move |request| {
        floor.answer(request, hello)
    })
}

fn contenders(
    algorithm: DigestAlgorithm,
    floor: impl Fn(BenchRequest) -> Response<Body> + 'static,
) -> Vec<Contender> {
    let (service, floor) = (protected(digest(&[algorithm])), Rc::new(floor));
    let issuer = service.clone();
    let ours = accepted(algorithm, move |request| now(&mut issuer.clone(), request));
    let issuer = Rc::clone(&floor);
    let floors = accepted(algorithm, move |request| issuer(request));
    vec![
        Contender::service(OURS, &ours, service),
        Contender::new(HASHES, &ours.unjudged(), hashes_alone(algorithm)),
        Contender::new(FLOOR, &floors, move |request| floor(request)),
        peers::digest_auth::digest(&ours),
    ]
}

/// Requests with right credentials, in answer to the challenge of `issuer`.
pub(super) fn accepted(
    algorithm: DigestAlgorithm,
    issuer: impl Fn(BenchRequest) -> Response<Body> + 'static,
) -> Traffic {
    let refuse = move || issuer(without_credentials());
    let client = Rc::new(move || DigestClient::refused_with(&refuse(), algorithm));
    let wrong = Rc::clone(&client);
    let traffic = Traffic::new(StatusCode::OK, move |len| client().requests(len));
    traffic.but(move || wrong().with_wrong_password().request(1))
}

/// Computes only the hashes that Digest requires: the response of the client and that of the server, from a stored hash
/// of the password.
fn hashes_alone(algorithm: DigestAlgorithm) -> impl FnMut(BenchRequest) -> Response<Body> {
    let ha1 = Ha1::of(algorithm, b"mufasa", REALM.as_bytes(), b"Circle of Life");
    move |request| {
        let proof = ResponseInputs {
            method: b"GET",
            uri: PATH.as_bytes(),
            nonce: &[b'n'; 52],
            nc: b"00000001",
            cnonce: b"0a4f113b0a4f113b",
            qop: b"auth",
        };
        black_box(proof.responses(black_box(&ha1)).rspauth());
        hello(request)
    }
}
