//! Tests the bodies of refusals over a real connection, and refusals of `HEAD`.

use std::collections::BTreeSet;

use axum::Router;
use axum::routing::get;
use tower_challenge::respond::{HtmlPage, NegotiatedBody, PlainText, ProblemJson, Respond};

use crate::wire::{send, serve};
use crate::{WRONG, layer};

/// RFC 9110 section 9.3.2: the response to `HEAD` has the same fields, with `Content-Length`, and no body.
#[tokio::test]
async fn a_refused_head_gets_the_fields_of_a_refused_get_and_no_body() {
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
        let got = send(server, "GET /", &fields, "").await;
        let (head, body) = got.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-type: {kind}")), "{head}");
        assert!(
            head.contains(&format!("content-length: {}", body.len())),
            "{head}"
        );
        assert!(!body.is_empty());
        let bare = send(server, "HEAD /", &fields, "").await;
        // hyper writes the length behind the other fields if it computes the length by itself.
        let sorted = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(sorted(&bare), sorted(&format!("{head}\r\n\r\n")));
    }
}

/// The client chooses any `Accept` field and any path. The body has one of three types, with `nosniff`, and contains no
/// part of the request.
#[tokio::test]
async fn a147_a_negotiated_body_has_one_of_three_types_and_no_part_of_the_request() {
    let app = Router::new().fallback(get(async || "hello"));
    let server = serve(app.layer(layer().respond_with(NegotiatedBody::new()))).await;
    let mut bodies = BTreeSet::new();
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
            let response = send(server, &format!("GET {path}"), &fields, "").await;
            let (head, body) = response.split_once("\r\n\r\n").unwrap();
            if head.starts_with("HTTP/1.1 400 ") && body.is_empty() {
                // hyper refuses this target itself.
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
