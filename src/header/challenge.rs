//! What a server asks of a client: one challenge.

use std::fmt;

use http::HeaderValue;

use super::credentials::Credentials;
use super::grammar::text;
use super::parse::{self, CredentialsForm};
use super::{ParamValue, Params, SchemeName};
use crate::derives::writes;

/// One challenge: a scheme, and a token68 or parameters
/// ([RFC 9110 section 11.3](https://www.rfc-editor.org/rfc/rfc9110#section-11.3)).
///
/// It is the field value itself, checked, so that a clone costs a reference count and sending it
/// costs nothing. Two challenges are equal if a client could not tell them apart: names in any
/// case, values after unquoting, parameters in any order.
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
/// // A line break would let whoever chose the realm write a header of their own.
/// let split = Challenge::builder(SchemeName::BASIC).quoted("realm", "a\r\nSet-Cookie: x=1");
/// assert!(split.build().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Challenge {
    /// In sender syntax: `Scheme`, `Scheme token68` or `Scheme a="b", c=d`.
    value: HeaderValue,
}

impl Challenge {
    /// A challenge that was rendered from parts which a builder has made.
    ///
    /// `value` is in sender syntax: `Scheme`, `Scheme token68` or `Scheme a="b", c=d`, each name
    /// once. Whoever calls this answers for it; a debug build checks that it parses.
    pub(crate) fn from_rendered(value: HeaderValue) -> Self {
        debug_assert!(Credentials::parse(value.as_bytes()).is_ok(), "{value:?}");
        Self { value }
    }

    /// The scheme, as it is spelled.
    #[must_use]
    pub fn scheme(&self) -> SchemeName<'_> {
        let (scheme, _) = parse::challenge_again(self.value.as_bytes());
        SchemeName::from_token(text(scheme))
    }

    /// The token68; `None` if there are parameters, or nothing after the scheme.
    #[must_use]
    pub fn token68(&self) -> Option<&str> {
        match parse::challenge_again(self.value.as_bytes()) {
            (_, CredentialsForm::Token68(token68)) => Some(text(token68)),
            (_, CredentialsForm::Params(_)) => None,
        }
    }

    /// The parameters; none if there is a token68, or nothing after the scheme.
    #[must_use]
    pub fn params(&self) -> Params<'_> {
        match parse::challenge_again(self.value.as_bytes()) {
            (_, CredentialsForm::Params(params)) => params,
            (_, CredentialsForm::Token68(_)) => Params::new(&[]),
        }
    }

    /// The value of the parameter `name`, in any case.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<ParamValue<'_>> {
        self.params().get(name)
    }

    /// Whether both are of the same scheme.
    #[must_use]
    pub fn names_same_scheme(&self, other: &Self) -> bool {
        self.scheme() == other.scheme()
    }

    /// The field value.
    #[must_use]
    pub const fn as_value(&self) -> &HeaderValue {
        &self.value
    }

    /// The field value.
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
