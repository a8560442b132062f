//! Tests that a dependency which fails, hangs, panics or returns a wrong answer admits no request, and that the layer
//! works again afterwards.
//!
//! The tests combine every order of every set of schemes, origin server and proxy, required and optional
//! authentication, every dependency, every fault, and credentials that are right, wrong and absent.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "../support/mod.rs"]
pub mod support;

mod bodies;
mod broken;
mod case;
mod forgetting;
mod mutual;
mod panicking;
mod scram;

use http::Request;
use tower::{Service, ServiceExt};

use crate::support::run::still_waits;
use crate::support::{Body, Kind, TestRequest, TestServer, USER, get, run};

use crate::broken::{Fault, PARTS};
use crate::case::{Case, Expected, Sent};

#[test]
fn a_request_during_a_fault_is_not_admitted_and_gets_the_right_status() {
    let (mut answered, mut waited) = (0, 0);
    let cases = Case::every(|case| {
        for kind in &case.kinds {
            for sent in [Sent::Good, Sent::Wrong, Sent::Nothing] {
                match ask_during_fault(case, *kind, sent) {
                    Expected::Status(_) => answered += 1,
                    Expected::Waits => waited += 1,
                }
            }
            assert_recovered(case, *kind);
        }
    });
    println!("{cases} cases: {answered} answers, {waited} requests without an answer");
    assert_eq!((cases, answered, waited), (2160, 13_200, 1056));
}

fn ask_with(case: &Case, kind: Kind, sent: Sent) -> TestRequest {
    let ask = get("/a?b=c");
    match sent {
        Sent::Good => ask.clone().authorization(kind.good(&case.stand, &ask)),
        Sent::Wrong => ask.clone().authorization(kind.wrong(&case.stand, &ask)),
        Sent::Nothing => ask,
    }
}

/// Sends a request while the fault is switched on, and asserts the expected answer.
fn ask_during_fault(case: &Case, kind: Kind, sent: Sent) -> Expected {
    case.switch(false);
    let ask = ask_with(case, kind, sent);
    case.switch(true);
    let expected = case.expected(kind, sent);
    let what = format!(
        "{:?} {:?}: {kind:?} of {:?}, {sent:?}",
        case.part, case.switch.fault, case.kinds
    );
    match expected {
        Expected::Waits => assert_waits(case, ask, &what),
        Expected::Status(status) => {
            let answer = case.stand.ask(ask);
            assert_eq!(answer.status.as_u16(), status, "{what}");
            assert_eq!(answer.is_from_inside(), status == 200, "{what}");
        }
    }
    expected
}

/// Asserts that the layer waits without calling the inner service. Drops the future while it waits.
fn assert_waits(case: &Case, ask: TestRequest, what: &str) {
    let ask = match case.stand.role {
        tower_challenge::scheme::ServerRole::Origin => ask,
        tower_challenge::scheme::ServerRole::Proxy => ask.to_proxy(),
    };
    let mut service = case.stand.service();
    let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
    let _ = case.stand.probe.take();
    assert!(still_waits(ready.call(ask.into_request())), "{what}");
    assert_eq!(case.stand.probe.calls(), 0, "{what}");
}

/// Asserts that the layer works again after the fault is switched off.
fn assert_recovered(case: &Case, kind: Kind) {
    case.switch(false);
    let good = ask_with(case, kind, Sent::Good);
    case.stand.ask(good).is_admitted_as(USER);
    let wrong = ask_with(case, kind, Sent::Wrong);
    assert_eq!(
        case.stand.ask(wrong).status,
        case.stand.role.unauthenticated()
    );
}

/// A future that is dropped has called no inner service, has no lasting effect on later requests, and shows no secret
/// in `Debug`.
#[test]
fn a_request_that_is_cancelled_has_no_effect_on_later_requests() {
    for (kinds, stand) in [
        (vec![Kind::Digest], TestServer::of(&[Kind::Digest])),
        (Kind::ALL.to_vec(), TestServer::of(&Kind::ALL)),
    ] {
        for kind in kinds {
            let ask = get("/");
            let good = kind.good(&stand, &ask);
            let mut service = stand.service();
            let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
            drop(ready.call(ask.authorization(good).into_request()));
            let _ = stand.probe.take();
            let good = kind.good(&stand, &get("/"));
            stand.ask(get("/").authorization(good)).is_admitted_as(USER);
        }
    }
    for part in PARTS {
        let case = Case::new(&Kind::ALL, false, false, part, Fault::Never);
        for kind in Kind::ALL {
            if case.expected(kind, Sent::Good) != Expected::Waits {
                continue;
            }
            let ask = ask_with(&case, kind, Sent::Good);
            case.switch(true);
            let mut service = case.stand.service();
            let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
            let future = ready.call(ask.into_request());
            support::canary::assert_free("the future", format!("{future:?}").as_bytes());
            assert!(still_waits(future));
            assert_eq!(case.stand.probe.calls(), 0);
            assert_recovered(&case, kind);
            let _ = case.stand.probe.take();
        }
    }
}
