//! What the checks need to know of a backend.

use std::time::Duration;

use crate::now_or_later::NowOrLater;
use crate::store::ThrottleStore;
use crate::store::conformance::backend::block_on;

/// A throttle store under test, and the world around it.
///
/// Three functions suffice for a store in memory. One that lives elsewhere has its runtime in [`wait`](Self::wait),
/// sleeps in [`pass`](Self::pass), and shortens the [`unit`](Self::unit) so that a run does not sleep for long.
pub trait ThrottleBackend: Sync {
    /// The store.
    type Store: ThrottleStore;

    /// The store under test.
    fn store(&self) -> &Self::Store;

    /// The time since some moment, by a clock that runs as the store's does.
    fn now(&self) -> Duration;

    /// Lets `time` pass for the store, or a little more: sets a clock, or sleeps.
    fn pass(&self, time: Duration);

    /// Waits for an answer. Called from many threads at once.
    ///
    /// Parks the thread until it is woken, unless overridden: enough for futures that need no particular runtime.
    fn wait<T>(&self, answer: NowOrLater<T>) -> T {
        block_on(answer)
    }

    /// In what time one failure is forgiven in the checks: an hour, unless overridden.
    ///
    /// Where `pass` sleeps, take whole seconds, at least two and more than 1,000 callers at once have to wait for their
    /// answers, and expect a run to last a hundred times as long.
    fn unit(&self) -> Duration {
        Duration::from_secs(60 * 60)
    }

    /// Sets the wall clock that the store could see, far ahead or far back, while no time passes. Unless overridden it
    /// does not, and nothing is checked about it.
    fn step_wall(&self, ahead: bool) {
        let _ = ahead;
    }
}
