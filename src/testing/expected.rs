//! Who may use a route, and what must each caller be answered?

use http::StatusCode;

use super::Answer;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expected {
    /// Whoever has right credentials; others are told how to try.
    Guarded,
    /// Not even who has the credentials of the survey: `403`.
    Forbidden,
    /// Whoever has right credentials; for others it is not there: `404`.
    Concealed,
    /// Everybody.
    Public,
}

impl Expected {
    /// One word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Guarded => "guarded",
            Self::Forbidden => "forbidden",
            Self::Concealed => "concealed",
            Self::Public => "public",
        }
    }
}

/// What was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sent {
    /// No credentials.
    Nothing,
    /// A credentials field that breaks the grammar.
    Malformed,
    /// Wrong credentials.
    Wrong,
    /// Right credentials.
    Right,
}

impl Sent {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Nothing, Self::Malformed, Self::Wrong, Self::Right];

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
    expected: Expected,
    sent: Sent,
    answer: &Answer,
    unauthenticated: StatusCode,
) -> Option<String> {
    let status = answer.status();
    match (expected, sent) {
        (Expected::Forbidden, Sent::Right) => unforbidden(answer),
        (Expected::Concealed, Sent::Right) if status == Some(StatusCode::NOT_FOUND) => {
            Some("right credentials do not show it".to_owned())
        }
        (Expected::Public, _) | (_, Sent::Right) => unreached(answer),
        (_, Sent::Malformed) if status == Some(StatusCode::BAD_REQUEST) => None,
        (_, Sent::Wrong) if status == Some(StatusCode::TOO_MANY_REQUESTS) => None,
        (Expected::Concealed, _) => unhidden(answer),
        (Expected::Guarded | Expected::Forbidden, _) => unchallenged(answer, unauthenticated),
    }
}

/// A stranger is to be told how to try.
pub(super) fn unchallenged(answer: &Answer, unauthenticated: StatusCode) -> Option<String> {
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
pub(super) fn opened(answer: &Answer) -> Option<String> {
    let success = answer.status().is_some_and(|it| it.is_success());
    success.then(|| "it is open".to_owned())
}

fn unhidden(answer: &Answer) -> Option<String> {
    if answer.status() != Some(StatusCode::NOT_FOUND) {
        return Some(
            opened(answer).unwrap_or_else(|| "it shows that something is there".to_owned()),
        );
    }
    let tells = answer.challenges() != Some(&[]);
    tells.then(|| "its challenge shows that something is there".to_owned())
}

fn unforbidden(answer: &Answer) -> Option<String> {
    let forbidden = answer.status() == Some(StatusCode::FORBIDDEN);
    (!forbidden).then(|| "it is not 403".to_owned())
}

fn unreached(answer: &Answer) -> Option<String> {
    const REFUSALS: [u16; 5] = [400, 401, 403, 407, 429];
    let Some(status) = answer.status() else {
        return Some("the service failed".to_owned());
    };
    let refused = REFUSALS.contains(&status.as_u16()) || status.is_server_error();
    refused.then(|| "it is refused".to_owned())
}
