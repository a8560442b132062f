//! How is a time written?

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A time in UTC, as RFC 3339 has it, to the millisecond. Before 1970 is 1970.
pub(super) struct Date(pub(super) SystemTime);

const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.0.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (day, time) = (
            since.as_secs() / SECONDS_OF_A_DAY,
            since.as_secs() % SECONDS_OF_A_DAY,
        );
        let (year, month, day) = civil(day);
        let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
        let thousandths = since.subsec_millis();
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{thousandths:03}Z"
        )
    }
}

/// The year, month and day of the Gregorian calendar, `days` after 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    // The calendar repeats every 400 years.
    const DAYS_OF_400_YEARS: u64 = 400 * 365 + 97;
    let mut year = 1970 + 400 * (days / DAYS_OF_400_YEARS);
    let mut day = days % DAYS_OF_400_YEARS;
    while day >= 365 + leap_day(year) {
        day -= 365 + leap_day(year);
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + leap_day(year), 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    (year, month, day + 1)
}

const fn leap_day(year: u64) -> u64 {
    (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn shown(seconds: u64, milliseconds: u32) -> String {
        let since = Duration::new(seconds, milliseconds * 1_000_000);
        Date(UNIX_EPOCH + since).to_string()
    }

    /// The second and the third are those of RFC 3339 section 5.8.
    #[test]
    fn times_are_those_of_the_calendar() {
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
        assert_eq!(Date(before).to_string(), "1970-01-01T00:00:00.000Z");
    }

    /// Every day of eight hundred years is the one after the day before it.
    #[test]
    fn no_day_is_missing_and_none_comes_twice() {
        let is_leap = |year| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let mut expected = (1970, 1, 1);
        for days in 0..800 * 365 {
            assert_eq!(civil(days), expected);
            let (year, month, day) = expected;
            let last = match month {
                2 if is_leap(year) => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            expected = match (month, day == last) {
                (_, false) => (year, month, day + 1),
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
            };
        }
    }
}
