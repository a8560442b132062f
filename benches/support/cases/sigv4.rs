//! Cases of SigV4: a request without a body, with a signing key that the verifier keeps.

use std::convert::Infallible;
use std::future::ready;
use std::hint::black_box;

use http::{Request, Response, StatusCode};
use tower::{Layer, service_fn};
use tower_challenge::RequireAuth;
use tower_challenge::scheme::VerifiedBody;

use super::{Case, Goal};
use crate::support::contender::{Contender, FLOOR, HASHES, OURS, Traffic};
use crate::support::floors::sigv4::SigV4Floor;
use crate::support::inner::{Body, hello};
use crate::support::peers::scratchstack;
use crate::support::requests as of;
use crate::support::schemes::sigv4;

pub(super) const CASES: &[Case] = &[
    Case::new("sigv4 accepted, key kept", accepted).goal(Goal::beyond_hashes(7500).allocations(6)),
    Case::new("401: sigv4, for a wrong signature", wrong_signature),
];

fn ours(traffic: &Traffic) -> Contender {
    let layer = RequireAuth::new(sigv4()).expect("the scheme has a challenge");
    // The inner service receives another body type than it sends, because the scheme verifies the body.
    let inner = service_fn(|request: Request<VerifiedBody<Body>>| {
        ready(Ok::<Response<Body>, Infallible>(hello(request)))
    });
    Contender::service(OURS, traffic, layer.layer(inner))
}

fn accepted() -> Vec<Contender> {
    let traffic = Traffic::each(StatusCode::OK, of::signed_request);
    let traffic = traffic.but(of::wrongly_signed_request);
    let floor = SigV4Floor::new(of::KEY_ID, of::SECRET, of::SIGNED_AT);
    vec![
        ours(&traffic),
        hashes_alone(&traffic.unjudged()),
        Contender::new(FLOOR, &traffic, move |request| floor.answer(request, hello)),
        scratchstack::sigv4(&traffic),
    ]
}

/// Computes only the two hashes that a signature requires, over texts that already exist.
fn hashes_alone(traffic: &Traffic) -> Contender {
    let (key, canonical) = (of::signing_key(), of::canonical());
    Contender::new(HASHES, traffic, move |request| {
        black_box(of::signature(black_box(&key), black_box(&canonical)));
        hello::<_, Body>(request)
    })
}

/// This crate derives the key again, so that a wrong signature takes as long as an unknown key. The floor does not do
/// that, so that this case has no floor.
fn wrong_signature() -> Vec<Contender> {
    let traffic = Traffic::each(StatusCode::UNAUTHORIZED, of::wrongly_signed_request);
    let traffic = traffic.but(of::signed_request);
    vec![ours(&traffic), scratchstack::sigv4(&traffic)]
}
