//! Clocks that tell the time, and timers that wait for it to pass.

#[cfg(feature = "testing")]
mod manual;
#[cfg(any(
    feature = "digest",
    feature = "dpop",
    feature = "hoba",
    feature = "mutual",
    feature = "scram"
))]
mod steady;
mod timer;
#[cfg(feature = "tokio")]
mod tokio;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

#[cfg(feature = "testing")]
pub use self::manual::ManualClock;
#[cfg(any(
    feature = "digest",
    feature = "dpop",
    feature = "hoba",
    feature = "mutual",
    feature = "scram"
))]
pub(crate) use self::steady::SteadyTime;
pub use self::timer::{SleepFuture, Timer};
#[cfg(feature = "tokio")]
pub use self::tokio::TokioClock;

use crate::forward::forward;

/// Tells the time: the time of day, and the time that has passed.
///
/// The wall clock is for times that other systems have written, for example the date of an AWS signature. The monotonic
/// clock is for the age of things and for how long they take.
///
/// ```
/// use tower_challenge::clock::{Clock, SystemClock};
///
/// let clock = SystemClock::new();
/// let before = clock.monotonic();
/// assert!(clock.monotonic() >= before);
/// ```
///
/// A wall clock can jump, for example when an operator sets it, at a leap second, or when a virtual machine resumes. So
/// this crate never measures an age with a wall clock.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// Returns the time of day. It may jump forwards and backwards.
    fn wall(&self) -> SystemTime;

    /// Returns the time since a start that the clock chooses. It never runs backwards.
    fn monotonic(&self) -> Duration;
}

/// Reads the clocks of the operating system.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Makes a clock whose monotonic time starts now.
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
