//! What a client proves itself with: `Authorization`, `Proxy-Authorization`.

use super::cursor::FieldCursor;
use super::grammar::{ByteClass, same_name, text};
use super::parse::{self, CredentialsForm};
use super::unique_params::UniqueParams;
use super::{Params, ParseError, SchemeName};

use crate::derives::shows;

/// The value of an `Authorization` or `Proxy-Authorization` field, defined in
/// [RFC 9110 section 11.4](https://www.rfc-editor.org/rfc/rfc9110#section-11.4)
///
/// A client sends credentials to be let through, most often after a challenge. The value is
/// borrowed and read once; nothing is allocated. `Debug` shows the scheme and nothing else.
///
/// # ABNF
///
/// ```text
/// Authorization = credentials
/// credentials   = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
/// auth-param    = token BWS "=" BWS ( token / quoted-string )
/// token68       = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
/// ```
///
/// # Example values
///
/// * `Basic dGVzdDoxMjPCow==`
/// * `Bearer mF_9.B5f-4.1JqM`
/// * `Digest username="Mufasa", realm="http-auth@example.org", nc=00000001`
///
/// # Example
///
/// ```
/// use tower_challenge::header::{Credentials, SchemeName};
///
/// let credentials = Credentials::parse(b"bearer mF_9.B5f-4.1JqM")?;
/// assert!(credentials.is(SchemeName::BEARER));
/// assert_eq!(credentials.token68(), Some("mF_9.B5f-4.1JqM"));
///
/// // The field is no list: a second pair of credentials is not a second chance.
/// let error = Credentials::parse(b"Bearer abc, Basic dXNlcjpwYXNz").unwrap_err();
/// assert_eq!(error.to_string(), "expected the end of the value at octet 10 of line 1");
/// # Ok::<(), tower_challenge::header::ParseError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    scheme: &'a [u8],
    form: CredentialsForm<'a>,
}

impl<'a> Credentials<'a> {
    /// Reads one whole field value, and checks all of it: the grammar, and that no parameter
    /// occurs twice.
    ///
    /// # Errors
    ///
    /// Tells where the value leaves the grammar, or exceeds
    /// [`MAX_PARAMS`](super::MAX_PARAMS) or [`MAX_EMPTY_ELEMENTS`](super::MAX_EMPTY_ELEMENTS).
    /// Of an empty value it says [so](ParseError::is_empty_value).
    #[inline]
    pub fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        UnparsedCredentials::split(value)?.parse(drop)
    }

    /// The scheme, as the client spelled it.
    #[must_use]
    pub fn scheme(&self) -> SchemeName<'a> {
        SchemeName::from_token(text(self.scheme))
    }

    /// Whether these credentials are of `scheme`.
    #[must_use]
    #[inline]
    pub fn is(&self, scheme: SchemeName<'_>) -> bool {
        same_name(self.scheme, scheme.as_str().as_bytes())
    }

    /// The token68; `None` if there are parameters, or nothing after the scheme.
    #[must_use]
    #[inline]
    pub fn token68(&self) -> Option<&'a str> {
        self.token68_octets().map(text)
    }

    /// The same, for who reads octets.
    #[inline]
    pub(crate) const fn token68_octets(&self) -> Option<&'a [u8]> {
        match self.form {
            CredentialsForm::Token68(token68) => Some(token68),
            CredentialsForm::Params(_) => None,
        }
    }

    /// The parameters; none if there is a token68, or nothing after the scheme.
    #[must_use]
    #[inline]
    pub const fn params(&self) -> Params<'a> {
        match self.form {
            CredentialsForm::Token68(_) => Params::new(&[]),
            CredentialsForm::Params(params) => params,
        }
    }
}

shows! {
    /// Shows nothing: a token that was sent without a scheme stands in the scheme's place.
    impl[] Credentials['_] as self {}
}

/// Credentials of which only the name of the scheme was read.
#[derive(Clone, Copy)]
pub(crate) struct UnparsedCredentials<'a> {
    scheme: &'a [u8],
    rest: FieldCursor<'a>,
}

impl<'a> UnparsedCredentials<'a> {
    /// Splits the name of the scheme off. What follows is not looked at.
    ///
    /// # Errors
    ///
    /// The value is empty, or begins with no token that a space or the end of the value ends.
    #[inline]
    pub(crate) fn split(value: &'a [u8]) -> Result<Self, ParseError> {
        let (scheme, rest) = parse::scheme_of_credentials(value)?;
        Ok(Self { scheme, rest })
    }

    /// The scheme, as the client spelled it.
    pub(crate) fn scheme(&self) -> SchemeName<'a> {
        SchemeName::from_token(text(self.scheme))
    }

    /// Whether these credentials are of `scheme`.
    #[inline]
    pub(crate) fn is(&self, scheme: SchemeName<'_>) -> bool {
        same_name(self.scheme, scheme.as_str().as_bytes())
    }

    /// Reads what follows the name, by the grammar of RFC 9110. `keep` is handed the parameters, if there are any.
    ///
    /// # Errors
    ///
    /// As of [`Credentials::parse`].
    #[inline]
    pub(crate) fn parse(
        self,
        keep: impl FnOnce(UniqueParams<'a>),
    ) -> Result<Credentials<'a>, ParseError> {
        let form = parse::credentials(self.rest, keep)?;
        let scheme = self.scheme;
        Ok(Credentials { scheme, form })
    }
}

/// The scheme that a field value begins with, whatever follows; `None` if it begins with no token.
///
/// For a scheme that answers malformed credentials of its own, and so has to know them.
///
/// # Example
///
/// ```
/// use tower_challenge::header::{Credentials, SchemeName, scheme_of};
///
/// assert!(Credentials::parse(b"Bearer\tabc").is_err());
/// assert_eq!(scheme_of(b"Bearer\tabc"), Some(SchemeName::BEARER));
/// assert_eq!(scheme_of(b"=abc"), None);
/// ```
#[must_use]
pub fn scheme_of(value: &[u8]) -> Option<SchemeName<'_>> {
    let start = ByteClass::OWS.span(value, 0);
    let end = ByteClass::TCHAR.span(value, start);
    match value.get(start..end) {
        None | Some([]) => None,
        Some(name) => Some(SchemeName::from_token(text(name))),
    }
}
