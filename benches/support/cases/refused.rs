//! Cases in which the layer refuses: with Bearer, with Basic, and with all schemes together.

use http::StatusCode;

use super::{Case, Goal};
use crate::support::contender::{Contender, FLOOR, OURS, Traffic};
use crate::support::floors::basic::BasicFloor;
use crate::support::floors::bearer::BearerFloor;
use crate::support::floors::{fields_of, refuse_with};
use crate::support::inner::hello;
use crate::support::peers::{by_hand, tower_http};
use crate::support::requests as of;
use crate::support::schemes::{basic, basic_in, bearer, protected};

pub(super) const CASES: &[Case] = &[
    Case::new("401: bearer", no_token).goal(Goal::instructions(1150).allocations(4)),
    Case::new("401: basic", no_password).goal(Goal::instructions(1150).allocations(4)),
    Case::new("401: bearer, basic, basic", three).goal(Goal::instructions(1700).allocations(4)),
    Case::new("401: bearer, for credentials of basic", not_claimed),
    Case::new("401: bearer, for a wrong token", wrong_token).goal(Goal::instructions(2300)),
    Case::new("401: basic, for a wrong password", wrong_password),
];

fn no_credentials() -> Traffic {
    Traffic::each(StatusCode::UNAUTHORIZED, of::without_credentials)
}

fn bearer_contenders(traffic: &Traffic) -> Vec<Contender> {
    let floor = BearerFloor::of_one(of::TOKEN);
    vec![
        Contender::service(OURS, traffic, protected(bearer())),
        Contender::new(FLOOR, traffic, move |request| floor.answer(request, hello)),
        by_hand::bearer(traffic),
        tower_http::bearer(traffic),
    ]
}

fn basic_contenders(traffic: &Traffic) -> Vec<Contender> {
    let floor = BasicFloor::of_one(of::NAME, of::PASSWORD);
    vec![
        Contender::service(OURS, traffic, protected(basic())),
        Contender::new(FLOOR, traffic, move |request| floor.answer(request, hello)),
        by_hand::basic(traffic),
        tower_http::basic(traffic),
    ]
}

fn no_token() -> Vec<Contender> {
    bearer_contenders(&no_credentials().but(of::right_token))
}

fn no_password() -> Vec<Contender> {
    basic_contenders(&no_credentials().but(of::right_password))
}

fn three() -> Vec<Contender> {
    let schemes = (bearer(), basic(), basic_in("another"));
    let traffic = no_credentials();
    let challenges = [
        "Bearer realm=\"interop\"",
        "Basic realm=\"interop\", charset=\"UTF-8\"",
        "Basic realm=\"another\", charset=\"UTF-8\"",
    ];
    let fields = fields_of(challenges.map(http::HeaderValue::from_static));
    vec![
        Contender::service(
            OURS,
            &traffic.clone().but(of::right_token),
            protected(schemes),
        ),
        Contender::new(FLOOR, &traffic, move |request| {
            refuse_with(request, fields.clone())
        }),
    ]
}

fn not_claimed() -> Vec<Contender> {
    let traffic = Traffic::each(StatusCode::UNAUTHORIZED, of::right_password);
    bearer_contenders(&traffic.but(of::right_token))
}

fn wrong_token() -> Vec<Contender> {
    let traffic = Traffic::each(StatusCode::UNAUTHORIZED, of::wrong_token);
    bearer_contenders(&traffic.but(of::right_token))
}

fn wrong_password() -> Vec<Contender> {
    let traffic = Traffic::each(StatusCode::UNAUTHORIZED, of::wrong_password);
    basic_contenders(&traffic.but(of::right_password))
}
