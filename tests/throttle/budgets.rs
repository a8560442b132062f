//! The budgets of accounts, lines and neighbourhoods.

use tower::{Layer as _, ServiceExt};
use tower_challenge::scheme::Basic;
use tower_challenge::throttle::{FailureThrottle, UnfamiliarLimit};
use tower_challenge::{NowOrLater, Principal, RequireAuth, Secret, Unavailable};

use crate::support::run::still_waits;
use crate::support::{
    Boxed, Kind, OTHER_PASSWORD, OTHER_USER, PASSWORD, Probe, Stand, TOKEN, USER, WRONG,
    WRONG_TOKEN, World, get, run,
};
use crate::{DAY, ELSEWHERE, Gate, HOME, HOUR, from, unfamiliar};

#[test]
fn a122_unfamiliar_have_20_failures_at_an_account_and_one_more_each_day() {
    let gate = Gate::new(&[Kind::Basic]);
    assert_eq!(gate.guess_from(USER, unfamiliar), 20);
    for _ in 0..3 {
        gate.pass(DAY - HOUR);
        assert_eq!(gate.guess_from(USER, unfamiliar), 0);
        gate.pass(HOUR);
        assert_eq!(gate.guess_from(USER, unfamiliar), 1);
    }
    gate.pass(DAY * 5);
    assert_eq!(gate.guess_from(USER, unfamiliar), 5);
    assert_eq!(gate.basic(OTHER_USER, OTHER_PASSWORD, ELSEWHERE), 200);
}

#[test]
fn an_application_may_choose_the_numbers() {
    let open = Gate::tuned(&[Kind::Basic], |it| it.unfamiliar(UnfamiliarLimit::open()));
    assert_eq!(open.guess_from(USER, unfamiliar), 60);
    open.pass(HOUR);
    assert_eq!(open.guess_from(USER, unfamiliar), 1);
    let own = UnfamiliarLimit::new(7, HOUR, 2);
    let own = Gate::tuned(&[Kind::Basic], |it| it.unfamiliar(own));
    assert_eq!(own.guess(USER, HOME), 2, "the share of a neighbourhood");
    assert_eq!(own.guess_from(USER, unfamiliar), 5);
}

/// One address has 5 guesses at an account, and one more each day. It leaves room for the owner at a new network.
#[test]
fn a164_one_address_shuts_no_account_to_new_networks() {
    let gate = Gate::new(&[Kind::Basic]);
    let mut judged = 0;
    for hour in 0..24 * 90 {
        judged += usize::from(gate.wrong(USER, HOME) == 401);
        if hour % 24 == 0 {
            let owner = gate.basic(USER, PASSWORD, &unfamiliar(hour));
            assert_eq!(owner, 200, "hour {hour}, from a new network");
        }
        gate.pass(HOUR);
    }
    assert!((90..=95).contains(&judged), "{judged} in 90 days");
}

/// 99 guesses, a day's rest, again: 1,584 guesses in 30 days, where a day of rest forgets all.
#[test]
fn a164_patience_gives_no_more_than_one_guess_a_day() {
    let gate = Gate::new(&[Kind::Basic]);
    let mut judged = 0;
    for day in 0..30 {
        judged += (0..99)
            .filter(|number| gate.wrong(USER, &unfamiliar(day * 99 + number)) == 401)
            .count();
        gate.pass(DAY);
    }
    assert_eq!(judged, 20 + 29);
}

/// 127 networks of one /48 have 50 guesses at all accounts together, since a /56 holds 256 of them; and first logins from
/// elsewhere pass.
#[test]
fn a162_a_large_network_shuts_nobody_out() {
    let gate = Gate::new(&[Kind::Basic]);
    let mut judged = 0;
    for number in 0..1000 {
        let peer = format!("2001:db8:1:{:x}::1", number % 127);
        judged += usize::from(gate.wrong(&format!("user{number}"), &peer) == 401);
        if number % 20 == 0 {
            let first = gate.basic(USER, PASSWORD, &unfamiliar(number));
            assert_eq!(first, 200, "a first login after {number} guesses");
        }
    }
    assert_eq!(judged, 50);
    let lines = (0..1000).filter(|number| {
        let peer = format!("2001:db8:2:{:x}::1", (number % 256) << 8);
        gate.wrong(&format!("other{number}"), &peer) == 401
    });
    assert_eq!(lines.count(), 500, "256 lines of another /48");
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
}

#[test]
fn a124_an_address_in_other_clothes_is_the_same_line() {
    let gate = Gate::new(&[Kind::Basic]);
    let rotating = |number: u32| format!("2001:db8:1:2{:02x}:{number:x}:{number:x}:5:6", number);
    for number in 0..50 {
        assert_eq!(gate.wrong(&format!("user{number}"), &rotating(number)), 401);
    }
    assert_eq!(gate.wrong("user50", "2001:db8:1:2ff::1"), 429, "one /56");
    assert_eq!(gate.wrong("user50", "2001:db8:1:300::1"), 401, "another");
    for number in 0..50 {
        let address = ["192.0.2.9", "::ffff:192.0.2.9", "64:ff9b::192.0.2.9"][number % 3];
        assert_eq!(gate.wrong(&format!("user{}", number + 60), address), 401);
    }
    assert_eq!(gate.wrong("user200", "192.0.2.9"), 429);
    assert_eq!(gate.wrong("user200", "::ffff:192.0.2.9"), 429);
    assert_eq!(gate.wrong("user200", "64:ff9b::192.0.2.9"), 429);
    assert_eq!(gate.wrong("user200", "64:ff9b::192.0.2.11"), 401);
    assert_eq!(gate.wrong("user200", "192.0.2.10"), 401);
}

