//! How many attempts there are: exactly as many as the limit.

use super::ask::{budget, must_be_granted, must_be_shut, use_up};
use super::backend::ThrottleBackend;
use crate::store::conformance::race::race_of;
use crate::store::conformance::random::Random;
use crate::store::{Budget, Key, Reserved, ThrottleStore};

const CALLERS: u32 = 200;

/// One caller after another gets as many attempts as the limit is, each under a greater number, and then none.
///
/// # Panics
///
/// Panics if it is one more or one less, or if the store miscounts.
pub fn exactly_the_limit_is_granted<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    for limit in [1, 2, 5, 10, 33] {
        let (key, budget) = (random.key(), budget(backend, limit));
        let numbers = use_up(backend, key, &budget);
        let what = format!("an attempt after {limit}");
        must_be_shut(backend, key, &budget, &what);
        let ascending = numbers.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(ascending, "the generations must ascend, were {numbers:?}");
    }
}

/// Of 200 callers at the same time, as many get an attempt as the limit is.
///
/// # Panics
///
/// Panics if another number of them does.
pub fn exactly_the_limit_is_granted_to_200_at_once<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    for limit in [1, 5, 10].into_iter().cycle().take(12) {
        let (key, budget) = (random.key(), budget(backend, limit));
        let granted = granted_at_once(backend, key, &budget);
        assert!(
            granted == limit,
            "a limit of {limit}: must be Granted to {limit} of {CALLERS} callers, was to {granted}"
        );
    }
}

/// Of 200 callers who come at the same time when a wait is over, one gets an attempt.
///
/// # Panics
///
/// Panics if another number of them does.
pub fn one_of_200_gets_in_after_a_wait<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    for _ in 0..6 {
        let (key, budget) = (random.key(), budget(backend, 2));
        use_up(backend, key, &budget);
        let delay = must_be_shut(backend, key, &budget, "an attempt after 2");
        backend.pass(delay);
        let granted = granted_at_once(backend, key, &budget);
        assert!(
            granted == 1,
            "after a wait: must be Granted to one of {CALLERS} callers, was to {granted}"
        );
    }
}

fn granted_at_once<B: ThrottleBackend>(backend: &B, key: Key, budget: &Budget) -> u32 {
    let answers = race_of(CALLERS, |_| {
        backend.wait(backend.store().reserve(key, budget))
    });
    let granted = |it: &Result<_, _>| matches!(it, Ok(Reserved::Granted { .. }));
    answers.iter().map(|it| u32::from(granted(it))).sum()
}

/// Keys that differ in one bit, whichever, are different keys.
///
/// # Panics
///
/// Panics if one pays for another.
pub fn keys_fail_apart<B: ThrottleBackend>(backend: &B) {
    let bits = u128::from_be_bytes(*Random::new().key().as_bytes());
    let neighbours = (0..128).map(|bit| bits ^ (1 << bit));
    let (mut keys, budget) = (vec![bits], budget(backend, 1));
    keys.extend(neighbours);
    for bits in keys {
        let key = Key::new(bits.to_be_bytes());
        must_be_granted(
            backend,
            key,
            &budget,
            "a key, after others that resemble it",
        );
        must_be_shut(backend, key, &budget, "the same key");
    }
}

/// Ten thousand other keys, each of which fails, open no key that is shut, and none of them is counted too low.
///
/// # Panics
///
/// Panics if the store makes room by forgetting.
pub fn a_flood_opens_nothing<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let (budget, more) = (budget(backend, 2), random.below(2));
    let budget = budget.memory(backend.delay() * 100_000);
    let long = budget.delay(backend.delay() * 10_000, backend.delay() * 10_000);
    let victim = random.key();
    use_up(backend, victim, &long);
    let flood: Vec<_> = (0..10_000 + more).map(|_| random.key()).collect();
    for key in &flood {
        let _either = super::ask::reserve(backend, *key, &long);
    }
    must_be_shut(backend, victim, &long, "a key that is shut, after a flood");
    for key in flood {
        let _either = super::ask::reserve(backend, key, &long);
        must_be_shut(backend, key, &long, "a key of the flood, tried three times");
    }
}
