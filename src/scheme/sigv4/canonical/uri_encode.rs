//! How does `UriEncode` write an octet, so that both sides sign the same text?
//!
//! Letters, digits and `-._~` stand for themselves; everything else is `%XX` in upper case (a space is `%20`, never `+`).

use super::sink::TextSink;
use crate::text::percent::{escape, escaped, is_unreserved};

/// Encodes every octet of `text`, a percent sign too.
pub(super) fn encode(text: &[u8], sink: &mut impl TextSink) {
    let mut rest = text;
    while let Some((octet, after)) = after_plain_run(rest, sink) {
        sink.put(&escape(octet));
        rest = after;
    }
}

/// Decodes `text` and encodes it again, so that each octet is written in its one way; `None` if a percent sign begins no
/// escape.
pub(super) fn encode_again(text: &[u8], sink: &mut impl TextSink) -> Option<()> {
    let mut rest = text;
    while let Some((octet, after)) = after_plain_run(rest, sink) {
        let (octet, after) = match octet {
            b'%' => escaped(after)?,
            _ => (octet, after),
        };
        match is_unreserved(octet) {
            true => sink.put(&[octet]),
            false => sink.put(&escape(octet)),
        }
        rest = after;
    }
    Some(())
}

/// Writes what stands for itself, and finds the octet that does not.
fn after_plain_run<'t>(text: &'t [u8], sink: &mut impl TextSink) -> Option<(u8, &'t [u8])> {
    let end = text.iter().position(|&octet| !is_unreserved(octet));
    let (plain, rest) = text.split_at(end.unwrap_or(text.len()));
    if !plain.is_empty() {
        sink.put(plain);
    }
    let (&octet, after) = rest.split_first()?;
    Some((octet, after))
}

#[cfg(test)]
mod tests {
    use super::{encode, encode_again};
    use crate::text::percent::decode;

    fn encoded(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        encode(text, &mut out);
        out
    }

    fn again(text: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        encode_again(text, &mut out).map(|()| out)
    }

    #[test]
    fn every_octet_has_one_way_to_be_written() {
        for octet in 0..=u8::MAX {
            let one = encoded(&[octet]);
            assert_eq!(decode(&one, Some), Some(vec![octet]));
            for spelled in [format!("%{octet:02x}"), format!("%{octet:02X}")] {
                assert_eq!(again(spelled.as_bytes()), Some(one.clone()));
            }
            if octet != b'%' {
                assert_eq!(again(&[octet]), Some(one));
            }
        }
    }

    #[test]
    fn a_percent_sign_wants_two_digits_after_it() {
        for bad in ["%", "%2", "%zz", "%2g", "a%", "%%20"] {
            assert_eq!(again(bad.as_bytes()), None, "{bad}");
            assert_eq!(decode(bad.as_bytes(), Some), None, "{bad}");
        }
    }
}
