//! `UriEncode`: the percent-encoding of canonical requests.
//!
//! ASCII letters, digits and `-._~` stay as they are. Every other byte becomes `%XX` in upper case. A space becomes
//! `%20`, and never `+`. Each byte therefore has exactly one encoding, and client and server sign the same text.

use super::sink::TextSink;
use crate::text::percent::{escape, escaped, is_unreserved};

/// Encodes every byte of `text`. A percent sign is encoded as well, so that `%20` becomes `%2520`.
pub(super) fn encode(text: &[u8], sink: &mut impl TextSink) {
    let mut rest = text;
    while let Some((byte, after)) = after_plain_run(rest, sink) {
        sink.put(&escape(byte));
        rest = after;
    }
}

/// Decodes `text` and encodes it again, so that each byte has its canonical encoding. For example, `%7e` becomes `~`.
///
/// Returns `None` if two hexadecimal digits do not follow a percent sign.
pub(super) fn reencode(text: &[u8], sink: &mut impl TextSink) -> Option<()> {
    let mut rest = text;
    while let Some((byte, after)) = after_plain_run(rest, sink) {
        let (byte, after) = match byte {
            b'%' => escaped(after)?,
            _ => (byte, after),
        };
        match is_unreserved(byte) {
            true => sink.put(&[byte]),
            false => sink.put(&escape(byte)),
        }
        rest = after;
    }
    Some(())
}

/// Writes the bytes that stay as they are, up to the first byte that must be encoded. Returns that byte and the rest.
fn after_plain_run<'t>(text: &'t [u8], sink: &mut impl TextSink) -> Option<(u8, &'t [u8])> {
    let end = text.iter().position(|&byte| !is_unreserved(byte));
    let (plain, rest) = text.split_at(end.unwrap_or(text.len()));
    if !plain.is_empty() {
        sink.put(plain);
    }
    let (&byte, after) = rest.split_first()?;
    Some((byte, after))
}

#[cfg(test)]
mod tests {
    use super::{encode, reencode};
    use crate::text::percent::decode;

    fn encoded(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        encode(text, &mut out);
        out
    }

    fn again(text: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        reencode(text, &mut out).map(|()| out)
    }

    #[test]
    fn every_byte_has_exactly_one_canonical_encoding() {
        for byte in 0..=u8::MAX {
            let one = encoded(&[byte]);
            assert_eq!(decode(&one, Some), Some(vec![byte]));
            for spelled in [format!("%{byte:02x}"), format!("%{byte:02X}")] {
                assert_eq!(again(spelled.as_bytes()), Some(one.clone()));
            }
            if byte != b'%' {
                assert_eq!(again(&[byte]), Some(one));
            }
        }
    }

    #[test]
    fn a_percent_sign_without_two_hexadecimal_digits_is_refused() {
        for bad in ["%", "%2", "%zz", "%2g", "a%", "%%20"] {
            assert_eq!(again(bad.as_bytes()), None, "{bad}");
            assert_eq!(decode(bad.as_bytes(), Some), None, "{bad}");
        }
    }
}
