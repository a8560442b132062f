//! Percent-encodes text and decodes it (RFC 3986 section 2.1).

use crate::text::hex::digit;

/// Decodes `text` byte by byte.
///
/// `plain` decodes a byte outside an escape, and returns `None` if the byte is invalid there. For example, a decoder of
/// form data maps `+` to a space. An item is `None` if `plain` refuses its byte, or if it is a percent sign without two
/// hexadecimal digits after it.
pub(crate) fn bytes<'t>(
    mut text: &'t [u8],
    plain: impl Fn(u8) -> Option<u8> + 't,
) -> impl Iterator<Item = Option<u8>> + 't {
    std::iter::from_fn(move || {
        let (&first, after) = text.split_first()?;
        text = after;
        if first != b'%' {
            return Some(plain(first));
        }
        let (byte, after) = escaped(after).unzip();
        text = after.unwrap_or(text);
        Some(byte)
    })
}

/// Decodes the whole of `text`. Returns `None` if a part of it is invalid. See [`bytes`].
pub(crate) fn decode(text: &[u8], plain: impl Fn(u8) -> Option<u8>) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    for byte in bytes(text, plain) {
        decoded.push(byte?);
    }
    Some(decoded)
}

/// Reads the two digits of an escape at the start of `text`, after the percent sign. Returns their byte and the rest.
pub(crate) fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], rest) = text.split_first_chunk()?;
    Some((digit(high)? << 4 | digit(low)?, rest))
}

/// Percent-encodes each byte of `text` for which `plain` returns `false`.
pub(crate) fn encode(text: &str, plain: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        match plain(byte) {
            true => encoded.push(byte.into()),
            false => encoded.extend(escape(byte).map(char::from)),
        }
    }
    encoded
}

/// Returns the escape of `byte`, with hexadecimal digits in upper case.
pub(crate) const fn escape(byte: u8) -> [u8; 3] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let (high, low) = (byte >> 4, byte & 15);
    [b'%', DIGITS[high as usize], DIGITS[low as usize]]
}

/// Returns whether `byte` never needs an escape: the unreserved characters of RFC 3986 section 2.3.
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    UNRESERVED[byte as usize]
}

static UNRESERVED: [bool; 256] = {
    let mut unreserved = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        unreserved[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        byte += 1;
    }
    unreserved
};

#[cfg(test)]
mod tests {
    use super::{decode, encode, is_unreserved};

    #[test]
    fn decoding_returns_the_text_that_was_encoded() {
        let text: String = (0..=u8::MAX).map(char::from).collect();
        let encoded = encode(&text, is_unreserved);
        assert_eq!(decode(encoded.as_bytes(), Some), Some(text.into_bytes()));
        assert_eq!(encode("a b\u{e9}", is_unreserved), "a%20b%C3%A9");
    }

    #[test]
    fn text_with_an_invalid_part_is_not_decoded() {
        for bad in ["%", "%2", "%zz", "%2g", "a%", "%%20"] {
            assert_eq!(decode(bad.as_bytes(), Some), None, "{bad}");
        }
        let no_plus = |byte| (byte != b'+').then_some(byte);
        assert_eq!(decode(b"a+b", no_plus), None);
        assert_eq!(decode(b"a%2Bb", no_plus).as_deref(), Some(&b"a+b"[..]));
    }
}
