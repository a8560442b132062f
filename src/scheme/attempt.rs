//! One request's attempt to authenticate.

use std::fmt;

use http::HeaderValue;

use super::Role;
use crate::header::{self, Credentials, SchemeName};
use crate::request_head::RequestHead;

/// The credentials of one request, read once for all schemes.
#[derive(Clone, Copy)]
pub struct Attempt<'r> {
    head: RequestHead<'r>,
    role: Role,
    presented: Presented<'r>,
}

/// What the credentials field holds.
#[derive(Clone, Copy)]
enum Presented<'r> {
    /// There is no field line.
    Nothing,
    /// There is one, and nothing in it.
    Empty,
    /// It breaks the grammar, or there are several lines of it (RFC 9110 section 11.6.2: it is not a list).
    Malformed(Option<SchemeName<'r>>),
    /// They are of a scheme that has never kept to the grammar.
    Foreign(&'r HeaderValue, SchemeName<'r>),
    /// The layer has removed them, and remembers whose they were.
    Removed(SchemeName<'r>),
    /// They can be judged.
    Credentials(&'r HeaderValue, Credentials<'r>),
}

/// The scheme that was never registered, and whose credentials are neither a token68 nor auth-params.
const FOREIGN: SchemeName<'_> = SchemeName::AWS4_HMAC_SHA256;

/// The longest credentials field that is looked at, in octets.
const MAX_LENGTH: usize = 16 * 1024;

impl<'r> Attempt<'r> {
    /// Reads the credentials of a request. A field of more than 16 KiB is malformed.
    #[must_use]
    pub fn read(head: RequestHead<'r>, role: Role) -> Self {
        let mut lines = head.headers().get_all(role.credentials_field()).iter();
        let presented = match (lines.next(), lines.next()) {
            (None, _) => Presented::Nothing,
            (Some(line), None) => Presented::of(line),
            (Some(line), Some(_)) => Presented::Malformed(header::scheme_of(line.as_bytes())),
        };
        Self {
            head,
            role,
            presented,
        }
    }

    /// As it was before the credentials, which named `scheme`, were removed.
    pub(crate) const fn removed(head: RequestHead<'r>, role: Role, scheme: SchemeName<'r>) -> Self {
        Self {
            head,
            role,
            presented: Presented::Removed(scheme),
        }
    }

    /// The request, without its body.
    #[must_use]
    pub const fn head(&self) -> RequestHead<'r> {
        self.head
    }

    /// For whom the credentials are.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The credentials, if they name `scheme`.
    #[inline]
    #[must_use]
    pub fn credentials(&self, scheme: SchemeName<'_>) -> Option<Credentials<'r>> {
        match self.presented {
            Presented::Credentials(_, credentials) if credentials.is(scheme) => Some(credentials),
            _ => None,
        }
    }

    /// The field value that the credentials were read from: cheap to clone, for a verdict that has to wait.
    #[must_use]
    pub const fn field_value(&self) -> Option<&'r HeaderValue> {
        match self.presented {
            Presented::Credentials(value, _) | Presented::Foreign(value, _) => Some(value),
            _ => None,
        }
    }

    /// The field value that names `scheme`, for a scheme with a grammar of its own.
    ///
    /// There is one of those: AWS Signature Version 4. What breaks the grammar of RFC 9110 under any other name is malformed.
    #[must_use]
    pub fn own_grammar(&self, scheme: SchemeName<'_>) -> Option<&'r HeaderValue> {
        match self.presented {
            Presented::Foreign(value, name) if name == scheme => Some(value),
            _ => None,
        }
    }

    /// The scheme that the client named, even where the rest of the field is malformed.
    #[must_use]
    pub fn scheme(&self) -> Option<SchemeName<'r>> {
        match self.presented {
            Presented::Credentials(_, credentials) => Some(credentials.scheme()),
            Presented::Foreign(_, scheme) => Some(scheme),
            Presented::Removed(scheme) => Some(scheme),
            Presented::Malformed(scheme) => scheme,
            Presented::Nothing | Presented::Empty => None,
        }
    }

    /// Whether the client named `scheme`.
    #[must_use]
    pub fn names(&self, scheme: SchemeName<'_>) -> bool {
        self.scheme().is_some_and(|it| it == scheme)
    }

    /// Whether there is no credentials field at all.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self.presented, Presented::Nothing)
    }

    /// Whether there is a credentials field that cannot be read.
    #[must_use]
    pub const fn is_malformed(&self) -> bool {
        matches!(self.presented, Presented::Malformed(_))
    }
}

/// Shows nothing that the client sent: all of it may be somebody's secret, even what stands in a scheme's place.
impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("role", &self.role)
            .field("absent", &self.is_absent())
            .field("malformed", &self.is_malformed())
            .finish_non_exhaustive()
    }
}

impl<'r> Presented<'r> {
    fn of(line: &'r HeaderValue) -> Self {
        if line.len() > MAX_LENGTH {
            return Self::Malformed(None);
        }
        if let Some(scheme) = foreign(line) {
            return Self::Foreign(line, scheme);
        }
        match Credentials::parse(line.as_bytes()) {
            Ok(credentials) => Self::Credentials(line, credentials),
            Err(error) if error.is_empty_value() => Self::Empty,
            Err(_) => Self::Malformed(header::scheme_of(line.as_bytes())),
        }
    }
}

/// The scheme that a line names, if it is one of those.
fn foreign(line: &HeaderValue) -> Option<SchemeName<'_>> {
    let length = FOREIGN.as_str().len();
    let start = line.as_bytes().get(..length)?;
    if !start.eq_ignore_ascii_case(FOREIGN.as_str().as_bytes()) {
        return None;
    }
    header::scheme_of(line.as_bytes()).filter(|scheme| *scheme == FOREIGN)
}
