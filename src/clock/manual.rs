//! What time it is when a test says so.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::Clock;

/// A clock that stands still until it is told to go on. Its clones are the same clock.
///
/// # Example
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tower_challenge::store::{Claim, Key, MemoryStore, ReplayStore};
/// use tower_challenge::clock::ManualClock;
///
/// # fn main() -> Result<(), tower_challenge::Unavailable> {
/// let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
/// let store = MemoryStore::new().with_clock(clock.clone());
/// let claim = || store.claim_once(Key::new([7; 16]), Duration::from_secs(60)).try_now().expect("at once");
/// assert_eq!(claim()?, Claim::First);
///
/// clock.step_wall(SystemTime::UNIX_EPOCH + Duration::from_secs(3600));
/// assert_eq!(claim()?, Claim::Again, "no time has passed");
///
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!(claim()?, Claim::First, "an hour has");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Hands>>);

#[derive(Debug)]
struct Hands {
    wall: SystemTime,
    monotonic: Duration,
}

impl ManualClock {
    /// A clock whose wall shows `start`.
    #[must_use]
    pub fn new(start: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(Hands {
            wall: start,
            monotonic: Duration::ZERO,
        })))
    }

    /// Lets `time` pass, on both clocks. Either stops where its type ends.
    pub fn advance(&self, time: Duration) {
        let mut hands = self.hands();
        hands.wall = hands.wall.checked_add(time).unwrap_or(hands.wall);
        hands.monotonic = hands.monotonic.saturating_add(time);
    }

    /// Sets the wall clock, forwards or backwards, while no time passes.
    pub fn step_wall(&self, to: SystemTime) {
        self.hands().wall = to;
    }

    /// No step leaves the hands half moved, so a panic elsewhere does not matter.
    fn hands(&self) -> MutexGuard<'_, Hands> {
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
