//! Writes a delay as the seconds of `Retry-After`.

use std::time::Duration;

/// Converts a delay to delay-seconds (RFC 9110 section 10.2.3). It rounds up, so that a client that waits exactly that
/// long is not too early. The result is at least 1.
pub(crate) fn whole_seconds(delay: Duration) -> u64 {
    let rounded = delay
        .as_secs()
        .saturating_add((delay.subsec_nanos() > 0).into());
    rounded.max(1)
}
