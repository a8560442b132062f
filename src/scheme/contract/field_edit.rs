//! A change that an admission makes to the header fields of the request or of the response.

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
