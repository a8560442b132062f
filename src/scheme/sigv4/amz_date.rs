//! The signing time of a request: `YYYYMMDDTHHMMSSZ`.

use std::time::{Duration, SystemTime};

use crate::text::calendar;

/// A signing time, with a resolution of one second. It keeps the text that the string to sign contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AmzDate {
    text: [u8; 16],
    /// The time since 1970-01-01T00:00:00Z.
    time: Duration,
}

impl AmzDate {
    /// Parses the basic format of ISO 8601, in UTC. Refuses times before 1970, and leap seconds.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let text = <[u8; 16]>::try_from(text).ok()?;
        if text[8] != b'T' || text[15] != b'Z' {
            return None;
        }
        let number = |from: usize, to: usize| number(&text[from..to]);
        let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
        let (hour, minute, second) = (number(9, 11)?, number(11, 13)?, number(13, 15)?);
        let seconds = calendar::to_seconds([year, month, day, hour, minute, second])?;
        let time = Duration::from_secs(seconds);
        Some(Self { text, time })
    }

    /// Parses a `Date` field. It holds the same format, or a date as in HTTP (RFC 9110 section 5.6.7).
    pub(super) fn read_date(field: &http::HeaderValue) -> Option<Self> {
        Self::read(field.as_bytes()).or_else(|| {
            let date = httpdate::parse_http_date(field.to_str().ok()?).ok()?;
            Self::at(date)
        })
    }

    fn at(time: SystemTime) -> Option<Self> {
        let seconds = time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
        let [year, month, day, hour, minute, second] = calendar::utc(seconds);
        let text = format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z");
        Self::read(text.as_bytes())
    }

    /// The text, as it is part of the string to sign.
    pub(super) const fn text(&self) -> &[u8; 16] {
        &self.text
    }

    /// The day, `YYYYMMDD`. The credential scope must contain the same day.
    pub(super) fn day(&self) -> [u8; 8] {
        let mut day = [0; 8];
        day.copy_from_slice(&self.text[..8]);
        day
    }

    /// The time as a [`SystemTime`].
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::HeaderValue;

    use super::AmzDate;

    fn seconds(text: &str) -> Option<u64> {
        AmzDate::read(text.as_bytes()).map(|date| date.time.as_secs())
    }

    #[test]
    fn a_signing_time_is_parsed_to_the_second() {
        assert_eq!(seconds("19700101T000000Z"), Some(0));
        assert_eq!(seconds("20130524T000000Z"), Some(1_369_353_600));
        assert_eq!(seconds("20150830T123600Z"), Some(1_440_938_160));
        assert_eq!(seconds("20240229T235959Z"), Some(1_709_251_199));
        assert_eq!(seconds("99991231T235959Z"), Some(253_402_300_799));
    }

    #[test]
    fn formatting_and_parsing_a_signing_time_returns_the_same_time() {
        for day in 0..150_000 {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(day * 86_400 + 45_296);
            let parsed = AmzDate::at(time).map(|date| date.time());
            assert_eq!(parsed, Some(time));
        }
    }

    #[test]
    fn an_invalid_signing_time_is_refused() {
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
    fn a_date_field_may_use_the_date_format_of_http() {
        let date = HeaderValue::from_static("Fri, 24 May 2013 00:00:00 GMT");
        let read = AmzDate::read_date(&date);
        assert_eq!(read, AmzDate::read(b"20130524T000000Z"));
        assert_eq!(AmzDate::read_date(&HeaderValue::from_static("today")), None);
    }
}
