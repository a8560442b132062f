//! What becomes of a `401` that the inner service answers itself.

use http::{HeaderName, Response};

use crate::header::Challenge;
use crate::respond;
use crate::scheme::Role;

/// What becomes of a `401` (or `407`, from a proxy) that the inner service answers after it was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inner401 {
    /// It stays as it is: RFC 9110 section 11.6.1 lets nobody on the way change it.
    #[default]
    Pass,
    /// The layer's challenges are added to those that it has.
    Append,
    /// The layer's challenges take the place of those that it has.
    Replace,
}

/// The challenges for such a response, minted before the inner service took the request away.
#[derive(Debug)]
pub(super) struct Prepared {
    role: Role,
    replace: bool,
    joined: bool,
    challenges: Vec<Challenge>,
}

impl Prepared {
    pub(super) const fn new(
        role: Role,
        replace: bool,
        joined: bool,
        challenges: Vec<Challenge>,
    ) -> Self {
        Self {
            role,
            replace,
            joined,
            challenges,
        }
    }

    /// Puts them into `response`, if it is one that wants them.
    pub(super) fn apply<B>(self, response: &mut Response<B>) {
        if response.status() != self.role.unauthenticated() {
            return;
        }
        let field: HeaderName = self.role.challenge_field();
        if self.replace {
            response.headers_mut().remove(&field);
        }
        respond::append(response.headers_mut(), &field, self.challenges, self.joined);
    }
}
