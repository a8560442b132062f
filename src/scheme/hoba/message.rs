//! The credentials of HOBA on the wire (RFC 7486 sections 2 and 3).
//!
//! ```text
//! Authorization: HOBA result="kid.challenge.nonce.signature"
//! ```

use std::borrow::Cow;

use super::reasons;
use crate::derives::shows;
use crate::header::Param;
use crate::reason::ReasonText;

/// The longest kid and the longest nonce of a client, in characters.
pub(crate) const LONGEST: usize = 256;

/// The four parts of a `result`. They are not verified yet.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::hoba::message::HobaCredentials;
///
/// let read = HobaCredentials::parse("a2lk.Y2hhbGxlbmdl.bm9uY2U.c2ln").unwrap();
/// assert_eq!((read.kid, read.challenge, read.nonce), ("a2lk", "Y2hhbGxlbmdl", "bm9uY2U"));
/// assert_eq!(read.to_result(), "a2lk.Y2hhbGxlbmdl.bm9uY2U.c2ln");
/// assert!(HobaCredentials::parse("a2lk.Y2hhbGxlbmdl.bm9uY2U").is_none(), "three parts");
/// assert!(HobaCredentials::parse("a2lk.Y2hhbGxlbmdl.bm9uY2U.c2ln=").is_none(), "a padded signature");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HobaCredentials<'a> {
    /// The identifier of the key: 1 to 256 characters of base64url without padding.
    pub kid: &'a str,
    /// The challenge. Beside base64url, it may have the characters `+`, `/` and `=`: the example of RFC 7486 appendix B
    /// has them. The server compares it with the challenge that it issued, so this allows no second spelling.
    pub challenge: &'a str,
    /// The nonce of the client: 1 to 256 characters of base64url, and `=`.
    pub nonce: &'a str,
    /// The signature in base64url without padding.
    pub signature: &'a str,
}

impl<'a> HobaCredentials<'a> {
    /// Takes the value of `result` apart. Returns `None` if it has not four parts, or if a part breaks its grammar.
    #[must_use]
    pub fn parse(result: &'a str) -> Option<Self> {
        Self::read(result).ok()
    }

    /// Takes the value of `result` apart. By RFC 7486, the authentication must fail if any part is malformed.
    pub(super) fn read(result: &'a str) -> Result<Self, ReasonText> {
        let mut parts = result.split('.');
        let mut next = || parts.next().ok_or(reasons::NOT_FOUR_PARTS);
        let read = Self {
            kid: next()?,
            challenge: next()?,
            nonce: next()?,
            signature: next()?,
        };
        match parts.next() {
            None => read.checked(),
            Some(_) => Err(reasons::NOT_FOUR_PARTS),
        }
    }

    fn checked(self) -> Result<Self, ReasonText> {
        let is_padded = |byte| is_base64url(byte) || byte == b'=';
        let is_any_base64 = |byte| is_padded(byte) || matches!(byte, b'+' | b'/');
        if !is_kid(self.kid) {
            return Err(reasons::INVALID_KID);
        }
        if self.challenge.is_empty() || !self.challenge.bytes().all(is_any_base64) {
            return Err(reasons::INVALID_CHALLENGE);
        }
        let is_short = (1..=LONGEST).contains(&self.nonce.len());
        if !is_short || !self.nonce.bytes().all(is_padded) {
            return Err(reasons::INVALID_NONCE);
        }
        if self.signature.is_empty() || !self.signature.bytes().all(is_base64url) {
            return Err(reasons::INVALID_SIGNATURE);
        }
        Ok(self)
    }

    /// Puts the parts together, as the value of `result`.
    #[must_use]
    pub fn to_result(&self) -> String {
        [self.kid, self.challenge, self.nonce, self.signature].join(".")
    }
}

// The nonce and the signature are hidden: with them, a reader of a log could use the credentials.
shows! { impl[] HobaCredentials['_] as self { kid: self.kid, challenge: self.challenge } }

/// Whether `text` may identify a key: 1 to 256 characters of base64url without padding.
pub(crate) fn is_kid(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_base64url)
}

const fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// The value of the parameter `result`, as a token or a quoted string. A text that is not UTF-8 is no result.
pub(super) fn result<'r>(params: &[Param<'r>]) -> Option<Cow<'r, str>> {
    let mut params = params.iter();
    params.find(|param| param.is("result"))?.value().to_str()
}
