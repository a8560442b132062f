//! Checks when the store forgives failures.

use std::time::Duration;

use super::ask::{TestAccount, TestNetwork, is_held, limits, pass_until};
use super::backend::ThrottleBackend;
use crate::store::NetworkLimit;

/// Checks that the wait in a refusal is correct: before its end the store refuses each attempt, and after it the store
/// grants one.
///
/// # Panics
///
/// Panics if an account or a subscriber gets an attempt too early, or later than the store said.
pub fn a_wait_lasts_as_long_as_the_store_says<B: ThrottleBackend>(backend: &B) {
    let few = NetworkLimit::new(2, backend.unit());
    let narrow = limits(backend, 60).subscriber(few);
    let on_a_subscriber = TestAccount::new(backend, narrow).at(TestNetwork::new());
    for account in [
        TestAccount::new(backend, limits(backend, 2)),
        on_a_subscriber,
    ] {
        for tag in 1..=2 {
            account.must_be_counted(tag, "one of two attempts");
        }
        for tag in 3..6 {
            let wait = account.must_wait(tag, "at the limit");
            let most = backend.unit() + backend.unit() / 10;
            assert!(
                wait <= most,
                "the wait must be at most {most:?}, was {wait:?}"
            );
            let end = backend.now() + wait;
            for left in [wait / 2, wait / 8, Duration::from_millis(1)] {
                pass_until(backend, end.saturating_sub(left));
                if is_held(backend) || backend.now() + backend.unit() / 20 < end {
                    account.must_wait(tag, "before the wait is over");
                }
            }
            pass_until(backend, end);
            account.must_be_counted(tag, "after the wait");
        }
    }
}

/// Checks that each whole period forgives one failure, the oldest first, and that the rest of a period counts for the
/// next.
///
/// # Panics
///
/// Panics if the store forgives more or fewer.
pub fn time_forgives_one_failure_each_period<B: ThrottleBackend>(backend: &B) {
    for (halves, forgiven) in [(0, 0), (1, 0), (3, 1), (5, 2), (7, 3), (99, 3)] {
        let account = TestAccount::new(backend, limits(backend, 3));
        account.exhaust(0);
        // This is half a period after the last period that counts, so that a slow run does not change the result.
        backend.pass(backend.unit() / 2 * halves);
        account.must_have_left(forgiven, &format!("{halves} half periods"));
    }
    let account = TestAccount::new(backend, limits(backend, 3));
    account.exhaust(0);
    for part in 1..=3 {
        backend.pass(backend.unit() * 4 / 3 + backend.unit() / 50);
        let forgiven = 1 + u32::from(part == 3);
        for number in 0..forgiven {
            let tag = part * 100 + number;
            let what = format!("part {part}, with the rest of a period");
            account.must_be_counted(tag, &what);
        }
        account.must_wait(part * 100 + 50, "no more attempts than are forgiven");
    }
}

/// Checks that a step of the wall clock neither returns attempts to an exhausted account nor takes attempts from
/// another.
///
/// # Panics
///
/// Panics if it does.
pub fn a_step_of_the_wall_clock_changes_no_budget<B: ThrottleBackend>(backend: &B) {
    for ahead in [true, false] {
        let exhausted = TestAccount::new(backend, limits(backend, 2));
        let half_used = TestAccount::new(backend, limits(backend, 2));
        exhausted.exhaust(0);
        half_used.must_be_counted(1, "the first attempt");
        backend.step_wall(ahead);
        exhausted.must_wait(9, "after a step of the clock");
        half_used.must_be_counted(2, "the second, after a step of the clock");
        half_used.must_wait(3, "two failures, a step of the clock between them");
        backend.pass(backend.unit() + backend.unit() / 4);
        exhausted.must_be_counted(9, "a period with a step of the clock in it");
        backend.step_wall(!ahead);
    }
}
