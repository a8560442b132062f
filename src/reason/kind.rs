//! Why does a request not reach the inner service, as far as a client may know?

use http::StatusCode;

/// Why a request does not reach the inner service, as far as a client may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalKind {
    /// Nobody was authenticated: `401`, or `407` from a proxy.
    Unauthenticated,
    /// The credentials cannot be read: `400`.
    Malformed,
    /// The caller may not: `403`.
    Forbidden,
    /// The request did not come through TLS: `403`.
    Insecure,
    /// The body that the credentials cover is too long to read: `413`.
    TooLong,
    /// The body that the credentials cover came too slowly: `408`.
    TooSlow,
    /// Too many have failed before: `429`.
    Throttled,
    /// The credentials could not be judged: `503`.
    Unavailable,
    /// A [`RequirePolicy`](crate::RequirePolicy) is behind no layer that knows who is calling: `500`.
    MissingLayer,
}

impl RefusalKind {
    /// What there is to say to a person: one sentence for each kind, and never what exactly was wrong.
    #[must_use]
    pub const fn detail(self) -> &'static str {
        match self {
            Self::Unauthenticated => "Credentials are needed that are good here.",
            Self::Malformed => "The credentials cannot be read.",
            Self::Forbidden => "This is not permitted.",
            Self::Insecure => "This is for connections with TLS alone.",
            Self::TooLong => "The body of the request is too long.",
            Self::TooSlow => "The body of the request came too slowly.",
            Self::Throttled => "Too many attempts have failed. Try again later.",
            Self::Unavailable => "The credentials cannot be judged now. Try again later.",
            Self::MissingLayer => "Nobody can tell who is calling.",
        }
    }

    /// The status of an origin server. A proxy answers `407` where this is `401`.
    #[inline]
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Forbidden | Self::Insecure => StatusCode::FORBIDDEN,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Throttled => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::MissingLayer => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
