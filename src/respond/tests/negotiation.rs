//! Tests which body a client gets for which `Accept` field.

use super::super::{HtmlPage, NegotiatedBody};
use super::{denials, get, lines, stamped_response, unauthenticated};

const TEXT: &str = "text/plain; charset=utf-8";
const PAGE: &str = "text/html; charset=utf-8";
const PROBLEM: &str = "application/problem+json";

#[test]
fn a_client_gets_the_body_that_its_accept_field_prefers() {
    for (accept, expected) in [
        ("*/*", TEXT),
        ("", TEXT),
        ("image/png", TEXT),
        ("text/html;q=0", TEXT),
        ("text/*", TEXT),
        ("text/plain", TEXT),
        ("text/plain, */*;q=0.1", TEXT),
        ("text/html;q=0.3, text/plain;q=0.4", TEXT),
        ("text/html;q=0, */*", TEXT),
        ("text/html", PAGE),
        ("TEXT/HTML", PAGE),
        ("text/html;charset=utf-8", PAGE),
        ("text/html, text/plain", PAGE),
        ("text/html, */*;q=0.01", PAGE),
        ("text/html;q=0.2", PAGE),
        (
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
            PAGE,
        ),
        ("application/json", PROBLEM),
        ("application/problem+json", PROBLEM),
        ("application/*", PROBLEM),
        ("application/json, text/plain, */*", PROBLEM),
        ("application/json, text/html;q=0.9", PROBLEM),
        (
            "application/problem+json;q=0.1, application/json, text/html;q=0.5",
            PAGE,
        ),
        ("application/problem+json;q=0, application/json", TEXT),
        ("text/html;level=1, application/json;q=0.2", PROBLEM),
        ("text/event-stream", TEXT),
        ("text/html<script>", TEXT),
    ] {
        let request = get("/", &[("accept", accept)]);
        let response = stamped_response(&NegotiatedBody::new(), &unauthenticated(), &request);
        assert_eq!(lines(&response, "content-type"), [expected], "{accept}");
        assert_eq!(lines(&response, "vary"), ["accept"]);
    }
}

#[test]
fn a_client_without_an_accept_field_gets_text() {
    let response = stamped_response(&NegotiatedBody::new(), &unauthenticated(), &get("/", &[]));
    assert_eq!(lines(&response, "content-type"), [TEXT]);
    assert_eq!(lines(&response, "vary"), ["accept"]);
}

#[test]
fn a_client_that_prefers_html_gets_the_page_of_the_application() {
    let negotiated = NegotiatedBody::new().page(HtmlPage::template("<p>{{title}}").unwrap());
    for denial in denials() {
        let page = stamped_response(&negotiated, &denial, &get("/", &[("accept", "text/html")]));
        assert_eq!(*page.body(), format!("<p>{}", denial.title()));
        assert_eq!(page.status(), denial.status());
    }
}
