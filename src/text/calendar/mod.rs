//! Converts between seconds since 1970 and dates of the Gregorian calendar.

#[cfg(feature = "sigv4")]
mod to_seconds;

#[cfg(feature = "sigv4")]
pub(crate) use self::to_seconds::to_seconds;

/// The number of days from March 1 of the year 0 to January 1, 1970.
const DAYS_TO_1970: u64 = 719_468;

/// Converts `seconds` since January 1, 1970, 00:00 UTC to the year, month, day, hour, minute and second in UTC.
///
/// The computation lets each year begin on March 1, so that a leap day is the last day of its year. It counts in eras
/// of 400 years, because the Gregorian calendar repeats after 400 years.
pub(crate) const fn utc(seconds: u64) -> [u64; 6] {
    let (days, time) = (seconds / 86_400 + DAYS_TO_1970, seconds % 86_400);
    // 400 years have 146,097 days, 100 years have 36,524, and 4 years have 1,461. The divisors 1460 and 146,096 are one
    // less, so that a leap day belongs to the year that it ends.
    let (era, of_era) = (days / 146_097, days % 146_097);
    let of_era_year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100);
    // Five months from March on have 153 days (31, 30, 31, 30, 31), and so have the next five.
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let next = month / 10;
    let (year, month) = (era * 400 + of_era_year + next, month + 3 - 12 * next);
    [year, month, day, time / 3600, time / 60 % 60, time % 60]
}

#[cfg(test)]
mod tests {
    use super::utc;

    /// Walks through 800 years and compares each day with the day after the previous one.
    #[test]
    fn each_day_of_800_years_follows_the_previous_day() {
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
