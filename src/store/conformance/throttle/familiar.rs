//! Known places, and how a stop ends.

use super::ask::{TestAccount, TestNetwork, limits};
use super::backend::ThrottleBackend;
use crate::store::conformance::random::new_key;
use crate::store::{FamiliarLimit, Settlement, ThrottleDecision, UnfamiliarLimit};

/// A place where the account was used has failures of its own, asks no other budget, and is a stranger once they are used
/// up. A success there gives back one for each period.
///
/// # Panics
///
/// Panics if it has more or fewer, or if another place has them.
pub fn a_known_location_has_its_own_budget<B: ThrottleBackend>(backend: &B) {
    let account = TestAccount::new(backend, limits(backend, 2));
    let (at_home, elsewhere) = (
        account.at(TestNetwork::new()),
        account.at(TestNetwork::new()),
    );
    at_home.log_in(1, "a first login");
    account.use_up(100);
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
    at_home.must_be_counted(10, "time alone: a stranger's attempt");
    at_home.log_in(1, "the owner, as a stranger");
    for tag in 20..22 {
        at_home.must_be_admitted(tag, "what time and a success give back together");
    }
    at_home.must_not_be_admitted(22, "two periods give back two failures: a third");
}

/// An attempt that a known place does not admit is a stranger's. When it is undone, the place gets nothing back, even if the
/// same password was tried there before.
///
/// # Panics
///
/// Panics if the place has a failure left.
pub fn an_unfamiliar_attempt_is_not_undone_at_a_known_location<B: ThrottleBackend>(backend: &B) {
    let at_home = TestAccount::new(backend, limits(backend, 2)).at(TestNetwork::new());
    at_home.log_in(1, "a first login");
    for tag in 7..10 {
        at_home.must_be_admitted(tag, "the three at home");
    }
    let receipt = at_home.must_be_counted(7, "a stranger's attempt");
    at_home.settle(7, Settlement::Undone(receipt));
    let what = "a fourth password at home, after a stranger's attempt was undone";
    at_home.must_be_counted(10, what);
}

/// A place is known for its time, and under the spelling under which the account was used there.
///
/// # Panics
///
/// Panics if it is known for longer, or under another spelling.
pub fn a_location_is_known_for_its_time<B: ThrottleBackend>(backend: &B) {
    let known = FamiliarLimit::new(3, backend.unit(), backend.unit() * 4);
    let limits = limits(backend, 60).familiar(known);
    let (unfamiliar, home) = (new_key(), TestNetwork::new());
    let at_home = TestAccount::spelled(backend, limits, unfamiliar).at(home);
    let spelled_otherwise = TestAccount::spelled(backend, limits, unfamiliar).at(home);
    at_home.log_in(1, "a first login");
    for _ in 0..3 {
        backend.pass(backend.unit() * 3);
        at_home.log_in(1, "a login within the time");
        at_home.must_be_admitted(2, "a known place");
        spelled_otherwise.must_not_be_admitted(3, "under another spelling");
    }
    backend.pass(backend.unit() * 5);
    at_home.must_be_counted(4, "a place that was known once");
}

/// At the stop strangers are refused for good, while known places go on. A success at a known place ends it, and so do
/// [`Vouch`](Settlement::MarkFamiliar) and [`Release`](Settlement::Unlock). Time does not.
///
/// # Panics
///
/// Panics if time ends it, or one of the three does not.
pub fn a_stop_has_three_endings<B: ThrottleBackend>(backend: &B) {
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
            let receipt = account.must_be_counted(tag, "before the stop");
            let as_told = receipt.locks_out() == (tag == 104);
            assert!(as_told, "the fifth stops strangers");
            backend.pass(backend.unit() + backend.unit() / 4);
        }
        for _ in 0..3 {
            account.must_be(ThrottleDecision::LockedOut, 200, "at the stop");
            backend.pass(backend.unit() * 20);
        }
        at_home.must_be_admitted(2, "a known place at the stop");
        match ending {
            0 => at_home.log_in(1, "the owner at home"),
            1 => elsewhere.settle(0, Settlement::MarkFamiliar),
            _ => account.settle(0, Settlement::Unlock),
        }
        account.must_be_counted(200, "after the end of a stop");
        if ending == 1 {
            elsewhere.must_be_admitted(0, "a place that was vouched for");
        }
    }
}

/// The failures before a stop are forgotten after two periods of rest for each of them, and no earlier.
///
/// # Panics
///
/// Panics if they are forgotten earlier, or never.
pub fn rest_forgets_what_leads_to_a_stop<B: ThrottleBackend>(backend: &B) {
    let unfamiliar = UnfamiliarLimit::new(2, backend.unit(), 2).lockout_after(3);
    let limits = limits(backend, 2).unfamiliar(unfamiliar);
    for (rest, locks_out) in [(3, true), (5, false)] {
        let account = TestAccount::new(backend, limits);
        account.use_up(0);
        backend.pass(backend.unit() * rest);
        let third = account.must_be_counted(100, "after a rest");
        let what = "two failures and a rest: whether the third stops";
        assert!(third.locks_out() == locks_out, "{what} must be {locks_out}");
    }
}

/// Release forgets what strangers have tried.
///
/// # Panics
///
/// Panics if it does not, or if it forgets what others have tried.
pub fn a_release_forgets_an_account<B: ThrottleBackend>(backend: &B) {
    let account = TestAccount::new(backend, limits(backend, 3));
    let other = TestAccount::new(backend, limits(backend, 3));
    account.use_up(0);
    other.use_up(0);
    account.settle(0, Settlement::Unlock);
    account.use_up(100);
    other.must_wait(100, "another account, after a release");
}
