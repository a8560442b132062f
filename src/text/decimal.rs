//! Reads decimal numbers.

use std::str::FromStr;

/// Reads a number of decimal digits. Returns `None` if `digits` contains any other character.
///
/// `str::parse` alone is not strict enough, because it accepts a sign, too. For example, it reads `+1` as 1.
pub(crate) fn number<T: FromStr>(digits: &str) -> Option<T> {
    let all_are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| all_are_digits)
}

/// Reads a number of decimal digits without leading zeros. A number that is too large for a `u64` counts as the largest one.
/// Returns `None` for any other text.
///
/// For example, it reads `0` and `10`, and neither `010` nor `+10`.
pub(crate) fn shortest_number(digits: &str) -> Option<u64> {
    let is_shortest = digits == "0" || !digits.starts_with('0');
    let all_are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = is_shortest && all_are_digits && !digits.is_empty();
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::shortest_number;

    #[test]
    fn a_number_has_one_spelling_and_the_largest_value_is_the_limit() {
        assert_eq!(shortest_number("0"), Some(0));
        assert_eq!(shortest_number("10"), Some(10));
        assert_eq!(shortest_number("18446744073709551616"), Some(u64::MAX));
        for bad in ["", "00", "01", "+1", "-1", "1 ", "0x1", "\u{661}"] {
            assert_eq!(shortest_number(bad), None, "{bad}");
        }
    }
}
