//! What do octets look like in hexadecimal?

#[cfg(any(feature = "digest", feature = "sigv4"))]
mod hash;

#[cfg(any(feature = "digest", feature = "sigv4"))]
pub(crate) use self::hash::{HexHash, MAX, read};

/// The value of one digit, in either case; `None` if it is no digit.
pub(crate) const fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
