//! Who may use a route, and what must each caller be answered?

use http::StatusCode;

use super::AppAnswer;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExpectedAccess {
    /// Whoever has right credentials; others are told how to try.
    Guarded,
    /// Not even who has the credentials of the survey: `403`.
    Forbidden,
    /// Whoever has right credentials; for others it is not there: `404`.
    NotFound,
    /// Everybody.
    Public,
}

impl ExpectedAccess {
    /// One word.
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

/// What was sent.
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
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Nothing, Self::Malformed, Self::Wrong, Self::Right];

    /// All that strangers send.
    pub(super) const BAD: [Self; 3] = [Self::Nothing, Self::Malformed, Self::Wrong];

    /// One word.
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

/// What is wrong with `answer`, if anything is. `unauthenticated` is `401`, or `407` from a proxy.
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
            Some("right credentials do not show it".to_owned())
        }
        (ExpectedAccess::Public, _) | (_, CredentialsSent::Right) => unreached(answer),
        // What is not there reads no credentials, and counts none.
        (ExpectedAccess::NotFound, _) => unhidden(answer),
        (_, CredentialsSent::Malformed) if status == Some(StatusCode::BAD_REQUEST) => None,
        (_, CredentialsSent::Wrong) if status == Some(StatusCode::TOO_MANY_REQUESTS) => None,
        (ExpectedAccess::Guarded | ExpectedAccess::Forbidden, _) => {
            unchallenged(answer, unauthenticated)
        }
    }
}

/// A stranger is to be told how to try.
pub(super) fn unchallenged(answer: &AppAnswer, unauthenticated: StatusCode) -> Option<String> {
    if answer.status() != Some(unauthenticated) {
        return Some(
            opened(answer).unwrap_or_else(|| format!("it is not {}", unauthenticated.as_u16())),
        );
    }
    let fault = match answer.challenges() {
        None => "its challenges cannot be read",
        // RFC 9110 section 15.5.2
        Some([]) => "it has no challenge",
        Some(_) => return None,
    };
    Some(fault.to_owned())
}

/// What reaches the application without credentials. A redirection may lead to where credentials are asked for, and is
/// not what was to be guarded.
pub(super) fn opened(answer: &AppAnswer) -> Option<String> {
    let switches = answer.status() == Some(StatusCode::SWITCHING_PROTOCOLS);
    let success = answer.status().is_some_and(|it| it.is_success());
    (switches || success).then(|| "it is open".to_owned())
}

/// What shows that a stranger's request has come to a route, though it wants another method, a body or an upgrade.
pub(super) fn answered(answer: &AppAnswer) -> Option<String> {
    let status = answer.status()?.as_u16();
    let there = matches!(status, 400 | 405 | 406 | 411 | 415 | 422 | 426);
    there.then(|| "something is there, and not on the list".to_owned())
}

fn unhidden(answer: &AppAnswer) -> Option<String> {
    if answer.status() != Some(StatusCode::NOT_FOUND) {
        return Some(
            opened(answer).unwrap_or_else(|| "it shows that something is there".to_owned()),
        );
    }
    let tells = answer.challenges() != Some(&[]);
    tells.then(|| "its challenge shows that something is there".to_owned())
}

/// What tells a route that is concealed from a path that nobody has.
pub(super) fn told_apart(route: &AppAnswer, nobody: &AppAnswer) -> Option<String> {
    if route.status() != Some(StatusCode::NOT_FOUND) {
        // That is another finding.
        return None;
    }
    if nobody.status() != route.status() {
        return Some(format!("a path that nobody has is answered {nobody}"));
    }
    let differs = !route.has_fields_of(nobody);
    differs.then(|| "its fields are not those of a path that nobody has".to_owned())
}

fn unforbidden(answer: &AppAnswer) -> Option<String> {
    let forbidden = answer.status() == Some(StatusCode::FORBIDDEN);
    (!forbidden).then(|| "it is not 403".to_owned())
}

/// A list that is wrong proves nothing: what was asked for has to be there.
fn unreached(answer: &AppAnswer) -> Option<String> {
    let fault = match answer.status().map(|it| it.as_u16()) {
        None => "the service failed",
        Some(400 | 401 | 403 | 407 | 429 | 500..) => "it is refused",
        Some(404 | 405) => "nothing is there",
        Some(_) => return None,
    };
    Some(fault.to_owned())
}
