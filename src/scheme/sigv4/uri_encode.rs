//! `UriEncode`: the one percent-encoding that signatures are made over.
//!
//! Letters, digits and `-._~` stand for themselves; everything else is `%XX` in upper case (a space is `%20`, never `+`).

use super::sink::Sink;

/// A percent sign that two hexadecimal digits do not follow.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadEscape;

/// Encodes every octet of `text`, a percent sign too.
pub(super) fn encode(text: &[u8], sink: &mut impl Sink) {
    let mut rest = text;
    while let Some((octet, after)) = after_plain_run(rest, sink) {
        put_escaped(octet, sink);
        rest = after;
    }
}

/// Decodes `text` and encodes it again, so that each octet is written in its one way.
pub(super) fn encode_again(text: &[u8], sink: &mut impl Sink) -> Result<(), BadEscape> {
    let mut rest = text;
    while let Some((octet, after)) = after_plain_run(rest, sink) {
        let (octet, after) = match octet {
            b'%' => escaped(after).ok_or(BadEscape)?,
            _ => (octet, after),
        };
        match is_plain(octet) {
            true => sink.put(&[octet]),
            false => put_escaped(octet, sink),
        }
        rest = after;
    }
    Ok(())
}

/// Undoes the encoding.
pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, BadEscape> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [octet, after @ ..] = rest {
        let (octet, after) = match octet {
            b'%' => escaped(after).ok_or(BadEscape)?,
            _ => (*octet, after),
        };
        decoded.push(octet);
        rest = after;
    }
    Ok(decoded)
}

/// Writes what stands for itself, and finds the octet that does not.
fn after_plain_run<'t>(text: &'t [u8], sink: &mut impl Sink) -> Option<(u8, &'t [u8])> {
    let end = text.iter().position(|&octet| !is_plain(octet));
    let (plain, rest) = text.split_at(end.unwrap_or(text.len()));
    if !plain.is_empty() {
        sink.put(plain);
    }
    let (&octet, after) = rest.split_first()?;
    Some((octet, after))
}

fn put_escaped(octet: u8, sink: &mut impl Sink) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let (high, low) = (usize::from(octet >> 4), usize::from(octet & 15));
    sink.put(&[b'%', DIGITS[high], DIGITS[low]]);
}

fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], rest) = text.split_first_chunk()?;
    Some((digit(high)? << 4 | digit(low)?, rest))
}

fn digit(octet: u8) -> Option<u8> {
    let digit = char::from(octet).to_digit(16)?;
    u8::try_from(digit).ok()
}

const fn is_plain(octet: u8) -> bool {
    PLAIN[octet as usize]
}

/// The unreserved octets of RFC 3986 section 2.3.
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut octet = 0_u8;
    while octet < 128 {
        plain[octet as usize] =
            octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~');
        octet += 1;
    }
    plain
};

#[cfg(test)]
mod tests {
    use super::{BadEscape, decode, encode, encode_again};

    fn encoded(text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        encode(text, &mut out);
        out
    }

    fn again(text: &[u8]) -> Result<Vec<u8>, BadEscape> {
        let mut out = Vec::new();
        encode_again(text, &mut out).map(|()| out)
    }

    #[test]
    fn every_octet_has_one_way_to_be_written() {
        for octet in 0..=u8::MAX {
            let one = encoded(&[octet]);
            assert_eq!(decode(&one), Ok(vec![octet]));
            for spelled in [format!("%{octet:02x}"), format!("%{octet:02X}")] {
                assert_eq!(again(spelled.as_bytes()), Ok(one.clone()));
            }
            if octet != b'%' {
                assert_eq!(again(&[octet]), Ok(one));
            }
        }
    }

    #[test]
    fn a_percent_sign_wants_two_digits_after_it() {
        for bad in ["%", "%2", "%zz", "%2g", "a%", "%%20"] {
            assert_eq!(again(bad.as_bytes()), Err(BadEscape), "{bad}");
            assert_eq!(decode(bad.as_bytes()), Err(BadEscape), "{bad}");
        }
    }
}
