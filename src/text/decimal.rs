//! Reads decimal numbers.

use std::str::FromStr;

/// Reads a number of decimal digits. Returns `None` if `digits` contains any other character.
///
/// `str::parse` alone is not strict enough, because it accepts a sign, too. For example, it reads `+1` as 1.
pub(crate) fn number<T: FromStr>(digits: &str) -> Option<T> {
    let all_are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| all_are_digits)
}
