//! Compares an answer with the access that a route should allow.

use http::StatusCode;

use super::AppAnswer;

/// The access that a route should allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExpectedAccess {
    /// Callers with right credentials may use the route. Other callers get `401` with a challenge.
    Guarded,
    /// The credentials of the survey are right, but do not suffice: `403`.
    Forbidden,
    /// Callers with right credentials may use the route. Other callers get `404`, as for a path that does not exist.
    NotFound,
    /// Every caller may use the route without credentials.
    Public,
}

impl ExpectedAccess {
    /// Returns the word for the report. It does not change between versions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guarded => "guarded",
            Self::Forbidden => "forbidden",
            Self::NotFound => "concealed",
            Self::Public => "public",
        }
    }
}

/// The credentials that a request of the survey carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CredentialsSent {
    /// No credentials.
    Nothing,
    /// A credentials field that breaks the grammar.
    Malformed,
    /// Wrong credentials.
    Wrong,
    /// Right credentials.
    Right,
}

impl CredentialsSent {
    /// All kinds of credentials, in the order in which the survey sends them.
    pub(super) const ALL: [Self; 4] = [Self::Nothing, Self::Malformed, Self::Wrong, Self::Right];

    /// All kinds that must not be admitted.
    pub(super) const BAD: [Self; 3] = [Self::Nothing, Self::Malformed, Self::Wrong];

    /// Returns the word for the report. It does not change between versions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Malformed => "malformed",
            Self::Wrong => "wrong",
            Self::Right => "right",
        }
    }
}

/// Returns what is wrong with `answer`, or `None` if it is the expected one. `unauthenticated` is `401`, or `407` from
/// a proxy.
pub(super) fn fault(
    expected: ExpectedAccess,
    sent: CredentialsSent,
    answer: &AppAnswer,
    unauthenticated: StatusCode,
) -> Option<String> {
    let status = answer.status();
    match (expected, sent) {
        (ExpectedAccess::Forbidden, CredentialsSent::Right) => unforbidden(answer),
        (ExpectedAccess::NotFound, CredentialsSent::Right)
            if status == Some(StatusCode::NOT_FOUND) =>
        {
            Some("no such route, even with right credentials".to_owned())
        }
        (ExpectedAccess::Public, _) | (_, CredentialsSent::Right) => unreached(answer),
        // A concealed route answers 404 even to malformed and to throttled credentials: an unknown path reads none.
        (ExpectedAccess::NotFound, _) => unhidden(answer),
        (_, CredentialsSent::Malformed) if status == Some(StatusCode::BAD_REQUEST) => None,
        (_, CredentialsSent::Wrong) if status == Some(StatusCode::TOO_MANY_REQUESTS) => None,
        (ExpectedAccess::Guarded | ExpectedAccess::Forbidden, _) => {
            unchallenged(answer, unauthenticated)
        }
    }
}

/// Returns the fault of an answer that should be a refusal with a challenge.
pub(super) fn unchallenged(answer: &AppAnswer, unauthenticated: StatusCode) -> Option<String> {
    if answer.status() != Some(unauthenticated) {
        return Some(
            opened(answer).unwrap_or_else(|| format!("expected {}", unauthenticated.as_u16())),
        );
    }
    let fault = match answer.challenges() {
        None => "the challenges cannot be parsed",
        // A 401 must have a challenge (RFC 9110 section 15.5.2).
        Some([]) => "the response has no challenge",
        Some(_) => return None,
    };
    Some(fault.to_owned())
}

/// Returns the fault of an answer that shows that a request without credentials reached the handler.
///
/// A redirection is no such answer: it usually leads to a login page.
pub(super) fn opened(answer: &AppAnswer) -> Option<String> {
    let switches = answer.status() == Some(StatusCode::SWITCHING_PROTOCOLS);
    let success = answer.status().is_some_and(|status| status.is_success());
    (switches || success).then(|| "the route is open".to_owned())
}

/// Returns the fault of an answer that shows that a route exists: it asks for another method, a body or an upgrade.
pub(super) fn answered(answer: &AppAnswer) -> Option<String> {
    let status = answer.status()?.as_u16();
    let there = matches!(status, 400 | 405 | 406 | 411 | 415 | 422 | 426);
    there.then(|| "the route exists (not on the list)".to_owned())
}

/// Returns the fault of an answer of a concealed route that differs from `404` without a challenge.
fn unhidden(answer: &AppAnswer) -> Option<String> {
    if answer.status() != Some(StatusCode::NOT_FOUND) {
        return Some(
            opened(answer).unwrap_or_else(|| "the status reveals that the route exists".to_owned()),
        );
    }
    let tells = answer.challenges() != Some(&[]);
    tells.then(|| "the challenge reveals that the route exists".to_owned())
}

/// Returns the difference between the answers of a concealed route and of an unknown path beside it.
pub(super) fn difference(route: &AppAnswer, unknown: &AppAnswer) -> Option<String> {
    if route.status() != Some(StatusCode::NOT_FOUND) {
        // `unhidden` has reported this status already.
        return None;
    }
    if unknown.status() != route.status() {
        return Some(format!("an unknown path gets {unknown}"));
    }
    let differs = !route.has_fields_of(unknown);
    differs.then(|| "the fields differ from those of an unknown path".to_owned())
}

fn unforbidden(answer: &AppAnswer) -> Option<String> {
    let forbidden = answer.status() == Some(StatusCode::FORBIDDEN);
    (!forbidden).then(|| "expected 403".to_owned())
}

/// Returns the fault of an answer that should come from the handler.
///
/// A route on the list that does not exist is a fault, because a misspelt path would otherwise prove nothing.
fn unreached(answer: &AppAnswer) -> Option<String> {
    let fault = match answer.status().map(|status| status.as_u16()) {
        None => "the service failed",
        Some(400 | 401 | 403 | 407 | 429 | 500..) => "the request is refused",
        Some(404 | 405) => "no such route",
        Some(_) => return None,
    };
    Some(fault.to_owned())
}
