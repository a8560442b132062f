//! A challenge, with which a server asks a client for credentials.

use std::fmt;

use http::HeaderValue;

use super::credentials::Credentials;
use super::cursor::FieldCursor;
use super::grammar::{ByteClass, same_name, text};
use super::parse::{self, CredentialsForm};
use super::{ParamValue, Params, SchemeName};
use crate::derives::writes;

/// A challenge, defined in [RFC 9110 section 11.3](https://www.rfc-editor.org/rfc/rfc9110#section-11.3).
///
/// A server sends challenges to ask a client for credentials. A challenge names a scheme. After the name it has either
/// a token68 or parameters. [`builder`](Self::builder) makes a challenge from its parts, and [`parse`](Self::parse)
/// reads one.
///
/// This type stores the field value after it has been checked. Therefore a clone only increments a reference count, and
/// sending a challenge copies no bytes.
///
/// Two challenges are equal if they mean the same to a client. The comparison ignores the case of names and the order
/// of parameters, and it compares values without their quotes. For example, `Basic realm="a"` equals `basic REALM=a`.
///
/// # ABNF
///
/// ```text
/// challenge  = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
/// auth-param = token BWS "=" BWS ( token / quoted-string )
/// token68    = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
/// ```
///
/// # Example values
///
/// * `Basic realm="simple"`
/// * `Negotiate oRQwEqADCgEB`
///
/// # Example
///
/// ```
/// use tower_challenge::header::{Challenge, SchemeName};
///
/// let challenge = Challenge::builder(SchemeName::BASIC)
///     .quoted("realm", "the \"lab\"")
///     .quoted("charset", "UTF-8")
///     .build()?;
/// assert_eq!(challenge.as_value(), r#"Basic realm="the \"lab\"", charset="UTF-8""#);
/// assert_eq!(challenge, Challenge::parse(br#"basic charset=UTF-8, REALM="the \"lab\"""#)?);
///
/// // The builder refuses line breaks. Otherwise a realm from an untrusted source could add a header field.
/// let split = Challenge::builder(SchemeName::BASIC).quoted("realm", "a\r\nSet-Cookie: x=1");
/// assert!(split.build().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Challenge {
    /// Always in the syntax of senders: `Scheme`, `Scheme token68` or `Scheme a="b", c=d`.
    value: HeaderValue,
}

impl Challenge {
    /// Wraps `value`, which the caller has rendered from checked parts.
    ///
    /// The caller guarantees that `value` is in the syntax of senders and that no parameter name occurs twice. Only a
    /// debug build checks that. For example, `Scheme`, `Scheme token68` and `Scheme a="b", c=d` are in this syntax.
    pub(crate) fn from_rendered(value: HeaderValue) -> Self {
        debug_assert!(Credentials::parse(value.as_bytes()).is_ok(), "{value:?}");
        Self { value }
    }

    /// Returns the name of the scheme as it is spelled in the challenge.
    #[must_use]
    pub fn scheme(&self) -> SchemeName<'_> {
        let (scheme, _) = parse::checked_challenge(self.value.as_bytes());
        SchemeName::from_token(text(scheme))
    }

    /// Returns the token68, or `None` if the challenge has parameters or only a scheme name.
    #[must_use]
    pub fn token68(&self) -> Option<&str> {
        match parse::checked_challenge(self.value.as_bytes()) {
            (_, CredentialsForm::Token68(token68)) => Some(text(token68)),
            (_, CredentialsForm::Params(_)) => None,
        }
    }

    /// Returns the parameters. The list is empty if the challenge has a token68 or only a scheme name.
    #[must_use]
    pub fn params(&self) -> Params<'_> {
        match parse::checked_challenge(self.value.as_bytes()) {
            (_, CredentialsForm::Params(params)) => params,
            (_, CredentialsForm::Token68(_)) => Params::new(&[]),
        }
    }

    /// Returns the value of the parameter `name`. The case of the name does not matter.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<ParamValue<'_>> {
        self.params().get(name)
    }

    /// Returns whether both challenges have the same scheme and the same realm: their protection space (RFC 9110 section
    /// 11.5).
    pub(crate) fn shares_space(&self, other: &Self) -> bool {
        let ((scheme, realm), (other_scheme, other_realm)) = (self.space(), other.space());
        same_name(scheme, other_scheme) && realm == other_realm
    }

    /// Returns the scheme and the realm. It reads no more than the parameters up to the realm.
    fn space(&self) -> (&[u8], Option<ParamValue<'_>>) {
        let mut cursor = FieldCursor::of_checked(self.value.as_bytes());
        let scheme = cursor.run(ByteClass::TCHAR);
        // A token68 is no parameter: nothing but other `=` follows its first `=`.
        (scheme, Params::new(cursor.rest()).get("realm"))
    }

    /// Returns whether both challenges name the same scheme. The case of the names does not matter.
    #[must_use]
    pub fn names_same_scheme(&self, other: &Self) -> bool {
        self.scheme() == other.scheme()
    }

    /// Returns the field value.
    #[must_use]
    pub const fn as_value(&self) -> &HeaderValue {
        &self.value
    }

    /// Converts the challenge into its field value.
    #[must_use]
    pub fn into_value(self) -> HeaderValue {
        self.value
    }
}

impl PartialEq for Challenge {
    fn eq(&self, other: &Self) -> bool {
        self.names_same_scheme(other)
            && self.token68() == other.token68()
            && self.params().same_as(other.params())
    }
}

impl Eq for Challenge {}

writes! { impl[] Challenge[] as self => &String::from_utf8_lossy(self.value.as_bytes()) }

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Challenge").field(&self.value).finish()
    }
}
