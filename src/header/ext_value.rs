//! Encodes and decodes an ext-value, the form in which a parameter holds text beyond ASCII
//! ([RFC 8187 section 3.2](https://www.rfc-editor.org/rfc/rfc8187#section-3.2)).
//!
//! Digest uses this form in the parameter `username*`.
//!
//! ```text
//! ext-value   = charset "'" [ language ] "'" value-chars
//! value-chars = *( pct-encoded / attr-char )
//! ```
//!
//! UTF-8 is the only supported charset. RFC 8187 section 3.2.1 requires recipients to support no other charset, and RFC
//! 7616 section 4 permits no other charset.
//!
//! # Example
//!
//! ```
//! use tower_challenge::header::ext_value;
//!
//! assert_eq!(ext_value::decode("UTF-8''J%C3%A4s%C3%B8n%20Doe")?, "Jäsøn Doe");
//! assert_eq!(ext_value::encode("Jäsøn Doe"), "UTF-8''J%C3%A4s%C3%B8n%20Doe");
//!
//! let error = ext_value::decode("ISO-8859-1''%A3").unwrap_err();
//! assert_eq!(error.to_string(), "the charset is not UTF-8");
//! # Ok::<(), tower_challenge::header::ext_value::InvalidExtValue>(())
//! ```

use std::error::Error;

use super::grammar::ByteClass;
use crate::derives::writes;
use crate::text::percent;

/// Decodes `value` and returns its text. This function checks the language tag, if there is one, and does not return
/// it.
///
/// # Errors
///
/// The error says whether the charset, the language, the encoding or the text is invalid. A text with a control
/// character is invalid, also if the character is percent-encoded.
pub fn decode(value: &str) -> Result<String, InvalidExtValue> {
    let (charset, rest) = split_at_quote(value)?;
    let (language, chars) = split_at_quote(rest)?;
    if !charset.eq_ignore_ascii_case("UTF-8") {
        return Err(InvalidExtValue(InvalidExtValueReason::Charset));
    }
    if !language.is_empty() && !language.split('-').all(is_subtag) {
        return Err(InvalidExtValue(InvalidExtValueReason::Language));
    }
    let plain = |byte| ByteClass::ATTR_CHAR.holds(byte).then_some(byte);
    let bytes = percent::decode(chars.as_bytes(), plain);
    printable(bytes.ok_or(InvalidExtValue(InvalidExtValueReason::Encoding))?)
}

/// Encodes `text` as an ext-value without a language.
///
/// This function encodes control characters, too, although [`decode`] refuses them.
#[must_use]
pub fn encode(text: &str) -> String {
    let text = percent::encode(text, |byte| ByteClass::ATTR_CHAR.holds(byte));
    format!("UTF-8''{text}")
}

fn split_at_quote(value: &str) -> Result<(&str, &str), InvalidExtValue> {
    let parts = value.split_once('\'');
    parts.ok_or(InvalidExtValue(InvalidExtValueReason::Quotes))
}

/// Returns whether `subtag` can be a part of a language tag (RFC 5646 section 2.1).
fn is_subtag(subtag: &str) -> bool {
    matches!(subtag.len(), 1..=8) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn printable(bytes: Vec<u8>) -> Result<String, InvalidExtValue> {
    let text =
        String::from_utf8(bytes).map_err(|_| InvalidExtValue(InvalidExtValueReason::Utf8))?;
    match text.contains(char::is_control) {
        true => Err(InvalidExtValue(InvalidExtValueReason::Control)),
        false => Ok(text),
    }
}

/// The reason why a value is not a valid ext-value in UTF-8. The message does not repeat the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidExtValue(InvalidExtValueReason);

writes! { impl[] InvalidExtValue[] as self => self.0.text() }

impl Error for InvalidExtValue {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InvalidExtValueReason {
    Quotes,
    Charset,
    Language,
    Encoding,
    Utf8,
    Control,
}

impl InvalidExtValueReason {
    const fn text(self) -> &'static str {
        match self {
            Self::Quotes => "an apostrophe is missing, the form is UTF-8'language'text",
            Self::Charset => "the charset is not UTF-8",
            Self::Language => "invalid language tag",
            Self::Encoding => {
                "invalid percent-encoding, or a character that must be percent-encoded"
            }
            Self::Utf8 => "the text is not UTF-8",
            Self::Control => "the text contains a control character",
        }
    }
}
