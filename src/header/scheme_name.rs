//! What an authentication scheme is called.

use std::hash::{Hash, Hasher};

use super::ParseError;
use super::grammar::{ByteClass, same_name};
use super::parse_error::ExpectedSyntax;
use crate::derives::writes;

/// The name of an authentication scheme: a token that compares without case
/// ([RFC 9110 section 11.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.1)).
///
/// The constants are the
/// [IANA registry](https://www.iana.org/assignments/http-authschemes/http-authschemes.xhtml) of
/// 2025-02-18 in its spelling, and two that were never registered:
/// [`AWS4_HMAC_SHA256`](Self::AWS4_HMAC_SHA256) and [`X_BASIC`](Self::X_BASIC).
///
/// # Example
///
/// ```
/// use tower_challenge::header::SchemeName;
///
/// let name = SchemeName::parse("bAsIc")?;
/// assert_eq!(name, SchemeName::BASIC);
/// assert_eq!(name.as_str(), "bAsIc");
///
/// assert!(SchemeName::parse("Basic realm").is_err());
/// # Ok::<(), tower_challenge::header::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SchemeName<'a>(&'a str);

impl SchemeName<'static> {
    /// `Basic`, RFC 7617.
    pub const BASIC: Self = Self("Basic");
    /// `Bearer`, RFC 6750.
    pub const BEARER: Self = Self("Bearer");
    /// `NotFound`, RFC 9729.
    pub const CONCEALED: Self = Self("Concealed");
    /// `Digest`, RFC 7616.
    pub const DIGEST: Self = Self("Digest");
    /// `DPoP`, RFC 9449 section 7.1.
    pub const DPOP: Self = Self("DPoP");
    /// `GNAP`, RFC 9635 section 7.2.
    pub const GNAP: Self = Self("GNAP");
    /// `HOBA`, RFC 7486 section 3.
    pub const HOBA: Self = Self("HOBA");
    /// `Mutual`, RFC 8120.
    pub const MUTUAL: Self = Self("Mutual");
    /// `Negotiate`, RFC 4559 section 3.
    pub const NEGOTIATE: Self = Self("Negotiate");
    /// `OAuth`, RFC 5849 section 3.5.1.
    pub const OAUTH: Self = Self("OAuth");
    /// `PrivateToken`, RFC 9577 section 2.
    pub const PRIVATE_TOKEN: Self = Self("PrivateToken");
    /// `SCRAM-SHA-1`, RFC 7804.
    pub const SCRAM_SHA_1: Self = Self("SCRAM-SHA-1");
    /// `SCRAM-SHA-256`, RFC 7804.
    pub const SCRAM_SHA_256: Self = Self("SCRAM-SHA-256");
    /// `vapid`, RFC 8292 section 3.
    pub const VAPID: Self = Self("vapid");
    /// `AWS4-HMAC-SHA256`, AWS Signature Version 4; not registered.
    pub const AWS4_HMAC_SHA256: Self = Self("AWS4-HMAC-SHA256");
    /// `xBasic`, Basic under a name that no browser knows; not registered.
    pub const X_BASIC: Self = Self("xBasic");
}

impl<'a> SchemeName<'a> {
    /// Reads a scheme name: a token, and nothing around it.
    ///
    /// # Errors
    ///
    /// Tells where `name` stops to be a token.
    pub fn parse(name: &'a str) -> Result<Self, ParseError> {
        match ByteClass::TCHAR.span(name.as_bytes(), 0) {
            0 if name.is_empty() => Err(ParseError::new(ExpectedSyntax::SomeValue, 0, 1)),
            end if end == name.len() => Ok(Self(name)),
            end => Err(ParseError::new(ExpectedSyntax::SchemeName, end, 1)),
        }
    }

    /// A name that the parser has just read.
    pub(super) const fn from_token(name: &'a str) -> Self {
        Self(name)
    }

    /// The name as it was spelled.
    #[must_use]
    #[inline]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}

impl PartialEq<SchemeName<'_>> for SchemeName<'_> {
    #[inline]
    fn eq(&self, other: &SchemeName<'_>) -> bool {
        same_name(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for SchemeName<'_> {}

impl Hash for SchemeName<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let lower = self.0.bytes().map(|octet| octet.to_ascii_lowercase());
        lower.for_each(|octet| state.write_u8(octet));
        // No token holds 0xFF, so that two names in a row hash unlike one.
        state.write_u8(0xFF);
    }
}

writes! { impl[] SchemeName['_] as self => self.0 }