#[test]
fn a127_every_scheme_and_every_layer_draws_on_one_budget() {
    let tune = |it: FailureThrottle| it.unfamiliar(UnfamiliarLimit::new(6, DAY, 6));
    let gate = Gate::tuned(&[Kind::Basic, Kind::Digest, Kind::Bearer], tune);
    let proxy = Stand::proxy(&[Kind::Digest, Kind::Basic], |layer| {
        layer.throttle(gate.throttle.clone())
    });
    for number in 0..6 {
        let ask = from(get("/"), HOME);
        if number % 2 == 0 {
            let credentials = Kind::Digest.wrong(&proxy, &ask);
            assert_eq!(proxy.ask(ask.authorization(credentials)).status, 407);
        } else {
            assert_eq!(gate.wrong(USER, HOME), 401);
        }
    }
    for kind in [Kind::Basic, Kind::Digest] {
        let ask = from(get("/"), ELSEWHERE);
        let credentials = kind.good(&gate.stand, &ask);
        let asked = ask.clone().authorization(credentials);
        gate.stand.ask(asked).is_throttled();
        let credentials = kind.good(&proxy, &ask);
        proxy.ask(ask.authorization(credentials)).is_throttled();
    }
    // A token claims no account, so its line pays.
    for _ in 0..44 {
        assert_eq!(gate.ask(get("/").bearer(WRONG_TOKEN), HOME).status, 401);
    }
    gate.ask(get("/").bearer(TOKEN), HOME).is_throttled();
    let other = get("/").basic(OTHER_USER, OTHER_PASSWORD);
    gate.ask(other, HOME).is_throttled();
    gate.ask(get("/").bearer(TOKEN), ELSEWHERE)
        .is_admitted_as(USER);
}

#[test]
fn malformed_credentials_count_for_the_line_alone() {
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
    assert_eq!(
        gate.guess_from(USER, unfamiliar),
        20,
        "no account is blamed"
    );
}

#[test]
fn a_line_recovers_with_time_and_by_no_success() {
    let gate = Gate::new(&[Kind::Basic]);
    let guess = |number: u32| gate.wrong(&format!("user{number}"), HOME);
    assert_eq!(gate.wrong(OTHER_USER, HOME), 401);
    assert_eq!(gate.wrong(OTHER_USER, HOME), 401);
    assert_eq!(gate.basic(OTHER_USER, OTHER_PASSWORD, HOME), 200);
    assert!(
        (0..50).all(|number| guess(number) == 401),
        "a first login gives back its own errors"
    );
    assert_eq!(guess(51), 429);
    assert_eq!(gate.basic(OTHER_USER, OTHER_PASSWORD, HOME), 200);
    assert_eq!(guess(52), 429);
    gate.pass(HOUR / 4 * 10);
    assert!(
        (100..110).all(|number| guess(number) == 401),
        "ten are forgiven"
    );
    assert_eq!(guess(110), 429);
}

#[test]
fn an_attempt_that_is_never_settled_has_failed() {
    let throttle = FailureThrottle::new().unwrap();
    let never = |_: &str, _: Secret<'_>| {
        NowOrLater::later(std::future::pending::<Result<Option<Principal>, Unavailable>>())
    };
    let layer = RequireAuth::new(Basic::new("files", never).unwrap()).unwrap();
    let service = layer.throttle(throttle.clone()).layer(Probe::new());
    for number in 0..5 {
        let ask = get("/").basic(USER, &format!("{WRONG}{number}"));
        let request = from(ask, HOME).into_request();
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
    for number in 0..5 {
        let ask = get("/").basic(USER, &format!("{WRONG}{number}"));
        stand.ask(from(ask, HOME)).is_unavailable();
    }
    stand
        .ask(from(get("/").basic(USER, WRONG), HOME))
        .is_throttled();
}

/// A guesser logs in to an account of its own, in one spelling after the other, between guesses at others. The line has its
/// 50 failures and no more, with typing errors at the own account and without.
#[test]
fn a162_an_account_of_the_guessers_own_buys_no_guesses_at_others() {
    for with_errors in [false, true] {
        let verifier = |user: &str, password: Secret<'_>| {
            let known = user.eq_ignore_ascii_case("mallorymallory") && password.matches("mine");
            known.then(|| Principal::new("mallory"))
        };
        let layer = RequireAuth::new(Basic::new("files", verifier).unwrap()).unwrap();
        let layer = layer.throttle(FailureThrottle::new().unwrap());
        let service = layer.layer(Probe::new());
        let log_in = |user: &str, password: &str| {
            let ask = from(get("/").basic(user, password), HOME);
            let response = run(service.clone().oneshot(ask.into_request())).unwrap();
            response.status().as_u16()
        };
        let mut judged = 0;
        for number in 0..500_u32 {
            let spelled = "mallorymallory".char_indices();
            let spelled = spelled.map(|(at, char)| match number >> at & 1 {
                0 => char,
                _ => char.to_ascii_uppercase(),
            });
            let spelled: String = spelled.collect();
            if with_errors {
                judged += usize::from(log_in(&spelled, &format!("typo{number}")) == 401);
            }
            log_in(&spelled, "mine");
            judged += usize::from(log_in(&format!("victim{number}"), "123456") == 401);
        }
        // A login that is under way takes an attempt of the line, too; errors at the own account come back once each.
        assert!((49..=55).contains(&judged), "{judged}, {with_errors}");
    }
}
