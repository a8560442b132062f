//! When failures are forgiven.

use std::time::Duration;

use super::ask::{TestAccount, TestNetwork, is_held, limits, pass_until};
use super::backend::ThrottleBackend;
use crate::store::NetworkLimit;

/// The wait that is told is true: before its end there is no attempt, and after it there is one.
///
/// # Panics
///
/// Panics if an account or a line opens too early, or later than it said.
pub fn a_wait_lasts_as_long_as_it_is_told<B: ThrottleBackend>(backend: &B) {
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
            let told = account.must_wait(tag, "at the limit");
            let most = backend.unit() + backend.unit() / 10;
            assert!(told <= most, "a wait was told as {told:?}");
            let end = backend.now() + told;
            for left in [told / 2, told / 8, Duration::from_millis(1)] {
                pass_until(backend, end.saturating_sub(left));
                if is_held(backend) || backend.now() + backend.unit() / 20 < end {
                    account.must_wait(tag, "before the wait is over");
                }
            }
            pass_until(backend, end);
            account.must_be_counted(tag, "after the wait that was told");
        }
    }
}

/// One failure is forgiven for each whole period, the oldest first, and what is left of a period counts for the next.
///
/// # Panics
///
/// Panics if more or fewer are.
pub fn failures_are_forgiven_in_time<B: ThrottleBackend>(backend: &B) {
    for (halves, forgiven) in [(0, 0), (1, 0), (3, 1), (5, 2), (7, 3), (99, 3)] {
        let account = TestAccount::new(backend, limits(backend, 3));
        account.use_up(0);
        // Half a period after the last that counts, so that a slow run changes nothing.
        backend.pass(backend.unit() / 2 * halves);
        account.must_have_left(forgiven, &format!("{halves} half periods"));
    }
    let account = TestAccount::new(backend, limits(backend, 3));
    account.use_up(0);
    for part in 1..=3 {
        backend.pass(backend.unit() * 4 / 3 + backend.unit() / 50);
        let forgiven = 1 + u32::from(part == 3);
        for number in 0..forgiven {
            let tag = part * 100 + number;
            let what = format!("part {part}, what is left of a period");
            account.must_be_counted(tag, &what);
        }
        account.must_wait(part * 100 + 50, "no more than is forgiven");
    }
}

/// No step of a wall clock opens what is shut, or shuts what is open.
///
/// # Panics
///
/// Panics if one does.
pub fn no_step_of_the_wall_clock_counts<B: ThrottleBackend>(backend: &B) {
    for ahead in [true, false] {
        let shut = TestAccount::new(backend, limits(backend, 2));
        let open = TestAccount::new(backend, limits(backend, 2));
        shut.use_up(0);
        open.must_be_counted(1, "the first attempt");
        backend.step_wall(ahead);
        shut.must_wait(9, "after a step of the clock");
        open.must_be_counted(2, "the second, after a step of the clock");
        open.must_wait(3, "two failures, a step of the clock between them");
        backend.pass(backend.unit() + backend.unit() / 4);
        shut.must_be_counted(9, "a period with a step of the clock in it");
        backend.step_wall(!ahead);
    }
}
