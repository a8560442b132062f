//! Reads tokio's clock, and waits with tokio's timer.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{Clock, SleepFuture, SystemClock, Timer};

/// A clock and timer of the tokio runtime. Its monotonic clock stands still while a test has paused tokio's time.
///
/// Call [`sleep`](Timer::sleep) only inside a runtime whose time driver is enabled, as it is with `#[tokio::main]`.
/// Outside of such a runtime, tokio panics.
///
/// # Example
///
/// ```
/// # async fn example() {
/// use std::time::Duration;
/// use tower_challenge::clock::{Clock, Timer, TokioClock};
///
/// let clock = TokioClock::new();
/// clock.sleep(Duration::from_millis(1)).await;
/// assert!(clock.monotonic() >= Duration::from_millis(1));
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(example());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TokioClock {
    start: Instant,
}

impl TokioClock {
    /// Makes a clock whose monotonic time starts now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TokioClock {
    fn wall(&self) -> SystemTime {
        SystemClock::new().wall()
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

impl Timer for TokioClock {
    fn sleep(&self, time: Duration) -> SleepFuture {
        Box::pin(tokio::time::sleep(time))
    }
}
