//! How buckets and keys are named on disk: so that no name leads anywhere else.

use std::fmt::Write;

/// A bucket: letters, digits, dots and hyphens, beginning and ending with a letter or a digit.
pub(crate) fn is_bucket(name: &str) -> bool {
    let is_outer = |octet: Option<u8>| {
        octet.is_some_and(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit())
    };
    let is_fit = |octet: u8| is_outer(Some(octet)) || octet == b'-' || octet == b'.';
    let (first, last) = (name.bytes().next(), name.bytes().last());
    (3..=63).contains(&name.len()) && name.bytes().all(is_fit) && is_outer(first) && is_outer(last)
}

/// The longest name that file systems take, in octets.
const LONGEST: usize = 255;

/// The file of a key: one name, in which everything but letters, digits, `-` and `_` is escaped. So there is neither a slash
/// in it, nor a dot at its start. `None` if it is too long.
pub(crate) fn file_of(key: &str) -> Option<String> {
    let mut name = String::with_capacity(key.len());
    for octet in key.bytes() {
        if octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_' {
            name.push(char::from(octet));
        } else {
            write!(name, "%{octet:02X}").ok()?;
        }
    }
    (1..=LONGEST).contains(&name.len()).then_some(name)
}

/// The key of a file; `None` if it is the file of none.
pub(crate) fn key_of(file: &str) -> Option<String> {
    let (mut key, mut rest) = (Vec::with_capacity(file.len()), file.as_bytes());
    while let [octet, after @ ..] = rest {
        let (octet, after) = match (octet, after) {
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).ok()?;
                (u8::from_str_radix(digits, 16).ok()?, after)
            }
            (octet, after) => (*octet, after),
        };
        key.push(octet);
        rest = after;
    }
    let key = String::from_utf8(key).ok()?;
    (file_of(&key).as_deref() == Some(file)).then_some(key)
}
