//! What is behind the layers.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::BodyExt;
use tower_challenge::{Authenticated, Principal};

use crate::accounts::MEMBER;

/// Behind a layer that asks who is there.
pub(crate) fn known() -> MethodRouter {
    let handler = async |caller: Authenticated<Principal>, body: Body| {
        drain(body).await;
        hello(&caller)
    };
    get(handler).post(handler).put(handler)
}

/// Behind a layer that does not insist. Callers who are known have to be members.
pub(crate) fn known_or_not() -> MethodRouter {
    let handler = async |caller: Option<Authenticated<Principal>>, body: Body| {
        drain(body).await;
        match caller {
            None => hello_nobody(),
            Some(caller) if caller.has_role(MEMBER) => hello(&caller),
            Some(_) => StatusCode::FORBIDDEN.into_response(),
        }
    };
    get(handler).post(handler).put(handler)
}

/// Behind no layer.
pub(crate) fn unknown() -> MethodRouter {
    let handler = async |body: Body| {
        drain(body).await;
        hello_nobody()
    };
    get(handler).post(handler).put(handler)
}

/// Where there is nothing, or nothing is to be seen.
pub(crate) fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "there is nothing here\n").into_response()
}

fn hello(caller: &Principal) -> Response {
    let user = URL_SAFE_NO_PAD.encode(caller.name());
    let text = format!("hello {}", caller.name());
    ([("x-user", user)], text).into_response()
}

fn hello_nobody() -> Response {
    "hello nobody".into_response()
}

/// Reads a body to its end, so that the connection can be used again.
async fn drain(mut body: Body) {
    while let Some(Ok(_)) = body.frame().await {}
}
