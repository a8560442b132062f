//! What a scheme can say about credentials.

use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::reads::{Head, Reads};
use super::refusal::Refusal;
use super::role::Role;
use crate::header::Challenge;

/// What a scheme says about the credentials it was shown.
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub enum Verdict<I, R: Reads = Head> {
    /// The credentials are good.
    Admit(Admission<I>),
    /// The exchange is under way and needs another leg; nobody failed. The only challenge in that refusal.
    Continue(Challenge),
    /// The body decides, or the rest of it is to be verified. Cannot be said by a scheme that reads the [`Head`] alone.
    ReadBody(R::Check<I>),
    /// The credentials are bad.
    Refuse(Refusal),
}

impl<I: 'static, R: Reads> Verdict<I, R> {
    /// Lets `f` turn the identity, if there is one, into another.
    pub fn map_identity<J: 'static>(
        self,
        f: impl FnOnce(I) -> J + Send + 'static,
    ) -> Verdict<J, R> {
        match self {
            Self::Admit(admission) => Verdict::Admit(admission.map(f)),
            Self::Continue(challenge) => Verdict::Continue(challenge),
            Self::ReadBody(check) => Verdict::ReadBody(R::map_check(check, f)),
            Self::Refuse(refusal) => Verdict::Refuse(refusal),
        }
    }
}

/// Proof that a scheme found credentials good, and what to tell the client about it.
#[derive(Clone, Debug)]
#[must_use]
pub struct Admission<I> {
    identity: I,
    reply: ReplyFields,
    /// Fields of the request to be set, or to be removed.
    amended: Vec<(HeaderName, Option<HeaderValue>)>,
}

impl<I> Admission<I> {
    /// Admits the caller as `identity`.
    pub const fn new(identity: I) -> Self {
        Self {
            identity,
            reply: ReplyFields {
                first: None,
                more: Vec::new(),
            },
            amended: Vec::new(),
        }
    }

    /// Adds a field to the eventual response, whatever its status: for instance the
    /// [`info_field`](Role::info_field) of the role. What a proxy may not change is left as it is.
    pub fn with_reply(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.reply.push((name, value));
        self
    }

    /// Removes a field from the request that the inner service sees: one that the credentials do not cover, and that
    /// nobody is to believe. Policies see the request as it came.
    pub fn without_request_field(mut self, name: HeaderName) -> Self {
        self.amended.push((name, None));
        self
    }

    /// Sets a field of the request that the inner service sees, for instance the `Content-Length` of a body that is
    /// decoded while it is verified.
    pub fn with_request_field(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.amended.push((name, Some(value)));
        self
    }

    /// Makes these changes, in the order in which they were named, but for those that are nobody's to make in this role.
    pub(crate) fn amend(&mut self, role: Role, request: &mut HeaderMap) {
        for (name, value) in self.amended.drain(..) {
            match value {
                _ if role.hands_on(&name) => {}
                Some(value) => drop(request.insert(name, value)),
                None => drop(request.remove(name)),
            }
        }
    }

    /// Who was admitted.
    #[must_use]
    pub const fn identity(&self) -> &I {
        &self.identity
    }

    pub(super) fn map<J>(self, f: impl FnOnce(I) -> J) -> Admission<J> {
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

/// Fields for a response that does not exist yet.
///
/// Nearly always there is none or one of them, and that costs no allocation.
#[derive(Clone, Debug, Default)]
pub struct ReplyFields {
    first: Option<(HeaderName, HeaderValue)>,
    more: Vec<(HeaderName, HeaderValue)>,
}

impl ReplyFields {
    fn push(&mut self, field: (HeaderName, HeaderValue)) {
        match self.first {
            None => self.first = Some(field),
            Some(_) => self.more.push(field),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Takes each of them out.
    pub fn drain(&mut self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + '_ {
        self.first.take().into_iter().chain(self.more.drain(..))
    }
}
