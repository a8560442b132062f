//! How long a key is shut, and how long a failure is remembered.

use std::time::Duration;

use super::ask::{budget, must_be_granted, must_be_shut, pass_until, reserve, use_up};
use super::backend::ThrottleBackend;
use crate::store::conformance::random::Random;
use crate::store::{Budget, Key, Reserved, Settlement};

const NANOSECOND: Duration = Duration::from_nanos(1);

/// A key is shut for as long as its budget says, twice as long each time, up to the longest delay; the store tells how
/// long that still is, and after that time it is open to one more attempt.
///
/// # Panics
///
/// Panics if it opens too early, later than it said, or to more than one.
pub fn a_wait_lasts_as_long_as_it_is_told<B: ThrottleBackend>(backend: &B) {
    let (key, budget) = (Random::new().key(), budget(backend, 2));
    let mut shut_at = backend.now();
    use_up(backend, key, &budget);
    for doublings in [1, 2, 4, 4, 4] {
        let delay = backend.delay() * doublings;
        let told = must_be_shut(backend, key, &budget, "a key at its limit");
        let slack = backend.delay() / 10;
        assert!(
            told <= delay + slack,
            "a wait of {delay:?}: was told as {told:?}"
        );
        for left in [delay / 2, delay / 10, NANOSECOND] {
            pass_until(backend, (shut_at + delay).saturating_sub(left));
            still_shut(backend, key, &budget, shut_at + delay);
        }
        backend.pass(told);
        shut_at = backend.now();
        must_be_granted(backend, key, &budget, "after the wait that was told");
    }
}

/// A look that came too late, where time cannot be held, tells nothing; and it takes an attempt, so it is not made.
fn still_shut<B: ThrottleBackend>(backend: &B, key: Key, budget: &Budget, end: Duration) {
    if backend.now() + backend.delay() / 50 < end || is_held(backend) {
        must_be_shut(backend, key, budget, "a key before its wait is over");
    }
}

/// Whether time stands still between two looks.
fn is_held<B: ThrottleBackend>(backend: &B) -> bool {
    backend.now() == backend.now()
}

/// Failures are remembered for as long as the budget says after the latest attempt, or the wait that came of it, and no
/// longer than twice that.
///
/// # Panics
///
/// Panics if they are forgotten too early, or not at all.
pub fn failures_are_remembered<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let memory = backend.delay() * 10;
    let budget = budget(backend, 3).memory(memory);
    for left in [memory / 2, memory / 10, NANOSECOND] {
        if left == NANOSECOND && !is_held(backend) {
            continue;
        }
        let key = random.key();
        must_be_granted(backend, key, &budget, "the first attempt");
        backend.pass(memory - left);
        must_be_granted(backend, key, &budget, "the second attempt");
        backend.pass(memory - left);
        must_be_granted(backend, key, &budget, "the third attempt");
        must_be_shut(backend, key, &budget, "a key whose failures are remembered");
        backend.pass(memory * 2);
        use_up(backend, key, &budget);
    }
}

/// A delay that is longer than the memory lasts all the same, and what led to it is remembered after it.
///
/// # Panics
///
/// Panics if the key is forgotten while it is shut.
pub fn what_is_shut_is_not_forgotten<B: ThrottleBackend>(backend: &B) {
    let key = Random::new().key();
    let delay = backend.delay() * 10;
    let budget = Budget::failures(2).delay(delay, delay);
    let budget = budget.memory(backend.delay());
    use_up(backend, key, &budget);
    backend.pass(backend.delay() * 5);
    let told = must_be_shut(backend, key, &budget, "a key that is shut for long");
    backend.pass(told + backend.delay() / 2);
    must_be_granted(backend, key, &budget, "the one attempt after the wait");
    must_be_shut(backend, key, &budget, "what was remembered beyond the wait");
}

/// At the hard stop a key is shut for good; only a success, or whoever clears it, opens it.
///
/// # Panics
///
/// Panics if time opens it, or nothing does.
pub fn the_hard_stop_is_for_good<B: ThrottleBackend>(backend: &B) {
    let key = Random::new().key();
    let budget = budget(backend, 2).hard_stop(4);
    let budget = budget.memory(backend.delay());
    let mut last = use_up(backend, key, &budget);
    for attempt in [3, 4] {
        backend.pass(must_be_shut(backend, key, &budget, "a key at its limit"));
        let what = format!("attempt {attempt}, after a wait");
        last.push(must_be_granted(backend, key, &budget, &what));
    }
    for _ in 0..3 {
        let told = must_be_shut(backend, key, &budget, "a key at its hard stop");
        assert!(
            told == Duration::MAX,
            "it is shut for good, and told {told:?}"
        );
        backend.pass(backend.delay() * 20);
    }
    super::ask::settle(backend, key, u64::MAX, Settlement::Clear);
    use_up(backend, key, &budget);
}

/// A failure is forgiven each time that a period of recovery has passed, and what is left of a period is not lost.
///
/// # Panics
///
/// Panics if more or fewer are.
pub fn failures_are_forgiven_in_time<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let every = backend.delay() * 2;
    let budget = budget(backend, 4).recovery(every);
    for (passed, forgiven) in [(0, 0), (1, 0), (3, 1), (5, 2), (7, 3), (9, 4), (99, 4)] {
        let key = random.key();
        for number in 1..4 {
            must_be_granted(backend, key, &budget, &format!("attempt {number} of 4"));
        }
        // Half a period after the last that counts, so that nobody has to be on time.
        backend.pass(backend.delay() * passed);
        let left = (1 + forgiven).min(4);
        for number in 1..=left {
            let what = format!("attempt {number} of {left} after a recovery");
            must_be_granted(backend, key, &budget, &what);
        }
        must_be_shut(backend, key, &budget, "a key that has recovered that much");
    }
    parts_of_periods_count(backend, &budget, random.key());
}

/// Three times two thirds of a period are two periods.
fn parts_of_periods_count<B: ThrottleBackend>(backend: &B, budget: &Budget, key: Key) {
    for _ in 0..3 {
        must_be_granted(backend, key, budget, "one of 3 attempts of 4");
    }
    for part in 1..=3 {
        backend.pass(backend.delay() * 4 / 3 + backend.delay() / 100);
        let what = format!("part {part}, what is left of a period, after a recovery");
        must_be_granted(backend, key, budget, &what);
    }
}

/// No step of a wall clock opens what is shut, or shuts what is open.
///
/// # Panics
///
/// Panics if one does.
pub fn no_step_of_the_wall_clock_counts<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    for ahead in [true, false] {
        let (shut, open, budget) = (random.key(), random.key(), budget(backend, 2));
        use_up(backend, shut, &budget);
        must_be_granted(backend, open, &budget, "the first attempt");
        backend.step_wall(ahead);
        must_be_shut(backend, shut, &budget, "a key, after a step of the clock");
        must_be_granted(
            backend,
            open,
            &budget,
            "the second, after a step of the clock",
        );
        let counted = reserve(backend, open, &budget);
        assert!(
            matches!(counted, Reserved::Shut(_)),
            "two failures, with a step of the clock between them: must be Shut, was {counted:?}"
        );
        backend.pass(backend.delay() * 2);
        must_be_granted(
            backend,
            shut,
            &budget,
            "a wait that a step of the clock was in",
        );
        backend.step_wall(!ahead);
    }
}
