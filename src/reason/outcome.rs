//! The outcomes of a decision that the audit records.

use std::fmt;

/// The outcome of a decision, as the audit records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuditOutcome {
    /// The request is public, so the layer did not read its credentials.
    Passed,
    /// Authentication is optional, and the request has no credentials.
    Anonymous,
    /// A scheme admitted the caller, and all policies of the layer allow the request.
    Admitted,
    /// The request has no credentials that a scheme of the layer claims, or a route requires a login that the request
    /// lacks.
    Challenged,
    /// The scheme needs another request of the client to finish its exchange.
    Continued,
    /// The credentials are wrong.
    Refused,
    /// The credentials are wrong, but the attempt is not a guess. They prove a secret that the account had before, or
    /// the scheme compared no secret. For example, a signature of AWS is out of its time.
    Uncounted,
    /// The credentials are right, but they are out of date or were used before.
    Stale,
    /// The credentials, or the body that they cover, cannot be read.
    Malformed,
    /// The body that the credentials cover arrived too slowly.
    TooSlow,
    /// A scheme admitted the caller, and a policy refused the request.
    Forbidden,
    /// The request did not come through TLS, and the layer requires TLS.
    Insecure,
    /// Too many attempts have failed before.
    Throttled,
    /// The layer could not decide, for example because a database did not answer.
    Unavailable,
}

impl AuditOutcome {
    /// Returns one word in lower case for logs and metrics, such as `admitted`. It does not change between versions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Anonymous => "anonymous",
            Self::Admitted => "admitted",
            Self::Challenged => "challenged",
            Self::Continued => "continued",
            Self::Refused => "refused",
            Self::Uncounted => "uncounted",
            Self::Stale => "stale",
            Self::Malformed => "malformed",
            Self::TooSlow => "too_slow",
            Self::Forbidden => "forbidden",
            Self::Insecure => "insecure",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
        }
    }
}

impl fmt::Display for AuditOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
