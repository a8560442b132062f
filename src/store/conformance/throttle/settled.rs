//! What settling an attempt does, and what it does not.

use super::ask::{budget, must_be_granted, must_be_shut, reserve, settle, use_up};
use super::backend::ThrottleBackend;
use crate::store::conformance::random::Random;
use crate::store::{Budget, Key, Reserved, Settlement};

/// A success forgets all failures of its key, and opens it; of no other key.
///
/// # Panics
///
/// Panics if one is left, or another key is opened.
pub fn a_success_clears_its_key<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let (key, other, budget) = (random.key(), random.key(), budget(backend, 3));
    use_up(backend, other, &budget);
    for place in 0..3 {
        let numbers = use_up(backend, key, &budget);
        must_be_shut(backend, key, &budget, "a key at its limit");
        settle(backend, key, numbers[place], Settlement::Clear);
    }
    use_up(backend, key, &budget);
    must_be_shut(backend, other, &budget, "a key, after successes of another");
}

/// A success that comes late, after its key was cleared, forgets no failure since; neither does one that is given back.
///
/// # Panics
///
/// Panics if it does.
pub fn what_is_late_settles_nothing<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let budget = budget(backend, 3);
    for late in [Settlement::Clear, Settlement::Return] {
        let key = random.key();
        let numbers = use_up(backend, key, &budget);
        settle(backend, key, numbers[2], Settlement::Clear);
        use_up(backend, key, &budget);
        for number in numbers {
            settle(backend, key, number, late);
        }
        must_be_shut(
            backend,
            key,
            &budget,
            "a key, after an attempt that came late",
        );
    }
}

/// So does one that comes after its key was forgotten.
///
/// # Panics
///
/// Panics if it forgets a failure since.
pub fn what_is_forgotten_settles_nothing<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let budget = budget(backend, 2).memory(backend.delay());
    for late in [Settlement::Clear, Settlement::Return] {
        let key = random.key();
        let number = must_be_granted(backend, key, &budget, "the first attempt");
        backend.pass(backend.delay() * 10);
        use_up(backend, key, &budget);
        settle(backend, key, number, late);
        must_be_shut(backend, key, &budget, "a key that was forgotten in between");
    }
}

/// An attempt that is given back is none, and what it shut is open; one that is not settled stays a failure.
///
/// # Panics
///
/// Panics if an attempt is lost, or one too many is given back.
pub fn what_is_given_back_was_none<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let budget = budget(backend, 3);
    for place in 0..3 {
        let key = random.key();
        let numbers = use_up(backend, key, &budget);
        settle(backend, key, numbers[place], Settlement::Return);
        must_be_granted(backend, key, &budget, "the attempt that was given back");
        must_be_shut(backend, key, &budget, "a key after one was given back");
    }
    let key = random.key();
    for _ in 0..100 {
        let number = must_be_granted(backend, key, &budget, "one of many given back");
        settle(backend, key, number, Settlement::Return);
    }
    use_up(backend, key, &budget);
    after_a_wait(backend, &budget, random.key());
}

/// Beyond the limit there is one attempt a wait. Given back, it has to be there again at once, or a client whose
/// credentials were right and out of date would wait for nothing.
fn after_a_wait<B: ThrottleBackend>(backend: &B, budget: &Budget, key: Key) {
    use_up(backend, key, budget);
    backend.pass(must_be_shut(backend, key, budget, "a key at its limit"));
    for _ in 0..3 {
        let number = must_be_granted(backend, key, budget, "the one after a wait");
        must_be_shut(backend, key, budget, "a second one after a wait");
        settle(backend, key, number, Settlement::Return);
    }
}

/// An allowance is for keys that somebody vouches for, for as long as they do; it is as large as it says, and another
/// vouching renews it.
///
/// # Panics
///
/// Panics if another key has one, if it is larger or smaller, or if it does not end.
pub fn an_allowance_is_for_who_is_vouched_for<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let (key, other) = (random.key(), random.key());
    let (budget, time) = (Budget::allowance(3), backend.delay() * 10);
    must_be_unvouched(backend, key, &budget, "a key that nobody vouches for");
    for _ in 0..3 {
        settle(backend, key, u64::MAX, Settlement::Vouch(time));
        let numbers = use_up(backend, key, &budget);
        must_be_unvouched(
            backend,
            key,
            &budget,
            "a key that has used its allowance up",
        );
        settle(backend, key, numbers[1], Settlement::Return);
        must_be_granted(backend, key, &budget, "what was given back");
        must_be_unvouched(backend, key, &budget, "a key that has used it up again");
        backend.pass(time / 4);
    }
    must_be_unvouched(backend, other, &budget, "another key");
    settle(backend, key, u64::MAX, Settlement::Vouch(time));
    backend.pass(time * 2);
    must_be_unvouched(
        backend,
        key,
        &budget,
        "a key that somebody vouched for once",
    );
}

/// An allowance with a recovery is renewed by vouching, no more often than that, and never by time alone.
///
/// # Panics
///
/// Panics if it is renewed too soon, too late, or by itself.
pub fn an_allowance_is_renewed_in_its_time<B: ThrottleBackend>(backend: &B) {
    let (key, every) = (Random::new().key(), backend.delay() * 10);
    let budget = Budget::allowance(3).recovery(every);
    let vouch = || settle(backend, key, u64::MAX, Settlement::Vouch(every * 10));
    vouch();
    for _ in 0..2 {
        use_up(backend, key, &budget);
        backend.pass(every * 2);
        must_be_unvouched(backend, key, &budget, "an allowance that nobody renews");
        vouch();
        use_up(backend, key, &budget);
        for _ in 0..3 {
            vouch();
            let what = "an allowance that is renewed too soon";
            must_be_unvouched(backend, key, &budget, what);
        }
        backend.pass(every * 2);
    }
    use_up(backend, key, &budget);
}

#[track_caller]
fn must_be_unvouched(backend: &impl ThrottleBackend, key: Key, budget: &Budget, what: &str) {
    let reserved = reserve(backend, key, budget);
    assert!(
        reserved == Reserved::Unvouched,
        "{what}: must be Unvouched, was {reserved:?}"
    );
}
