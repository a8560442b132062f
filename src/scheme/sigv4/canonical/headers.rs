//! `CanonicalHeaders` and `SignedHeaders`: the signed header fields and their names.

use super::super::reasons;
use super::request_fields::RequestFields;
use super::sink::TextSink;
use crate::reason::ReasonText;
use crate::text::split::split;

/// The length of the longest list of signed fields, in bytes.
const MAX_LENGTH: usize = 8 * 1024;

/// The names of the signed header fields: in lower case, sorted, without duplicates.
#[derive(Clone, Copy, Debug)]
pub(in crate::scheme::sigv4) struct SignedHeaders<'a>(&'a str);

impl<'a> SignedHeaders<'a> {
    /// Parses a list of names that are separated by `;`.
    pub(in crate::scheme::sigv4) fn read(list: &'a str) -> Result<Self, ReasonText> {
        // The scheme looks for each `x-amz-` field in the list, before it knows the key of the client.
        if list.len() > MAX_LENGTH {
            return Err(reasons::SIGNED_HEADERS_TOO_LONG);
        }
        let mut last = "";
        for name in Self(list).names() {
            if name.is_empty() || !name.bytes().all(is_lower_case_tchar) {
                return Err(reasons::INVALID_SIGNED_HEADER);
            }
            // The names are sorted and unique if each is greater than the one before it.
            if name <= last {
                return Err(reasons::SIGNED_HEADERS_NOT_SORTED);
            }
            last = name;
        }
        Ok(Self(list))
    }

    /// The list, as the client sent it.
    pub(super) const fn text(self) -> &'a str {
        self.0
    }

    pub(super) fn names(self) -> impl Iterator<Item = &'a str> {
        split(self.0, b';')
    }

    pub(in crate::scheme::sigv4) fn contain(self, name: &str) -> bool {
        self.names().any(|signed| signed == name)
    }
}

/// Returns `true` for a `tchar` of RFC 9110 section 5.6.2 that is not an upper-case letter.
const fn is_lower_case_tchar(byte: u8) -> bool {
    matches!(
        byte,
        b'a'..=b'z' | b'0'..=b'9' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~'
    )
}

/// Writes one line for each signed field, with its values in the order in which the client sent them.
pub(super) fn write(
    signed: SignedHeaders<'_>,
    fields: &impl RequestFields,
    sink: &mut impl TextSink,
) -> Result<(), ReasonText> {
    for name in signed.names() {
        let mut separator: &[u8] = b":";
        sink.put(name.as_bytes());
        for value in fields.lines(name) {
            sink.put(separator);
            put_trimmed(value, sink);
            separator = b",";
        }
        if separator == b":" {
            return Err(reasons::SIGNED_HEADER_MISSING);
        }
        sink.put(b"\n");
    }
    Ok(())
}

/// Writes a value without leading and trailing white space. Each run of white space inside becomes one space, also
/// inside a quoted string.
fn put_trimmed(value: &[u8], sink: &mut impl TextSink) {
    let value = value.trim_ascii();
    if is_single_spaced(value) {
        sink.put(value);
        return;
    }
    let words = value.split(is_space).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            sink.put(b" ");
        }
        sink.put(word);
    }
}

/// Returns `true` if there are only single spaces between words. That is so in nearly every value, which then needs no
/// copy. Most values have no space at all, which the compiler finds out with vector instructions.
fn is_single_spaced(value: &[u8]) -> bool {
    let has_space = value.iter().fold(false, |has, byte| has | is_space(byte));
    let mut before = b'-';
    !has_space
        || value.iter().all(|&byte| {
            let is_fine = !is_space(&byte) || byte == b' ' && before != b' ';
            before = byte;
            is_fine
        })
}

const fn is_space(byte: &u8) -> bool {
    byte.is_ascii_whitespace()
}

#[cfg(test)]
mod tests {
    use super::{SignedHeaders, write};

    #[test]
    fn names_must_be_in_lower_case_sorted_and_unique() {
        for good in ["host", "host;x-amz-date", "a;a-b;b"] {
            assert!(SignedHeaders::read(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ";",
            "host;",
            "Host",
            "x-amz-date;host",
            "host;host",
            "ho st",
            "host,x",
            "h\u{e9}",
        ] {
            assert!(SignedHeaders::read(bad).is_err(), "{bad}");
        }
        for (length, is_good) in [(8 * 1024, true), (8 * 1024 + 1, false), (10_000, false)] {
            let list = "a".repeat(length);
            assert_eq!(SignedHeaders::read(&list).is_ok(), is_good, "{length}");
        }
    }

    #[test]
    fn white_space_in_values_is_reduced_and_several_lines_are_joined_in_order() {
        let fields: &[(&str, &[u8])] = &[
            ("b", b"one"),
            ("a", b"  1  2\t3 "),
            ("a", b"\"x  y\""),
            ("b", b"2\t3"),
            ("a", b""),
        ];
        let mut out = Vec::new();
        let signed = SignedHeaders::read("a;b").expect("two names");
        assert_eq!(write(signed, &fields, &mut out), Ok(()));
        assert_eq!(out, b"a:1 2 3,\"x y\",\nb:one,2 3\n");
        let signed = SignedHeaders::read("a;c").expect("two names");
        assert!(write(signed, &fields, &mut out).is_err());
    }
}
