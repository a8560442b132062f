//! Where a quoted-string ends.

use super::grammar::Class;
use super::parse_error::Expected;

/// What stands after the quote that opens a quoted-string.
///
/// ```text
/// quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE
/// quoted-pair   = "\" ( HTAB / SP / VCHAR / obs-text )
/// ```
#[derive(Clone, Copy)]
pub(super) struct QuotedString {
    /// How many octets there are before the closing quote, or before the fault.
    pub(super) length: usize,
    /// Whether there is a quoted-pair among them.
    pub(super) escaped: bool,
    /// What stands there instead of a closing quote.
    pub(super) fault: Option<Expected>,
}

impl QuotedString {
    /// Reads `text` up to the closing quote.
    pub(super) fn read(text: &[u8]) -> Self {
        let (mut length, mut escaped) = (0, false);
        loop {
            let rest = text.get(length..).unwrap_or_default();
            let run = Class::QDTEXT.long_span(rest);
            length += run;
            match rest.get(run..).unwrap_or_default() {
                [b'"', ..] => return Self::new(length, escaped, None),
                [b'\\', octet, ..] if Class::QUOTED_PAIR.holds(*octet) => length += 2,
                [] | [b'\\'] => return Self::new(text.len(), escaped, CLOSING_QUOTE),
                [b'\\', ..] => return Self::new(length + 1, escaped, QUOTED_CHAR),
                _ => return Self::new(length, escaped, QUOTED_CHAR),
            }
            escaped = true;
        }
    }

    const fn new(length: usize, escaped: bool, fault: Option<Expected>) -> Self {
        Self {
            length,
            escaped,
            fault,
        }
    }
}

const CLOSING_QUOTE: Option<Expected> = Some(Expected::ClosingQuote);
const QUOTED_CHAR: Option<Expected> = Some(Expected::QuotedChar);
