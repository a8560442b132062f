//! A clock that a test sets.

use std::collections::BTreeMap;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use super::{Clock, SleepFuture, Timer};

/// A clock that stands still until a test calls [`advance`](Self::advance). Clones share one time.
///
/// Use it in tests of time limits, so that no test has to wait.
///
/// # Example
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MemoryStore, ReplayStore};
/// use tower_challenge::clock::ManualClock;
///
/// # fn main() -> Result<(), tower_challenge::Unavailable> {
/// let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
/// let store = MemoryStore::new().with_clock(clock.clone());
/// let claim = || {
///     let (key, holder) = (ClaimKey::new([7; 16]), ClaimHolder::new(1));
///     store.claim_once(key, holder, Duration::from_secs(60)).try_now().expect("at once")
/// };
/// assert_eq!(claim()?, Claim::First);
///
/// clock.step_wall(SystemTime::UNIX_EPOCH + Duration::from_secs(3600));
/// assert_eq!(claim()?, Claim::NotFirst, "no time has passed");
///
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(claim()?, Claim::First, "an hour has passed");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<ClockTime>>);

#[derive(Debug)]
struct ClockTime {
    wall: SystemTime,
    monotonic: Duration,
    /// The wakers of the tasks that sleep, by the number of the sleep. Each advance of the clock wakes all of them.
    sleepers: BTreeMap<u64, Waker>,
    next: u64,
}

impl ManualClock {
    /// Makes a clock whose wall clock shows `start`, and whose monotonic clock shows zero.
    #[must_use]
    pub fn new(start: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(ClockTime {
            wall: start,
            monotonic: Duration::ZERO,
            sleepers: BTreeMap::new(),
            next: 0,
        })))
    }

    /// Lets `time` pass on both clocks, and wakes the tasks that sleep.
    ///
    /// If `time` would exceed the range of a clock, that clock stops: the wall clock where it is, the monotonic clock
    /// at its end.
    pub fn advance(&self, time: Duration) {
        let mut state = self.state();
        state.wall = state.wall.checked_add(time).unwrap_or(state.wall);
        state.monotonic = state.monotonic.saturating_add(time);
        let sleepers = mem::take(&mut state.sleepers);
        // A waker may run a task at once, and the task may ask for the time: the lock must be free.
        drop(state);
        sleepers.into_values().for_each(Waker::wake);
    }

    /// Returns how many sleeps wait for the clock.
    ///
    /// A test that lets time pass first waits until this number is the expected one. For example, it waits until the
    /// task under test has started its deadline.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.state().sleepers.len()
    }

    /// Sets the wall clock forwards or backwards. The monotonic clock does not change.
    pub fn step_wall(&self, to: SystemTime) {
        self.state().wall = to;
    }

    /// Locks the state. No method can panic between two changes that belong together, so a poisoned lock is ignored.
    fn state(&self) -> MutexGuard<'_, ClockTime> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn wall(&self) -> SystemTime {
        self.state().wall
    }

    fn monotonic(&self) -> Duration {
        self.state().monotonic
    }
}

impl Timer for ManualClock {
    fn sleep(&self, time: Duration) -> SleepFuture {
        let mut state = self.state();
        state.next += 1;
        Box::pin(ManualSleep {
            clock: self.clone(),
            until: state.monotonic.saturating_add(time),
            number: state.next,
        })
    }
}

/// Waits until the monotonic clock shows `until`.
struct ManualSleep {
    clock: ManualClock,
    until: Duration,
    number: u64,
}

impl Future for ManualSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.state();
        if state.monotonic >= self.until {
            return Poll::Ready(());
        }
        // The drop of a waker may drop a task, and with it another sleep, whose `drop` takes the lock. So the lock is
        // released before the former waker is dropped.
        let former = state.sleepers.insert(self.number, cx.waker().clone());
        drop(state);
        drop(former);
        Poll::Pending
    }
}

impl Drop for ManualSleep {
    fn drop(&mut self) {
        let former = self.clock.state().sleepers.remove(&self.number);
        drop(former);
    }
}
