//! Tests that a field of a request counts for what it says, and for nothing more.
//!
//! The `Accept` fields and the values of `X-Requested-With` are those of real clients.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::header::{CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use http::{Request, Response};
use proptest::prelude::*;
use tower::ServiceExt;
use tower_challenge::RequireAuth;
use tower_challenge::respond::{LoginRedirect, NegotiatedBody};

use crate::basic;

const CHROMIUM: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
const PIP: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01";
const JSON_TYPE: &str = "application/problem+json";

async fn ask(fields: &[(&str, &str)]) -> Response<Body> {
    let redirect = LoginRedirect::to("/login").unwrap();
    let redirect = redirect.otherwise(NegotiatedBody::new());
    let auth = RequireAuth::new(basic().hide_from_scripts()).unwrap();
    let app = Router::new().route("/", get(async || "hello"));
    let app = app.layer(auth.respond_with(redirect));
    let request = fields
        .iter()
        .fold(Request::get("/"), |request, (name, value)| {
            request.header(*name, *value)
        });
    let request = request.body(Body::empty()).unwrap();
    app.oneshot(request).await.unwrap()
}

/// Returns the name of the scheme in the challenge, or `None` for a redirect to the login page.
async fn challenged(fields: &[(&str, &str)]) -> Option<String> {
    let response = ask(fields).await;
    let redirected = response.headers().contains_key(LOCATION);
    assert_eq!(
        response.status(),
        if redirected { 303 } else { 401 },
        "{fields:?}"
    );
    let challenge = response.headers().get(WWW_AUTHENTICATE)?.to_str().unwrap();
    let (scheme, _) = challenge.split_once(' ')?;
    Some(scheme.to_owned())
}

/// A WebView names its app in `X-Requested-With`. A person who opens a page there is sent to the login page.
#[tokio::test]
async fn a169_a_webview_that_names_its_app_is_not_a_script() {
    let navigation = [
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
    ];
    for app in [
        "org.example.app",
        "com.android.browser",
        "mark.via.gp",
        "org.example.XMLHttpRequest",
        "XMLHttpRequest2",
        "fetch",
        "",
        ", ,",
    ] {
        for page in [&navigation[..], &[("accept", CHROMIUM)]] {
            let fields = [page, &[("x-requested-with", app)]].concat();
            assert_eq!(challenged(&fields).await, None, "{fields:?}");
            // The page that a program asks for has a challenge for Basic, so that the WebView asks for a password.
            let fields = [("accept", "*/*"), ("x-requested-with", app)];
            assert_eq!(challenged(&fields).await.as_deref(), Some("Basic"));
        }
    }
}

/// Only `XMLHttpRequest` means a script, in any case, also in a list and beside the name of an app.
#[tokio::test]
async fn a169_xmlhttprequest_is_a_script() {
    let xml_http_request = "XMLHttpRequest";
    for lines in [
        &[xml_http_request][..],
        &["xmlhttprequest"],
        &[" XMLHTTPREQUEST "],
        &["org.example.app, XMLHttpRequest"],
        &["org.example.app", xml_http_request],
        &[xml_http_request, xml_http_request],
    ] {
        let lines = lines.iter().map(|line| ("x-requested-with", *line));
        let page = [("accept", CHROMIUM), ("sec-fetch-mode", "navigate")];
        let page = page.into_iter().chain([("sec-fetch-dest", "document")]);
        let fields: Vec<_> = page.chain(lines).collect();
        assert_eq!(challenged(&fields).await.as_deref(), Some("xBasic"));
    }
}

#[tokio::test]
async fn a169_a_browser_is_redirected_by_its_accept_field() {
    for accept in [
        CHROMIUM,
        // Firefox, Safari, Internet Explorer 11, Opera 9, Lynx and w3m
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/png,image/svg+xml,*/*;q=0.8",
        "text/html, application/xhtml+xml, */*",
        "text/html, application/xml;q=0.9, application/xhtml+xml, image/png, image/jpeg, */*;q=0.1",
        "text/html, text/plain, text/sgml, text/css, application/xhtml+xml, */*;q=0.01",
        "text/html, text/*;q=0.5, image/*",
        "text/html, text/*;q=0.5, image/*, application/*, x-scheme-handler/*",
        "text/html",
        "TEXT/HTML; charset=UTF-8",
        "text/html, */*;q=0.1",
        "text/html;q=0.9, application/json;q=0.8",
        "text/html;level=1, text/html;q=0.5",
    ] {
        assert_eq!(challenged(&[("accept", accept)]).await, None, "{accept}");
    }
}

