//! How many seconds after 1970 began is a date and time?

use super::{DAYS_TO_1970, utc};

/// The inverse of [`utc`]: `None` if there is no such date or time, or it was before 1970. Each number has at most 4
/// digits.
pub(crate) fn to_seconds(moment: [u64; 6]) -> Option<u64> {
    let [year, month, day, hour, minute, second] = moment;
    let year = year.checked_sub(u64::from(month < 3))?;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day;
    let leaps = year / 4 - year / 100 + year / 400;
    let days = (year * 365 + leaps + of_year).checked_sub(DAYS_TO_1970 + 1)?;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    // A date that there is not, such as the 31st of April, has the number of another day.
    (utc(seconds) == moment).then_some(seconds)
}
