//! Writes the time of an audit line in the form of RFC 3339.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::text::calendar::utc;

/// Shows a time in UTC in the form of RFC 3339, to the millisecond. For example, `2024-07-03T09:46:40.000Z`.
///
/// A time before 1970 is shown as the first moment of 1970.
pub(super) struct Rfc3339Date(pub(super) SystemTime);

impl fmt::Display for Rfc3339Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.0.duration_since(UNIX_EPOCH).unwrap_or_default();
        let [year, month, day, hour, minute, second] = utc(since.as_secs());
        let thousandths = since.subsec_millis();
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{thousandths:03}Z"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn shown(seconds: u64, milliseconds: u32) -> String {
        let since = Duration::new(seconds, milliseconds * 1_000_000);
        Rfc3339Date(UNIX_EPOCH + since).to_string()
    }

    /// The second and the third are those of RFC 3339 section 5.8.
    #[test]
    fn a_time_is_shown_with_its_date_in_the_calendar_and_one_before_1970_as_1970() {
        for (seconds, milliseconds, expected) in [
            (0, 0, "1970-01-01T00:00:00.000Z"),
            (482_196_050, 520, "1985-04-12T23:20:50.520Z"),
            (851_042_397, 0, "1996-12-20T00:39:57.000Z"),
            (951_782_400, 1, "2000-02-29T00:00:00.001Z"),
            (4_107_542_400, 0, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(shown(seconds, milliseconds), expected);
        }
        let before = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(Rfc3339Date(before).to_string(), "1970-01-01T00:00:00.000Z");
    }
}
