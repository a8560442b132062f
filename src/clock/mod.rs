//! What time it is, and how to wait for another.

#[cfg(feature = "testing")]
mod manual;
mod timer;
#[cfg(feature = "tokio")]
mod tokio;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

#[cfg(feature = "testing")]
pub use self::manual::ManualClock;
pub use self::timer::{SleepFuture, Timer};
#[cfg(feature = "tokio")]
pub use self::tokio::TokioClock;

use crate::forward::forward;

/// Tells the time: by the wall, for what others have dated, and monotonically, for how long something took.
///
/// ```
/// use tower_challenge::clock::{Clock, SystemClock};
///
/// let clock = SystemClock::new();
/// let before = clock.monotonic();
/// assert!(clock.monotonic() >= before);
/// ```
///
/// Wall clocks step (an operator, a leap, a virtual machine that wakes up), so nothing in this crate measures an age
/// with one.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time of day. It may step forwards and backwards.
    fn wall(&self) -> SystemTime;

    /// The time since a moment of the clock's own choosing. It never runs backwards.
    fn monotonic(&self) -> Duration;
}

/// The clocks of the operating system.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Starts the monotonic clock.
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    #[must_use]
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

forward! { Arc, Box: Clock {
    fn wall(&self) -> SystemTime;
    fn monotonic(&self) -> Duration;
} }
