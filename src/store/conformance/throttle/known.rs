//! Known places, and how a stop ends.

use super::ask::{Account, Network, limits};
use super::backend::ThrottleBackend;
use crate::store::conformance::random::Random;
use crate::store::{KnownPlaces, Settlement, Strangers, ThrottleDecision};

/// A place where the account was used has failures of its own, asks no other budget, and is a stranger once they are used
/// up. A success there gives back one for each period.
///
/// # Panics
///
/// Panics if it has more or fewer, or if another place has them.
pub fn a_known_place_has_its_own_budget<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let account = Account::new(backend, limits(backend, 2), &mut random);
    let (home, away) = (Network::new(&mut random), Network::new(&mut random));
    account.log_in(1, &home, "a first login");
    account.use_up(100);
    account.must_wait(
        &account.attempt_from(1, &away),
        "the right password from elsewhere",
    );
    for _ in 0..5 {
        account.must_be_admitted(&account.attempt_from(7, &home), "one password, many times");
    }
    account.log_in(1, &home, "the owner at home");
    for tag in 8..=9 {
        account.must_be_admitted(
            &account.attempt_from(tag, &home),
            "within the three at home",
        );
    }
    account.must_wait(&account.attempt_from(10, &home), "a fourth failure at home");
    backend.pass(backend.unit() * 2 + backend.unit() / 2);
    account.must_be_counted(
        &account.attempt_from(10, &home),
        "time alone: a stranger's attempt",
    );
    account.log_in(1, &home, "the owner, as a stranger");
    for tag in 20..22 {
        let what = "what time and a success give back together";
        account.must_be_admitted(&account.attempt_from(tag, &home), what);
    }
    let next = account.reserve(&account.attempt_from(22, &home)).decision();
    assert!(
        next != ThrottleDecision::Admitted,
        "two periods give back two failures, not three"
    );
}

/// An attempt that a known place does not admit is a stranger's. When it is undone, the place gets nothing back, even if the
/// same password was tried there before.
///
/// # Panics
///
/// Panics if the place has a failure left.
pub fn a_strangers_attempt_is_not_undone_at_a_known_place<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let account = Account::new(backend, limits(backend, 2), &mut random);
    let home = Network::new(&mut random);
    account.log_in(1, &home, "a first login");
    for tag in 7..10 {
        account.must_be_admitted(&account.attempt_from(tag, &home), "the three at home");
    }
    let repeat = account.attempt_from(7, &home);
    let receipt = account.must_be_counted(&repeat, "a stranger's attempt");
    account.settle(&repeat, Settlement::Undone(receipt));
    account.must_be_counted(
        &account.attempt_from(10, &home),
        "a fourth password at home, after a stranger's attempt was undone",
    );
}

/// A place is known for its time, and under the spelling under which the account was used there.
///
/// # Panics
///
/// Panics if it is known for longer, or under another spelling.
pub fn a_place_is_known_for_its_time<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let known = KnownPlaces::new(3, backend.unit(), backend.unit() * 4);
    let limits = limits(backend, 60).known(known);
    let (strangers, home) = (random.key(), Network::new(&mut random));
    let account = Account::with_keys(backend, limits, strangers, random.key());
    let spelled_otherwise = Account::with_keys(backend, limits, strangers, random.key());
    account.log_in(1, &home, "a first login");
    for _ in 0..3 {
        backend.pass(backend.unit() * 3);
        account.log_in(1, &home, "a login within the time");
        account.must_be_admitted(&account.attempt_from(2, &home), "a known place");
        let other = spelled_otherwise.attempt_from(3, &home);
        let decision = spelled_otherwise.reserve(&other).decision();
        let what = "under another spelling: must not be Admitted";
        assert!(decision != ThrottleDecision::Admitted, "{what}");
    }
    backend.pass(backend.unit() * 5);
    account.must_be_counted(
        &account.attempt_from(4, &home),
        "a place that was known once",
    );
}

/// At the stop strangers are refused for good, while known places go on. A success at a known place ends it, and so do
/// [`Vouch`](Settlement::Vouch) and [`Release`](Settlement::Release). Time does not.
///
/// # Panics
///
/// Panics if time ends it, or one of the three does not.
pub fn a_stop_has_three_endings<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    for ending in 0..3 {
        let strangers = Strangers::new(3, backend.unit(), 3).stop_after(5);
        let limits = limits(backend, 3).strangers(strangers);
        let account = Account::new(backend, limits, &mut random);
        let home = Network::new(&mut random);
        account.log_in(1, &home, "a first login");
        for tag in 100..105 {
            let receipt = account.must_be_counted(&account.attempt(tag), "before the stop");
            let stops = tag == 104;
            assert!(
                receipt.stops_strangers() == stops,
                "the fifth stops strangers"
            );
            backend.pass(backend.unit() + backend.unit() / 4);
        }
        for _ in 0..3 {
            account.must_be(
                ThrottleDecision::Stopped,
                &account.attempt(200),
                "at the stop",
            );
            backend.pass(backend.unit() * 20);
        }
        account.must_be_admitted(&account.attempt_from(2, &home), "a known place at the stop");
        let away = account.attempt_from(0, &Network::new(&mut random));
        match ending {
            0 => account.log_in(1, &home, "the owner at home"),
            1 => account.settle(&away, Settlement::Vouch),
            _ => account.settle(&account.attempt(0), Settlement::Release),
        }
        account.must_be_counted(&account.attempt(200), "after the end of a stop");
        if ending == 1 {
            account.must_be_admitted(&away, "a place that was vouched for");
        }
    }
}

/// The failures before a stop are forgotten after two periods of rest for each of them, and no earlier.
///
/// # Panics
///
/// Panics if they are forgotten earlier, or never.
pub fn rest_forgets_what_leads_to_a_stop<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let strangers = Strangers::new(2, backend.unit(), 2).stop_after(3);
    let limits = limits(backend, 2).strangers(strangers);
    for (rest, stops) in [(3, true), (5, false)] {
        let account = Account::new(backend, limits, &mut random);
        account.use_up(0);
        backend.pass(backend.unit() * rest);
        let third = account.must_be_counted(&account.attempt(100), "after a rest");
        let what = "two failures and a rest: whether the third stops";
        assert!(third.stops_strangers() == stops, "{what} must be {stops}");
    }
}

/// Release forgets what strangers have tried.
///
/// # Panics
///
/// Panics if it does not, or if it forgets what others have tried.
pub fn a_release_forgets_an_account<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let account = Account::new(backend, limits(backend, 3), &mut random);
    let other = Account::new(backend, limits(backend, 3), &mut random);
    account.use_up(0);
    other.use_up(0);
    account.settle(&account.attempt(0), Settlement::Release);
    account.use_up(100);
    other.must_wait(&other.attempt(100), "another account, after a release");
}
