//! Adds the layer's challenges to a `401` of the inner service, or to a response that offers a login.

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use super::space::remove_repeats;
use crate::header::{Challenge, OPTIONAL_WWW_AUTHENTICATE, WwwAuthenticate};
use crate::respond::{self, HintedResponse};
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

/// The challenges for a response of the inner service. They depend on the request, so the layer makes them before it hands
/// the request to the inner service.
#[derive(Debug)]
pub(super) struct PreparedChallenges {
    role: ServerRole,
    inner_401: Inner401,
    /// Whether a response that is no `401` gets the challenges as an offer.
    offers: bool,
    joined: bool,
    challenges: Vec<Challenge>,
}

impl PreparedChallenges {
    pub(super) const fn new(
        role: ServerRole,
        inner_401: Inner401,
        offers: bool,
        joined: bool,
        challenges: Vec<Challenge>,
    ) -> Self {
        Self {
            role,
            inner_401,
            offers,
            joined,
            challenges,
        }
    }

    /// Adds the challenges to `response`: to a `401` (or a `407` from a proxy), or as an offer of a login to another
    /// response. Returns what kind of response it is then, or `None` if it has not changed.
    pub(super) fn apply<B>(self, response: &mut Response<B>) -> Option<HintedResponse> {
        let field = self.role.challenge_field();
        if response.status() == self.role.unauthenticated() {
            (self.inner_401 != Inner401::Pass).then(|| self.complete(response, &field))?;
            return Some(HintedResponse::Asking);
        }
        // A challenge of the inner service's own asks for credentials to it. An offer beside it would mean another login.
        let may_offer = self.offers
            && may_have_offer(response.status())
            && !response.headers().contains_key(field);
        may_offer.then(|| self.append(response, &OPTIONAL_WWW_AUTHENTICATE))?;
        Some(HintedResponse::Offering)
    }

    fn complete<B>(self, response: &mut Response<B>, field: &HeaderName) {
        if self.inner_401 == Inner401::Replace {
            response.headers_mut().remove(field);
        }
        self.append(response, field);
    }

    /// Appends those challenges that the response does not have yet, for example from another layer inside this one.
    fn append<B>(mut self, response: &mut Response<B>, field: &HeaderName) {
        let existing = existing_challenges(response.headers(), field);
        remove_repeats(&existing, &mut self.challenges);
        respond::append(response.headers_mut(), field, &self.challenges, self.joined);
    }
}

/// Whether a response of the inner service with `status` may offer a login.
fn may_have_offer(status: StatusCode) -> bool {
    // RFC 8053 section 3: only "non-interim responses", and never a `401`. A `407` is about a proxy.
    let asks = [
        StatusCode::UNAUTHORIZED,
        StatusCode::PROXY_AUTHENTICATION_REQUIRED,
    ];
    !status.is_informational() && !asks.contains(&status)
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
