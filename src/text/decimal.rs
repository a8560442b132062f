//! Which number do decimal digits say?

use std::str::FromStr;

/// The number that `digits` say, which have to be digits alone: `parse` takes a sign, too.
pub(crate) fn number<T: FromStr>(digits: &str) -> Option<T> {
    let all_are_digits = digits.bytes().all(|octet| octet.is_ascii_digit());
    digits.parse().ok().filter(|_| all_are_digits)
}
