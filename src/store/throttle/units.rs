//! Converts times into the units of the rules.

use std::time::Duration;

/// A period in milliseconds, at least one, because the rules divide by it.
pub(super) fn period(time: Duration) -> u64 {
    millis(time).max(1)
}

/// Milliseconds since the start of the clock.
pub(in crate::store) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Whole seconds since the start of the clock.
pub(super) fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}
