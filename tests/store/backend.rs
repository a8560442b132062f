//! A store under test, with a clock that the test sets.

use std::time::{Duration, SystemTime};

use tower_challenge::clock::{Clock, ManualClock};
use tower_challenge::store::ReplayStore;
use tower_challenge::store::conformance::ReplayBackend;

pub(crate) struct Tested<S> {
    pub(crate) store: S,
    pub(crate) clock: ManualClock,
    pub(crate) capacity: Option<usize>,
    pub(crate) lose: fn(&S) -> bool,
}

impl<S> Tested<S> {
    /// Makes the store with `new`, and gives it a clock of its own.
    pub(crate) fn new(new: impl FnOnce(ManualClock) -> S) -> Self {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
        Self {
            store: new(clock.clone()),
            clock,
            capacity: None,
            lose: |_| false,
        }
    }
}

impl<S: ReplayStore> ReplayBackend for Tested<S> {
    type Store = S;

    fn store(&self) -> &S {
        &self.store
    }

    fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    /// Lets time pass. It also sets the wall clock, an hour back and an hour forward in turn, because no store may
    /// depend on it.
    fn pass(&self, time: Duration) {
        const HOUR: Duration = Duration::from_secs(3600);
        self.clock.advance(time);
        let (wall, back) = (
            self.clock.wall(),
            self.clock.monotonic().as_nanos() % 2 == 0,
        );
        self.clock
            .step_wall(if back { wall - HOUR } else { wall + HOUR });
    }

    fn capacity(&self) -> Option<usize> {
        self.capacity
    }

    fn lose(&self) -> bool {
        (self.lose)(&self.store)
    }
}
