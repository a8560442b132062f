//! Converts between the names of buckets and keys and the names of directories and files.
//!
//! A client chooses the names, so that no name may lead outside the directory of the gateway. For example, a key
//! `../../etc` becomes the file `%2E%2E%2F%2E%2E%2Fetc`.

use std::fmt::Write;

/// Returns `true` if `name` is a valid name of a bucket: 3 to 63 lower-case letters, digits, dots and hyphens, with a
/// letter or a digit at the start and at the end.
pub(crate) fn is_bucket(name: &str) -> bool {
    let is_outer = |byte: Option<u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let is_fit = |byte: u8| is_outer(Some(byte)) || byte == b'-' || byte == b'.';
    let (first, last) = (name.bytes().next(), name.bytes().last());
    (3..=63).contains(&name.len()) && name.bytes().all(is_fit) && is_outer(first) && is_outer(last)
}

/// The longest name of a file that file systems accept, in bytes.
const MAX_NAME: usize = 255;

/// Returns the name of the file for a key. All characters except ASCII letters, digits, `-` and `_` are
/// percent-encoded, so that the name contains no slash and no dot. Returns `None` if the key is empty or the name is
/// too long.
pub(crate) fn file_of(key: &str) -> Option<String> {
    let mut name = String::with_capacity(key.len());
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' {
            name.push(char::from(byte));
        } else {
            write!(name, "%{byte:02X}").ok()?;
        }
    }
    (1..=MAX_NAME).contains(&name.len()).then_some(name)
}

/// Returns the key for the name of a file, or `None` if no key has a file of this name.
pub(crate) fn key_of(file: &str) -> Option<String> {
    let (mut key, mut rest) = (Vec::with_capacity(file.len()), file.as_bytes());
    while let [byte, after @ ..] = rest {
        let (byte, after) = match (byte, after) {
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).ok()?;
                (u8::from_str_radix(digits, 16).ok()?, after)
            }
            (byte, after) => (*byte, after),
        };
        key.push(byte);
        rest = after;
    }
    let key = String::from_utf8(key).ok()?;
    (file_of(&key).as_deref() == Some(file)).then_some(key)
}
