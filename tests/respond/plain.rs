//! `HEAD`, and what goes out of a body.

use axum::Router;
use axum::routing::get;
use tower_challenge::respond::{HtmlPage, NegotiatedBody, PlainText, ProblemJson, Respond};

use crate::wire::{say, serve};
use crate::{WRONG, layer};

/// RFC 9110 section 9.3.2: the same fields, `Content-Length` among them, and no body.
#[tokio::test]
async fn head_is_refused_with_the_fields_of_get_and_without_its_body() {
    compare(PlainText, "text/plain").await;
    compare(ProblemJson, "application/problem+json").await;
    compare(HtmlPage::new(), "text/html").await;
    compare(NegotiatedBody::new(), "application/problem+json").await;
}

async fn compare<R>(respond: R, kind: &str)
where
    R: Respond<axum::body::Body> + Clone + Send + Sync + 'static,
{
    let app = Router::new().route("/", get(async || "hello"));
    let server = serve(app.layer(layer().respond_with(respond))).await;
    for credentials in [WRONG, "Basic !"] {
        let fields = [
            format!("Authorization: {credentials}"),
            "Accept: application/json".to_owned(),
        ];
        let got = say(server, "GET /", &fields, "").await;
        let (head, body) = got.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-type: {kind}")), "{head}");
        assert!(
            head.contains(&format!("content-length: {}", body.len())),
            "{head}"
        );
        assert!(!body.is_empty());
        let bare = say(server, "HEAD /", &fields, "").await;
        assert_eq!(bare, format!("{head}\r\n\r\n"));
    }
}

/// Whatever the client asks for, the type is one of three, no browser may guess another, and nothing of the request is in
/// the body.
#[tokio::test]
async fn a147_negotiated_bodies() {
    let app = Router::new().fallback(get(async || "hello"));
    let server = serve(app.layer(layer().respond_with(NegotiatedBody::new()))).await;
    let mut bodies = std::collections::BTreeSet::new();
    for accept in [
        "text/html",
        "application/json",
        "*/*",
        "text/html;charset=utf-7",
        "text/xml",
        "image/svg+xml",
        "application/xhtml+xml",
        "text/html, <script>alert(1)</script>",
        "text/javascript",
        "multipart/x-mixed-replace",
        "text/html;q=NaN",
        "\"text/html",
        ",,,;;;===",
    ] {
        for path in ["/", "/x'%3Cscript%3Ealert(1)%3C/script%3E?<svg/onload=a>"] {
            let fields = [format!("Accept: {accept}"), "Referer: <b>".to_owned()];
            let said = say(server, &format!("GET {path}"), &fields, "").await;
            let (head, body) = said.split_once("\r\n\r\n").unwrap();
            if head.starts_with("HTTP/1.1 400 ") && body.is_empty() {
                // Not a target that hyper takes.
                continue;
            }
            assert!(
                head.contains("x-content-type-options: nosniff\r\n"),
                "{head}"
            );
            let kind = head
                .lines()
                .find_map(|line| line.strip_prefix("content-type: "))
                .unwrap();
            bodies.insert((kind.to_owned(), body.to_owned()));
        }
    }
    let kinds: Vec<_> = bodies.iter().map(|(kind, _)| &**kind).collect();
    let expected = [
        "application/problem+json",
        "text/html; charset=utf-8",
        "text/plain; charset=utf-8",
    ];
    assert_eq!(kinds, expected, "one body for each type");
    assert!(bodies.iter().all(|(_, body)| !body.contains("alert")));
}
