//! The result of a scheme that admits a caller: the identity, and the header fields that the scheme wants to change.

use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue, VARY};

use super::few::Few;
use super::field_edit::FieldEdit;
use crate::server_role::ServerRole;

/// Says that a scheme admits the caller: the [`Verdict::Admit`](super::Verdict::Admit) of a scheme carries one.
///
/// An admission holds the identity of the caller. It can also hold header fields for the response and changes to the
/// header fields of the request. For example, Digest adds `Authentication-Info` to the response.
///
/// # Example
///
/// ```
/// use http::header::{HeaderName, HeaderValue};
/// use tower_challenge::Principal;
/// use tower_challenge::scheme::{Admission, ServerRole};
///
/// let (name, value) = (ServerRole::Origin.info_field(), HeaderValue::from_static("rspauth=\"..\""));
/// let admission = Admission::new(Principal::new("ada"))
///     .with_reply(name, value)
///     .without_request_field(HeaderName::from_static("x-unsigned"));
/// assert_eq!(admission.identity().name(), "ada");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Admission<I> {
    identity: I,
    edits: Few<FieldEdit>,
}

impl<I> Admission<I> {
    /// Admits the caller as `identity`, with no changes to the request or the response.
    pub const fn new(identity: I) -> Self {
        Self {
            identity,
            edits: Few::None,
        }
    }

    /// Sets a header field in the response of the inner service, for every status. A field of the same name that the
    /// inner service has set is replaced. `Set-Cookie` is added, so that the cookies of the inner service stay.
    ///
    /// For example, Digest sets the [`info_field`](ServerRole::info_field) of the role.
    ///
    /// If a policy refuses the caller, the refusal has the field as well, unless the layer or the renderer has set it:
    /// the client has authenticated, and may want the server to do so, too. The field is not added if the body turns out
    /// to be bad.
    ///
    /// A proxy must not change the fields in which the client and the origin server authenticate each other (RFC 9110
    /// sections 11.6.1 to 11.6.3). With [`ServerRole::Proxy`], the layer therefore ignores a field named
    /// `Authorization`, `WWW-Authenticate` or `Authentication-Info`.
    pub fn with_reply(self, name: HeaderName, value: HeaderValue) -> Self {
        self.with_edit(FieldEdit::Reply(name, value))
    }

    /// Sets a header field as [`with_reply`](Self::with_reply) does, but not in a response that asks for credentials: `401`,
    /// or `407` with [`ServerRole::Proxy`].
    ///
    /// For example, Mutual proves the server in every response but a `401` (RFC 8120). The inner service may answer `401`,
    /// and a policy may ask for a stronger login.
    pub fn with_reply_unless_401(self, name: HeaderName, value: HeaderValue) -> Self {
        self.with_edit(FieldEdit::ReplyUnless401(name, value))
    }

    /// Appends `name` to `Vary` of the response of the inner service (RFC 9110 section 12.5.5): the response depends on
    /// the field `name` of the request. For a field with credentials, use
    /// [`Scheme::credentials_fields`](super::Scheme::credentials_fields): the responses to clients without credentials
    /// depend on that field, too.
    pub fn varying_by(self, name: HeaderName) -> Self {
        self.with_edit(FieldEdit::Vary(name))
    }

    /// Removes a header field from the request before the inner service gets it.
    ///
    /// Use it for a field that the credentials do not cover and that the inner service must not trust. For example, a
    /// scheme that verifies signed chunks removes `Content-Encoding: aws-chunked`, because it has decoded the body.
    ///
    /// Policies still see the request as the client sent it. With [`ServerRole::Proxy`], the layer ignores the same
    /// fields as for [`with_reply`](Self::with_reply).
    pub fn without_request_field(self, name: HeaderName) -> Self {
        self.with_edit(FieldEdit::RemoveRequest(name))
    }

    /// Sets a header field of the request before the inner service gets it. An existing field of that name is replaced.
    ///
    /// For example, a scheme that decodes a body while it verifies it sets `Content-Length` to the decoded length.
    ///
    /// Policies still see the request as the client sent it. With [`ServerRole::Proxy`], the layer ignores the same
    /// fields as for [`with_reply`](Self::with_reply).
    pub fn with_request_field(self, name: HeaderName, value: HeaderValue) -> Self {
        self.with_edit(FieldEdit::SetRequest(name, value))
    }

