//! The clock of tokio's runtime.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{Clock, SleepFuture, SystemClock, Timer};

/// The time of tokio, which stands still where a test has paused it.
///
/// Its sleeps have to be made inside a runtime whose time driver is on, as every server on tokio has it.
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
    /// Starts the monotonic clock.
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
