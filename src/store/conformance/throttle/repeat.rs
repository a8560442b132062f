//! The same password again, and attempts that are given back.

use super::ask::{Account, Network, limits};
use super::backend::ThrottleBackend;
use crate::store::conformance::random::Random;
use crate::store::{NetworkLimit, Settlement, Strangers, ThrottleDecision};

/// The same password again is let through, and is not counted again at the account; the line counts it.
///
/// # Panics
///
/// Panics if the account counts it, or the line does not.
pub fn a_repeat_is_counted_once<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let limits = limits(backend, 3).line(NetworkLimit::new(10, backend.unit()));
    let (account, network) = (
        Account::new(backend, limits, &mut random),
        Network::new(&mut random),
    );
    account.must_be_counted(&account.attempt_from(7, &network), "a password");
    for _ in 0..9 {
        let again = account.attempt_from(7, &network);
        account.must_be(ThrottleDecision::Again, &again, "the same password");
    }
    account.must_wait(&account.attempt_from(7, &network), "a line at its limit");
    assert!(
        account.left() == 2,
        "a password that came ten times is one failure"
    );
}

/// A full account refuses repeats, too. Otherwise it would tell, without limit, which passwords its owner has mistyped.
///
/// # Panics
///
/// Panics if a repeat is let through.
pub fn a_full_account_refuses_repeats<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let account = Account::new(backend, limits(backend, 3), &mut random);
    account.use_up(0);
    for tag in 0..6 {
        account.must_wait(&account.attempt(tag), "any password at a full account");
    }
}

/// An attempt that is given back was none; a right one is given back as well, and clears no other.
///
/// # Panics
///
/// Panics if an attempt is lost, or one too many is given back.
pub fn what_is_given_back_was_none<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let settlements = [Settlement::Right, Settlement::Undone];
    for (settlement, number) in settlements
        .iter()
        .flat_map(|settle| (0..3).map(move |at| (settle, at)))
    {
        let account = Account::new(backend, limits(backend, 3), &mut random);
        let receipts = account.use_up(0);
        let tag = u32::try_from(number).unwrap_or_default();
        account.settle(&account.attempt(tag), settlement(receipts[number]));
        account.must_be_counted(&account.attempt(100), "the attempt that was given back");
        account.must_wait(&account.attempt(101), "an account after one was given back");
        account.settle(&account.attempt(tag), settlement(receipts[number]));
        account.must_wait(
            &account.attempt(102),
            "an account after one was given back twice",
        );
    }
    let account = Account::new(backend, limits(backend, 3), &mut random);
    for _ in 0..100 {
        let receipt = account.must_be_counted(&account.attempt(1), "one of many given back");
        account.settle(&account.attempt(1), Settlement::Undone(receipt));
    }
    account.use_up(0);
    let strangers = Strangers::new(3, backend.unit(), 3).stop_after(3);
    let limits = limits(backend, 3).strangers(strangers);
    let account = Account::new(backend, limits, &mut random);
    for _ in 0..5 {
        let receipt = account.must_be_counted(&account.attempt(1), "no failure before a stop");
        account.settle(&account.attempt(1), Settlement::Undone(receipt));
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
    let mut random = Random::new();
    for first_is_undone in [true, false] {
        let account = Account::new(backend, limits(backend, 2), &mut random);
        let first = account.must_be_counted(&account.attempt(7), "a password");
        let second = account.must_be(ThrottleDecision::Again, &account.attempt(7), "a repeat");
        let undone = if first_is_undone { first } else { second };
        account.settle(&account.attempt(7), Settlement::Undone(undone));
        let left = account.left();
        assert!(
            left == 1,
            "a repeat joined, then undone: 1 must be left, {left} were"
        );
    }
    at_a_known_place(backend, &mut random);
}

/// A repeat that is undone takes nothing back: the attempt of its password may belong to a request that came later.
///
/// # Panics
///
/// Panics if the later attempt is given back.
pub fn a_repeat_undone_takes_nothing_back<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let account = Account::new(backend, limits(backend, 2), &mut random);
    account.must_be_counted(&account.attempt(7), "a password");
    backend.pass(backend.unit() / 2);
    let again = account.must_be(ThrottleDecision::Again, &account.attempt(7), "a repeat");
    backend.pass(backend.unit() * 3 / 4);
    account.must_be_counted(&account.attempt(7), "the password, forgiven meanwhile");
    account.settle(&account.attempt(7), Settlement::Undone(again));
    let left = account.left();
    assert!(
        left == 1,
        "a repeat was undone: 1 must be left, {left} were"
    );
}

fn at_a_known_place<B: ThrottleBackend>(backend: &B, random: &mut Random) {
    let account = Account::new(backend, limits(backend, 1), random);
    let home = Network::new(random);
    account.log_in(1, &home, "a first login");
    let joined = account.attempt_from(7, &home);
    let first = account.must_be_admitted(&joined, "a password at a known place");
    account.must_be_admitted(&joined, "a repeat there");
    account.settle(&joined, Settlement::Undone(first));
    for tag in 100..102 {
        account.must_be_admitted(&account.attempt_from(tag, &home), "what is left there");
    }
    let next = account
        .reserve(&account.attempt_from(102, &home))
        .decision();
    let what = "a repeat at a known place joined, then undone";
    assert!(
        next != ThrottleDecision::Admitted,
        "{what}: must stay counted"
    );
}

/// An attempt that is undone a whole period late takes nothing back: by then the password may be counted for another.
///
/// # Panics
///
/// Panics if it does.
pub fn an_attempt_undone_late_takes_nothing_back<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let few = NetworkLimit::new(2, backend.unit());
    let limits = limits(backend, 2).line(few).neighbourhood(few);
    let (account, network) = (
        Account::new(backend, limits, &mut random),
        Network::new(&mut random),
    );
    let attempt = account.attempt_from(7, &network);
    let early = account.must_be_counted(&attempt, "a password");
    backend.pass(backend.unit() + backend.unit() / 10);
    account.must_be_counted(&attempt, "the same password, after the first was forgiven");
    account.must_be_counted(&account.attempt_from(8, &network), "another password");
    account.settle(&attempt, Settlement::Undone(early));
    account.must_wait(
        &account.attempt_from(9, &network),
        "after an attempt undone late",
    );
    assert!(
        account.left() == 0,
        "an attempt undone late: none must be left"
    );
    let wide = limits.strangers(Strangers::new(60, backend.unit(), 60));
    let (account, network) = (
        Account::new(backend, wide, &mut random),
        Network::new(&mut random),
    );
    let attempt = |tag| account.attempt_from(tag, &network);
    let early = account.must_be_counted(&attempt(7), "an attempt from a line");
    backend.pass(backend.unit() * 3);
    for tag in 8..=9 {
        account.must_be_counted(&attempt(tag), "the line, after the first was forgiven");
    }
    account.settle(&attempt(7), Settlement::Undone(early));
    account.must_wait(&attempt(10), "a line after an attempt undone late");
}
