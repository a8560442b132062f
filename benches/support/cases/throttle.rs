//! Cases with a `FailureThrottle` in its default configuration. They have no floors, because a throttle cannot be
//! written by hand in a few lines.

use std::cell::Cell;

use http::StatusCode;
use tower_challenge::scheme::digest::DigestAlgorithm;

use super::Case;
use super::digest::accepted;
use crate::support::contender::{Contender, OURS, Traffic};
use crate::support::inner::{BenchRequest, now};
use crate::support::requests as of;
use crate::support::schemes::{basic, bearer, digest, throttled};

pub(super) const CASES: &[Case] = &[
    Case::new("throttle, bearer accepted", bearer_accepted),
    Case::new("throttle, basic accepted", basic_accepted),
    Case::new("throttle, digest SHA-256 accepted", digest_accepted),
    Case::new("throttle, 401: basic, for a wrong password", wrong_password),
    Case::new("throttle, 429: basic, for too many guesses", too_many),
];

/// Sends all requests of the owner from one address.
fn from_owner(request: BenchRequest) -> BenchRequest {
    of::from_client(request, 0)
}

fn bearer_accepted() -> Vec<Contender> {
    let traffic = Traffic::each(StatusCode::OK, of::right_token);
    let traffic = traffic.but(of::wrong_token).map(from_owner);
    vec![Contender::service(OURS, &traffic, throttled(bearer()))]
}

fn basic_accepted() -> Vec<Contender> {
    let traffic = Traffic::each(StatusCode::OK, of::right_password);
    let traffic = traffic.but(of::wrong_password).map(from_owner);
    vec![Contender::service(OURS, &traffic, throttled(basic()))]
}

fn digest_accepted() -> Vec<Contender> {
    let service = throttled(digest(&[DigestAlgorithm::Sha256]));
    let issuer = service.clone();
    let traffic = accepted(DigestAlgorithm::Sha256, move |request| {
        now(&mut issuer.clone(), from_owner(request))
    });
    vec![Contender::service(OURS, &traffic.map(from_owner), service)]
}

/// Each guess is for another account and comes from another network, so that no budget is exhausted.
fn wrong_password() -> Vec<Contender> {
    let guesses = Cell::new(1);
    let traffic = Traffic::each(StatusCode::UNAUTHORIZED, move || {
        let number = guesses.replace(guesses.get() + 1);
        let guess = of::basic_of(&format!("al{number:05}"), "open_sesame");
        of::from_client(guess, number)
    });
    let traffic = traffic.but(|| from_owner(of::right_password()));
    vec![Contender::service(OURS, &traffic, throttled(basic()))]
}

/// The client at an address has guessed until the throttle refuses it. It has to wait for about a day.
fn too_many() -> Vec<Contender> {
    let mut service = throttled(basic());
    let guess = || of::from_client(of::wrong_password(), 1);
    let mut refused = || now(&mut service, guess()).status() == StatusCode::TOO_MANY_REQUESTS;
    assert!(
        (0..100).any(|_| refused()),
        "the throttle must refuse the client after at most 100 guesses"
    );
    let traffic = Traffic::each(StatusCode::TOO_MANY_REQUESTS, guess);
    vec![Contender::service(OURS, &traffic, service)]
}
