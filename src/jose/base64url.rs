//! The base64url of JOSE (RFC 7515 section 2): without padding, without line breaks, and in one spelling only.

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, URL_SAFE_NO_PAD};

/// Decodes `text`. Returns `None` if it has a padding, a character of another alphabet, or bits after the last byte that
/// are not zero. Such bits would allow several spellings of one signature.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Decodes `text` into `buffer`. Returns the bytes, or `None` if they do not fit or the text is not canonical.
pub(super) fn decode_into<'b>(text: &str, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    let length = URL_SAFE_NO_PAD.decode_slice(text, buffer).ok()?;
    buffer.get(..length)
}

/// Decodes a number of a key. Bits after the last byte may have any value: no attacker chooses the spelling of a key, and
/// the key is the same.
pub(super) fn decode_number(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose =
        GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));
    LENIENT.decode(text).ok()
}

/// Encodes `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
