//! How long a body may be, and how slowly it may come.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Timer;

/// How long a body may be, and how slowly it may come. Whoever sends one has to be waited for, authenticated or not.
///
/// The time that counts is that in which the client is waited for, and not that in which the inner service reads nothing.
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
    /// For bodies that are kept in memory until they have verified: at most 1 MiB, within 30 seconds, and at 1 KiB a
    /// second, but for the first five.
    pub fn new(timer: impl Timer) -> Self {
        Self {
            timer: Arc::new(timer),
            max_length: 1024 * 1024,
            deadline: Duration::from_secs(30),
            grace: Duration::from_secs(5),
            min_rate: 1024,
        }
    }

    /// For bodies that are handed on while they come in: of any length, for as long as 1 KiB a second takes, and five
    /// seconds.
    pub fn streaming(timer: impl Timer) -> Self {
        Self::new(timer)
            .max_length(u64::MAX)
            .deadline(Duration::MAX)
    }

    /// Answers `413` to a body of more than `octets`, as soon as its `Content-Length` says so.
    pub const fn max_length(mut self, octets: u64) -> Self {
        self.max_length = octets;
        self
    }

    /// Answers `408` when the client has been waited for as long as this.
    pub const fn deadline(mut self, time: Duration) -> Self {
        self.deadline = time;
        self
    }

    /// Answers `408` when, after a time of `grace`, fewer than `octets_per_second` have come. 0: no rate is too slow.
    pub const fn min_rate(mut self, octets_per_second: u64, grace: Duration) -> Self {
        self.min_rate = octets_per_second;
        self.grace = grace;
        self
    }

    pub(super) fn timer(&self) -> &dyn Timer {
        &*self.timer
    }

    pub(super) const fn allows_length(&self, octets: u64) -> bool {
        octets <= self.max_length
    }

    /// How long a client that has sent `octets` may be waited for.
    pub(super) fn allowance(&self, octets: u64) -> Duration {
        let earned = octets.saturating_mul(1000).checked_div(self.min_rate);
        let earned = earned.map_or(Duration::MAX, Duration::from_millis);
        self.grace.saturating_add(earned).min(self.deadline)
    }
}
