//! The time since 1970, which a step of the wall clock does not change.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::Clock;
use crate::derives::shows;

/// Reads the wall clock once, when it is made, and measures the time from then on by the monotonic clock. So a step of the
/// wall clock neither revives nor ends what is good until a certain time.
pub(crate) struct SteadyTime {
    clock: Arc<dyn Clock>,
    /// The time since 1970, and the monotonic clock at that time.
    start: (Duration, Duration),
}

impl SteadyTime {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let wall = clock.wall().duration_since(SystemTime::UNIX_EPOCH);
        let start = (wall.unwrap_or_default(), clock.monotonic());
        Self { clock, start }
    }

    /// Returns the time since 1970.
    pub(crate) fn since_1970(&self) -> Duration {
        let (start, monotonic) = self.start;
        let elapsed = self.clock.monotonic().saturating_sub(monotonic);
        start.saturating_add(elapsed)
    }
}

shows! { impl[] SteadyTime[] as self { start: self.start.0 } }
