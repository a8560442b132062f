//! Adds the layer's challenges to a `401` of the inner service.

use http::{HeaderMap, HeaderName, HeaderValue, Response};

use super::space::remove_repeats;
use crate::header::{Challenge, WwwAuthenticate};
use crate::respond;
use crate::scheme::ServerRole;

/// Says how the layer changes a `401` that the inner service itself answers, see
/// [`RequireAuth::inner_401`](crate::RequireAuth::inner_401).
///
/// For example, an inner service that checks a session of its own answers `401` without challenges. With
/// [`Append`](Self::Append) the response has the challenges that RFC 9110 section 15.5.2 requires.
///
/// With [`proxy`](crate::RequireAuth::proxy) this is about a `407` and `Proxy-Authenticate`, since several proxies in a
/// row may ask for the same credentials (RFC 9110 section 11.7.1). A proxy never changes a `401` that it forwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inner401 {
    /// The layer leaves the response as it is. This is the default, because RFC 9110 section 11.6.1 forbids a proxy to
    /// change the challenges of a `401` that it forwards.
    #[default]
    Pass,
    /// The layer adds its challenges to those of the response.
    Append,
    /// The layer replaces the challenges of the response with its own.
    Replace,
}

/// The challenges for a `401` of the inner service. They depend on the request, so the layer makes them before it hands
/// the request to the inner service.
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

    /// Adds the challenges to `response`, if its status is `401` (or `407` from a proxy). It leaves out those that the
    /// response already has, for example from another layer inside this one.
    pub(super) fn apply<B>(mut self, response: &mut Response<B>) {
        if response.status() != self.role.unauthenticated() {
            return;
        }
        let field: HeaderName = self.role.challenge_field();
        if self.replace {
            response.headers_mut().remove(&field);
        }
        remove_repeats(
            &existing_challenges(response.headers(), &field),
            &mut self.challenges,
        );
        respond::append(response.headers_mut(), &field, self.challenges, self.joined);
    }
}

/// Returns the challenges that the response has, or none if they cannot be parsed.
fn existing_challenges(headers: &HeaderMap, field: &HeaderName) -> Vec<Challenge> {
    let lines = headers.get_all(field).iter().map(HeaderValue::as_bytes);
    let parsed = WwwAuthenticate::parse(lines);
    parsed.map_or_else(
        |_| Vec::new(),
        |challenges| challenges.iter().cloned().collect(),
    )
}
