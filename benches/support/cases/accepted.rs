//! Cases in which the layer accepts credentials of Bearer and Basic.

use http::StatusCode;
use tower::{Layer, Service};
use tower_challenge::scheme::digest::DigestAlgorithm;
use tower_challenge::{Principal, RequestHead, RequireAuth, RequirePolicy};

use super::{Case, Goal};
use crate::support::contender::{Contender, FLOOR, OURS, Traffic};
use crate::support::floors::basic::BasicFloor;
use crate::support::floors::bearer::BearerFloor;
use crate::support::inner::{Inner, hello, ready_soon};
use crate::support::peers::{by_hand, tower_http};
use crate::support::requests as of;
use crate::support::schemes::{
    HASH, MANY, basic, basic_of, basic_with_hashes, bearer, bearer_of, digest, protected, tokens_of,
};

pub(super) const CASES: &[Case] = &[
    Case::new("bearer accepted, one token", one_token)
        .goal(Goal::instructions(1900).allocations(3)),
    Case::new("bearer accepted, 1000 tokens", many_tokens)
        .goal(Goal::instructions(2600).allocations(3)),
    // A request costs the same in a small table as in a large one. To make a table of a million takes a minute under
    // valgrind.
    Case::new("bearer accepted, 10 tokens", || of_tokens(10)).goal(Goal::instructions(2600)),
    Case::new("bearer accepted, 1000000 tokens", || of_tokens(1_000_000))
        .goal(Goal::instructions(2600)),
    Case::new("basic accepted, 10 accounts", || of_accounts(10)).goal(Goal::instructions(2600)),
    Case::new("basic accepted, 1000000 accounts", || {
        of_accounts(1_000_000)
    })
    .goal(Goal::instructions(2600)),
    Case::new(
        "bearer accepted, allowed by the policy of its route",
        allowed_by_policy,
    ),
    Case::new(
        "bearer accepted behind basic, which does not claim it",
        behind_one,
    ),
    Case::new("bearer accepted behind digest and basic", behind_two),
    Case::new("basic accepted", one_account).goal(Goal::instructions(2600).allocations(3)),
    Case::new("basic accepted, bcrypt hash verified before", hashed).goal(Goal::instructions(3000)),
];

fn right_token() -> Traffic {
    Traffic::each(StatusCode::OK, of::right_token).but(of::wrong_token)
}

fn right_password() -> Traffic {
    Traffic::each(StatusCode::OK, of::right_password).but(of::wrong_password)
}

fn one_token() -> Vec<Contender> {
    let (traffic, floor) = (right_token(), BearerFloor::of_one(of::TOKEN));
    vec![
        Contender::service(OURS, &traffic, protected(bearer())),
        Contender::new(FLOOR, &traffic, move |request| floor.answer(request, hello)),
        by_hand::bearer(&traffic),
        tower_http::bearer(&traffic),
    ]
}

fn many_tokens() -> Vec<Contender> {
    let (traffic, floor) = (right_token(), BearerFloor::of_many(tokens_of(MANY)));
    vec![
        Contender::service(OURS, &traffic, protected(bearer_of(MANY))),
        Contender::new(FLOOR, &traffic, move |request| floor.answer(request, hello)),
    ]
}

fn of_tokens(len: usize) -> Vec<Contender> {
    let service = protected(bearer_of(len));
    vec![Contender::service(OURS, &right_token(), service)]
}

fn of_accounts(len: usize) -> Vec<Contender> {
    let service = protected(basic_of(len));
    vec![Contender::service(OURS, &right_password(), service)]
}

fn allowed_by_policy() -> Vec<Contender> {
    let policy = RequirePolicy::new(|_: &Principal, _: &RequestHead<'_>| true);
    let layer = RequireAuth::new(bearer()).expect("it has a challenge");
    let service = layer.layer(policy.layer(Inner));
    vec![Contender::service(OURS, &right_token(), service)]
}

fn behind_one() -> Vec<Contender> {
    let service = protected((basic(), bearer()));
    vec![Contender::service(OURS, &right_token(), service)]
}

fn behind_two() -> Vec<Contender> {
    let service = protected((digest(&[DigestAlgorithm::Sha256]), basic(), bearer()));
    vec![Contender::service(OURS, &right_token(), service)]
}

fn one_account() -> Vec<Contender> {
    let traffic = right_password();
    let floor = BasicFloor::of_one(of::NAME, of::PASSWORD);
    vec![
        Contender::service(OURS, &traffic, protected(basic())),
        Contender::new(FLOOR, &traffic, move |request| floor.answer(request, hello)),
        by_hand::basic(&traffic),
        tower_http::basic(&traffic),
    ]
}

fn hashed() -> Vec<Contender> {
    let traffic = right_password();
    let names = (1..MANY).map(|number| format!("user{number}"));
    let mut service = protected(basic_with_hashes());
    let floor = BasicFloor::of_hashes(names.chain([of::NAME.to_owned()]), HASH);
    vec![
        // A wrong password has to wait for a thread that hashes it. It is not part of the measure.
        Contender::new(OURS, &traffic, move |request| {
            let Ok(response) = ready_soon(service.call(request));
            response
        }),
        Contender::new(FLOOR, &traffic, move |request| floor.answer(request, hello)),
    ]
}
