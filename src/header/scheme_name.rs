//! The name of an authentication scheme, and constants for the registered names.

use std::hash::{Hash, Hasher};

use super::ParseError;
use super::grammar::{ByteClass, same_name};
use super::parse_error::ExpectedSyntax;
use crate::derives::writes;

/// The name of an authentication scheme, defined in
/// [RFC 9110 section 11.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.1).
///
/// A name is a token. Comparisons and hashes ignore its case. For example, `basic` equals `Basic`.
///
/// The constants are the names in the
/// [IANA registry](https://www.iana.org/assignments/http-authschemes/http-authschemes.xhtml) of 2025-02-18, in the
/// spelling of the registry. Three more constants are not in the registry: [`API_KEY`](Self::API_KEY),
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
    /// `Concealed`, RFC 9729.
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
    /// `ApiKey`, not registered: the scheme for API keys in a field of their own.
    pub const API_KEY: Self = Self("ApiKey");
    /// `AWS4-HMAC-SHA256`, AWS Signature Version 4; not registered.
    pub const AWS4_HMAC_SHA256: Self = Self("AWS4-HMAC-SHA256");
    /// `xBasic`, not registered: Basic under a name that browsers do not know, so that they do not ask for a password.
    pub const X_BASIC: Self = Self("xBasic");
}

impl<'a> SchemeName<'a> {
    /// Reads a scheme name. The whole of `name` has to be a token, without whitespace around it.
    ///
    /// # Errors
    ///
    /// Returns the position of the first byte that is not allowed in a token. An empty `name` is an error, too.
    pub fn parse(name: &'a str) -> Result<Self, ParseError> {
        match ByteClass::TCHAR.span(name.as_bytes(), 0) {
            0 if name.is_empty() => Err(ParseError::new(ExpectedSyntax::SomeValue, 0, 1)),
            end if end == name.len() => Ok(Self(name)),
            end => Err(ParseError::new(ExpectedSyntax::SchemeName, end, 1)),
        }
    }

    /// Wraps a name that the parser has already checked.
    pub(super) const fn from_token(name: &'a str) -> Self {
        Self(name)
    }

    /// Returns the name as it is spelled.
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
        let lower = self.0.bytes().map(|byte| byte.to_ascii_lowercase());
        lower.for_each(|byte| state.write_u8(byte));
        // A separator keeps two names in a row from hashing like one longer name. No token contains the byte 0xFF.
        state.write_u8(0xFF);
    }
}

writes! { impl[] SchemeName['_] as self => self.0 }
