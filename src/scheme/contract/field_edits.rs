//! The changes that an admission makes to the header fields of the request and of the response.

use std::{mem, slice};

use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue, SET_COOKIE, VARY};

use crate::server_role::ServerRole;

/// A change.
#[derive(Clone, Debug)]
pub(super) enum FieldEdit {
    /// Sets a field of the response.
    Reply(HeaderName, HeaderValue),
    /// Sets a field of the response, unless the response asks for credentials.
    ReplyUnless401(HeaderName, HeaderValue),
    /// Appends the name of a field to `Vary` of the response.
    Vary(HeaderName),
    /// Sets a field of the request.
    SetRequest(HeaderName, HeaderValue),
    /// Removes a field of the request.
    RemoveRequest(HeaderName),
}

impl FieldEdit {
    /// Changes the fields of a request.
    pub(super) fn amend(&self, role: ServerRole, request: &mut HeaderMap) {
        match self {
            Self::SetRequest(name, value) if !role.hands_on(name) => {
                request.insert(name, value.clone());
            }
            Self::RemoveRequest(name) if !role.hands_on(name) => {
                request.remove(name);
            }
            _ => {}
        }
    }

    /// Whether the change is made in a response with this status.
    pub(super) fn is_for(&self, role: ServerRole, status: StatusCode) -> bool {
        !matches!(self, Self::ReplyUnless401(..)) || status != role.unauthenticated()
    }

    /// Changes the fields of a response.
    pub(super) fn reply(self, role: ServerRole, response: &mut HeaderMap) {
        match self {
            // Each line of this field is a cookie of its own (RFC 6265 section 3), so those of the inner service stay.
            Self::Reply(name, value) | Self::ReplyUnless401(name, value) if name == SET_COOKIE => {
                response.append(name, value);
            }
            // Replaces the field: the inner service has not authenticated the request, so its own value would be wrong.
            Self::Reply(name, value) | Self::ReplyUnless401(name, value)
                if !role.hands_on(&name) =>
            {
                response.insert(name, value);
            }
            Self::Vary(name) => {
                response.append(VARY, name.into());
            }
            _ => {}
        }
    }
}

/// The changes of one admission, in their order. Nearly every admission has at most one, which costs no allocation.
#[derive(Clone, Debug, Default)]
pub(super) enum FieldEdits {
    #[default]
    None,
    One(FieldEdit),
    Several(Vec<FieldEdit>),
}

impl FieldEdits {
    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        matches!(self, Self::None)
    }

    pub(super) fn push(&mut self, edit: FieldEdit) {
        *self = match mem::take(self) {
            Self::None => Self::One(edit),
            Self::One(first) => Self::Several(vec![first, edit]),
            Self::Several(mut edits) => {
                edits.push(edit);
                Self::Several(edits)
            }
        };
    }

    pub(super) fn into_iter(self) -> impl Iterator<Item = FieldEdit> {
        let (one, several) = match self {
            Self::None => (None, Vec::new()),
            Self::One(edit) => (Some(edit), Vec::new()),
            Self::Several(edits) => (None, edits),
        };
        one.into_iter().chain(several)
    }

    pub(super) fn as_slice(&self) -> &[FieldEdit] {
        match self {
            Self::None => &[],
            Self::One(edit) => slice::from_ref(edit),
            Self::Several(edits) => edits,
        }
    }
}
