//! Who is sent to the login page.

use http::header::HOST;
use http::{HeaderValue, Request};

use super::super::{LoginRedirect, NegotiatedBody, PlainText};
use super::{ask, assert_stamped, denials, get, lines, nobody, show};

const NAVIGATION: [(&str, &str); 2] = [
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
];
const LOOKED_AT: &str = "accept, sec-fetch-dest, sec-fetch-mode";
const CHROMIUM: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

/// Where the request is sent; `None` if it is refused as it should be.
fn sent_to(request: &Request<()>) -> Option<String> {
    let redirect = LoginRedirect::to("/login").unwrap();
    let denial = nobody();
    let response = show(&redirect, &denial, request);
    assert_eq!(lines(&response, "vary"), [LOOKED_AT]);
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
fn navigations_are_sent_to_the_login_page() {
    let html = [("accept", CHROMIUM)];
    for fields in [
        &NAVIGATION[..],
        &html[..],
        &[("accept", "text/html, */*;q=0.1")],
    ] {
        for method in ["GET", "HEAD"] {
            let location = sent_to(&ask(method, "/notes?page=2&x=%2F", fields));
            let expected = "/login?return_to=%2Fnotes%3Fpage%3D2%26x%3D%252F";
            assert_eq!(location.as_deref(), Some(expected), "{fields:?}");
        }
    }
}

#[test]
fn every_other_kind_is_refused_as_ever() {
    let redirect = LoginRedirect::to("/login").unwrap().otherwise(PlainText);
    for denial in denials().iter().skip(1) {
        let response = show(&redirect, denial, &get("/", &NAVIGATION));
        assert_eq!(response.status(), denial.status());
        assert_stamped(&response, denial);
        assert!(response.body().contains(denial.kind().detail()));
    }
}

#[test]
fn login_page_is_a_path_of_this_server() {
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
        let expected = "the login page needs a path on this server, such as `/login`";
        assert_eq!(error, expected);
    }
}

#[test]
fn login_page_and_what_is_below_it_are_not_sent_to_themselves() {
    for target in ["/login", "/login?x", "/login/", "/login/forgotten"] {
        assert_eq!(sent_to(&get(target, &NAVIGATION)), None, "{target}");
    }
    assert!(sent_to(&get("/loginx", &NAVIGATION)).is_some());
}

#[test]
fn login_page_may_be_a_folder_or_the_root() {
    for (login, target, redirects) in [
        ("/login/", "/login", false),
        ("/login/", "/login/", false),
        ("/login/", "/login/x", false),
        ("/login/", "/loginx", true),
        ("/", "/", false),
        ("/", "/notes", true),
    ] {
        let redirect = LoginRedirect::to(login).unwrap();
        let response = show(&redirect, &nobody(), &get(target, &NAVIGATION));
        assert_eq!(response.status() == 303, redirects, "{login} {target}");
    }
}

#[test]
fn request_that_has_a_way_back_is_not_given_another() {
    for target in [
        "/notes?return_to=/",
        "/notes?a=b&return%5Fto=x",
        "/notes?return_to",
    ] {
        assert_eq!(sent_to(&get(target, &NAVIGATION)), None, "{target}");
    }
    assert!(sent_to(&get("/notes?return_too=/", &NAVIGATION)).is_some());
}

#[test]
fn what_was_looked_at_is_added_to_what_others_looked_at() {
    let redirect = LoginRedirect::to("/login").unwrap();
    let redirect = redirect.otherwise(NegotiatedBody::new());
    let response = show(&redirect, &nobody(), &get("/", &[]));
    assert_eq!(lines(&response, "vary"), ["accept", LOOKED_AT]);
}

#[test]
fn target_that_must_not_be_repeated_does_not_come_along() {
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
        assert_eq!(sent_to(&request).as_deref(), Some("/login"), "{target}");
    }
}

#[test]
fn authority_of_a_request_is_not_repeated() {
    let mut request = get("http://user:secret@evil.example/notes", &NAVIGATION);
    let host = HeaderValue::from_static("evil.example");
    request.headers_mut().insert(HOST, host);
    let location = sent_to(&request);
    assert_eq!(location.as_deref(), Some("/login?return_to=%2Fnotes"));
}
