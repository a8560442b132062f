//! Tests the answer to a refused client, and the lockout.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tower_challenge::ClaimedAccount;
use tower_challenge::RequestHead;
use tower_challenge::client::{Client, ClientResolver};

use crate::support::{Kind, PASSWORD, USER, WRONG, get};
use crate::{DAY, ELSEWHERE, HOME, HOUR, ThrottledServer, from, unfamiliar_address};

#[test]
fn a125_an_exhausted_account_answers_the_right_password_as_a_wrong_one() {
    let server = ThrottledServer::new(&[Kind::Basic, Kind::Digest]);
    assert_eq!(server.guess_from_many(USER, unfamiliar_address), 20);
    assert_eq!(
        server.guess_from_many("nobody-has-this-name", |number| unfamiliar_address(
            number + 100
        )),
        20
    );
    let shown = |user: &str, password: &str| {
        let ask = get("/").basic(user, password);
        let answer = server.ask(ask, HOME).is_throttled();
        assert_eq!(
            answer.verified, [""; 0],
            "the verifier does not see the password"
        );
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
    assert_eq!(
        unknown, wrong,
        "the answer does not tell which accounts exist"
    );
}

#[test]
fn a130_retry_after_has_whole_seconds_rounded_up_and_is_correct() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    let retry_after = |server: &ThrottledServer| {
        let answer = server.ask(get("/").basic(USER, WRONG), HOME).is_throttled();
        assert!(answer.body.is_empty(), "the body gives no reason");
        let value = answer.header("retry-after").unwrap().to_owned();
        assert!(value.bytes().all(|byte| byte.is_ascii_digit()), "{value}");
        value.parse::<u32>().unwrap()
    };
    assert_eq!(server.guess_from_many(USER, unfamiliar_address), 20);
    for _ in 0..3 {
        assert_eq!(retry_after(&server), 86_400);
        server.pass(Duration::from_millis(1));
        assert_eq!(retry_after(&server), 86_400, "rounded up");
        server.pass(DAY - Duration::from_millis(2));
        assert_eq!(retry_after(&server), 1, "at least 1");
        server.clock.step_wall(SystemTime::UNIX_EPOCH);
        assert_eq!(
            retry_after(&server),
            1,
            "a step of the wall clock changes nothing"
        );
        server.pass(Duration::from_millis(1));
        assert_eq!(server.guess_once(USER, HOME), 401, "one more guess");
    }
}

/// Guesses four times a day for a year. The 100th guess that the server compares begins the lockout.
fn lock_out(server: &ThrottledServer) {
    let judged = (0..4 * 365).filter(|hour| {
        server.pass(HOUR * 6);
        server.guess_once("MUFASA", &unfamiliar_address(*hour)) == 401
    });
    assert_eq!(judged.count(), 100, "the server compares no more in a year");
}

fn client(peer: &str) -> Client {
    let request = from(get("/"), peer).into_request();
    ClientResolver::by_connection().find(&RequestHead::of(&request))
}

#[test]
fn a_hundred_failures_begin_a_lockout_until_the_owner_logs_in() {
    let reported = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&reported);
    let server = ThrottledServer::tuned(&[Kind::Basic], move |throttle| {
        throttle
            .on_lockout(move |account| listener.lock().unwrap().push(account.name().to_owned()))
            .familiar(20, HOUR, DAY * 1000)
    });
    assert_eq!(server.basic(USER, PASSWORD, HOME), 200);
    lock_out(&server);
    assert_eq!(*reported.lock().unwrap(), ["MUFASA"]);
    let answer = server.ask(get("/").basic(USER, PASSWORD), ELSEWHERE);
    let retry_after = answer
        .is_throttled()
        .header("retry-after")
        .unwrap()
        .to_owned();
    assert_eq!(
        retry_after, "86400",
        "the answer does not tell that time does not end the lockout"
    );
    assert_eq!(
        server.basic(USER, PASSWORD, HOME),
        200,
        "the owner at a familiar location"
    );
    assert_eq!(
        server.basic(USER, PASSWORD, ELSEWHERE),
        200,
        "that login ended the lockout"
    );
}

#[test]
fn the_listener_is_called_when_unfamiliar_locations_are_exhausted() {
    let reported = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&reported);
    let server = ThrottledServer::tuned(&[Kind::Basic], move |throttle| {
        throttle
            .on_exhausted(move |account| listener.lock().unwrap().push(account.name().to_owned()))
    });
    assert!((0..19).all(|number| server.guess_once(USER, &unfamiliar_address(number)) == 401));
    assert_eq!(server.basic(USER, PASSWORD, ELSEWHERE), 200);
    assert!(
        reported.lock().unwrap().is_empty(),
        "a success is no failure"
    );
    assert_eq!(
        server.guess_from_many(USER, |number| unfamiliar_address(number + 20)),
        1
    );
    assert_eq!(*reported.lock().unwrap(), [USER]);
}