#[tokio::test]
async fn a169_a_program_that_names_html_is_challenged() {
    for accept in [
        PIP,
        // Java 8 to 17, and what Java sends before a proxy removes its last entries
        "text/html, image/gif, image/jpeg, */*; q=0.2",
        "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
        // Indy, which does not say what it prefers
        "text/html, */*",
        // clients of RDF and of feeds
        "text/turtle, application/rdf+xml, application/xhtml+xml;q=0.5, text/html;q=0.4",
        "application/rdf+xml, text/html;q=0.9, */*;q=0.1",
        "text/html, text/turtle",
        "application/atom+xml, application/xhtml+xml, text/html;q=0.9",
        "application/vnd.oci.image.index.v1+json, text/html;q=0.5, */*",
        "text/html;q=0.5, application/xhtml+xml;q=0.5, */*",
        "text/html;q=0.5, image/*",
        "application/xhtml+xml, application/xml;q=0.9",
        "text/html, application/xhtml+xml;q=0, text/plain",
        "text/html;q=0, application/xhtml+xml",
        "text/*",
        "*/*",
        "",
    ] {
        let scheme = challenged(&[("accept", accept)]).await;
        assert_eq!(scheme.as_deref(), Some("Basic"), "{accept}");
    }
}

/// `Upgrade: h2c` offers HTTP/2. A WebSocket is no page.
#[tokio::test]
async fn a169_only_an_upgrade_to_another_protocol_is_no_page() {
    for (upgrade, redirected) in [
        ("h2c", true),
        ("", true),
        ("websocket", false),
        ("h2c, websocket", false),
        ("SPDY/3.1", false),
    ] {
        let fields = [("accept", CHROMIUM), ("upgrade", upgrade)];
        assert_eq!(
            challenged(&fields).await.is_none(),
            redirected,
            "{upgrade:?}"
        );
    }
}

#[tokio::test]
async fn a169_json_of_every_kind_gets_problem_details() {
    for (accept, expected) in [
        ("application/json; charset=utf-8", JSON_TYPE),
        ("application/json;charset=UTF-8", JSON_TYPE),
        (
            "application/json;odata=minimalmetadata, text/html;q=0.9",
            JSON_TYPE,
        ),
        ("application/vnd.api+json", JSON_TYPE),
        ("Application/Vnd.GitHub+JSON", JSON_TYPE),
        ("application/vnd.api+json; version=2, */*;q=0.1", JSON_TYPE),
        ("application/problem+json; charset=utf-8", JSON_TYPE),
        (
            "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*",
            JSON_TYPE,
        ),
        ("application/ld+json, text/html;q=0.5", JSON_TYPE),
        (PIP, JSON_TYPE),
        (
            "application/vnd.api+json;q=0.4, text/html, */*",
            "text/html; charset=utf-8",
        ),
        (
            "application/json; charset=utf-8; q=0, */*",
            "text/plain; charset=utf-8",
        ),
        ("application/jsonp", "text/plain; charset=utf-8"),
        ("application/vnd.api+jsonx", "text/plain; charset=utf-8"),
        ("application/json+xml", "text/plain; charset=utf-8"),
        ("application/cbor", "text/plain; charset=utf-8"),
    ] {
        let response = ask(&[("accept", accept)]).await;
        assert_eq!(response.headers()[CONTENT_TYPE], expected, "{accept}");
    }
}

fn range() -> impl Strategy<Value = String> {
    let types = prop::sample::select(vec![
        "text/html",
        "application/xhtml+xml",
        "application/json",
        "application/vnd.x+json",
        "text/plain",
        "image/gif",
        "image/*",
        "application/*",
        "*/*",
    ]);
    (types, 0..=10_u8).prop_map(|(media, tenths)| match tenths {
        10 => media.to_owned(),
        less => format!("{media};q=0.{less}"),
    })
}

proptest! {
    /// If a client names a type that it prefers to HTML, the client is never redirected, with any other types.
    #[test]
    fn a169_a_client_that_prefers_another_type_is_challenged(
        mut ranges in prop::collection::vec(range(), 0..6),
        html in 1..=9_u8,
        preferred in prop::sample::select(vec!["application/json", "application/xhtml+xml", "text/csv"]),
        at in any::<prop::sample::Index>(),
    ) {
        ranges.retain(|range| !range.starts_with("text/html"));
        ranges.insert(at.index(ranges.len() + 1), format!("text/html;q=0.{html}"));
        ranges.insert(at.index(ranges.len() + 1), preferred.to_owned());
        let accept = ranges.join(", ");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        prop_assert!(runtime.block_on(challenged(&[("accept", &accept)])).is_some(), "{}", accept);
    }
}
