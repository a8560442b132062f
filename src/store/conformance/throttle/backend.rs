//! The throttle store under test, with the clock and the properties that the checks need.

use std::time::Duration;

use crate::now_or_later::NowOrLater;
use crate::store::ThrottleStore;
use crate::store::conformance::backend::block_on;

/// A throttle store under test, with its clock.
///
/// A store in memory needs three functions. A store in another process overrides [`wait`](Self::wait) to use its
/// runtime, sleeps in [`pass`](Self::pass), and returns a short [`unit`](Self::unit), so that a run does not sleep for
/// long.
pub trait ThrottleBackend: Sync {
    /// The store.
    type Store: ThrottleStore;

    /// Returns the store under test.
    fn store(&self) -> &Self::Store;

    /// Returns the time since some fixed moment, by a clock that runs as the store's does.
    fn now(&self) -> Duration;

    /// Lets `time` pass for the store, or a little more: it sets a clock, or sleeps.
    fn pass(&self, time: Duration);

    /// Waits for an answer. The checks call it from many threads at once.
    ///
    /// By default it parks the thread until it is woken. That suffices for futures that need no particular runtime.
    fn wait<T>(&self, answer: NowOrLater<T>) -> T {
        block_on(answer)
    }

    /// Returns the time in which one failure is forgiven in the checks. By default this is an hour.
    ///
    /// If `pass` sleeps, return whole seconds: at least two, and more than 1,000 concurrent callers have to wait for
    /// their answers. Expect a run to last a hundred times as long.
    fn unit(&self) -> Duration {
        Duration::from_secs(60 * 60)
    }

    /// Sets the wall clock that the store could see, far ahead or far back, while no time passes. By default it does
    /// nothing, and then the check of the wall clock proves nothing.
    fn step_wall(&self, ahead: bool) {
        let _ = ahead;
    }
}
