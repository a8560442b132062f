//! Converts a date and time to seconds since 1970.

use super::{DAYS_TO_1970, utc};

/// Converts a date and time in UTC to seconds since 1970. It is the inverse of [`utc`].
///
/// Returns `None` if the date or the time does not exist, or if it is before 1970. The caller guarantees that each
/// number has at most 4 digits, so that the computation cannot overflow.
pub(crate) fn to_seconds(moment: [u64; 6]) -> Option<u64> {
    let [year, month, day, hour, minute, second] = moment;
    let year = year.checked_sub(u64::from(month < 3))?;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day;
    let leaps = year / 4 - year / 100 + year / 400;
    let days = (year * 365 + leaps + of_year).checked_sub(DAYS_TO_1970 + 1)?;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    // The formula maps a date that does not exist, such as April 31, to the seconds of another date. Converting back
    // detects that.
    (utc(seconds) == moment).then_some(seconds)
}
