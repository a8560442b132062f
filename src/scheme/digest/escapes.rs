//! Reads the quoted text of clients that escape no backslash.

use std::borrow::Cow;

use super::quirks::{ClientQuirk, QuirkSet};
use crate::header::ParamValue;

/// Reads a parameter without its escapes. With [`ClientQuirk::UnescapedUsername`], a backslash is an escape only before a
/// quotation mark and before another backslash.
pub(super) fn unescaped(value: ParamValue<'_>, quirks: QuirkSet) -> Cow<'_, [u8]> {
    match quirks.has(ClientQuirk::UnescapedUsername) {
        true => without_needed_escapes(value.raw()),
        false => value.to_bytes(),
    }
}

/// Removes the backslash before a quotation mark and before another backslash, and keeps every other backslash. By RFC
/// 9110 section 5.6.4, a sender writes a quoted-pair for these two characters only. So both `GUILD\ada` and
/// `GUILD\\ada` become `GUILD\ada`.
fn without_needed_escapes(raw: &[u8]) -> Cow<'_, [u8]> {
    if !raw.contains(&b'\\') {
        return Cow::Borrowed(raw);
    }
    let mut name = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, behind)) = rest.split_first() {
        let (byte, left) = match (first, behind) {
            (b'\\', [escaped @ (b'\\' | b'"'), left @ ..]) => (escaped, left),
            _ => (first, behind),
        };
        name.push(*byte);
        rest = left;
    }
    Cow::Owned(name)
}

#[cfg(test)]
mod tests {
    use super::without_needed_escapes;

    #[test]
    fn a_backslash_stays_unless_it_escapes_a_quote_or_a_backslash() {
        for (raw, name) in [
            (r"ada", r"ada"),
            (r"GUILD\ada", r"GUILD\ada"),
            (r"GUILD\\ada", r"GUILD\ada"),
            (r"GUILD\\\ada", r"GUILD\\ada"),
            (r"GUILD\\\\ada", r"GUILD\\ada"),
            (r#"a\"b"#, r#"a"b"#),
            (r"\ada", r"\ada"),
            (r"ada\\", r"ada\"),
            (r"", r""),
        ] {
            assert_eq!(&*without_needed_escapes(raw.as_bytes()), name.as_bytes());
        }
    }
}
