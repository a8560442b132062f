//! Which date and time is it, so many seconds after 1970 began?

#[cfg(feature = "sigv4")]
mod to_seconds;

#[cfg(feature = "sigv4")]
pub(crate) use self::to_seconds::to_seconds;

/// Days from the first of March of the year 0 to 1970.
const DAYS_TO_1970: u64 = 719_468;

/// The year, month, day, hour, minute and second of the Gregorian calendar in UTC, `seconds` after 1970 began.
///
/// The days are counted from a first of March, so that a leap day ends its year, and in eras of 400 years, after which the
/// calendar repeats.
pub(crate) const fn utc(seconds: u64) -> [u64; 6] {
    let (days, time) = (seconds / 86_400 + DAYS_TO_1970, seconds % 86_400);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let of_era_year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let next = month / 10;
    let (year, month) = (era * 400 + of_era_year + next, month + 3 - 12 * next);
    [year, month, day, time / 3600, time / 60 % 60, time % 60]
}

#[cfg(test)]
mod tests {
    use super::utc;

    /// Every day of eight hundred years is the one after the day before it.
    #[test]
    fn no_day_is_missing_and_none_comes_twice() {
        let is_leap = |year| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let mut expected = (1970, 1, 1);
        for days in 0..800 * 365 {
            let (year, month, day) = expected;
            assert_eq!(utc(days * 86_400 + 3), [year, month, day, 0, 0, 3]);
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
