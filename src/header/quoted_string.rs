//! Finds the end of a quoted-string.

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
    /// The position of the closing quote. In an invalid quoted-string, the position of the error.
    pub(super) end: usize,
    /// Whether the string contains a quoted-pair.
    pub(super) escaped: bool,
    /// The error at [`end`](Self::end), or `None` if the closing quote is there.
    pub(super) missing: Option<ExpectedSyntax>,
}

impl QuotedString {
    /// Reads a quoted-string. `start` is the position after the opening quote.
    #[inline]
    pub(super) fn read(text: &[u8], start: usize) -> Self {
        let (mut end, mut escaped) = (start, false);
        loop {
            end = ByteClass::QDTEXT.long_span(text, end);
            let missing = match text.get(end..).unwrap_or_default() {
                [b'"', ..] => None,
                [b'\\', byte, ..] if ByteClass::QUOTED_PAIR.holds(*byte) => {
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
