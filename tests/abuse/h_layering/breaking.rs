//! Tests that a failure in the application's code lets no request through.

use std::panic::AssertUnwindSafe;

use http::{Request, Response, StatusCode};
use tower::{Service, ServiceExt};
use tower_challenge::policy::PolicyDecision;
use tower_challenge::respond::Denial;
use tower_challenge::throttle;
use tower_challenge::{NowOrLater, Principal, RequestHead, RequireAuth, Unavailable};
use tower_layer::Layer as _;

use super::misbehaving_stand;
use crate::support::run::{later, still_waits};
use crate::support::{Body, Kind, PASSWORD, Probe, TestServer, TestWorld, USER, get, run};

/// If a verifier panics or fails, the client gets `503`, and the layer goes on working.
#[test]
fn a112_a_verifier_that_panics_or_fails_is_503() {
    let stand = misbehaving_stand();
    for _ in 0..20 {
        for user in ["panics", "panics-later", "fails", "fails-later"] {
            stand.ask(get("/").basic(user, PASSWORD)).is_unavailable();
        }
        stand
            .ask(get("/").basic("is-there", PASSWORD))
            .is_admitted_as("is-there");
        stand.ask(get("/").basic("unknown", PASSWORD)).is_refused();
    }
}

/// If a client disconnects while its password is being checked, the layer calls nothing, and the throttle keeps the
/// attempt.
#[test]
fn a112_a_client_that_disconnects_keeps_its_attempt_counted() {
    let stand = misbehaving_stand();
    let mut service = stand.service();
    for _ in 0..50 {
        let request = get("/").basic("hangs", PASSWORD).into_request();
        let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
        assert!(still_waits(ready.call(request)));
    }
    assert_eq!(stand.probe.calls(), 0);
    assert_eq!(stand.world.tally.take_reserved().len(), 50);
    assert_eq!(
        stand.world.tally.take_settled(),
        [],
        "the attempt is never returned, so a disconnect is not a free guess"
    );
    stand
        .ask(get("/").basic("is-there", PASSWORD))
        .is_admitted_as("is-there");
}

/// The layer settles each reservation at most once, for every result of the request.
#[test]
fn a112_the_layer_settles_each_reservation_at_most_once() {
    let stand = misbehaving_stand();
    let cases = [
        ("is-there", throttle::AttemptOutcome::Success),
        ("unknown", throttle::AttemptOutcome::Failure),
        ("away", throttle::AttemptOutcome::NotCounted),
        ("away-later", throttle::AttemptOutcome::NotCounted),
        ("fails", throttle::AttemptOutcome::Unjudged),
        ("fails-later", throttle::AttemptOutcome::Unjudged),
    ];
    for (user, outcome) in cases {
        let answer = stand.ask(get("/").basic(user, PASSWORD));
        assert_eq!(answer.reserved, [Some(user.to_owned())]);
        assert_eq!(answer.settled, [outcome]);
    }
    // A comparison may have begun, so the attempt stays counted.
    for user in ["panics", "panics-later"] {
        let answer = stand.ask(get("/").basic(user, PASSWORD));
        assert_eq!(answer.reserved.len(), 1, "{user}");
        assert_eq!(answer.settled, [], "{user}");
    }
}

/// A policy that panics or fails lets no caller through.
#[test]
fn a112_a_policy_that_panics_or_fails_is_503() {
    let decide = |_: &Principal,
                  request: &RequestHead<'_>|
     -> NowOrLater<Result<PolicyDecision, Unavailable>> {
        match request.uri().path() {
            "/panics" => panic!("a panic of the test"),
            "/panics-later" => NowOrLater::later(async {
                later().await;
                panic!("a panic of the test")
            }),
            "/fails" => NowOrLater::now(Err(Unavailable::new("down"))),
            "/later" => NowOrLater::later(async {
                later().await;
                Ok(PolicyDecision::Allow)
            }),
            _ => NowOrLater::now(Ok(PolicyDecision::Forbid)),
        }
    };
    let stand = TestServer::tuned(&[Kind::Basic], |layer| layer.policy(decide));
    for path in ["/panics", "/panics-later", "/fails"] {
        stand.ask(get(path).basic(USER, PASSWORD)).is_unavailable();
    }
    stand.ask(get("/x").basic(USER, PASSWORD)).is_forbidden();
    stand
        .ask(get("/later").basic(USER, PASSWORD))
        .is_admitted_as(USER);
}

/// A renderer that panics affects its own connection only, and lets no request through.
#[test]
fn a112_a_renderer_that_panics_lets_no_request_through() {
    let render =
        |_: &Denial, _: &RequestHead<'_>| -> Response<Body> { panic!("a panic of the test") };
    let probe = Probe::new();
    let layer = RequireAuth::new(TestWorld::new().basic())
        .unwrap()
        .respond_with(render);
    let service = layer.layer(probe.clone());
    for _ in 0..5 {
        let refused = service.clone().oneshot(get("/").into_request());
        assert!(std::panic::catch_unwind(AssertUnwindSafe(|| run(refused))).is_err());
        assert_eq!(probe.calls(), 0);
    }
    let Ok(response) = run(service.oneshot(get("/").basic(USER, PASSWORD).into_request()));
    assert_eq!(response.status(), StatusCode::OK);
}

/// A check of a body that panics lets no request through.
#[test]
fn a112_a_body_check_that_panics_is_503() {
    use http_body_util::Full;
    let body = Full::new(bytes::Bytes::from_static(b"panic"));
    let (status, read) = crate::wire::whole_body::send("Sum 5", body);
    assert_eq!((status, read), (StatusCode::SERVICE_UNAVAILABLE, None));
}
