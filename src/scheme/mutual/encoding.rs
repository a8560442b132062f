//! How are numbers and texts encoded before they are hashed (RFC 8120 section 12.1), and how on the wire?

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::algorithm::MutualAlgorithm;
pub(super) use crate::text::hex::{bytes_of as from_hex, text_of as hex};

/// `VI`: a number in base 128, with the high bit set in all bytes but the last, and no leading zeros.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::mutual::proof::variable_integer;
///
/// assert_eq!(variable_integer(127), [0x7f]);
/// assert_eq!(variable_integer(10_000), [0xce, 0x10]);
/// ```
#[must_use]
pub fn variable_integer(number: u128) -> Vec<u8> {
    let digits = (128 - number.leading_zeros()).div_ceil(7).max(1);
    let digit = |place: u32| (number >> (7 * place)).to_le_bytes()[0] & 0x7f;
    let bytes = (0..digits).rev();
    bytes
        .map(|place| digit(place) | if place == 0 { 0 } else { 0x80 })
        .collect()
}

/// `VS`: the length of a text as [`VI`](variable_integer), and the text.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::mutual::proof::variable_string;
///
/// assert_eq!(variable_string("Tea".as_bytes()), b"\x03Tea");
/// ```
#[must_use]
pub fn variable_string(text: &[u8]) -> Vec<u8> {
    [&*variable_integer(text.len() as u128), text].concat()
}

/// Writes a number of fixed length as the algorithm does: in hexadecimal for the curves, in base64 for the others.
pub(super) fn written(algorithm: MutualAlgorithm, bytes: &[u8]) -> String {
    match algorithm.writes_hex() {
        true => hex(bytes),
        false => STANDARD.encode(bytes),
    }
}

/// Reads a number of `len` bytes. Each number has one spelling, apart from the case of hexadecimal digits.
pub(super) fn read(algorithm: MutualAlgorithm, text: &[u8], len: usize) -> Option<Vec<u8>> {
    let bytes = match algorithm.writes_hex() {
        true => from_hex(text),
        false => STANDARD.decode(text).ok(),
    };
    bytes.filter(|bytes| bytes.len() == len)
}
