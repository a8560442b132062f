//! Where a quoted-string ends.

use super::grammar::ByteClass;
use super::parse_error::ExpectedSyntax;

/// A quoted-string without its quotes.
///
/// ```text
/// quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE
/// quoted-pair   = "\" ( HTAB / SP / VCHAR / obs-text )
/// ```
#[derive(Clone, Copy)]
pub(super) struct QuotedString {
    /// Where it ends: at the closing quote, or at what stands there instead.
    pub(super) end: usize,
    /// Whether there is a quoted-pair in it.
    pub(super) escaped: bool,
    /// What should stand at the end and does not.
    pub(super) missing: Option<ExpectedSyntax>,
}

impl QuotedString {
    /// Reads from `start`, which is after the opening quote.
    #[inline]
    pub(super) fn read(text: &[u8], start: usize) -> Self {
        let (mut end, mut escaped) = (start, false);
        loop {
            end = ByteClass::QDTEXT.long_span(text, end);
            let missing = match text.get(end..).unwrap_or_default() {
                [b'"', ..] => None,
                [b'\\', octet, ..] if ByteClass::QUOTED_PAIR.holds(*octet) => {
                    (end, escaped) = (end + 2, true);
                    continue;
                }
                [] | [b'\\'] => Some(ExpectedSyntax::ClosingQuote),
                [_, ..] => Some(ExpectedSyntax::QuotedChar),
            };
            return Self {
                end,
                escaped,
                missing,
            };
        }
    }
}
