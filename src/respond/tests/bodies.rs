//! Refusals that have a text in them.

use http::header::CONTENT_TYPE;
use http::{Request, Response};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{
    Denial, EmptyBody, HtmlPage, NegotiatedBody, PlainText, ProblemJson, RefusalResponse, Respond,
    escape_html,
};
use super::{assert_stamped, denials, get, lines, nobody, show};
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

fn show_boxed(
    it: &dyn Respond<String>,
    denial: &Denial,
    request: &Request<()>,
) -> Response<String> {
    let render = |denial: &Denial, head: &RequestHead<'_>| it.respond(denial, head);
    show(&render, denial, request)
}

#[test]
fn every_refusal_with_a_body_has_its_status_its_challenges_and_a_type_that_is_not_guessed() {
    let request = get("/", &[]);
    for renderer in renderers() {
        for denial in denials() {
            let response = show_boxed(&*renderer, &denial, &request);
            assert_eq!(response.status(), denial.status());
            assert_stamped(&response, &denial);
            assert_eq!(lines(&response, "x-content-type-options"), ["nosniff"]);
            assert_eq!(lines(&response, "content-type").len(), 1);
            assert!(response.body().contains(denial.kind().detail()));
        }
    }
}

#[test]
fn nothing_that_a_renderer_says_of_the_stamped_fields_stays() {
    let render = |_: &Denial, _: &RequestHead<'_>| {
        let response = Response::builder().status(200).header("retry-after", "0");
        let response = response.header("cache-control", "public");
        let response = response.header("www-authenticate", "Evil realm=\"x\"");
        response.body(String::new()).unwrap()
    };
    for denial in denials() {
        let response = show(&render, &denial, &get("/", &[]));
        assert_eq!(response.status(), denial.status());
        assert_stamped(&response, &denial);
    }
}

#[test]
fn problem_details_are_json_with_four_members() {
    for denial in denials() {
        let response = show(&ProblemJson, &denial, &get("/", &[]));
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
fn pages_run_no_script() {
    let response = show(&HtmlPage::new(), &nobody(), &get("/", &[]));
    let policy = lines(&response, "content-security-policy").concat();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("script-src"));
    let page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
                <title>401 Unauthorized</title></head>\n<body><h1>401 Unauthorized</h1>\
                <p>Valid credentials are required.</p></body>\n</html>\n";
    assert_eq!(response.body(), page);
}

#[test]
fn pages_of_a_closure_have_a_policy_of_their_own_if_they_want() {
    let page = |denial: &Denial, request: &RequestHead<'_>| {
        let path = escape_html(request.target().path());
        format!("<p>{}: {path}", denial.status().as_u16())
    };
    let policy = "default-src 'self'".parse().unwrap();
    let page = HtmlPage::from_fn(page).content_security_policy(policy);
    let response = show(&page, &nobody(), &get("/a'b&c", &[]));
    assert_eq!(response.body(), "<p>401: /a&#39;b&amp;c");
    assert_eq!(
        lines(&response, "content-security-policy"),
        ["default-src 'self'"]
    );
}

#[test]
fn templates_name_what_there_is_and_close_their_braces() {
    for text in ["", "{ } }} {", "{{title}}", "{{ detail }}{{status}}"] {
        assert!(HtmlPage::template(text).is_ok(), "{text:?}");
    }
    for (text, expected) in [
        (
            "{{path}}",
            "a template knows status, title and detail, and not \"path\"",
        ),
        (
            "{{}}",
            "a template knows status, title and detail, and not \"\"",
        ),
        ("a {{title", "a template has `{{` without `}}`: close it"),
    ] {
        let error = HtmlPage::template(text).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn body_of_another_type_is_mapped() {
    let render = |denial: &Denial, request: &RequestHead<'_>| {
        let shown: RefusalResponse<String> = PlainText.respond(denial, request);
        shown
            .map(String::into_bytes)
            .map(|it| String::from_utf8(it).unwrap())
    };
    let denial = nobody();
    let response = show(&render, &denial, &get("/", &[]));
    assert_eq!(response.status(), 401);
    assert_stamped(&response, &denial);
    assert_eq!(show(&EmptyBody, &denial, &get("/", &[])).body(), "");
}

proptest! {
    #[test]
    fn escaped_text_has_no_markup_and_says_the_same(text in ".{0,40}") {
        let html = escape_html(&text);
        prop_assert!(!html.contains(['<', '>', '"', '\'']));
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
        let back = entities.iter().fold(html, |html, (entity, c)| html.replace(entity, c));
        prop_assert_eq!(back, text);
    }

    /// Nothing that the client sends is in a body, whatever it is and wherever it stands.
    #[test]
    fn bodies_are_the_same_for_every_request(path in "[a-zA-Z0-9<>\"'&]{0,20}", value in "[ -~]{0,40}") {
        let path: String = path.chars().filter(|c| !['<', '>', '"'].contains(c)).collect();
        let fields = [("host", &*value), ("referer", &*value), ("user-agent", &*value), ("authorization", &*value)];
        let request = get(&format!("/{path}?{path}"), &fields);
        for denial in denials() {
            for renderer in renderers() {
                let plain = show_boxed(&*renderer, &denial, &get("/", &[]));
                let response = show_boxed(&*renderer, &denial, &request);
                prop_assert_eq!(response.body(), plain.body());
                prop_assert_eq!(response.headers(), plain.headers());
            }
        }
    }
}