#[test]
fn an_operator_or_a_mailed_link_ends_a_lockout() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    lock_out(&server);
    assert_eq!(server.basic(USER, PASSWORD, ELSEWHERE), 429);
    let marked = server
        .throttle
        .mark_familiar(&ClaimedAccount::new(USER), &client(ELSEWHERE));
    marked.try_now().unwrap().unwrap();
    assert_eq!(server.basic(USER, PASSWORD, ELSEWHERE), 200);
    assert_eq!(
        server.guess_from_many(USER, unfamiliar_address),
        20,
        "after a year's rest the count is at 0, and there is no lockout"
    );
    assert_eq!(
        server.basic(USER, PASSWORD, ELSEWHERE),
        200,
        "a familiar location"
    );

    let server = ThrottledServer::new(&[Kind::Basic]);
    lock_out(&server);
    let unlocked = server.throttle.unlock(&ClaimedAccount::new("Mufasa"));
    unlocked.try_now().unwrap().unwrap();
    assert_eq!(server.basic(USER, PASSWORD, ELSEWHERE), 200);
    assert_eq!(
        server.guess_from_many(USER, unfamiliar_address),
        20,
        "all 20 failures are back"
    );
    let unlocked = server.throttle.unlock(&ClaimedAccount::new("MUFASA"));
    unlocked.try_now().unwrap().unwrap();
    assert_eq!(
        server.guess_from_many(USER, |number| unfamiliar_address(number + 500)),
        20
    );
}

/// If the budget of the owner's address is exhausted, unlocking the account does not help. The operator has to mark the
/// address as familiar.
#[test]
fn unlocking_an_account_does_not_change_the_budgets_of_subscriber_and_subnet() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    assert!((0..50).all(|number| server.guess_once(&format!("user{number}"), ELSEWHERE) == 401));
    assert_eq!(server.guess_from_many(USER, unfamiliar_address), 20);
    let unlocked = server.throttle.unlock(&ClaimedAccount::new(USER));
    unlocked.try_now().unwrap().unwrap();
    assert_eq!(
        server.basic(USER, PASSWORD, ELSEWHERE),
        429,
        "the subscriber is exhausted"
    );
    assert_eq!(
        server.basic(USER, PASSWORD, HOME),
        200,
        "the account is unlocked"
    );

    let mark_familiar = |name: &str| {
        let marked = server
            .throttle
            .mark_familiar(&ClaimedAccount::new(name), &client(ELSEWHERE));
        marked.try_now().unwrap().unwrap();
    };
    mark_familiar(&USER.to_uppercase());
    assert_eq!(
        server.basic(USER, PASSWORD, ELSEWHERE),
        429,
        "the mark is for another spelling"
    );
    mark_familiar(USER);
    assert_eq!(server.basic(USER, PASSWORD, ELSEWHERE), 200);
}

#[test]
fn a_locked_out_client_gets_a_day_in_retry_after_each_time() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    lock_out(&server);
    for _ in 0..3 {
        let answer = server.ask(get("/").basic(USER, PASSWORD), ELSEWHERE);
        assert_eq!(answer.is_throttled().header("retry-after"), Some("86400"));
        server.pass(DAY);
    }
}

#[test]
fn rest_of_two_days_for_each_failure_resets_the_count() {
    for (days, granted) in [(19, 1), (20, 11)] {
        let server = ThrottledServer::tuned(&[Kind::Basic], |throttle| throttle.lockout_after(11));
        assert!((0..10).all(|number| server.guess_once(USER, &unfamiliar_address(number)) == 401));
        server.pass(DAY * days);
        let judged = server.guess_from_many(USER, |number| unfamiliar_address(number + 100));
        assert_eq!(judged, granted, "after {days} days");
    }
}

#[test]
fn a_success_at_the_last_attempt_begins_no_lockout() {
    let reported = Arc::new(Mutex::new(0));
    let listener = Arc::clone(&reported);
    let server = ThrottledServer::tuned(&[Kind::Basic], move |throttle| {
        let throttle = throttle.on_lockout(move |_| *listener.lock().unwrap() += 1);
        throttle.lockout_after(3)
    });
    assert_eq!(server.guess_once(USER, HOME), 401);
    assert_eq!(server.guess_once(USER, HOME), 401);
    assert_eq!(server.basic(USER, PASSWORD, ELSEWHERE), 200);
    assert_eq!(*reported.lock().unwrap(), 0, "no lockout begins");
    assert_eq!(server.guess_from_many(USER, unfamiliar_address), 3);
    assert_eq!(*reported.lock().unwrap(), 1);
}

#[test]
fn a_listener_that_panics_changes_no_answer() {
    let server = ThrottledServer::tuned(&[Kind::Basic], |throttle| {
        throttle
            .on_lockout(|_| panic!("on purpose"))
            .lockout_after(3)
    });
    assert_eq!(
        server.guess_from_many(USER, unfamiliar_address),
        3,
        "the third guess is answered as the others"
    );
    server.pass(DAY * 50);
    assert_eq!(
        server.basic(USER, PASSWORD, HOME),
        429,
        "the account is locked out"
    );
}
