//! What a refused client is told, and when strangers are stopped.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tower_challenge::ClaimedAccount;
use tower_challenge::RequestHead;
use tower_challenge::client::{Client, ClientResolver};

use crate::support::{Kind, PASSWORD, USER, WRONG, get};
use crate::{DAY, ELSEWHERE, Gate, HOME, HOUR, from, unfamiliar};

#[test]
fn a125_while_an_account_is_shut_the_right_password_gets_the_answer_of_a_wrong_one() {
    let gate = Gate::new(&[Kind::Basic, Kind::Digest]);
    assert_eq!(gate.guess_from(USER, unfamiliar), 20);
    assert_eq!(
        gate.guess_from("nobody-has-this-name", |number| unfamiliar(number + 100)),
        20
    );
    let shown = |user: &str, password: &str| {
        let ask = get("/").basic(user, password);
        let answer = gate.ask(ask, HOME).is_throttled();
        assert_eq!(answer.verified, [""; 0], "the password is not looked at");
        (
            answer.status,
            answer.headers,
            answer.body,
            answer.heard[0].text,
        )
    };
    let wrong = shown(USER, WRONG);
    assert_eq!(shown(USER, PASSWORD), wrong);
    let unknown = shown("nobody-has-this-name", WRONG);
    assert_eq!(unknown, wrong, "nor does it tell which accounts exist");
}

#[test]
fn a130_retry_after_is_whole_seconds_rounded_up_and_true() {
    let gate = Gate::new(&[Kind::Basic]);
    let told = |gate: &Gate| {
        let answer = gate.ask(get("/").basic(USER, WRONG), HOME).is_throttled();
        assert!(answer.body.is_empty(), "no reason is given");
        let value = answer.header("retry-after").unwrap().to_owned();
        assert!(value.bytes().all(|it| it.is_ascii_digit()), "{value}");
        value.parse::<u32>().unwrap()
    };
    assert_eq!(gate.guess_from(USER, unfamiliar), 20);
    for _ in 0..3 {
        assert_eq!(told(&gate), 86_400);
        gate.pass(Duration::from_millis(1));
        assert_eq!(told(&gate), 86_400, "rounded up");
        gate.pass(DAY - Duration::from_millis(2));
        assert_eq!(told(&gate), 1, "1 at least");
        gate.clock.step_wall(SystemTime::UNIX_EPOCH);
        assert_eq!(told(&gate), 1, "whatever the wall clock shows");
        gate.pass(Duration::from_millis(1));
        assert_eq!(gate.wrong(USER, HOME), 401, "one more guess");
    }
}

/// Guesses four times a day for a year, until 100 were judged; the stop is told at the last.
fn stopped(gate: &Gate) {
    let judged = (0..4 * 365).filter(|hour| {
        gate.pass(HOUR * 6);
        gate.wrong("MUFASA", &unfamiliar(*hour)) == 401
    });
    assert_eq!(judged.count(), 100, "and no more in a year");
}

fn client(peer: &str) -> Client {
    let request = from(get("/"), peer).into_request();
    ClientResolver::by_connection().find(&RequestHead::of(&request))
}

#[test]
fn after_a_hundred_failures_unfamiliar_are_stopped_until_the_owner_is_seen() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    let gate = Gate::tuned(&[Kind::Basic], move |it| {
        it.on_lockout(move |account| listener.lock().unwrap().push(account.name().to_owned()))
            .familiar(20, HOUR, DAY * 1000)
    });
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    stopped(&gate);
    assert_eq!(*heard.lock().unwrap(), ["MUFASA"]);
    let answer = gate.ask(get("/").basic(USER, PASSWORD), ELSEWHERE);
    let told = answer
        .is_throttled()
        .header("retry-after")
        .unwrap()
        .to_owned();
    assert_eq!(told, "86400", "it does not say that no time ends it");
    assert_eq!(
        gate.basic(USER, PASSWORD, HOME),
        200,
        "the owner at a known place"
    );
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200, "which ends it");
}

#[test]
fn the_operator_hears_when_unfamiliar_have_used_up_their_failures() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    let gate = Gate::tuned(&[Kind::Basic], move |it| {
        it.on_exhausted(move |account| listener.lock().unwrap().push(account.name().to_owned()))
    });
    assert!((0..19).all(|number| gate.wrong(USER, &unfamiliar(number)) == 401));
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
    assert!(heard.lock().unwrap().is_empty(), "a success is no failure");
    assert_eq!(gate.guess_from(USER, |number| unfamiliar(number + 20)), 1);
    assert_eq!(*heard.lock().unwrap(), [USER]);
}

