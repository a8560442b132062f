//! Reads and writes hexadecimal digits.

#[cfg(any(feature = "digest", feature = "sigv4"))]
mod hash;
#[cfg(feature = "mutual")]
mod long;

#[cfg(any(feature = "digest", feature = "sigv4"))]
pub(crate) use self::hash::{HexHash, MAX, read};
#[cfg(feature = "mutual")]
pub(crate) use self::long::{bytes_of, text_of};

/// Returns the value of a hexadecimal digit in upper or lower case, or `None` if `digit` is not one.
pub(crate) const fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
