//! Checks familiar locations, and the end of a lockout.

use super::ask::{TestAccount, TestNetwork, limits};
use super::backend::ThrottleBackend;
use crate::store::conformance::random::new_key;
use crate::store::{FamiliarLimit, Settlement, ThrottleDecision, UnfamiliarLimit};

/// Checks that a location where the account has logged in has failures of its own, and that no other budget counts its
/// attempts. Once these failures are exhausted, it must count as an unfamiliar location. A success there must return
/// one failure for each period.
///
/// # Panics
///
/// Panics if the location has more or fewer failures, or if another location has them.
pub fn a_familiar_location_has_its_own_budget<B: ThrottleBackend>(backend: &B) {
    let account = TestAccount::new(backend, limits(backend, 2));
    let (at_home, elsewhere) = (
        account.at(TestNetwork::new()),
        account.at(TestNetwork::new()),
    );
    at_home.log_in(1, "a first login");
    account.exhaust(100);
    elsewhere.must_wait(1, "the right password from elsewhere");
    for _ in 0..5 {
        at_home.must_be_admitted(7, "one password, many times");
    }
    at_home.log_in(1, "the owner at home");
    for tag in 8..=9 {
        at_home.must_be_admitted(tag, "within the three at home");
    }
    at_home.must_wait(10, "a fourth failure at home");
    backend.pass(backend.unit() * 2 + backend.unit() / 2);
    at_home.must_be_counted(10, "time alone: an unfamiliar attempt");
    at_home.log_in(1, "the owner, after the location was exhausted");
    for tag in 20..22 {
        at_home.must_be_admitted(tag, "two periods and a success return two failures");
    }
    at_home.must_not_be_admitted(22, "two periods return two failures: a third");
}

/// Checks that the store returns no failure to a familiar location when an attempt is undone that the location did not
/// admit, even if the same password was tried there before.
///
/// # Panics
///
/// Panics if the location has a failure left.
pub fn an_unfamiliar_attempt_is_not_undone_at_a_familiar_location<B: ThrottleBackend>(backend: &B) {
    let at_home = TestAccount::new(backend, limits(backend, 2)).at(TestNetwork::new());
    at_home.log_in(1, "a first login");
    for tag in 7..10 {
        at_home.must_be_admitted(tag, "the three at home");
    }
    let receipt = at_home.must_be_counted(7, "an attempt that counts as unfamiliar");
    at_home.settle(7, Settlement::Undone(receipt));
    let what = "a fourth password at home, after an unfamiliar attempt was undone";
    at_home.must_be_counted(10, what);
}

/// Checks that a location stays familiar for the time in the limits, and only under the spelling with which the owner
/// logged in there.
///
/// # Panics
///
/// Panics if the location stays familiar for longer, or under another spelling.
pub fn a_location_stays_familiar_for_its_time<B: ThrottleBackend>(backend: &B) {
    let limit = FamiliarLimit::new(3, backend.unit(), backend.unit() * 4);
    let limits = limits(backend, 60).familiar(limit);
    let (unfamiliar, home) = (new_key(), TestNetwork::new());
    let at_home = TestAccount::spelled(backend, limits, unfamiliar).at(home);
    let spelled_otherwise = TestAccount::spelled(backend, limits, unfamiliar).at(home);
    at_home.log_in(1, "a first login");
    for _ in 0..3 {
        backend.pass(backend.unit() * 3);
        at_home.log_in(1, "a login within the time");
        at_home.must_be_admitted(2, "a familiar location");
        spelled_otherwise.must_not_be_admitted(3, "under another spelling");
    }
    backend.pass(backend.unit() * 5);
    at_home.must_be_counted(4, "a location that was familiar once");
}

/// Checks that a lockout refuses unfamiliar locations for good, while familiar locations go on. A success at a familiar
/// location must end it, and so must [`MarkFamiliar`](Settlement::MarkFamiliar) and [`Unlock`](Settlement::Unlock).
/// Time must not end it.
///
/// # Panics
///
/// Panics if time ends the lockout, or if one of the three does not.
pub fn a_login_a_mark_or_an_unlock_ends_a_lockout<B: ThrottleBackend>(backend: &B) {
    for ending in 0..3 {
        let unfamiliar = UnfamiliarLimit::new(3, backend.unit(), 3).lockout_after(5);
        let limits = limits(backend, 3).unfamiliar(unfamiliar);
        let account = TestAccount::new(backend, limits);
        let (at_home, elsewhere) = (
            account.at(TestNetwork::new()),
            account.at(TestNetwork::new()),
        );
        at_home.log_in(1, "a first login");
        for tag in 100..105 {
            let receipt = account.must_be_counted(tag, "before the lockout");
            let is_reported = receipt.locks_out() == (tag == 104);
            assert!(is_reported, "the fifth failure begins a lockout");
            backend.pass(backend.unit() + backend.unit() / 4);
        }
        for _ in 0..3 {
            account.must_be(ThrottleDecision::LockedOut, 200, "in a lockout");
            backend.pass(backend.unit() * 20);
        }
        at_home.must_be_admitted(2, "a familiar location in a lockout");
        match ending {
            0 => at_home.log_in(1, "the owner at home"),
            1 => elsewhere.settle(0, Settlement::MarkFamiliar),
            _ => account.settle(0, Settlement::Unlock),
        }
        account.must_be_counted(200, "after the end of a lockout");
        if ending == 1 {
            elsewhere.must_be_admitted(0, "a location that was marked familiar");
        }
    }
}

/// Checks that two periods of rest for each failure reset the count towards a lockout, and that less rest does not.
///
/// # Panics
///
/// Panics if the store resets the count earlier, or never.
pub fn rest_resets_the_count_towards_a_lockout<B: ThrottleBackend>(backend: &B) {
    let unfamiliar = UnfamiliarLimit::new(2, backend.unit(), 2).lockout_after(3);
    let limits = limits(backend, 2).unfamiliar(unfamiliar);
    for (rest, locks_out) in [(3, true), (5, false)] {
        let account = TestAccount::new(backend, limits);
        account.exhaust(0);
        backend.pass(backend.unit() * rest);
        let third = account.must_be_counted(100, "after a rest");
        let what = "two failures and a rest: whether the third begins a lockout";
        assert!(third.locks_out() == locks_out, "{what} must be {locks_out}");
    }
}

/// Checks that an unlock forgets the failures of unfamiliar locations at the account, and at no other account.
///
/// # Panics
///
/// Panics if the store does not forget them, or if it forgets failures at another account.
pub fn an_unlock_forgets_the_failures_of_one_account<B: ThrottleBackend>(backend: &B) {
    let account = TestAccount::new(backend, limits(backend, 3));
    let other = TestAccount::new(backend, limits(backend, 3));
    account.exhaust(0);
    other.exhaust(0);
    account.settle(0, Settlement::Unlock);
    account.exhaust(100);
    other.must_wait(100, "another account, after an unlock");
}
