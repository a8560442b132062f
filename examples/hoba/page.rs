//! The files of the page, which every client gets.

use axum::Router;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::routing::{MethodRouter, get};

/// The page runs the scripts of this server alone, and talks to this server alone. So no text of a user can become a
/// script, and no other site can frame the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes() -> Router {
    let html = "text/html; charset=utf-8";
    let script = "text/javascript; charset=utf-8";
    Router::new()
        .route("/", file(html, include_str!("page/index.html")))
        .route("/page.js", file(script, include_str!("page/page.js")))
        .route("/hoba.js", file(script, include_str!("page/hoba.js")))
        .route("/page.css", file("text/css", include_str!("page/page.css")))
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
