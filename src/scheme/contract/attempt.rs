//! The credentials field of one request, as a scheme reads it.

use std::cell::{Cell, OnceCell};

use http::HeaderValue;

use crate::derives::shows;
use crate::header::{Credentials, Param, SchemeName, UniqueParams, UnparsedCredentials, scheme_of};
use crate::request_head::RequestHead;
use crate::server_role::ServerRole;

/// The credentials field of one request: `Authorization`, or `Proxy-Authorization` for a proxy.
///
/// [`read`](Self::read) splits off the scheme name, for example `Basic`. A scheme then asks for the rest in one of two
/// ways:
///
/// - [`credentials`](Self::credentials) parses the rest by the grammar of RFC 9110. The first call parses, and later
///   calls return the same result.
/// - [`raw`](Self::raw) returns the whole field value, for a scheme with a grammar of its own.
///
/// # Example
///
/// ```
/// use http::{Request, header::AUTHORIZATION};
/// use tower_challenge::RequestHead;
/// use tower_challenge::header::SchemeName;
/// use tower_challenge::scheme::{Attempt, ServerRole};
///
/// let request = Request::get("/").header(AUTHORIZATION, "Bearer t0ken").body(()).unwrap();
/// let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
/// let credentials = attempt.credentials(SchemeName::BEARER).unwrap();
/// assert_eq!(credentials.token68(), Some("t0ken"));
/// assert!(attempt.credentials(SchemeName::BASIC).is_none(), "the client named another scheme");
/// ```
#[derive(Clone)]
pub struct Attempt<'r> {
    head: RequestHead<'r>,
    role: ServerRole,
    presented: PresentedField<'r>,
    /// The parsed credentials, once a scheme has asked for them; `None` inside if they violate the grammar.
    read: OnceCell<Option<Credentials<'r>>>,
    /// The parameters of the parsed credentials.
    params: OnceCell<UniqueParams<'r>>,
    /// `true` once a scheme has called `raw`, to parse the field by a grammar of its own.
    is_taken: Cell<bool>,
}

