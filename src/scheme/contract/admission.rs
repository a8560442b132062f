//! Whom does a scheme admit, and what does it tell the client about it?

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::server_role::ServerRole;

/// Proof that a scheme found credentials good, and what to tell the client about it.
#[derive(Clone, Debug)]
#[must_use]
pub struct Admission<I> {
    identity: I,
    reply: ReplyFields,
    amended: Option<Box<RequestEdits>>,
}

/// Fields of the request to be set, or to be removed. Seldom there, so that what is handed from hand to hand is small.
#[derive(Clone, Debug, Default)]
struct RequestEdits(Vec<(HeaderName, Option<HeaderValue>)>);

impl<I> Admission<I> {
    /// Admits the caller as `identity`.
    pub const fn new(identity: I) -> Self {
        Self {
            identity,
            reply: ReplyFields {
                first: None,
                more: None,
            },
            amended: None,
        }
    }

    /// Adds a field to the eventual response, whatever its status: for instance the
    /// [`info_field`](ServerRole::info_field) of the role. What a proxy may not change is left as it is.
    pub fn with_reply(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.reply.push((name, value));
        self
    }

    /// Removes a field from the request that the inner service sees: one that the credentials do not cover, and that
    /// nobody is to believe. Policies see the request as it came.
    pub fn without_request_field(self, name: HeaderName) -> Self {
        self.with_amended(name, None)
    }

    /// Sets a field of the request that the inner service sees, for instance the `Content-Length` of a body that is
    /// decoded while it is verified.
    pub fn with_request_field(self, name: HeaderName, value: HeaderValue) -> Self {
        self.with_amended(name, Some(value))
    }

    fn with_amended(mut self, name: HeaderName, value: Option<HeaderValue>) -> Self {
        let RequestEdits(changes) = &mut **self.amended.get_or_insert_default();
        changes.push((name, value));
        self
    }

    /// Makes these changes, in the order in which they were named, but for those that are nobody's to make in this role.
    pub(crate) fn amend(&mut self, role: ServerRole, request: &mut HeaderMap) {
        if let Some(amended) = self.amended.take() {
            amended.apply(role, request);
        }
    }

    /// Who was admitted.
    #[must_use]
    pub const fn identity(&self) -> &I {
        &self.identity
    }

    pub(in crate::scheme) fn map<J>(self, f: impl FnOnce(I) -> J) -> Admission<J> {
        Admission {
            identity: f(self.identity),
            reply: self.reply,
            amended: self.amended,
        }
    }

    /// Who was admitted, and the fields of the eventual response.
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

/// Fields for a response that does not exist yet.
///
/// Nearly always there is none or one of them, and that costs no allocation.
#[derive(Clone, Debug, Default)]
pub struct ReplyFields {
    first: Option<(HeaderName, HeaderValue)>,
    more: Option<Box<MoreFields>>,
}

#[derive(Clone, Debug, Default)]
struct MoreFields(Vec<(HeaderName, HeaderValue)>);

impl ReplyFields {
    fn push(&mut self, field: (HeaderName, HeaderValue)) {
        match self.first {
            None => self.first = Some(field),
            Some(_) => self.more.get_or_insert_default().0.push(field),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Takes each of them out.
    pub fn drain(&mut self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + '_ {
        let more = self.more.take().map(|more| more.0);
        self.first
            .take()
            .into_iter()
            .chain(more.into_iter().flatten())
    }
}
