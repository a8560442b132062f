//! The content of the credentials field, with the name of the scheme split off.

use http::{HeaderMap, HeaderValue};

use crate::header::{NamedCredentials, SchemeName, scheme_of};
use crate::server_role::ServerRole;

/// The longest credentials field that a scheme gets to see, in bytes.
pub(in crate::scheme) const MAX_FIELD_LENGTH: usize = 16 * 1024;

/// The content of the credentials field.
#[derive(Clone, Copy)]
pub(super) enum CredentialsFieldState<'r> {
    /// The request has no credentials field.
    Absent,
    /// The request has a credentials field with an empty value.
    Empty,
    /// The field cannot be parsed by any scheme. The client sent several field lines (the field is not a list, RFC 9110
    /// section 11.6.2), or the value is neither of the form `Named` nor visible ASCII.
    Unreadable(Option<SchemeName<'r>>),
    /// The value is longer than [`MAX_FIELD_LENGTH`], and visible ASCII. No scheme gets to see it.
    TooLong(Option<SchemeName<'r>>),
    /// The layer has removed the field from the request. The name is kept if it is that of a scheme of the layer.
    Removed(Option<SchemeName<'r>>),
    /// The field value, and its scheme name with the part behind the name, which is not parsed yet.
    Named(&'r HeaderValue, NamedCredentials<'r>),
    /// A field value in visible ASCII that breaks the grammar of RFC 9110 at its start. It begins with no name, or
    /// neither a space nor its end follows the name. For example, `PVEAPIToken=u@pam!x` begins with `PVEAPIToken`.
    OwnGrammar(&'r HeaderValue, Option<SchemeName<'r>>),
}

impl<'r> CredentialsFieldState<'r> {
    /// Reads the field that credentials for this role are in.
    #[inline]
    pub(super) fn read(headers: &'r HeaderMap, role: ServerRole) -> Self {
        // A request has few fields. To compare each name is faster than to hash one for a look-up.
        let field = role.credentials_field();
        let mut lines = headers.iter().filter(|(name, _)| **name == field);
        match (lines.next(), lines.next()) {
            (None, _) => Self::Absent,
            (Some((_, line)), None) => Self::of(line),
            (Some((_, line)), Some(_)) => Self::Unreadable(scheme_of(line.as_bytes())),
        }
    }

    /// Reads a field that has only this line.
    #[inline]
    fn of(line: &'r HeaderValue) -> Self {
        if line.len() > MAX_FIELD_LENGTH {
            return Self::of_visible(line, Self::TooLong);
        }
        match NamedCredentials::split(line.as_bytes()) {
            Ok(unparsed) => Self::Named(line, unparsed),
            Err(error) if error.is_empty_value() => Self::Empty,
            Err(_) => Self::of_visible(line, |name| Self::OwnGrammar(line, name)),
        }
    }

    /// The state that `of_name` makes, unless the value has a tab or a byte that is not ASCII.
    fn of_visible(
        line: &'r HeaderValue,
        of_name: impl FnOnce(Option<SchemeName<'r>>) -> Self,
    ) -> Self {
        let name = scheme_of(line.as_bytes());
        match is_visible(line) {
            true => of_name(name),
            false => Self::Unreadable(name),
        }
    }

    /// Returns the scheme name, even if the rest of the field is malformed.
    pub(super) fn scheme(&self) -> Option<SchemeName<'r>> {
        match *self {
            Self::Named(_, unparsed) => Some(unparsed.scheme()),
            Self::Removed(scheme) | Self::Unreadable(scheme) => scheme,
            Self::TooLong(scheme) | Self::OwnGrammar(_, scheme) => scheme,
            Self::Absent | Self::Empty => None,
        }
    }

    /// Whether the field names `scheme`.
    #[inline]
    pub(super) fn names(&self, scheme: SchemeName<'_>) -> bool {
        match self {
            Self::Named(_, unparsed) => unparsed.is(scheme),
            _ => self.scheme() == Some(scheme),
        }
    }

    /// Returns the field value, if the field has one line that a scheme may read.
    #[inline]
    pub(super) const fn line(&self) -> Option<&'r HeaderValue> {
        match *self {
            Self::Named(line, _) | Self::OwnGrammar(line, _) => Some(line),
            _ => None,
        }
    }

    /// Returns the field value if it begins with the name `scheme`.
    #[inline]
    pub(super) fn line_of(&self, scheme: SchemeName<'_>) -> Option<&'r HeaderValue> {
        match *self {
            Self::Named(line, unparsed) if unparsed.is(scheme) => Some(line),
            Self::OwnGrammar(line, name) if name == Some(scheme) => Some(line),
            _ => None,
        }
    }
}

/// Whether the value has only visible ASCII characters and spaces, apart from whitespace around it.
pub(super) fn is_visible(line: &HeaderValue) -> bool {
    let value = line.as_bytes().trim_ascii();
    value.iter().all(|byte| matches!(byte, b' '..=b'~'))
}
