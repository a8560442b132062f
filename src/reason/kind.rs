//! The kinds of refusal that a client may tell apart, with their status and their public text.

use http::StatusCode;

/// Says why a request does not reach the inner service, as far as a client may know.
///
/// It is coarser than [`RefusalReason`](crate::audit::RefusalReason) on purpose. For example, missing and wrong
/// credentials are both `Unauthenticated`, so that an attacker does not learn which accounts exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalKind {
    /// The client has not authenticated: `401`, or `407` from a proxy.
    Unauthenticated,
    /// The credentials, or the body that they cover, cannot be read: `400`.
    Malformed,
    /// A policy refused the caller: `403`.
    Forbidden,
    /// The request did not come through TLS, and the layer requires TLS: `403`.
    Insecure,
    /// The body that the credentials cover is longer than the layer reads: `413`.
    TooLong,
    /// The body that the credentials cover arrived too slowly: `408`.
    TooSlow,
    /// Too many attempts have failed before: `429`.
    Throttled,
    /// The layer could not decide, for example because a database did not answer: `503`.
    Unavailable,
    /// A [`RequirePolicy`](crate::RequirePolicy) is not inside a [`RequireAuth`](crate::RequireAuth) with its identity:
    /// `500`.
    MissingLayer,
}

impl RefusalKind {
    /// Returns the text for a person: a sentence or two for each kind, which never say what exactly was wrong.
    ///
    /// The renderers of this crate put it into their bodies. For example, a client with a wrong password and a client
    /// without credentials read the same text: "Valid credentials are required."
    #[must_use]
    pub const fn detail(self) -> &'static str {
        match self {
            Self::Unauthenticated => "Valid credentials are required.",
            Self::Malformed => "The credentials are malformed.",
            Self::Forbidden => "The request is forbidden.",
            Self::Insecure => "TLS is required.",
            Self::TooLong => "The request body is too long.",
            Self::TooSlow => "The request body arrived too slowly.",
            Self::Throttled => "Too many attempts have failed. Try again later.",
            Self::Unavailable => "Authentication is temporarily unavailable. Try again later.",
            Self::MissingLayer => "Authentication is not configured for this route.",
        }
    }

    /// Returns the status with which an origin server refuses. A proxy answers `407` where this is `401`.
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