    fn with_edit(mut self, edit: FieldEdit) -> Self {
        self.edits.push(edit);
        self
    }

    /// Applies the changes to the header fields of the request, in the order in which the scheme asked for them. Skips
    /// the fields that a proxy must not change.
    #[inline]
    pub(crate) fn amend(&self, role: ServerRole, request: &mut HeaderMap) {
        for edit in self.edits.as_slice() {
            edit.amend(role, request);
        }
    }

    /// Returns the identity of the admitted caller.
    #[must_use]
    pub const fn identity(&self) -> &I {
        &self.identity
    }

    pub(in crate::scheme) fn map<J>(self, f: impl FnOnce(I) -> J) -> Admission<J> {
        Admission {
            identity: f(self.identity),
            edits: self.edits,
        }
    }

    /// Returns the identity of the admitted caller and the header fields for the response.
    ///
    /// The changes to the request are dropped.
    #[must_use]
    pub fn into_parts(self) -> (I, ReplyFields) {
        (self.identity, ReplyFields(self.edits))
    }
}

/// Changes to the header fields of the response, for which the scheme asks before the inner service has answered.
///
/// Nearly every admission has no change or a single one. Neither costs an allocation.
#[derive(Clone, Debug, Default)]
pub struct ReplyFields(Few<FieldEdit>);

impl ReplyFields {
    /// Returns `true` if the scheme asked for no changes at all, neither to the request nor to the response.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        matches!(self.0, Few::None)
    }

    /// Makes the changes in the fields of a response with this status, in the order in which the scheme asked for them.
    /// Skips the fields that a proxy must not change.
    ///
    /// # Example
    ///
    /// ```
    /// use http::{HeaderMap, StatusCode};
    /// use http::header::{COOKIE, HeaderName, HeaderValue, VARY};
    /// use tower_challenge::Principal;
    /// use tower_challenge::scheme::{Admission, ServerRole};
    ///
    /// let info = HeaderValue::from_static("rspauth=\"..\"");
    /// let admission = Admission::new(Principal::new("ada"))
    ///     .with_reply(ServerRole::Origin.info_field(), info)
    ///     .varying_by(COOKIE);
    /// let (_, reply) = admission.into_parts();
    ///
    /// let mut response = HeaderMap::new();
    /// response.insert(VARY, HeaderValue::from_static("accept"));
    /// reply.apply(ServerRole::Origin, StatusCode::OK, &mut response);
    /// assert_eq!(response["authentication-info"], "rspauth=\"..\"");
    /// assert_eq!(response.get_all(VARY).iter().collect::<Vec<_>>(), ["accept", "cookie"]);
    /// ```
    pub fn apply(self, role: ServerRole, status: StatusCode, response: &mut HeaderMap) {
        let edits = self.0.into_iter();
        for edit in edits.filter(|edit| edit.is_for(role, status)) {
            edit.reply(role, response);
        }
    }

    /// Returns the fields for a refusal with this status. No cache stores a refusal, so its `Vary` does not change.
    pub(crate) fn into_fields(self, role: ServerRole, status: StatusCode) -> HeaderMap {
        let mut fields = HeaderMap::new();
        self.apply(role, status, &mut fields);
        fields.remove(VARY);
        fields
    }

    /// Returns the names of the fields that are set in a response with this status.
    pub(crate) fn names(&self, role: ServerRole, status: StatusCode) -> Vec<HeaderName> {
        let edits = self.0.as_slice().iter();
        let edits = edits.filter(|edit| edit.is_for(role, status));
        let names = edits.filter_map(|edit| match edit {
            FieldEdit::Reply(name, _) | FieldEdit::ReplyUnless401(name, _) => Some(name.clone()),
            _ => None,
        });
        names.collect()
    }

    pub(super) fn push(&mut self, edit: FieldEdit) {
        self.0.push(edit);
    }
}