/// The content of the credentials field.
#[derive(Clone, Copy)]
enum PresentedField<'r> {
    /// The request has no credentials field.
    Absent,
    /// The request has a credentials field with an empty value.
    Empty,
    /// The field cannot be parsed by any scheme. The client sent several field lines (the field is not a list, RFC 9110
    /// section 11.6.2), the value is too long, or it does not begin with a scheme name.
    Unreadable(Option<SchemeName<'r>>),
    /// The layer has removed the field from the request. The scheme name is kept.
    Removed(SchemeName<'r>),
    /// The field value, and its scheme name with the part behind the name, which is not parsed yet.
    Named(&'r HeaderValue, UnparsedCredentials<'r>),
}

/// The longest credentials field that a scheme gets to see, in bytes.
const MAX_LENGTH: usize = 16 * 1024;

impl<'r> Attempt<'r> {
    /// Reads the credentials field of a request. The `role` decides which field that is.
    ///
    /// The field is [malformed](Self::is_malformed) if the client sends it twice, if it does not begin with a scheme
    /// name, or if it is longer than 16 KiB.
    #[must_use]
    #[inline]
    pub fn read(head: RequestHead<'r>, role: ServerRole) -> Self {
        let mut lines = head.headers().get_all(role.credentials_field()).iter();
        let presented = match (lines.next(), lines.next()) {
            (None, _) => PresentedField::Absent,
            (Some(line), None) => PresentedField::of(line),
            (Some(line), Some(_)) => PresentedField::Unreadable(scheme_of(line.as_bytes())),
        };
        Self::new(head, role, presented)
    }

    /// Builds the attempt of a request whose credentials field the layer has removed. The field named `scheme`.
    pub(crate) const fn removed(
        head: RequestHead<'r>,
        role: ServerRole,
        scheme: SchemeName<'r>,
    ) -> Self {
        Self::new(head, role, PresentedField::Removed(scheme))
    }

    const fn new(head: RequestHead<'r>, role: ServerRole, presented: PresentedField<'r>) -> Self {
        Self {
            head,
            role,
            presented,
            read: OnceCell::new(),
            params: OnceCell::new(),
            is_taken: Cell::new(false),
        }
    }

    /// Returns the head of the request: the method, the target and the header fields, without the body.
    #[must_use]
    pub const fn head(&self) -> RequestHead<'r> {
        self.head
    }

    /// Returns the role in which this server authenticates the caller: as the origin server, or as a proxy.
    #[must_use]
    pub const fn role(&self) -> ServerRole {
        self.role
    }

    /// Returns the parsed credentials if the client named `scheme`. The grammar is that of RFC 9110 section 11.4.
    ///
    /// Returns `None` if the client named another scheme. A scheme then returns `None` from
    /// [`authenticate`](super::Scheme::authenticate), so that the next scheme is asked.
    ///
    /// Also returns `None` if the client named `scheme` and the credentials violate the grammar. The layer then answers
    /// `400`, even if another scheme claims the request by other means, such as a cookie.
    ///
    /// For example, `Basic bXVmYXNhOmh1bnRlcg==` and `Digest username="ada", response=".."` follow the grammar.
    /// `Digest username="ada` violates it, because the quotation mark is not closed.
    #[inline]
    #[must_use]
    pub fn credentials(&self, scheme: SchemeName<'_>) -> Option<Credentials<'r>> {
        match &self.presented {
            PresentedField::Named(_, unparsed) if unparsed.is(scheme) => {
                let keep_params = |params| drop(self.params.set(params));
                *self.read.get_or_init(|| unparsed.parse(keep_params).ok())
            }
            _ => None,
        }
    }

    /// Returns the parameters of the [`credentials`](Self::credentials), in the order in which the client sent them.
    ///
    /// Returns `None` where `credentials` returns `None`, and an empty slice if the credentials have no parameters.
    ///
    /// This method is cheaper than [`Credentials::params`]: it returns the parameters that were parsed with the
    /// credentials, and `Credentials::params` parses the text again.
    #[inline]
    #[must_use]
    pub fn params(&self, scheme: SchemeName<'_>) -> Option<&[Param<'r>]> {
        self.credentials(scheme)?;
        Some(self.params.get().map_or(&[], UniqueParams::as_slice))
    }

    /// Returns the whole field value if the client named `scheme`. The value includes the scheme name.
    ///
    /// Use it for a scheme whose credentials do not follow the grammar of RFC 9110. For example, AWS Signature Version
    /// 4 sends unquoted values with `/` and `;`. Such a scheme decides itself which credentials are malformed, and
    /// answers with [`Refusal::malformed`](super::Refusal::malformed).
    #[must_use]
    pub fn raw(&self, scheme: SchemeName<'_>) -> Option<&'r HeaderValue> {
        match self.presented {
            PresentedField::Named(line, unparsed) if unparsed.is(scheme) => {
                self.is_taken.set(true);
                Some(line)
            }
            _ => None,
        }
    }

    /// Returns `true` if the field names a scheme and no scheme has read the part behind the name.
    #[inline]
    pub(crate) fn is_unread(&self) -> bool {
        let is_read = self.read.get().is_some() || self.is_taken.get();
        !is_read && matches!(self.presented, PresentedField::Named(..))
    }

    /// Parses the credentials by the grammar of RFC 9110, for the scheme that the client named.
    pub(crate) fn read_as_credentials(&self) {
        let _ = self.scheme().and_then(|scheme| self.credentials(scheme));
    }

    /// Returns the value of the credentials field, unparsed.
    ///
    /// Cloning a [`HeaderValue`] is cheap. Use it to keep the credentials for a verdict that needs to wait, for example
    /// for a database: an `Attempt` borrows from the request and cannot be kept. Returns `None` if the field is absent,
    /// empty or unreadable, or if the layer has removed it.
    #[must_use]
    pub const fn field_value(&self) -> Option<&'r HeaderValue> {
        match self.presented {
            PresentedField::Named(line, _) => Some(line),
            _ => None,
        }
    }

    /// Returns the scheme name in the credentials field, even if the rest of the field is malformed.
    #[must_use]
    pub fn scheme(&self) -> Option<SchemeName<'r>> {
        match self.presented {
            PresentedField::Named(_, unparsed) => Some(unparsed.scheme()),
            PresentedField::Removed(scheme) => Some(scheme),
            PresentedField::Unreadable(scheme) => scheme,
            PresentedField::Absent | PresentedField::Empty => None,
        }
    }

    /// Returns `true` if the credentials field names `scheme`.
    #[must_use]
    pub fn names(&self, scheme: SchemeName<'_>) -> bool {
        self.scheme().is_some_and(|named| named == scheme)
    }

    /// Returns `true` if the request has no credentials field.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self.presented, PresentedField::Absent)
    }

    /// Returns `true` if the credentials field is malformed.
    ///
    /// Either no scheme can read it (see [`read`](Self::read)), or [`credentials`](Self::credentials) has found that it
    /// violates the grammar. Before `credentials` is called for the scheme that the client named, the second case is
    /// not known.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        matches!(self.presented, PresentedField::Unreadable(_))
            || matches!(self.read.get(), Some(None))
    }
}

shows! {
    /// Shows nothing that the client sent, because all of it may be a secret. For example, a client that forgets the
    /// scheme name sends its token in the place of the name.
    impl[] Attempt['_] as self {
    role: self.role,
    absent: self.is_absent(),
    malformed: self.is_malformed(),
}
}

impl<'r> PresentedField<'r> {
    #[inline]
    fn of(line: &'r HeaderValue) -> Self {
        if line.len() > MAX_LENGTH {
            return Self::Unreadable(None);
        }
        match UnparsedCredentials::split(line.as_bytes()) {
            Ok(unparsed) => Self::Named(line, unparsed),
            Err(error) if error.is_empty_value() => Self::Empty,
            Err(_) => Self::Unreadable(scheme_of(line.as_bytes())),
        }
    }
}
