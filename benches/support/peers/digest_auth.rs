//! The crate `digest_auth`. It reads the credentials and computes the response. It leaves nonces, counts and the target
//! to the application, and this peer does not check them.

use digest_auth::{AuthContext, AuthorizationHeader};
use http::header::AUTHORIZATION;

use crate::support::contender::{Contender, Traffic};
use crate::support::floors::refuse;
use crate::support::inner::{BenchRequest, Body, hello};
use crate::support::requests::PATH;

pub(crate) fn digest(traffic: &Traffic) -> Contender {
    Contender::new("digest_auth", traffic, |request| match verify(&request) {
        true => hello::<_, Body>(request),
        false => refuse(request, None),
    })
}

fn verify(request: &BenchRequest) -> bool {
    let line = request.headers().get(AUTHORIZATION);
    let line = line.and_then(|line| line.to_str().ok());
    let Some(Ok(presented)) = line.map(AuthorizationHeader::parse) else {
        return false;
    };
    let mut computed = presented.clone();
    computed.digest(&AuthContext::new("mufasa", "Circle of Life", PATH));
    let (presented, right) = (presented.response.as_bytes(), computed.response.as_bytes());
    constant_time_eq::constant_time_eq(presented, right)
}
