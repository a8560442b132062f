//! Cases in which the layer accepts a token that an authorization server was asked about before.

use std::hint::black_box;

use http::StatusCode;

use super::{Case, Goal};
use crate::support::contender::{Contender, HASHES, OURS, Traffic};
use crate::support::inner::{Body, hello};
use crate::support::requests as of;
use crate::support::schemes::{GOOD_OPAQUE, introspected, introspected_or_jwt, protected};

pub(super) const CASES: &[Case] = &[
    Case::new("introspection accepted again, 43 bytes", || {
        again(|traffic| Contender::service(OURS, traffic, protected(introspected())))
    })
    .goal(Goal::instructions(6000)),
    Case::new("introspection accepted again, beside JWTs", || {
        again(|traffic| Contender::service(OURS, traffic, protected(introspected_or_jwt())))
    })
    .goal(Goal::instructions(6000)),
];

/// Every request has the same token. A second token was refused before.
fn again(ours: fn(&Traffic) -> Contender) -> Vec<Contender> {
    let right = format!("Bearer {GOOD_OPAQUE}");
    let traffic = Traffic::each(StatusCode::OK, move || of::request(&right));
    let traffic = traffic.but(|| of::request("Bearer an-inactive-token"));
    let hash = Contender::new(HASHES, &traffic.unjudged(), |request| {
        black_box(blake3::keyed_hash(
            &[7; 32],
            black_box(GOOD_OPAQUE.as_bytes()),
        ));
        hello::<_, Body>(request)
    });
    vec![ours(&traffic), hash]
}
