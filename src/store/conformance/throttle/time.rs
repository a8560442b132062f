//! When failures are forgiven.

use std::time::Duration;

use super::ask::{Account, Network, is_held, limits, pass_until};
use super::backend::ThrottleBackend;
use crate::store::NetworkLimit;
use crate::store::conformance::random::Random;

/// The wait that is told is true: before its end there is no attempt, and after it there is one.
///
/// # Panics
///
/// Panics if an account or a line opens too early, or later than it said.
pub fn a_wait_lasts_as_long_as_it_is_told<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let few = NetworkLimit::new(2, backend.unit());
    let narrow = limits(backend, 60).line(few);
    let network = Network::new(&mut random);
    for (limits, from) in [(limits(backend, 2), None), (narrow, Some(network))] {
        let account = Account::new(backend, limits, &mut random);
        let attempt = |tag| match &from {
            Some(network) => account.attempt_from(tag, network),
            None => account.attempt(tag),
        };
        for tag in 1..=2 {
            account.must_be_counted(&attempt(tag), "one of two attempts");
        }
        for tag in 3..6 {
            let told = account.must_wait(&attempt(tag), "at the limit");
            let slack = backend.unit() / 10;
            assert!(
                told <= backend.unit() + slack,
                "a wait was told as {told:?}"
            );
            let end = backend.now() + told;
            for left in [told / 2, told / 8, Duration::from_millis(1)] {
                pass_until(backend, end.saturating_sub(left));
                if is_held(backend) || backend.now() + backend.unit() / 20 < end {
                    account.must_wait(&attempt(tag), "before the wait is over");
                }
            }
            pass_until(backend, end);
            account.must_be_counted(&attempt(tag), "after the wait that was told");
        }
    }
}

/// One failure is forgiven for each whole period, the oldest first, and what is left of a period counts for the next.
///
/// # Panics
///
/// Panics if more or fewer are.
pub fn failures_are_forgiven_in_time<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    for (halves, forgiven) in [(0, 0), (1, 0), (3, 1), (5, 2), (7, 3), (99, 3)] {
        let account = Account::new(backend, limits(backend, 3), &mut random);
        account.use_up(0);
        // Half a period after the last that counts, so that a slow run changes nothing.
        backend.pass(backend.unit() / 2 * halves);
        let left = account.left();
        assert!(
            left == forgiven,
            "{halves} half periods: {forgiven} must be left, {left} were"
        );
    }
    let account = Account::new(backend, limits(backend, 3), &mut random);
    account.use_up(0);
    for part in 1..=3 {
        backend.pass(backend.unit() * 4 / 3 + backend.unit() / 50);
        let forgiven = 1 + u32::from(part == 3);
        for number in 0..forgiven {
            let tag = part * 100 + number;
            let what = format!("part {part}, what is left of a period");
            account.must_be_counted(&account.attempt(tag), &what);
        }
        account.must_wait(
            &account.attempt(part * 100 + 50),
            "no more than is forgiven",
        );
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
        let shut = Account::new(backend, limits(backend, 2), &mut random);
        let open = Account::new(backend, limits(backend, 2), &mut random);
        shut.use_up(0);
        open.must_be_counted(&open.attempt(1), "the first attempt");
        backend.step_wall(ahead);
        shut.must_wait(&shut.attempt(9), "after a step of the clock");
        open.must_be_counted(&open.attempt(2), "the second, after a step of the clock");
        open.must_wait(
            &open.attempt(3),
            "two failures, a step of the clock between them",
        );
        backend.pass(backend.unit() + backend.unit() / 4);
        shut.must_be_counted(&shut.attempt(9), "a period with a step of the clock in it");
        backend.step_wall(!ahead);
    }
}
