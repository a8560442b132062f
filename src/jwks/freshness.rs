//! How long a response is fresh (RFC 9111 section 4.2).

use std::time::Duration;

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL};

/// Returns for how long the response stays fresh: `max-age` without the time that it has spent in caches. `None` if the
/// response has no `max-age`.
///
/// `no-cache` and `no-store` say nothing about the keys. Some servers send them with every response.
pub(super) fn fresh_for(fields: &HeaderMap) -> Option<Duration> {
    let values = fields.get_all(CACHE_CONTROL).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    let mut directives = values.flat_map(|value| value.split(','));
    let max_age = directives.find_map(|directive| {
        let (name, value) = directive.split_once('=')?;
        let is_max_age = name.trim().eq_ignore_ascii_case("max-age");
        is_max_age.then(|| seconds(value.trim().trim_matches('"')))?
    })?;
    let age = fields.get(AGE).and_then(|value| value.to_str().ok());
    let age = age.and_then(seconds).unwrap_or_default();
    Some(max_age.saturating_sub(age))
}

/// A number of seconds. A number that is too large stands for a very long time (RFC 9111 section 1.2.2).
fn seconds(text: &str) -> Option<Duration> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Duration::from_secs(
        text.parse::<u32>().unwrap_or(u32::MAX).into(),
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;

    use super::fresh_for;

    #[test]
    fn max_age_counts_and_the_time_in_caches_is_subtracted() {
        for (control, age, expected) in [
            (None, None, None),
            (Some("no-cache"), None, None),
            (Some("no-store"), Some("5"), None),
            (Some("max-age=60"), None, Some(60)),
            (
                Some("public, Max-Age=60, must-revalidate"),
                Some("20"),
                Some(40),
            ),
            (Some("s-maxage=5, max-age=\"60\""), Some("many"), Some(60)),
            (Some("max-age=60"), Some("90"), Some(0)),
            (Some("max-age=-1"), None, None),
            (Some("max-age="), None, None),
            (
                Some("max-age=99999999999999999999"),
                None,
                Some(u32::MAX.into()),
            ),
        ] {
            let mut fields = HeaderMap::new();
            control.map(|value| fields.insert("cache-control", value.parse().unwrap()));
            age.map(|value| fields.insert("age", value.parse().unwrap()));
            let expected = expected.map(Duration::from_secs);
            assert_eq!(fresh_for(&fields), expected, "{control:?} {age:?}");
        }
    }
}
