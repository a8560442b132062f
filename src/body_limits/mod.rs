//! Limits for the length of a body and for the time that a client may take to send it.

mod pace;

pub(crate) use self::pace::{BodyLimitExceeded, BodyPace};

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timer;

/// Limits for the length of a body that a layer reads, and for the time that a client may take to send it.
///
/// The limits protect the server from clients that send much or send slowly. They are needed because a layer may have to
/// read the body of a client that is not authenticated. A scheme that verifies bodies refuses a body beyond its limits,
/// with `413` or `408`. [`DrainBody`](crate::DrainBody) stops reading there and sends the response.
///
/// Only the time counts during which the server waits for the client. Time during which the inner service does not read
/// does not count.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use std::time::{Duration, SystemTime};
/// use tower_challenge::clock::ManualClock;
/// use tower_challenge::scheme::BodyLimits;
///
/// let timer = ManualClock::new(SystemTime::UNIX_EPOCH); // `TokioClock::new()` in a server
/// let limits = BodyLimits::new(timer).max_length(64 * 1024).deadline(Duration::from_secs(5));
/// # drop(limits);
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct BodyLimits {
    timer: Arc<dyn Timer>,
    max_length: u64,
    deadline: Duration,
    grace: Duration,
    min_rate: u64,
}

impl BodyLimits {
    /// Limits for bodies that the layer keeps in memory until they are verified.
    ///
    /// A body may have 1 MiB. The server waits at most 30 seconds for it. It waits 5 seconds, and one more second for
    /// each KiB that has arrived.
    pub fn new(timer: impl Timer) -> Self {
        Self {
            timer: Arc::new(timer),
            max_length: 1024 * 1024,
            deadline: Duration::from_secs(30),
            grace: Duration::from_secs(5),
            min_rate: 1024,
        }
    }

    /// Limits for bodies that the inner service reads while the layer verifies them.
    ///
    /// A body may have any length, and there is no deadline. The server waits 5 seconds, and one more second for each
    /// KiB that has arrived.
    pub fn streaming(timer: impl Timer) -> Self {
        Self::new(timer)
            .max_length(u64::MAX)
            .deadline(Duration::MAX)
    }

    /// Sets the length of the longest body, in bytes. A scheme refuses a longer one with `413`.
    ///
    /// If `Content-Length` announces a longer body, the layer does not read it.
    pub const fn max_length(mut self, bytes: u64) -> Self {
        self.max_length = bytes;
        self
    }

    /// Sets how long the server waits for the client altogether. A scheme then refuses the body with `408`.
    pub const fn deadline(mut self, time: Duration) -> Self {
        self.deadline = time;
        self
    }

    /// Sets the slowest allowed rate, on average. A scheme refuses the body of a slower client with `408`.
    ///
    /// The client has the time `grace` in addition. For example, with 1024 bytes a second and a grace of 5 seconds, a
    /// client that sends 512 bytes a second gets `408` after 10 seconds. With a rate of 0, no rate is too slow.
    pub const fn min_rate(mut self, bytes_per_second: u64, grace: Duration) -> Self {
        self.min_rate = bytes_per_second;
        self.grace = grace;
        self
    }

    fn timer(&self) -> &dyn Timer {
        &*self.timer
    }

    pub(crate) const fn allows_length(&self, bytes: u64) -> bool {
        bytes <= self.max_length
    }

    /// Returns how long the server waits altogether for a client that has sent `bytes` so far.
    fn allowance(&self, bytes: u64) -> Duration {
        let earned = bytes.saturating_mul(1000).checked_div(self.min_rate);
        // A rate of 0 is no limit.
        let earned = earned.map_or(Duration::MAX, Duration::from_millis);
        self.grace.saturating_add(earned).min(self.deadline)
    }
}
