//! Makes [`Authenticated`] an axum extractor.

use ::axum::extract::{FromRequestParts, OptionalFromRequestParts};
use ::axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use super::identity::{AnonymousRequest, Authenticated};
use super::missing_layer::MissingLayer;

/// Makes the response to a request that did not pass a layer with this identity: `500`. No layer has checked
/// credentials there, so the extractor must neither return a caller nor claim that there is none.
fn outside<I>(parts: &Parts) -> Response {
    let text = "this route is not behind a `RequireAuth` with this identity";
    let mut response = (StatusCode::INTERNAL_SERVER_ERROR, text).into_response();
    MissingLayer::report::<I>(parts.clone(), response.extensions_mut());
    response
}

/// Makes the response to an anonymous request whose route requires a caller.
fn not_required() -> Response {
    let text = "this route admits anonymous callers: extract `Option<Authenticated<_>>`";
    (StatusCode::INTERNAL_SERVER_ERROR, text).into_response()
}

impl<I, S> FromRequestParts<S> for Authenticated<I>
where
    I: Clone + Send + Sync + 'static,
    S: Sync,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let found = parts.extensions.get().cloned();
        found.ok_or_else(|| match parts.extensions.get::<AnonymousRequest<I>>() {
            Some(_) => not_required(),
            None => outside::<I>(parts),
        })
    }
}

impl<I, S> OptionalFromRequestParts<S> for Authenticated<I>
where
    I: Clone + Send + Sync + 'static,
    S: Sync,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Response> {
        let found = parts.extensions.get().cloned();
        match (found, parts.extensions.get::<AnonymousRequest<I>>()) {
            (None, None) => Err(outside::<I>(parts)),
            (found, _) => Ok(found),
        }
    }
}
