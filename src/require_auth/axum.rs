//! Makes [`Authenticated`] an axum extractor.

use ::axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::StatusCode;
use http::request::Parts;

use super::identity::{AnonymousRequest, Authenticated};

/// The response to a request that did not pass a layer with this identity: `500`. No layer has checked credentials
/// there, so the extractor must neither return a caller nor claim that there is none.
type OutsideRejection = (StatusCode, &'static str);

const OUTSIDE: OutsideRejection = (
    StatusCode::INTERNAL_SERVER_ERROR,
    "this route is not behind a `RequireAuth` with this identity",
);

const NOT_REQUIRED: OutsideRejection = (
    StatusCode::INTERNAL_SERVER_ERROR,
    "this route admits anonymous callers: extract `Option<Authenticated<_>>`",
);

impl<I, S> FromRequestParts<S> for Authenticated<I>
where
    I: Clone + Send + Sync + 'static,
    S: Sync,
{
    type Rejection = OutsideRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, OutsideRejection> {
        let found = parts.extensions.get().cloned();
        let anonymous = parts.extensions.get::<AnonymousRequest<I>>().is_some();
        found.ok_or(if anonymous { NOT_REQUIRED } else { OUTSIDE })
    }
}

impl<I, S> OptionalFromRequestParts<S> for Authenticated<I>
where
    I: Clone + Send + Sync + 'static,
    S: Sync,
{
    type Rejection = OutsideRejection;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &S,
    ) -> Result<Option<Self>, OutsideRejection> {
        let found = parts.extensions.get().cloned();
        match (found, parts.extensions.get::<AnonymousRequest<I>>()) {
            (None, None) => Err(OUTSIDE),
            (found, _) => Ok(found),
        }
    }
}
