//! The credentials of a client: the fields `Authorization` and `Proxy-Authorization`.

use super::cursor::FieldCursor;
use super::grammar::{ByteClass, same_name, text};
use super::parse::{self, CredentialsForm};
use super::unique_params::UniqueParams;
use super::{Params, ParseError, SchemeName};

use crate::derives::shows;

/// The value of an `Authorization` or `Proxy-Authorization` field, defined in
/// [RFC 9110 section 11.4](https://www.rfc-editor.org/rfc/rfc9110#section-11.4)
///
/// A client sends credentials to prove who its user is, usually after a server has sent a challenge.
///
/// This type borrows the field value, and parsing allocates no memory. `Debug` shows no part of the value, so that no
/// log contains a password or a token.
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
/// // The field holds one pair of credentials and is not a list, so that a second pair is an error.
/// let error = Credentials::parse(b"Bearer abc, Basic dXNlcjpwYXNz").unwrap_err();
/// assert_eq!(error.to_string(), "expected the end of the value at byte 10 of line 1");
/// # Ok::<(), tower_challenge::header::ParseError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    scheme: &'a [u8],
    form: CredentialsForm<'a>,
}

impl<'a> Credentials<'a> {
    /// Reads a field value and checks all of it against the grammar. No parameter name may occur twice.
    ///
    /// # Errors
    ///
    /// Returns the position at which the value violates the grammar, or exceeds [`MAX_PARAMS`](super::MAX_PARAMS) or
    /// [`MAX_EMPTY_ELEMENTS`](super::MAX_EMPTY_ELEMENTS). [`ParseError::is_empty_value`] returns `true` if the value is
    /// empty.
    #[inline]
    pub fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        NamedCredentials::split(value)?.parse(drop)
    }

    /// Returns the name of the scheme as the client spelled it.
    #[must_use]
    pub fn scheme(&self) -> SchemeName<'a> {
        SchemeName::from_token(text(self.scheme))
    }

    /// Returns whether these credentials are for `scheme`. The case of the name does not matter.
    #[must_use]
    #[inline]
    pub fn is(&self, scheme: SchemeName<'_>) -> bool {
        same_name(self.scheme, scheme.as_str().as_bytes())
    }

    /// Returns the token68, or `None` if the credentials have parameters or only a scheme name.
    #[must_use]
    #[inline]
    pub fn token68(&self) -> Option<&'a str> {
        self.token68_bytes().map(text)
    }

    /// Returns the same as [`token68`](Self::token68), as bytes.
    #[inline]
    pub(crate) const fn token68_bytes(&self) -> Option<&'a [u8]> {
        match self.form {
            CredentialsForm::Token68(token68) => Some(token68),
            CredentialsForm::Params(_) => None,
        }
    }

    /// Returns the parameters. The list is empty if the credentials have a token68 or only a scheme name.
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
    /// Shows not even the scheme: a client that forgets the scheme name sends its token in that place.
    impl[] Credentials['_] as self {}
}

/// Credentials of which the parser has read only the name of the scheme.
#[derive(Clone, Copy)]
pub(crate) struct NamedCredentials<'a> {
    scheme: &'a [u8],
    rest: FieldCursor<'a>,
}

impl<'a> NamedCredentials<'a> {
    /// Reads the name of the scheme and leaves the rest of the value unread.
    ///
    /// # Errors
    ///
    /// Fails if the value is empty, does not begin with a token, or has neither a space nor its end after that token.
    #[inline]
    pub(crate) fn split(value: &'a [u8]) -> Result<Self, ParseError> {
        let (scheme, rest) = parse::scheme_of_credentials(value)?;
        Ok(Self { scheme, rest })
    }

    /// Returns the name of the scheme as the client spelled it.
    pub(crate) fn scheme(&self) -> SchemeName<'a> {
        SchemeName::from_token(text(self.scheme))
    }

    /// Returns whether these credentials are for `scheme`.
    #[inline]
    pub(crate) fn is(&self, scheme: SchemeName<'_>) -> bool {
        same_name(self.scheme, scheme.as_str().as_bytes())
    }

    /// Reads the rest of the value after the scheme name, by the grammar of RFC 9110.
    ///
    /// If the credentials have parameters, this function passes them to `keep`, so that the caller does not have to
    /// read them again.
    ///
    /// # Errors
    ///
    /// Fails for the same reasons as [`Credentials::parse`].
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

/// Returns the name of the scheme with which a field value begins, even if the rest of the value is malformed.
///
/// It skips spaces and tabs before the name. It returns `None` if the value does not begin with a token.
///
/// A scheme uses this function to recognize malformed credentials that are meant for it, so that it can answer them.
/// For example, `Bearer` followed by a tab violates the grammar, but the client meant the scheme Bearer.
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
