//! Whose budget pays for what.

use tower::{Layer as _, ServiceExt};
use tower_challenge::scheme::Basic;
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{NowOrLater, Principal, RequireAuth, Secret, Unavailable};

use crate::support::run::still_waits;
use crate::support::{
    Boxed, Kind, OTHER_PASSWORD, OTHER_USER, PASSWORD, Probe, Stand, TOKEN, USER, WRONG,
    WRONG_TOKEN, World, get, run,
};
use crate::{ELSEWHERE, Gate, HOME, SECOND, from};

#[test]
fn a124_an_address_in_other_clothes_is_the_same_source() {
    let gate = Gate::new(&[Kind::Basic]);
    let rotating = |number: u32| format!("2001:db8:1:2:{number:x}:{number:x}:5:6");
    for number in 0..50 {
        assert_eq!(
            gate.basic(&format!("user{number}"), WRONG, &rotating(number)),
            401
        );
    }
    assert_eq!(
        gate.basic("user50", WRONG, "2001:db8:1:2::1"),
        429,
        "one network of 64 bits"
    );
    assert_eq!(
        gate.basic("user50", WRONG, "2001:db8:1:3::1"),
        401,
        "another"
    );
    for number in 0..50 {
        let address = ["192.0.2.9", "::ffff:192.0.2.9"][number % 2];
        assert_eq!(
            gate.basic(&format!("user{}", number + 60), WRONG, address),
            401
        );
    }
    assert_eq!(gate.basic("user200", WRONG, "192.0.2.9"), 429);
    assert_eq!(gate.basic("user200", WRONG, "::ffff:192.0.2.9"), 429);
    assert_eq!(gate.basic("user200", WRONG, "192.0.2.10"), 401);
}

#[test]
fn a127_every_scheme_and_every_layer_draws_on_one_budget() {
    let gate = Gate::new(&[Kind::Basic, Kind::Digest, Kind::Bearer]);
    let proxy = Stand::proxy(&[Kind::Digest, Kind::Basic], |layer| {
        layer.throttle(gate.throttle.clone())
    });
    for number in 0..5 {
        let wrong = if number % 2 == 0 {
            Kind::Basic
        } else {
            Kind::Digest
        };
        let ask = from(get("/"), HOME);
        if number == 4 {
            let credentials = wrong.wrong(&proxy, &ask);
            assert_eq!(proxy.ask(ask.authorization(credentials)).status, 407);
        } else {
            let credentials = wrong.wrong(&gate.stand, &ask);
            assert_eq!(gate.stand.ask(ask.authorization(credentials)).status, 401);
        }
    }
    for kind in [Kind::Basic, Kind::Digest] {
        let ask = from(get("/"), ELSEWHERE);
        let credentials = kind.good(&gate.stand, &ask);
        gate.stand
            .ask(ask.clone().authorization(credentials))
            .is_throttled();
        let credentials = kind.good(&proxy, &ask);
        proxy.ask(ask.authorization(credentials)).is_throttled();
    }
    // A token claims no account, so it is the source that pays, for passwords too.
    for _ in 0..45 {
        assert_eq!(gate.ask(get("/").bearer(WRONG_TOKEN), HOME).status, 401);
    }
    gate.ask(get("/").bearer(TOKEN), HOME).is_throttled();
    gate.ask(get("/").basic(OTHER_USER, OTHER_PASSWORD), HOME)
        .is_throttled();
    gate.ask(get("/").bearer(TOKEN), ELSEWHERE)
        .is_admitted_as(USER);
}

#[test]
fn malformed_credentials_count_for_the_source_alone() {
    let gate = Gate::new(&[Kind::Basic, Kind::Digest]);
    let too_long = "x".repeat(2000);
    for number in 0..50 {
        let answer = match number % 2 {
            0 => gate.ask(get("/").basic(USER, &too_long), HOME),
            _ => gate.ask(get("/").authorization("Basic ,,"), HOME),
        };
        assert_eq!(answer.status, 400);
    }
    assert_eq!(gate.ask(get("/").basic(USER, &too_long), HOME).status, 429);
    assert_eq!(gate.guess(USER, ELSEWHERE), 5, "no account is blamed");
}

#[test]
fn a_source_recovers_with_time_and_not_by_success() {
    let gate = Gate::new(&[Kind::Basic]);
    let guess = |number: u32| gate.basic(&format!("user{number}"), WRONG, HOME);
    assert!((0..50).all(|number| guess(number) == 401));
    assert_eq!(guess(50), 429);
    gate.pass(SECOND * 30 * 10 + SECOND);
    assert!(
        (100..110).all(|number| guess(number) == 401),
        "ten are forgiven"
    );
    assert_eq!(guess(110), 429);
    gate.pass(SECOND);
    assert_eq!(guess(111), 401, "one more after each wait");
    assert_eq!(guess(112), 429);
}

#[test]
fn an_attempt_that_nobody_settles_has_failed() {
    let throttle = FailureThrottle::new().unwrap();
    let never = |_: &str, _: Secret<'_>| {
        NowOrLater::later(std::future::pending::<Result<Option<Principal>, Unavailable>>())
    };
    let layer = RequireAuth::new(Basic::new("files", never).unwrap()).unwrap();
    let service = layer.throttle(throttle.clone()).layer(Probe::new());
    for _ in 0..5 {
        let request = from(get("/").basic(USER, PASSWORD), HOME).into_request();
        assert!(
            still_waits(service.clone().oneshot(request)),
            "and the client goes away"
        );
    }
    let request = from(get("/").basic(USER, PASSWORD), HOME).into_request();
    let Ok(response) = run(service.oneshot(request));
    assert_eq!(response.status(), 429);
}

#[test]
fn a_verifier_that_panics_has_used_the_attempt_up() {
    let panics = |_: &str, _: Secret<'_>| -> Option<Principal> { panic!("of the test") };
    let schemes =
        |_: &World| -> Vec<Boxed> { vec![Box::new(Basic::new("files", panics).unwrap())] };
    let throttle = FailureThrottle::new().unwrap();
    let stand = Stand::build(schemes, |layer| layer.throttle(throttle));
    for _ in 0..5 {
        stand
            .ask(from(get("/").basic(USER, WRONG), HOME))
            .is_unavailable();
    }
    stand
        .ask(from(get("/").basic(USER, WRONG), HOME))
        .is_throttled();
}
