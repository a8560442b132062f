//! The page for browsers: one file each of HTML, CSS and JavaScript. Other clients get the text with the commands.

use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const SCHEMES: &str = include_str!("schemes.rs");
/// The page loads its own style and script, and its script sends requests to this server alone. The browser forbids
/// everything else.
///
/// `default-src` does not cover the last three directives. `img-src data:` is for the icon `data:,` of the page, which
/// is none: without it, browsers ask for `/favicon.ico`, and Firefox reports that as a violation.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Serves the page at `/`, and `commands` there to clients that do not ask for HTML.
///
/// # Errors
///
/// `page.html` names an item that `schemes.rs` does not have.
pub(crate) fn routes(commands: String) -> Result<Router, &'static str> {
    let html = html().ok_or("page.html names an item that schemes.rs does not have")?;
    let front = |request: HeaderMap| async move { front_page(&request, html, commands) };
    let style = || async { typed("text/css; charset=utf-8", STYLE) };
    let script = || async { typed("text/javascript; charset=utf-8", SCRIPT) };
    Ok(Router::new()
        .route("/", get(front))
        .route("/page.css", get(style))
        .route("/page.js", get(script)))
}

fn front_page(request: &HeaderMap, html: String, commands: String) -> Response {
    let vary = (VARY, "accept");
    if asks_for_html(request) {
        let page = typed("text/html; charset=utf-8", html);
        ([vary, (CONTENT_SECURITY_POLICY, POLICY)], page).into_response()
    } else {
        ([vary], typed("text/plain; charset=utf-8", commands)).into_response()
    }
}

/// Whether the field `Accept` names `text/html`, with any weight. Browsers name it, and curl sends `*/*`.
fn asks_for_html(request: &HeaderMap) -> bool {
    let lines = request.get_all(ACCEPT).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|range| {
        let media_type = range.split(';').next().unwrap_or_default();
        media_type.trim().eq_ignore_ascii_case("text/html")
    })
}

fn typed(media_type: &'static str, body: impl IntoResponse) -> impl IntoResponse {
    let fields = [
        (CONTENT_TYPE, media_type),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // A browser asks again after this server was built again.
        (CACHE_CONTROL, "no-cache"),
    ];
    (fields, body)
}

/// Returns the page, with the source of an item of `schemes.rs` for each `{{item}}`. So the page shows the code that
/// protects its routes, and the compiler has checked that code.
fn html() -> Option<String> {
    let mut parts = PAGE.split("{{");
    let mut html = parts.next()?.to_owned();
    for part in parts {
        let (item, rest) = part.split_once("}}")?;
        html.push_str(&escape(source_of(item)?));
        html.push_str(rest);
    }
    Some(html)
}

/// Returns the source of an item such as `fn basic` or `const REALM`. In formatted code, a function ends with the first
/// brace at the start of a line, and these constants are one line each.
fn source_of(item: &str) -> Option<&'static str> {
    let (next, end) = if item.contains("fn ") {
        ("(", "\n}")
    } else {
        (":", ";\n")
    };
    let start = SCHEMES.find(&format!("\n{item}{next}"))? + 1;
    let length = SCHEMES[start..].find(end)? + end.len();
    Some(SCHEMES[start..start + length].trim_end())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
