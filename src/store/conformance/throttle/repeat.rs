//! Checks repeats of a password, and attempts that are returned.

use super::ask::{TestAccount, TestNetwork, limits};
use super::backend::ThrottleBackend;
use crate::store::{NetworkLimit, Settlement, ThrottleDecision, UnfamiliarLimit};

/// Checks that the store lets a repeat of a password through. The account must not count it again, and the subscriber
/// must.
///
/// # Panics
///
/// Panics if the account counts it, or if the subscriber does not.
pub fn an_account_counts_a_repeated_password_once<B: ThrottleBackend>(backend: &B) {
    let limits = limits(backend, 3).subscriber(NetworkLimit::new(10, backend.unit()));
    let account = TestAccount::new(backend, limits);
    let on_a_subscriber = account.at(TestNetwork::new());
    on_a_subscriber.must_be_counted(7, "a password");
    for _ in 0..9 {
        on_a_subscriber.must_be(ThrottleDecision::Repeated, 7, "the same password");
    }
    on_a_subscriber.must_wait(7, "a subscriber at its limit");
    account.must_have_left(2, "ten attempts with one password are one failure");
}

/// Checks that an exhausted account refuses repeats too. Otherwise its answers would tell, without limit, which
/// passwords the owner has mistyped.
///
/// # Panics
///
/// Panics if the store lets a repeat through.
pub fn an_exhausted_account_refuses_repeats<B: ThrottleBackend>(backend: &B) {
    let account = TestAccount::new(backend, limits(backend, 3));
    account.exhaust(0);
    for tag in 0..6 {
        account.must_wait(tag, "any password at an exhausted account");
    }
}

/// Checks that an attempt which is undone or succeeds is returned, and that it returns no other attempt.
///
/// # Panics
///
/// Panics if an attempt is lost, or if the store returns one too many.
pub fn an_undone_or_successful_attempt_is_returned<B: ThrottleBackend>(backend: &B) {
    let settlements = [Settlement::Success, Settlement::Undone];
    for (settlement, number) in settlements
        .iter()
        .flat_map(|settle| (0..3).map(move |at| (settle, at)))
    {
        let account = TestAccount::new(backend, limits(backend, 3));
        let receipts = account.exhaust(0);
        let tag = u32::try_from(number).unwrap_or_default();
        account.settle(tag, settlement(receipts[number]));
        account.must_be_counted(100, "the attempt that was returned");
        account.must_wait(101, "an account after one attempt was returned");
        account.settle(tag, settlement(receipts[number]));
        account.must_wait(102, "an account after one attempt was returned twice");
    }
    let account = TestAccount::new(backend, limits(backend, 3));
    for _ in 0..100 {
        let receipt = account.must_be_counted(1, "one of many returned attempts");
        account.settle(1, Settlement::Undone(receipt));
    }
    account.exhaust(0);
    let unfamiliar = UnfamiliarLimit::new(3, backend.unit(), 3).lockout_after(3);
    let limits = limits(backend, 3).unfamiliar(unfamiliar);
    let account = TestAccount::new(backend, limits);
    for _ in 0..5 {
        let receipt = account.must_be_counted(1, "an undone attempt before a lockout");
        account.settle(1, Settlement::Undone(receipt));
    }
    account.exhaust(0);
}

/// Checks that an attempt stays counted when it is undone after a repeat has joined it: the other request may have had
/// the password compared.
///
/// # Panics
///
/// Panics if the store returns the attempt.
pub fn an_attempt_that_a_repeat_joined_is_not_undone<B: ThrottleBackend>(backend: &B) {
    for first_is_undone in [true, false] {
        let account = TestAccount::new(backend, limits(backend, 2));
        let first = account.must_be_counted(7, "a password");
        let second = account.must_be(ThrottleDecision::Repeated, 7, "a repeat");
        let undone = if first_is_undone { first } else { second };
        account.settle(7, Settlement::Undone(undone));
        account.must_have_left(1, "an attempt that a repeat joined, undone");
    }
    joined_at_a_familiar_location(backend);
}

/// Checks that undoing a repeat returns no attempt: the attempt with the same tag may belong to a later request.
///
/// # Panics
///
/// Panics if the store returns the later attempt.
pub fn undoing_a_repeat_returns_no_attempt<B: ThrottleBackend>(backend: &B) {
    let account = TestAccount::new(backend, limits(backend, 2));
    account.must_be_counted(7, "a password");
    backend.pass(backend.unit() / 2);
    let again = account.must_be(ThrottleDecision::Repeated, 7, "a repeat");
    backend.pass(backend.unit() * 3 / 4);
    account.must_be_counted(7, "the password, after time has forgiven it");
    account.settle(7, Settlement::Undone(again));
    account.must_have_left(1, "a repeat was undone");
}

fn joined_at_a_familiar_location<B: ThrottleBackend>(backend: &B) {
    let at_home = TestAccount::new(backend, limits(backend, 1)).at(TestNetwork::new());
    at_home.log_in(1, "a first login");
    let first = at_home.must_be_admitted(7, "a password at a familiar location");
    at_home.must_be_admitted(7, "a repeat there");
    at_home.settle(7, Settlement::Undone(first));
    for tag in 100..102 {
        at_home.must_be_admitted(tag, "an attempt that is left there");
    }
    at_home.must_not_be_admitted(
        102,
        "an attempt that a repeat joined, undone: one more there",
    );
}

/// Checks that undoing an attempt a whole period late returns no attempt: by then the tag may belong to a later
/// attempt.
///
/// # Panics
///
/// Panics if the store returns an attempt.
pub fn undoing_an_attempt_late_returns_no_attempt<B: ThrottleBackend>(backend: &B) {
    let few = NetworkLimit::new(2, backend.unit());
    let limits = limits(backend, 2).subscriber(few).subnet(few);
    let account = TestAccount::new(backend, limits);
    let on_a_subscriber = account.at(TestNetwork::new());
    let early = on_a_subscriber.must_be_counted(7, "a password");
    backend.pass(backend.unit() + backend.unit() / 10);
    on_a_subscriber.must_be_counted(7, "the same password, after the first was forgiven");
    on_a_subscriber.must_be_counted(8, "another password");
    on_a_subscriber.settle(7, Settlement::Undone(early));
    on_a_subscriber.must_wait(
        9,
        "a subscriber after an attempt was undone late, at one account",
    );
    account.must_wait(
        10,
        "an attempt undone late: the account must have none left",
    );
    let wide = limits.unfamiliar(UnfamiliarLimit::new(60, backend.unit(), 60));
    let on_a_subscriber = TestAccount::new(backend, wide).at(TestNetwork::new());
    let early = on_a_subscriber.must_be_counted(7, "an attempt from a subscriber");
    backend.pass(backend.unit() * 3);
    for tag in 8..=9 {
        on_a_subscriber.must_be_counted(tag, "the subscriber, after the first was forgiven");
    }
    on_a_subscriber.settle(7, Settlement::Undone(early));
    on_a_subscriber.must_wait(10, "a subscriber after an attempt was undone late");
}
