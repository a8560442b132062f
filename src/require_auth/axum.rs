//! The identity as an axum extractor.

use ::axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::StatusCode;
use http::request::Parts;

use super::identity::{Anonymous, Authenticated};

/// What a handler outside the layer answers: nobody was asked, so nobody may be believed.
type Outside = (StatusCode, &'static str);

const OUTSIDE: Outside = (
    StatusCode::INTERNAL_SERVER_ERROR,
    "this route is not behind a `RequireAuth` with this identity",
);

const NOT_REQUIRED: Outside = (
    StatusCode::INTERNAL_SERVER_ERROR,
    "this route admits anonymous callers: extract `Option<Authenticated<_>>`",
);

impl<I, S> FromRequestParts<S> for Authenticated<I>
where
    I: Clone + Send + Sync + 'static,
    S: Sync,
{
    type Rejection = Outside;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Outside> {
        let found = parts.extensions.get().cloned();
        let anonymous = parts.extensions.get::<Anonymous<I>>().is_some();
        found.ok_or(if anonymous { NOT_REQUIRED } else { OUTSIDE })
    }
}

impl<I, S> OptionalFromRequestParts<S> for Authenticated<I>
where
    I: Clone + Send + Sync + 'static,
    S: Sync,
{
    type Rejection = Outside;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Outside> {
        let found = parts.extensions.get().cloned();
        match (found, parts.extensions.get::<Anonymous<I>>()) {
            (None, None) => Err(OUTSIDE),
            (found, _) => Ok(found),
        }
    }
}
