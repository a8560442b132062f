//! The files of the page, which every client gets.

use axum::Router;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::routing::{MethodRouter, get};

/// The page runs the script of this server alone, and talks to this server alone. `'self'` includes the WebSockets of this
/// server.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes() -> Router {
    let html = include_str!("page/index.html");
    let script = include_str!("page/page.js");
    Router::new()
        .route("/", file("text/html; charset=utf-8", html))
        .route("/page.js", file("text/javascript; charset=utf-8", script))
}

fn file(kind: &'static str, text: &'static str) -> MethodRouter {
    let fields = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    get(async move || (fields, text))
}
