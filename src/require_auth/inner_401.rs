//! What becomes of a `401` that the inner service answers itself.

use http::{HeaderMap, HeaderName, HeaderValue, Response};

use super::space::each_once;
use crate::header::{Challenge, WwwAuthenticate};
use crate::respond;
use crate::scheme::ServerRole;

/// What becomes of a `401` that the inner service answers after it was called.
///
/// From a proxy, it is about a `407` and `Proxy-Authenticate`: proxies in a row may ask for the same (RFC 9110 section
/// 11.7.1). A `401` that a proxy forwards stays as it is, whatever is said here.
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
pub(super) struct PreparedChallenges {
    role: ServerRole,
    replace: bool,
    joined: bool,
    challenges: Vec<Challenge>,
}

impl PreparedChallenges {
    pub(super) const fn new(
        role: ServerRole,
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

    /// Puts them into `response`, if it is one that wants them: each once, for a layer inside may have said the same.
    pub(super) fn apply<B>(mut self, response: &mut Response<B>) {
        if response.status() != self.role.unauthenticated() {
            return;
        }
        let field: HeaderName = self.role.challenge_field();
        if self.replace {
            response.headers_mut().remove(&field);
        }
        each_once(&said(response.headers(), &field), &mut self.challenges);
        respond::append(response.headers_mut(), &field, self.challenges, self.joined);
    }
}

/// The challenges that are there; none, if they cannot be read.
fn said(headers: &HeaderMap, field: &HeaderName) -> Vec<Challenge> {
    let lines = headers.get_all(field).iter().map(HeaderValue::as_bytes);
    let said = WwwAuthenticate::parse(lines);
    said.map_or_else(|_| Vec::new(), |said| said.iter().cloned().collect())
}
