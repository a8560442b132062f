//! Tests the renderers that write a text body.

use http::header::CONTENT_TYPE;
use http::{Request, Response};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{
    Denial, EmptyBody, HtmlPage, NegotiatedBody, PlainText, ProblemJson, RefusalResponse, Respond,
    escape_html,
};
use super::{assert_stamped, denials, get, lines, stamped_response, unauthenticated};
use crate::request_head::RequestHead;

fn renderers() -> [Box<dyn Respond<String>>; 5] {
    [
        Box::new(PlainText),
        Box::new(ProblemJson),
        Box::new(HtmlPage::new()),
        Box::new(HtmlPage::template("<p>{{ status }}{{title}}{{detail}}").unwrap()),
        Box::new(NegotiatedBody::new()),
    ]
}

fn boxed_response(
    renderer: &dyn Respond<String>,
    denial: &Denial,
    request: &Request<()>,
) -> Response<String> {
    let render = |denial: &Denial, head: &RequestHead<'_>| renderer.respond(denial, head);
    stamped_response(&render, denial, request)
}

#[test]
fn each_refusal_with_a_body_has_its_status_its_challenges_and_nosniff() {
    let request = get("/", &[]);
    for renderer in renderers() {
        for denial in denials() {
            let response = boxed_response(&*renderer, &denial, &request);
            assert_eq!(response.status(), denial.status());
            assert_stamped(&response, &denial);
            assert_eq!(lines(&response, "x-content-type-options"), ["nosniff"]);
            assert_eq!(lines(&response, "content-type").len(), 1);
            assert!(response.body().contains(denial.kind().detail()));
        }
    }
}

#[test]
fn the_layer_replaces_stamped_fields_that_a_renderer_has_set() {
    let render = |_: &Denial, _: &RequestHead<'_>| {
        let response = Response::builder().status(200).header("retry-after", "0");
        let response = response.header("cache-control", "public");
        let response = response.header("www-authenticate", "Evil realm=\"x\"");
        response.body(String::new()).unwrap()
    };
    for denial in denials() {
        let response = stamped_response(&render, &denial, &get("/", &[]));
        assert_eq!(response.status(), denial.status());
        assert_stamped(&response, &denial);
    }
}

#[test]
fn problem_json_writes_json_with_four_members() {
    for denial in denials() {
        let response = stamped_response(&ProblemJson, &denial, &get("/", &[]));
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let problem: Value = serde_json::from_str(response.body()).unwrap();
        let expected = json!({
            "type": "about:blank",
            "title": denial.title(),
            "status": denial.status().as_u16(),
            "detail": denial.kind().detail(),
        });
        assert_eq!(problem, expected);
    }
}

#[test]
fn the_policy_of_a_page_allows_no_script() {
    let response = stamped_response(&HtmlPage::new(), &unauthenticated(), &get("/", &[]));
    let policy = lines(&response, "content-security-policy").concat();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("script-src"));
    let page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
                <title>401 Unauthorized</title></head>\n<body><h1>401 Unauthorized</h1>\
                <p>Valid credentials are required.</p></body>\n</html>\n";
    assert_eq!(response.body(), page);
}

#[test]
fn an_application_can_replace_the_page_and_its_policy() {
    let page = |denial: &Denial, request: &RequestHead<'_>| {
        let path = escape_html(request.target().path());
        format!("<p>{}: {path}", denial.status().as_u16())
    };
    let policy = "default-src 'self'".parse().unwrap();
    let page = HtmlPage::from_fn(page).content_security_policy(policy);
    let response = stamped_response(&page, &unauthenticated(), &get("/a'b&c", &[]));
    assert_eq!(response.body(), "<p>401: /a&#39;b&amp;c");
    assert_eq!(
        lines(&response, "content-security-policy"),
        ["default-src 'self'"]
    );
}

#[test]
fn a_template_with_an_unknown_placeholder_or_open_braces_is_refused() {
    for text in ["", "{ } }} {", "{{title}}", "{{ detail }}{{status}}"] {
        assert!(HtmlPage::template(text).is_ok(), "{text:?}");
    }
    for (text, expected) in [
        (
            "{{path}}",
            "template: unknown placeholder \"path\", use status, title or detail",
        ),
        (
            "{{}}",
            "template: unknown placeholder \"\", use status, title or detail",
        ),
        ("a {{title", "template: `{{` without `}}`, close the braces"),
    ] {
        let error = HtmlPage::template(text).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn map_converts_the_body_and_keeps_the_stamped_fields() {
    let render = |denial: &Denial, request: &RequestHead<'_>| {
        let rendered: RefusalResponse<String> = PlainText.respond(denial, request);
        rendered
            .map(String::into_bytes)
            .map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let denial = unauthenticated();
    let response = stamped_response(&render, &denial, &get("/", &[]));
    assert_eq!(response.status(), 401);
    assert_stamped(&response, &denial);
    assert_eq!(
        stamped_response(&EmptyBody, &denial, &get("/", &[])).body(),
        ""
    );
}

proptest! {
    #[test]
    fn escaped_text_has_no_markup_and_unescapes_to_the_same_text(text in ".{0,40}") {
        let html = escape_html(&text);
        prop_assert!(!html.contains(['<', '>', '"', '\'']));
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
        let back = entities.iter().fold(html, |html, (entity, c)| html.replace(entity, c));
        prop_assert_eq!(back, text);
    }

    /// No renderer copies any part of the request into the response.
    #[test]
    fn the_response_does_not_depend_on_the_request(path in "[a-zA-Z0-9<>\"'&]{0,20}", value in "[ -~]{0,40}") {
        let path: String = path.chars().filter(|c| !['<', '>', '"'].contains(c)).collect();
        let fields = [("host", &*value), ("referer", &*value), ("user-agent", &*value), ("authorization", &*value)];
        let request = get(&format!("/{path}?{path}"), &fields);
        for denial in denials() {
            for renderer in renderers() {
                let plain = boxed_response(&*renderer, &denial, &get("/", &[]));
                let response = boxed_response(&*renderer, &denial, &request);
                prop_assert_eq!(response.body(), plain.body());
                prop_assert_eq!(response.headers(), plain.headers());
            }
        }
    }
}
