//! When a request was signed: `YYYYMMDDTHHMMSSZ`.

use std::time::{Duration, SystemTime};

/// A moment, to the second, as it stands in the string to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timestamp {
    text: [u8; 16],
    /// Since 1970.
    time: Duration,
}

impl Timestamp {
    /// Reads the basic format of ISO 8601, in UTC. Nothing before 1970, and no leap second.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let text = <[u8; 16]>::try_from(text).ok()?;
        if text[8] != b'T' || text[15] != b'Z' {
            return None;
        }
        let number = |from: usize, to: usize| number(&text[from..to]);
        let days = days(number(0, 4)?, number(4, 6)?, number(6, 8)?)?;
        let (hour, minute, second) = (number(9, 11)?, number(11, 13)?, number(13, 15)?);
        let time = (hour < 24 && minute < 60 && second < 60)
            .then(|| Duration::from_secs(((days * 24 + hour) * 60 + minute) * 60 + second))?;
        Some(Self { text, time })
    }

    /// Reads what a `Date` field may hold: the same, or the date of HTTP (RFC 9110 section 5.6.7).
    pub(super) fn read_date(field: &http::HeaderValue) -> Option<Self> {
        Self::read(field.as_bytes()).or_else(|| {
            let mut lines = std::iter::once(field);
            let date = <headers::Date as headers::Header>::decode(&mut lines).ok()?;
            Self::at(date.into())
        })
    }

    fn at(time: SystemTime) -> Option<Self> {
        let seconds = time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let text = format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z");
        Self::read(text.as_bytes())
    }

    /// As it is written.
    pub(super) const fn text(&self) -> &[u8; 16] {
        &self.text
    }

    /// The day, which the scope has to name again.
    pub(super) fn day(&self) -> [u8; 8] {
        let mut day = [0; 8];
        day.copy_from_slice(&self.text[..8]);
        day
    }

    /// The moment.
    pub(super) fn time(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.time
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        Some(number * 10 + u64::from(digit))
    })
}

/// Days from 1970 to a day of the Gregorian calendar, counted from the first of March, so that February ends a year.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) || day == 0 || day > length(year, month) {
        return None;
    }
    let year = year - u64::from(month < 3);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leaps = year / 4 - year / 100 + year / 400;
    Some(year * 365 + leaps + of_year - DAYS_TO_1970)
}

/// From the first of March of the year 0.
const DAYS_TO_1970: u64 = 719_468;

const fn length(year: u64, month: u64) -> u64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The year, the month and the day that are that many days after 1970 began.
const fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + DAYS_TO_1970;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let of_era_year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_era_year + of_era_year / 4 - of_era_year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + of_era_year + next, month, day)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::HeaderValue;

    use super::Timestamp;

    fn seconds(text: &str) -> Option<u64> {
        Timestamp::read(text.as_bytes()).map(|it| it.time.as_secs())
    }

    #[test]
    fn a_moment_is_read_to_the_second() {
        assert_eq!(seconds("19700101T000000Z"), Some(0));
        assert_eq!(seconds("20130524T000000Z"), Some(1_369_353_600));
        assert_eq!(seconds("20150830T123600Z"), Some(1_440_938_160));
        assert_eq!(seconds("20240229T235959Z"), Some(1_709_251_199));
        assert_eq!(seconds("99991231T235959Z"), Some(253_402_300_799));
    }

    #[test]
    fn every_day_is_written_as_it_is_read() {
        for day in 0..150_000 {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(day * 86_400 + 45_296);
            let written = Timestamp::at(time).map(|it| it.time());
            assert_eq!(written, Some(time));
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for bad in [
            "20150830T123600",
            "20150830T123600z",
            "2015083 T123600Z",
            "20150229T000000Z",
            "20150931T000000Z",
            "20151301T000000Z",
            "20150100T000000Z",
            "20150830T240000Z",
            "20150830T126000Z",
            "20150830T123660Z",
            "19691231T235959Z",
            "2015-08-30T12:36:00Z",
            "+0150830T123600Z",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_date_field_may_be_written_as_http_does() {
        let date = HeaderValue::from_static("Fri, 24 May 2013 00:00:00 GMT");
        let read = Timestamp::read_date(&date);
        assert_eq!(read, Timestamp::read(b"20130524T000000Z"));
        assert_eq!(
            Timestamp::read_date(&HeaderValue::from_static("today")),
            None
        );
    }
}
