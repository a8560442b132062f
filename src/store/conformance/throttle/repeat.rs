//! The same password again, and attempts that are given back.

use super::ask::{TestAccount, TestNetwork, limits};
use super::backend::ThrottleBackend;
use crate::store::{NetworkLimit, Settlement, ThrottleDecision, UnfamiliarLimit};

/// The same password again is let through, and is not counted again at the account; the line counts it.
///
/// # Panics
///
/// Panics if the account counts it, or the line does not.
pub fn a_repeat_is_counted_once<B: ThrottleBackend>(backend: &B) {
    let limits = limits(backend, 3).subscriber(NetworkLimit::new(10, backend.unit()));
    let account = TestAccount::new(backend, limits);
    let on_a_subscriber = account.at(TestNetwork::new());
    on_a_subscriber.must_be_counted(7, "a password");
    for _ in 0..9 {
        on_a_subscriber.must_be(ThrottleDecision::Repeated, 7, "the same password");
    }
    on_a_subscriber.must_wait(7, "a line at its limit");
    account.must_have_left(2, "a password that came ten times is one failure");
}

/// A full account refuses repeats, too. Otherwise it would tell, without limit, which passwords its owner has mistyped.
///
/// # Panics
///
/// Panics if a repeat is let through.
pub fn a_full_account_refuses_repeats<B: ThrottleBackend>(backend: &B) {
    let account = TestAccount::new(backend, limits(backend, 3));
    account.use_up(0);
    for tag in 0..6 {
        account.must_wait(tag, "any password at a full account");
    }
}

/// An attempt that is given back was none; a right one is given back as well, and clears no other.
///
/// # Panics
///
/// Panics if an attempt is lost, or one too many is given back.
pub fn what_is_given_back_was_none<B: ThrottleBackend>(backend: &B) {
    let settlements = [Settlement::Success, Settlement::Undone];
    for (settlement, number) in settlements
        .iter()
        .flat_map(|settle| (0..3).map(move |at| (settle, at)))
    {
        let account = TestAccount::new(backend, limits(backend, 3));
        let receipts = account.use_up(0);
        let tag = u32::try_from(number).unwrap_or_default();
        account.settle(tag, settlement(receipts[number]));
        account.must_be_counted(100, "the attempt that was given back");
        account.must_wait(101, "an account after one was given back");
        account.settle(tag, settlement(receipts[number]));
        account.must_wait(102, "an account after one was given back twice");
    }
    let account = TestAccount::new(backend, limits(backend, 3));
    for _ in 0..100 {
        let receipt = account.must_be_counted(1, "one of many given back");
        account.settle(1, Settlement::Undone(receipt));
    }
    account.use_up(0);
    let unfamiliar = UnfamiliarLimit::new(3, backend.unit(), 3).lockout_after(3);
    let limits = limits(backend, 3).unfamiliar(unfamiliar);
    let account = TestAccount::new(backend, limits);
    for _ in 0..5 {
        let receipt = account.must_be_counted(1, "no failure before a stop");
        account.settle(1, Settlement::Undone(receipt));
    }
    account.use_up(0);
}

/// An attempt that another request has joined, with the same password, stays counted when it is undone: the other may have
/// had the password compared.
///
/// # Panics
///
/// Panics if it is given back.
pub fn a_joined_attempt_is_not_undone<B: ThrottleBackend>(backend: &B) {
    for first_is_undone in [true, false] {
        let account = TestAccount::new(backend, limits(backend, 2));
        let first = account.must_be_counted(7, "a password");
        let second = account.must_be(ThrottleDecision::Repeated, 7, "a repeat");
        let undone = if first_is_undone { first } else { second };
        account.settle(7, Settlement::Undone(undone));
        account.must_have_left(1, "a repeat joined, then undone");
    }
    joined_at_a_known_location(backend);
}

/// A repeat that is undone takes nothing back: the attempt of its password may belong to a request that came later.
///
/// # Panics
///
/// Panics if the later attempt is given back.
pub fn a_repeat_undone_takes_nothing_back<B: ThrottleBackend>(backend: &B) {
    let account = TestAccount::new(backend, limits(backend, 2));
    account.must_be_counted(7, "a password");
    backend.pass(backend.unit() / 2);
    let again = account.must_be(ThrottleDecision::Repeated, 7, "a repeat");
    backend.pass(backend.unit() * 3 / 4);
    account.must_be_counted(7, "the password, forgiven meanwhile");
    account.settle(7, Settlement::Undone(again));
    account.must_have_left(1, "a repeat was undone");
}

fn joined_at_a_known_location<B: ThrottleBackend>(backend: &B) {
    let at_home = TestAccount::new(backend, limits(backend, 1)).at(TestNetwork::new());
    at_home.log_in(1, "a first login");
    let first = at_home.must_be_admitted(7, "a password at a known place");
    at_home.must_be_admitted(7, "a repeat there");
    at_home.settle(7, Settlement::Undone(first));
    for tag in 100..102 {
        at_home.must_be_admitted(tag, "what is left there");
    }
    at_home.must_not_be_admitted(102, "a repeat joined, then undone: one more there");
}

/// An attempt that is undone a whole period late takes nothing back: by then the password may be counted for another.
///
/// # Panics
///
/// Panics if it does.
pub fn an_attempt_undone_late_takes_nothing_back<B: ThrottleBackend>(backend: &B) {
    let few = NetworkLimit::new(2, backend.unit());
    let limits = limits(backend, 2).subscriber(few).subnet(few);
    let account = TestAccount::new(backend, limits);
    let on_a_subscriber = account.at(TestNetwork::new());
    let early = on_a_subscriber.must_be_counted(7, "a password");
    backend.pass(backend.unit() + backend.unit() / 10);
    on_a_subscriber.must_be_counted(7, "the same password, after the first was forgiven");
    on_a_subscriber.must_be_counted(8, "another password");
    on_a_subscriber.settle(7, Settlement::Undone(early));
    on_a_subscriber.must_wait(9, "after an attempt undone late");
    account.must_wait(10, "an attempt undone late: none must be left");
    let wide = limits.unfamiliar(UnfamiliarLimit::new(60, backend.unit(), 60));
    let on_a_subscriber = TestAccount::new(backend, wide).at(TestNetwork::new());
    let early = on_a_subscriber.must_be_counted(7, "an attempt from a line");
    backend.pass(backend.unit() * 3);
    for tag in 8..=9 {
        on_a_subscriber.must_be_counted(tag, "the line, after the first was forgiven");
    }
    on_a_subscriber.settle(7, Settlement::Undone(early));
    on_a_subscriber.must_wait(10, "a line after an attempt undone late");
}
