//! What was decided, as the audit hears it?

use std::fmt;

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuditOutcome {
    /// The request is public.
    Passed,
    /// Authentication is optional, and there were no credentials.
    Anonymous,
    /// The caller is known, and may.
    Admitted,
    /// There were no credentials that any scheme claims.
    Challenged,
    /// The exchange takes another leg.
    Continued,
    /// The credentials are bad.
    Refused,
    /// The credentials are bad, and no guess: they prove a secret that the account had before, or were not looked at.
    Uncounted,
    /// The credentials are right and out of date.
    Stale,
    /// The credentials, or the body they cover, cannot be read.
    Malformed,
    /// The body that the credentials cover came too slowly.
    TooSlow,
    /// The caller is known, and may not.
    Forbidden,
    /// The request did not come through TLS.
    Insecure,
    /// Too many have failed before.
    Throttled,
    /// Nobody can tell.
    Unavailable,
}

impl AuditOutcome {
    /// One word, in small letters, that does not change: what logs and metrics show.
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
