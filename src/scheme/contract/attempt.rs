//! Which credentials does one request carry?

use std::cell::{Cell, OnceCell};

use http::HeaderValue;

use crate::derives::shows;
use crate::header::{Credentials, Param, SchemeName, UniqueParams, UnparsedCredentials, scheme_of};
use crate::request_head::RequestHead;
use crate::server_role::ServerRole;

/// The credentials field of one request.
///
/// The name of the scheme is split off at once. What follows is read when a scheme asks for it, and once: by the grammar of
/// RFC 9110 ([`credentials`](Self::credentials)), or by a grammar of the scheme's own ([`raw`](Self::raw)).
#[derive(Clone)]
pub struct Attempt<'r> {
    head: RequestHead<'r>,
    role: ServerRole,
    presented: PresentedField<'r>,
    /// What the scheme that was named has read, or `None` if it breaks the grammar.
    read: OnceCell<Option<Credentials<'r>>>,
    /// The parameters among it.
    params: OnceCell<UniqueParams<'r>>,
    /// Whether a scheme has taken the field to read it by a grammar of its own.
    is_taken: Cell<bool>,
}

/// What the credentials field holds.
#[derive(Clone, Copy)]
enum PresentedField<'r> {
    /// There is no field line.
    Nothing,
    /// There is one, and nothing in it.
    EmptyBody,
    /// There are several lines (RFC 9110 section 11.6.2: the field is no list), it is too long, or it begins with no name.
    Unreadable(Option<SchemeName<'r>>),
    /// The layer has removed the field, and remembers the name.
    Removed(SchemeName<'r>),
    /// A name, and what follows it.
    Named(&'r HeaderValue, UnparsedCredentials<'r>),
}

/// The longest credentials field that is looked at, in bytes.
const MAX_LENGTH: usize = 16 * 1024;

impl<'r> Attempt<'r> {
    /// Takes the credentials field of a request. A field of more than 16 KiB is malformed.
    #[must_use]
    #[inline]
    pub fn read(head: RequestHead<'r>, role: ServerRole) -> Self {
        let mut lines = head.headers().get_all(role.credentials_field()).iter();
        let presented = match (lines.next(), lines.next()) {
            (None, _) => PresentedField::Nothing,
            (Some(line), None) => PresentedField::of(line),
            (Some(line), Some(_)) => PresentedField::Unreadable(scheme_of(line.as_bytes())),
        };
        Self::new(head, role, presented)
    }

    /// As it was before the credentials, which named `scheme`, were removed.
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

    /// The request, without its body.
    #[must_use]
    pub const fn head(&self) -> RequestHead<'r> {
        self.head
    }

    /// For whom the credentials are.
    #[must_use]
    pub const fn role(&self) -> ServerRole {
        self.role
    }

    /// The credentials, if they name `scheme` and keep to the grammar of RFC 9110 section 11.4.
    ///
    /// `None` leaves them to the next scheme. If they name `scheme` and break the grammar, the layer answers `400`, also
    /// where another scheme claims the request by other means, such as a cookie.
    #[inline]
    #[must_use]
    pub fn credentials(&self, scheme: SchemeName<'_>) -> Option<Credentials<'r>> {
        match &self.presented {
            PresentedField::Named(_, unparsed) if unparsed.is(scheme) => {
                let keep = |params| drop(self.params.set(params));
                *self.read.get_or_init(|| unparsed.parse(keep).ok())
            }
            _ => None,
        }
    }

    /// The parameters of the [`credentials`](Self::credentials), in the order of the wire: each was read once, where
    /// [`Credentials::params`] goes through the text again.
    #[inline]
    #[must_use]
    pub fn params(&self, scheme: SchemeName<'_>) -> Option<&[Param<'r>]> {
        self.credentials(scheme)?;
        Some(self.params.get().map_or(&[], UniqueParams::as_slice))
    }

    /// The whole field value, if it names `scheme`: for a scheme whose credentials follow a grammar of their own, such as
    /// AWS Signature Version 4, which judges by itself what is malformed.
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

    /// Whether the field names a scheme, and no scheme has read the rest.
    #[inline]
    pub(crate) fn is_unread(&self) -> bool {
        let is_read = self.read.get().is_some() || self.is_taken.get();
        !is_read && matches!(self.presented, PresentedField::Named(..))
    }

    /// Reads the rest by the grammar of RFC 9110, for the scheme that is named.
    pub(crate) fn read_as_credentials(&self) {
        let _ = self.scheme().and_then(|scheme| self.credentials(scheme));
    }

    /// The field value that the credentials are in: cheap to clone, for a verdict that has to wait.
    #[must_use]
    pub const fn field_value(&self) -> Option<&'r HeaderValue> {
        match self.presented {
            PresentedField::Named(line, _) => Some(line),
            _ => None,
        }
    }

    /// The scheme that the client named, even where the rest of the field is malformed.
    #[must_use]
    pub fn scheme(&self) -> Option<SchemeName<'r>> {
        match self.presented {
            PresentedField::Named(_, unparsed) => Some(unparsed.scheme()),
            PresentedField::Removed(scheme) => Some(scheme),
            PresentedField::Unreadable(scheme) => scheme,
            PresentedField::Nothing | PresentedField::EmptyBody => None,
        }
    }

    /// Whether the client named `scheme`.
    #[must_use]
    pub fn names(&self, scheme: SchemeName<'_>) -> bool {
        self.scheme().is_some_and(|named| named == scheme)
    }

    /// Whether there is no credentials field at all.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self.presented, PresentedField::Nothing)
    }

    /// Whether the credentials field cannot be read: by any scheme, or by the one that it names and that has asked.
    #[must_use]
    pub fn is_malformed(&self) -> bool {
        matches!(self.presented, PresentedField::Unreadable(_))
            || matches!(self.read.get(), Some(None))
    }
}

shows! {
    /// Shows nothing that the client sent: all of it may be somebody's secret, even what stands in a scheme's place.
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
            Err(error) if error.is_empty_value() => Self::EmptyBody,
            Err(_) => Self::Unreadable(scheme_of(line.as_bytes())),
        }
    }
}
