//! What is told of an account that is shut, and when it is for good.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tower_challenge::Account;
use tower_challenge::store::Budget;

use crate::support::{Kind, PASSWORD, USER, WRONG, get};
use crate::{ELSEWHERE, Gate, HOME, SECOND, stranger};

#[test]
fn a125_while_an_account_is_shut_the_right_password_gets_the_answer_of_a_wrong_one() {
    let gate = Gate::new(&[Kind::Basic, Kind::Digest]);
    assert_eq!(gate.guess(USER, HOME), 5);
    assert_eq!(gate.guess("nobody-has-this-name", ELSEWHERE), 5);
    let shown = |user: &str, password: &str| {
        let answer = gate
            .ask(get("/").basic(user, password), HOME)
            .is_throttled();
        assert_eq!(answer.verified, [""; 0], "nobody looks");
        (
            answer.status,
            answer.headers,
            answer.body,
            answer.heard[0].reason,
        )
    };
    let wrong = shown(USER, WRONG);
    assert_eq!(shown(USER, PASSWORD), wrong);
    assert_eq!(
        shown("nobody-has-this-name", WRONG),
        wrong,
        "nor does it tell who exists"
    );
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
    assert_eq!(gate.guess(USER, HOME), 5);
    for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
        assert_eq!(told(&gate), seconds);
        gate.pass(Duration::from_millis(1));
        assert_eq!(told(&gate), seconds, "rounded up");
        gate.pass(SECOND * seconds - Duration::from_millis(2));
        assert_eq!(told(&gate), 1, "1 at least");
        gate.clock.step_wall(SystemTime::UNIX_EPOCH);
        assert_eq!(told(&gate), 1, "whatever the wall clock shows");
        gate.pass(Duration::from_millis(1));
        assert_eq!(gate.basic(USER, WRONG, HOME), 401, "one more guess");
    }
}

#[test]
fn after_a_hundred_failures_an_account_is_shut_to_strangers_for_good() {
    let stopped = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&stopped);
    let gate = Gate::tuned(&[Kind::Basic], move |it| {
        it.on_hard_stop(move |account| heard.lock().unwrap().push(account.name().to_owned()))
    });
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    let mut failures = 0;
    for number in 0..1000 {
        failures += u32::from(gate.basic("MUFASA", WRONG, &stranger(number)) == 401);
        assert_eq!(stopped.lock().unwrap().len(), usize::from(failures == 100));
        gate.pass(SECOND * 900);
    }
    assert_eq!(failures, 100, "and no more, however long they wait");
    assert_eq!(*stopped.lock().unwrap(), ["MUFASA"]);
    gate.pass(SECOND * 60 * 60 * 24 * 3);
    let answer = gate
        .ask(get("/").basic(USER, PASSWORD), ELSEWHERE)
        .is_throttled();
    assert_eq!(
        answer.header("retry-after"),
        Some("900"),
        "it does not say that it is for good"
    );
    assert_eq!(
        gate.basic(USER, PASSWORD, HOME),
        200,
        "the owner where they are known"
    );

    let released = gate.throttle.release(&Account::new("Mufasa")).try_now();
    released.unwrap().unwrap();
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
    assert_eq!(gate.guess(USER, &stranger(9999)), 5, "from the start");
}

#[test]
fn the_hundredth_attempt_may_be_the_right_one() {
    let told = Arc::new(AtomicUsize::new(0));
    let heard = Arc::clone(&told);
    let gate = Gate::tuned(&[Kind::Basic], move |it| {
        let it = it.on_hard_stop(move |_| {
            heard.fetch_add(1, Ordering::SeqCst);
        });
        it.account(Budget::failures(2).hard_stop(3))
    });
    assert_eq!(gate.guess(USER, HOME), 2);
    gate.pass(SECOND);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    assert_eq!(told.load(Ordering::SeqCst), 0, "nobody was locked out");
    assert_eq!(gate.guess(USER, ELSEWHERE), 2);
}

#[test]
fn a_listener_of_the_hard_stop_that_panics_is_nobodys_affair() {
    let gate = Gate::tuned(&[Kind::Basic], |it| {
        let it = it.on_hard_stop(|_| panic!("of the test"));
        it.account(Budget::failures(2).hard_stop(3))
    });
    assert_eq!(gate.guess(USER, HOME), 2);
    gate.pass(SECOND);
    assert_eq!(gate.basic(USER, WRONG, HOME), 401, "as wrong as any other");
    gate.pass(SECOND * 1000);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 429, "and shut for good");
}