#[test]
fn an_operator_or_a_mailed_link_ends_a_stop() {
    let gate = Gate::new(&[Kind::Basic]);
    stopped(&gate);
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 429);
    let vouched = gate
        .throttle
        .mark_familiar(&ClaimedAccount::new(USER), &client(ELSEWHERE));
    vouched.try_now().unwrap().unwrap();
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
    assert_eq!(
        gate.guess_from(USER, unfamiliar),
        20,
        "a year's rest, and no stop"
    );
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200, "a known place");

    let gate = Gate::new(&[Kind::Basic]);
    stopped(&gate);
    let released = gate.throttle.unlock(&ClaimedAccount::new("Mufasa"));
    released.try_now().unwrap().unwrap();
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
    assert_eq!(gate.guess_from(USER, unfamiliar), 20, "from the start");
    let released = gate.throttle.unlock(&ClaimedAccount::new("MUFASA"));
    released.try_now().unwrap().unwrap();
    assert_eq!(gate.guess_from(USER, |number| unfamiliar(number + 500)), 20);
}

/// An operator who releases the account of an owner whose address is full has to vouch instead.
#[test]
fn a_release_leaves_the_line_and_the_subnet_as_they_are() {
    let gate = Gate::new(&[Kind::Basic]);
    assert!((0..50).all(|number| gate.wrong(&format!("user{number}"), ELSEWHERE) == 401));
    assert_eq!(gate.guess_from(USER, unfamiliar), 20);
    let released = gate.throttle.unlock(&ClaimedAccount::new(USER));
    released.try_now().unwrap().unwrap();
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 429, "the line");
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200, "the account is free");

    let mark_familiar = |name: &str| {
        let vouched = gate
            .throttle
            .mark_familiar(&ClaimedAccount::new(name), &client(ELSEWHERE));
        vouched.try_now().unwrap().unwrap();
    };
    mark_familiar(&USER.to_uppercase());
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 429, "another name");
    mark_familiar(USER);
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
}

#[test]
fn a_stopped_client_is_told_a_day_which_is_no_promise() {
    let gate = Gate::new(&[Kind::Basic]);
    stopped(&gate);
    for _ in 0..3 {
        let answer = gate.ask(get("/").basic(USER, PASSWORD), ELSEWHERE);
        assert_eq!(answer.is_throttled().header("retry-after"), Some("86400"));
        gate.pass(DAY);
    }
}

#[test]
fn rest_of_two_days_for_each_failure_begins_the_count_again() {
    for (days, granted) in [(19, 1), (20, 11)] {
        let gate = Gate::tuned(&[Kind::Basic], |it| it.lockout_after(11));
        assert!((0..10).all(|number| gate.wrong(USER, &unfamiliar(number)) == 401));
        gate.pass(DAY * days);
        let judged = gate.guess_from(USER, |number| unfamiliar(number + 100));
        assert_eq!(judged, granted, "after {days} days");
    }
}

#[test]
fn the_hundredth_attempt_may_be_the_right_one() {
    let heard = Arc::new(Mutex::new(0));
    let listener = Arc::clone(&heard);
    let gate = Gate::tuned(&[Kind::Basic], move |it| {
        let it = it.on_lockout(move |_| *listener.lock().unwrap() += 1);
        it.lockout_after(3)
    });
    assert_eq!(gate.wrong(USER, HOME), 401);
    assert_eq!(gate.wrong(USER, HOME), 401);
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
    assert_eq!(*heard.lock().unwrap(), 0, "strangers are not stopped");
    assert_eq!(gate.guess_from(USER, unfamiliar), 3);
    assert_eq!(*heard.lock().unwrap(), 1);
}

#[test]
fn a_listener_that_panics_changes_no_answer() {
    let gate = Gate::tuned(&[Kind::Basic], |it| {
        it.on_lockout(|_| panic!("of the test")).lockout_after(3)
    });
    assert_eq!(
        gate.guess_from(USER, unfamiliar),
        3,
        "the third is as wrong as any other"
    );
    gate.pass(DAY * 50);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 429, "and stopped");
}
