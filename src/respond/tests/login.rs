//! Tests which requests are redirected to the login page.

use http::header::HOST;
use http::{HeaderValue, Request};

use super::super::{LoginRedirect, NegotiatedBody, PlainText};
use super::{ask, assert_stamped, denials, get, lines, stamped_response, unauthenticated};

const NAVIGATION: [(&str, &str); 2] = [
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
];
const VARY_FIELDS: &str = "accept, sec-fetch-dest, sec-fetch-mode";
const CHROMIUM: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

/// Returns the `Location` of the redirect, or `None` if the client gets a `401`. Checks the other fields of the
/// response.
fn redirect_of(request: &Request<()>) -> Option<String> {
    let redirect = LoginRedirect::to("/login").unwrap();
    let denial = unauthenticated();
    let response = stamped_response(&redirect, &denial, request);
    assert_eq!(lines(&response, "vary"), [VARY_FIELDS]);
    let location = lines(&response, "location").into_iter().next();
    match response.status().as_u16() {
        303 => assert!(lines(&response, "www-authenticate").is_empty()),
        401 => assert_stamped(&response, &denial),
        other => panic!("{other}"),
    }
    assert_eq!(lines(&response, "cache-control"), ["no-store"]);
    assert_eq!(location.is_some(), response.status() == 303);
    location
}

#[test]
fn a_navigation_is_redirected_to_the_login_page() {
    let html = [("accept", CHROMIUM)];
    for fields in [
        &NAVIGATION[..],
        &html[..],
        &[("accept", "text/html, */*;q=0.1")],
    ] {
        for method in ["GET", "HEAD"] {
            let location = redirect_of(&ask(method, "/notes?page=2&x=%2F", fields));
            let expected = "/login?return_to=%2Fnotes%3Fpage%3D2%26x%3D%252F";
            assert_eq!(location.as_deref(), Some(expected), "{fields:?}");
        }
    }
}

#[test]
fn refusals_other_than_401_get_the_other_renderer() {
    let redirect = LoginRedirect::to("/login").unwrap().otherwise(PlainText);
    for denial in denials().iter().skip(1) {
        let response = stamped_response(&redirect, denial, &get("/", &NAVIGATION));
        assert_eq!(response.status(), denial.status());
        assert_stamped(&response, denial);
        assert!(response.body().contains(denial.kind().detail()));
    }
}

#[test]
fn the_login_page_must_be_a_path_on_this_server() {
    for path in ["/login", "/", "/a/b.c", "/%C3%A4"] {
        assert!(LoginRedirect::to(path).is_ok(), "{path}");
    }
    for path in [
        "",
        "login",
        "//evil",
        "/\\evil",
        "https://evil/",
        "/a?b",
        "/a#b",
        "/\r\nx: y",
        "/a/../b",
    ] {
        let error = LoginRedirect::to(path).unwrap_err().to_string();
        let expected =
            "the login page must be a path on this server without a query, such as `/login`";
        assert_eq!(error, expected);
    }
}

#[test]
fn a_request_for_the_login_page_or_below_it_is_not_redirected() {
    for target in ["/login", "/login?x", "/login/", "/login/forgotten"] {
        assert_eq!(redirect_of(&get(target, &NAVIGATION)), None, "{target}");
    }
    assert!(redirect_of(&get("/loginx", &NAVIGATION)).is_some());
}

#[test]
fn the_login_page_can_be_a_folder_or_the_root() {
    for (login, target, redirects) in [
        ("/login/", "/login", false),
        ("/login/", "/login/", false),
        ("/login/", "/login/x", false),
        ("/login/", "/loginx", true),
        ("/", "/", false),
        ("/", "/notes", true),
    ] {
        let redirect = LoginRedirect::to(login).unwrap();
        let response = stamped_response(&redirect, &unauthenticated(), &get(target, &NAVIGATION));
        assert_eq!(response.status() == 303, redirects, "{login} {target}");
    }
}

#[test]
fn a_request_with_return_to_is_not_redirected() {
    for target in [
        "/notes?return_to=/",
        "/notes?a=b&return%5Fto=x",
        "/notes?return_to",
    ] {
        assert_eq!(redirect_of(&get(target, &NAVIGATION)), None, "{target}");
    }
    assert!(redirect_of(&get("/notes?return_too=/", &NAVIGATION)).is_some());
}

#[test]
fn vary_lists_the_fields_of_this_renderer_and_of_the_other_one() {
    let redirect = LoginRedirect::to("/login").unwrap();
    let redirect = redirect.otherwise(NegotiatedBody::new());
    let response = stamped_response(&redirect, &unauthenticated(), &get("/", &[]));
    assert_eq!(lines(&response, "vary"), ["accept", VARY_FIELDS]);
}

#[test]
fn a_target_with_a_secret_or_an_unsafe_path_is_not_put_into_return_to() {
    let long = format!("/{}", "x".repeat(2048));
    for target in [
        "/a?access_token=secret",
        "/a?x=y&Access%5FToken=secret",
        "/a?id_token=secret",
        "/a?refresh_token=secret",
        "/a?X-Amz-Credential=AKIA&X-Amz-Signature=secret",
        "/a?X-Amz-Security-Token=secret",
        "/a?x-goog-signature=secret",
        "/a?sv=1&sig=secret",
        "/a?b&access%5Ftoken=x",
        "//evil",
        "/%5Cevil",
        "/a/../b",
        &long,
    ] {
        let mut request = get("/", &NAVIGATION);
        *request.uri_mut() = target.parse().unwrap();
        assert_eq!(redirect_of(&request).as_deref(), Some("/login"), "{target}");
    }
}

#[test]
fn the_redirect_does_not_contain_the_authority_of_the_request() {
    let mut request = get("http://user:secret@evil.example/notes", &NAVIGATION);
    let host = HeaderValue::from_static("evil.example");
    request.headers_mut().insert(HOST, host);
    let location = redirect_of(&request);
    assert_eq!(location.as_deref(), Some("/login?return_to=%2Fnotes"));
}
