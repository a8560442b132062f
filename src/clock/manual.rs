//! What time it is when a test says so.

use std::collections::BTreeMap;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use super::{Clock, SleepFuture, Timer};

/// A clock that stands still until it is told to go on. Its clones are the same clock.
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
/// let claim = || store.claim_once(ClaimKey::new([7; 16]), ClaimHolder::new(1), Duration::from_secs(60)).try_now().expect("at once");
/// assert_eq!(claim()?, Claim::First);
///
/// clock.step_wall(SystemTime::UNIX_EPOCH + Duration::from_secs(3600));
/// assert_eq!(claim()?, Claim::NotFirst, "no time has passed");
///
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(claim()?, Claim::First, "an hour has");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<ClockTime>>);

#[derive(Debug)]
struct ClockTime {
    wall: SystemTime,
    monotonic: Duration,
    /// Who sleeps, by number, and is woken to look at the clock whenever it goes on.
    sleepers: BTreeMap<u64, Waker>,
    next: u64,
}

impl ManualClock {
    /// A clock whose wall shows `start`.
    #[must_use]
    pub fn new(start: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(ClockTime {
            wall: start,
            monotonic: Duration::ZERO,
            sleepers: BTreeMap::new(),
            next: 0,
        })))
    }

    /// Lets `time` pass, on both clocks. Either stops where its type ends.
    pub fn advance(&self, time: Duration) {
        let mut hands = self.hands();
        hands.wall = hands.wall.checked_add(time).unwrap_or(hands.wall);
        hands.monotonic = hands.monotonic.saturating_add(time);
        let sleepers = mem::take(&mut hands.sleepers);
        drop(hands);
        sleepers.into_values().for_each(Waker::wake);
    }

    /// How many sleeps somebody waits for: a test that wants to let time pass waits for them first.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.hands().sleepers.len()
    }

    /// Sets the wall clock, forwards or backwards, while no time passes.
    pub fn step_wall(&self, to: SystemTime) {
        self.hands().wall = to;
    }

    /// No step leaves the hands half moved, so a panic elsewhere does not matter.
    fn hands(&self) -> MutexGuard<'_, ClockTime> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn wall(&self) -> SystemTime {
        self.hands().wall
    }

    fn monotonic(&self) -> Duration {
        self.hands().monotonic
    }
}

impl Timer for ManualClock {
    fn sleep(&self, time: Duration) -> SleepFuture {
        let mut hands = self.hands();
        hands.next += 1;
        Box::pin(ManualSleep {
            clock: self.clone(),
            until: hands.monotonic.saturating_add(time),
            number: hands.next,
        })
    }
}

/// Waits until the clock shows a time.
struct ManualSleep {
    clock: ManualClock,
    until: Duration,
    number: u64,
}

impl Future for ManualSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut hands = self.clock.hands();
        if hands.monotonic >= self.until {
            return Poll::Ready(());
        }
        // A waker that is dropped may drop a task, and that a sleep: not while the hands are held.
        let former = hands.sleepers.insert(self.number, cx.waker().clone());
        drop(hands);
        drop(former);
        Poll::Pending
    }
}

impl Drop for ManualSleep {
    fn drop(&mut self) {
        let former = self.clock.hands().sleepers.remove(&self.number);
        drop(former);
    }
}
