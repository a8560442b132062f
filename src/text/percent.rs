//! What does percent-encoded text stand for (RFC 3986 section 2.1)?

use crate::text::hex::digit;

/// Octet by octet what `text` stands for. `plain` says what an octet outside of an escape stands for, if anything. `None`
/// is a percent sign that two digits do not follow, or an octet that stands for nothing.
pub(crate) fn octets<'t>(
    mut text: &'t [u8],
    plain: impl Fn(u8) -> Option<u8> + 't,
) -> impl Iterator<Item = Option<u8>> + 't {
    std::iter::from_fn(move || {
        let (&first, after) = text.split_first()?;
        text = after;
        if first != b'%' {
            return Some(plain(first));
        }
        let (octet, after) = escaped(after).unzip();
        text = after.unwrap_or(text);
        Some(octet)
    })
}

/// All of what `text` stands for; `None` if a part of it stands for nothing. See [`octets`].
pub(crate) fn decode(text: &[u8], plain: impl Fn(u8) -> Option<u8>) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    for octet in octets(text, plain) {
        decoded.push(octet?);
    }
    Some(decoded)
}

/// The octet of the escape whose two digits `text` begins with, and what follows them.
pub(crate) fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], rest) = text.split_first_chunk()?;
    Some((digit(high)? << 4 | digit(low)?, rest))
}

/// `text` with every octet escaped that is not `plain`.
pub(crate) fn encode(text: &str, plain: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len() + 16);
    for octet in text.bytes() {
        match plain(octet) {
            true => encoded.push(octet.into()),
            false => encoded.extend(escape(octet).map(char::from)),
        }
    }
    encoded
}

/// The escape of `octet`, in upper case.
pub(crate) const fn escape(octet: u8) -> [u8; 3] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let (high, low) = (octet >> 4, octet & 15);
    [b'%', DIGITS[high as usize], DIGITS[low as usize]]
}

/// The octets that stand for themselves everywhere: the unreserved ones of RFC 3986 section 2.3.
pub(crate) const fn is_unreserved(octet: u8) -> bool {
    UNRESERVED[octet as usize]
}

static UNRESERVED: [bool; 256] = {
    let mut unreserved = [false; 256];
    let mut octet = 0_u8;
    while octet < 128 {
        unreserved[octet as usize] =
            octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~');
        octet += 1;
    }
    unreserved
};

#[cfg(test)]
mod tests {
    use super::{decode, encode, is_unreserved};

    #[test]
    fn what_was_encoded_is_decoded() {
        let text: String = (0..=u8::MAX).map(char::from).collect();
        let encoded = encode(&text, is_unreserved);
        assert_eq!(decode(encoded.as_bytes(), Some), Some(text.into_bytes()));
        assert_eq!(encode("a b\u{e9}", is_unreserved), "a%20b%C3%A9");
    }

    #[test]
    fn a_part_that_stands_for_nothing_spoils_the_whole() {
        for bad in ["%", "%2", "%zz", "%2g", "a%", "%%20"] {
            assert_eq!(decode(bad.as_bytes(), Some), None, "{bad}");
        }
        let no_plus = |octet| (octet != b'+').then_some(octet);
        assert_eq!(decode(b"a+b", no_plus), None);
        assert_eq!(decode(b"a%2Bb", no_plus).as_deref(), Some(&b"a+b"[..]));
    }
}
