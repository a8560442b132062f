//! How a parameter holds text beyond ASCII: the ext-value of RFC 8187, as Digest uses it in
//! `username*`.
//!
//! ```text
//! ext-value   = charset "'" [ language ] "'" value-chars
//! value-chars = *( pct-encoded / attr-char )
//! ```
//!
//! UTF-8 is the only charset: RFC 8187 section 3.2.1 requires no other, and RFC 7616 section 4
//! permits no other.
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

/// The text that `value` stands for. Its language, if it names one, is passed over.
///
/// # Errors
///
/// Tells whether the charset, the language, the encoding or the text is wrong; control characters
/// are, however they are encoded.
pub fn decode(value: &str) -> Result<String, InvalidExtValue> {
    let (charset, rest) = split_at_quote(value)?;
    let (language, chars) = split_at_quote(rest)?;
    if !charset.eq_ignore_ascii_case("UTF-8") {
        return Err(InvalidExtValue(InvalidExtValueReason::Charset));
    }
    if !language.is_empty() && !language.split('-').all(is_subtag) {
        return Err(InvalidExtValue(InvalidExtValueReason::Language));
    }
    let plain = |octet| ByteClass::ATTR_CHAR.holds(octet).then_some(octet);
    let octets = percent::decode(chars.as_bytes(), plain);
    printable(octets.ok_or(InvalidExtValue(InvalidExtValueReason::Encoding))?)
}

/// `text` as an ext-value, without a language.
///
/// A control character is encoded like any other, though [`decode`] will not take it back.
#[must_use]
pub fn encode(text: &str) -> String {
    let text = percent::encode(text, |octet| ByteClass::ATTR_CHAR.holds(octet));
    format!("UTF-8''{text}")
}

fn split_at_quote(value: &str) -> Result<(&str, &str), InvalidExtValue> {
    let parts = value.split_once('\'');
    parts.ok_or(InvalidExtValue(InvalidExtValueReason::Quotes))
}

/// A piece of a language tag: RFC 5646 section 2.1.
fn is_subtag(subtag: &str) -> bool {
    matches!(subtag.len(), 1..=8) && subtag.bytes().all(|octet| octet.is_ascii_alphanumeric())
}

fn printable(octets: Vec<u8>) -> Result<String, InvalidExtValue> {
    let text =
        String::from_utf8(octets).map_err(|_| InvalidExtValue(InvalidExtValueReason::Utf8))?;
    match text.contains(char::is_control) {
        true => Err(InvalidExtValue(InvalidExtValueReason::Control)),
        false => Ok(text),
    }
}

/// Why a value is not an ext-value in UTF-8. The text does not repeat the value.
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
            Self::Quotes => "two apostrophes are missing before the text",
            Self::Charset => "the charset is not UTF-8",
            Self::Language => "the language is not a language tag",
            Self::Encoding => "a character is not encoded as it has to be",
            Self::Utf8 => "the text is not UTF-8",
            Self::Control => "the text has a control character",
        }
    }
}
