//! The dates of claims.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A time in seconds since 1970-01-01 (RFC 7519 section 2). It may have a fraction, and it may be any number.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct NumericDate(f64);

impl NumericDate {
    pub(crate) const fn of_seconds(seconds: f64) -> Self {
        Self(seconds)
    }

    pub(crate) fn of(time: SystemTime) -> Self {
        Self(match time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_secs_f64(),
            Err(before) => -before.duration().as_secs_f64(),
        })
    }

    pub(crate) fn plus(self, duration: Duration) -> Self {
        Self(self.0 + duration.as_secs_f64())
    }

    pub(crate) fn minus(self, duration: Duration) -> Self {
        Self(self.0 - duration.as_secs_f64())
    }
}
