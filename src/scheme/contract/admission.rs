//! The result of a scheme that admits a caller: the identity, and the header fields that the scheme wants to change.

use http::header::{HeaderMap, HeaderName, HeaderValue};

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
    reply: ReplyFields,
    /// Boxed, because few admissions have any: the layer moves every admission several times, so it has to be small.
    request_edits: Option<Box<RequestEdits>>,
}

/// Changes to the header fields of the request, in order. `Some` sets a field, `None` removes it.
#[derive(Clone, Debug, Default)]
struct RequestEdits(Vec<(HeaderName, Option<HeaderValue>)>);

impl<I> Admission<I> {
    /// Admits the caller as `identity`, with no changes to the request or the response.
    pub const fn new(identity: I) -> Self {
        Self {
            identity,
            reply: ReplyFields {
                first: None,
                more: None,
            },
            request_edits: None,
        }
    }

    /// Sets a header field in the response of the inner service, for every status. A field of the same name that the
    /// inner service has set is replaced.
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
    pub fn with_reply(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.reply.push((name, value));
        self
    }

    /// Removes a header field from the request before the inner service gets it.
    ///
    /// Use it for a field that the credentials do not cover and that the inner service must not trust. For example, a
    /// scheme that verifies signed chunks removes `Content-Encoding: aws-chunked`, because it has decoded the body.
    ///
    /// Policies still see the request as the client sent it. With [`ServerRole::Proxy`], the layer ignores the same
    /// fields as for [`with_reply`](Self::with_reply).
    pub fn without_request_field(self, name: HeaderName) -> Self {
        self.with_request_edit(name, None)
    }

    /// Sets a header field of the request before the inner service gets it. An existing field of that name is replaced.
    ///
    /// For example, a scheme that decodes a body while it verifies it sets `Content-Length` to the decoded length.
    ///
    /// Policies still see the request as the client sent it. With [`ServerRole::Proxy`], the layer ignores the same
    /// fields as for [`with_reply`](Self::with_reply).
    pub fn with_request_field(self, name: HeaderName, value: HeaderValue) -> Self {
        self.with_request_edit(name, Some(value))
    }

    fn with_request_edit(mut self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        let RequestEdits(edits) = &mut **self.request_edits.get_or_insert_default();
        edits.push((name, value));
        self
    }

    /// Applies the changes to the header fields of the request, in the order in which the scheme asked for them. Skips
    /// the fields that a proxy must not change.
    pub(crate) fn amend(&mut self, role: ServerRole, request: &mut HeaderMap) {
        if let Some(edits) = self.request_edits.take() {
            edits.apply(role, request);
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
            reply: self.reply,
            request_edits: self.request_edits,
        }
    }

    /// Returns the identity of the admitted caller and the header fields for the response.
    ///
    /// The changes to the request are dropped.
    #[must_use]
    pub fn into_parts(self) -> (I, ReplyFields) {
        (self.identity, self.reply)
    }
}

impl RequestEdits {
    fn apply(self, role: ServerRole, request: &mut HeaderMap) {
        for (name, value) in self.0 {
            match value {
                _ if role.hands_on(&name) => {}
                Some(value) => drop(request.insert(name, value)),
                None => drop(request.remove(name)),
            }
        }
    }
}

/// Header fields for the response, which the scheme asks for before the inner service has answered.
///
/// Nearly every admission has no such field or a single one. Neither costs an allocation.
#[derive(Clone, Debug, Default)]
pub struct ReplyFields {
    first: Option<(HeaderName, HeaderValue)>,
    more: Option<Box<BoxedReplyFields>>,
}

#[derive(Clone, Debug, Default)]
struct BoxedReplyFields(Vec<(HeaderName, HeaderValue)>);

impl ReplyFields {
    fn push(&mut self, field: (HeaderName, HeaderValue)) {
        match self.first {
            None => self.first = Some(field),
            Some(_) => self.more.get_or_insert_default().0.push(field),
        }
    }

    /// Returns `true` if there are no fields.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Adds all fields to the response of the inner service. They replace its fields of the same names: the inner
    /// service has not authenticated the request, so its own values would be wrong.
    pub(crate) fn replace_in(&mut self, role: ServerRole, response: &mut HeaderMap) {
        for (name, value) in self.drain().filter(|(name, _)| !role.hands_on(name)) {
            response.insert(name, value);
        }
    }

    /// Adds to a refusal those of the fields that it does not have yet. For example, `Cache-Control` stays as the layer
    /// has set it.
    pub(crate) fn complete(mut self, role: ServerRole, refusal: &mut HeaderMap) {
        for (name, value) in self.drain().filter(|(name, _)| !role.hands_on(name)) {
            refusal.entry(name).or_insert(value);
        }
    }

    /// Removes all fields and returns them, in the order in which the scheme added them.
    pub fn drain(&mut self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + '_ {
        let more = self.more.take().map(|more| more.0);
        self.first
            .take()
            .into_iter()
            .chain(more.into_iter().flatten())
    }
}
