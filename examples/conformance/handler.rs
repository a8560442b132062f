//! The handlers behind the layers.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::BodyExt;
use tower_challenge::{Authenticated, Principal};

use crate::accounts::MEMBER;

/// The handler behind a layer that requires authentication.
pub(crate) fn known() -> MethodRouter {
    let handler = async |caller: Authenticated<Principal>, body: Body| {
        drain(body).await;
        hello(&caller)
    };
    get(handler).post(handler).put(handler)
}

/// The handler behind a layer with optional authentication. Authenticated callers must be members.
pub(crate) fn known_or_not() -> MethodRouter {
    let handler = async |caller: Option<Authenticated<Principal>>, body: Body| {
        drain(body).await;
        match caller {
            None => hello_anonymous(),
            Some(caller) if caller.has_role(MEMBER) => hello(&caller),
            Some(_) => StatusCode::FORBIDDEN.into_response(),
        }
    };
    get(handler).post(handler).put(handler)
}

/// The handler without a layer.
pub(crate) fn unknown() -> MethodRouter {
    let handler = async |body: Body| {
        drain(body).await;
        hello_anonymous()
    };
    get(handler).post(handler).put(handler)
}

/// The response for a path that does not exist, and for a concealed route.
pub(crate) fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "not found\n").into_response()
}

fn hello(caller: &Principal) -> Response {
    let user = URL_SAFE_NO_PAD.encode(caller.name());
    let text = format!("hello {}", caller.name());
    ([("x-user", user)], text).into_response()
}

fn hello_anonymous() -> Response {
    "hello nobody".into_response()
}

/// Reads a body to its end, so that the client can use the connection again.
async fn drain(mut body: Body) {
    while let Some(Ok(_)) = body.frame().await {}
}
