//! Tests which requests the layer redirects to the login page, and to where.

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use http::header::{AUTHORIZATION, LOCATION, WWW_AUTHENTICATE};
use http::{Method, Request, Response, Uri};
use proptest::prelude::*;
use tower::ServiceExt;
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::policy::PolicyDecision;
use tower_challenge::respond::{LoginRedirect, ReturnTo};
use tower_challenge::scheme::{Admission, Attempt, BodyUnread, Scheme, VerdictNowOrLater};
use tower_challenge::{
    ClaimedAccount, ErrorParams, Principal, RequestHead, RequireAuth, RequirePolicy,
};

use crate::{ADA, WRONG, layer};

const NAVIGATION: [(&str, &str); 2] = [
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
];

fn app() -> Router {
    let auth = layer().respond_with(LoginRedirect::to("/login").unwrap());
    Router::new().fallback(any(async || "hello")).layer(auth)
}

async fn ask(method: &str, target: &str, fields: &[(&str, &str)]) -> Response<Body> {
    let request = Request::builder().method(method).uri(target);
    let request = fields.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    app()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

fn location(response: &Response<Body>) -> Option<&str> {
    response
        .headers()
        .get(LOCATION)
        .map(|value| value.to_str().unwrap())
}

/// An attacker chooses the target of the request and its host fields. The redirect and `return_to` still lead to this
/// server.
#[tokio::test]
async fn a145_the_redirect_and_return_to_never_lead_to_another_server() {
    for target in [
        "//evil.example",
        "///evil.example/%2e%2e",
        "/%2F%2Fevil.example",
        "/%5Cevil.example",
        "/..//evil.example",
        "/@evil.example",
        "/https:evil.example",
        "/a?return=//evil.example",
        "/%0d%0aLocation:%20https://evil.example",
        "http://evil.example//evil.example",
        "http://ada:lovelace@evil.example/",
        "/login@evil.example",
    ] {
        let forged = [
            ("host", "evil.example"),
            ("x-forwarded-host", "evil.example"),
            ("forwarded", "host=evil.example"),
        ];
        let fields = [&NAVIGATION[..], &forged[..]].concat();
        let response = ask("GET", target, &fields).await;
        assert_eq!(response.status(), 303, "{target}");
        let location = location(&response).unwrap();
        let (page, way_back) = location.split_once('?').unwrap_or((location, ""));
        assert_eq!(page, "/login", "{target}");
        assert!(way_back.is_empty() || ReturnTo::in_query(&location.parse().unwrap()).is_some());
        assert!(!location.contains("lovelace"));
    }
}

/// No field of the request changes the address of the login page.
#[tokio::test]
async fn a096_the_redirect_does_not_depend_on_host_fields() {
    for host in [
        "notes.example",
        "evil.example",
        "evil.example/login",
        "localhost:1",
    ] {
        for field in [
            "host",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-original-url",
            "x-forwarded-prefix",
        ] {
            let fields = [&NAVIGATION[..], &[(field, host)]].concat();
            let response = ask("GET", "/notes", &fields).await;
            assert_eq!(
                location(&response),
                Some("/login?return_to=%2Fnotes"),
                "{field}: {host}"
            );
        }
    }
}

/// A request of a script, a form, an image, a WebSocket or a program gets a `401` with a challenge.
#[tokio::test]
async fn a146_a_request_that_is_not_a_navigation_gets_401() {
    let dest = |dest| [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", dest)];
    let mut asks: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("GET", vec![]),
        ("GET", vec![("accept", "*/*")]),
        ("GET", vec![("accept", "application/json")]),
        ("GET", vec![("accept", "application/json, text/html;q=0.9")]),
        ("GET", vec![("accept", "application/json, text/plain, */*")]),
        ("GET", vec![("accept", "text/html;q=0, */*")]),
        ("GET", vec![("accept", "text/html;q=0")]),
        ("GET", vec![("accept", "image/avif,image/webp,*/*;q=0.8")]),
        ("GET", vec![("accept", "text/event-stream")]),
        (
            "GET",
            vec![
                ("accept", "text/html, */*; q=0.01"),
                ("x-requested-with", "XMLHttpRequest"),
            ],
        ),
        (
            "GET",
            vec![
                ("accept", "text/html"),
                ("sec-fetch-mode", "cors"),
                ("sec-fetch-dest", "empty"),
            ],
        ),
        (
            "GET",
            vec![("accept", "text/html"), ("sec-fetch-site", "same-origin")],
        ),
        ("GET", vec![("sec-fetch-mode", "navigate")]),
        ("GET", vec![("sec-fetch-dest", "document")]),
        (
            "GET",
            vec![
                ("sec-fetch-mode", "navigate, cors"),
                ("sec-fetch-dest", "document"),
            ],
        ),
        (
            "GET",
            vec![("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
        ),
        (
            "GET",
            vec![("sec-fetch-mode", "websocket"), ("sec-fetch-dest", "empty")],
        ),
        (
            "GET",
            vec![
                ("accept", "text/html"),
                ("connection", "upgrade"),
                ("upgrade", "websocket"),
            ],
        ),
        (
            "POST",
            vec![("content-type", "application/grpc"), ("te", "trailers")],
        ),
        (
            "GET",
            [&NAVIGATION[..], &[("accept", "application/json")]].concat(),
        ),
        ("GET", [&NAVIGATION[..], &NAVIGATION[..]].concat()),
        (
            "GET",
            [&NAVIGATION[..], &[(AUTHORIZATION.as_str(), WRONG)]].concat(),
        ),
    ];
    for inner in ["iframe", "frame", "embed", "object", "empty", "Document"] {
        asks.push(("GET", dest(inner).to_vec()));
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get"] {
        asks.push((method, NAVIGATION.to_vec()));
        asks.push((method, vec![("accept", "text/html")]));
    }
    for (method, fields) in asks {
        let response = ask(method, "/notes", &fields).await;
        assert_eq!(response.status(), 401, "{method} {fields:?}");
        assert_eq!(location(&response), None);
        assert!(response.headers().contains_key(WWW_AUTHENTICATE));
    }
}

/// A client that sends HTTP credentials gets a `401` instead of a redirect. This holds also if a policy inside refuses
/// it after the layer has removed the credentials.
#[tokio::test]
async fn a146_a_client_that_sends_credentials_is_not_redirected() {
    let step_up = |_: &Principal, _: &RequestHead<'_>| {
        let again = ErrorParams::insufficient_user_authentication(None, Some(60));
        PolicyDecision::StepUp(again.unwrap())
    };
    let route = || any(async || "hello").layer(RequirePolicy::new(step_up));
    for strips in [false, true] {
        let auth = layer().respond_with(LoginRedirect::to("/login").unwrap());
        let auth = auth.public(|request| request.target().path() == "/public");
        let auth = if strips {
            auth.strip_credentials()
        } else {
            auth
        };
        let app = Router::new().route("/notes", route());
        let app = app.route("/public", route()).layer(auth);
        for (path, credentials, status) in [
            ("/notes", Some(ADA), 401),
            ("/public", Some(ADA), 401),
            ("/notes", None, 303),
            ("/public", None, 303),
        ] {
            let fields = credentials.map(|value| (AUTHORIZATION.as_str(), value));
            let fields = NAVIGATION.into_iter().chain(fields);
            let request = fields.fold(Request::get(path), |request, (name, value)| {
                request.header(name, value)
            });
            let request = request.body(Body::empty()).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            let context = format!("{path} {credentials:?} {strips}");
            assert_eq!(response.status(), status, "{context}");
            assert_eq!(location(&response).is_some(), status == 303, "{context}");
        }
    }
}

/// Admits a bare token, and the browsers with the cookie `session=ada`.
struct TokenOrCookie;

impl Scheme for TokenOrCookie {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        challenges.push(
            Challenge::builder(SchemeName::parse("Token").unwrap())
                .build()
                .unwrap(),
        );
    }

    fn may_claim(&self, _: &Attempt<'_>) -> bool {
        true
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
        let has_token = attempt
            .whole_field()
            .is_some_and(|token| token.matches("t0ken"));
        let cookie = attempt.head().headers().get("cookie");
        let is_known = has_token || cookie.is_some_and(|cookie| cookie == "session=ada");
        is_known.then(|| Admission::new(Principal::new("ada")).at_once())
    }

    fn is_malformed(&self, _: &Attempt<'_>) -> bool {
        false
    }
}

/// Whether the layer removes the credentials makes no difference. A client with a bare token, or with a token of another
/// application beside its cookie, is a program. A browser with a cookie alone is redirected.
#[tokio::test]
async fn a146_removed_credentials_without_the_name_of_a_scheme_are_credentials() {
    let step_up = |_: &Principal, _: &RequestHead<'_>| {
        let again = ErrorParams::insufficient_user_authentication(None, Some(60));
        PolicyDecision::StepUp(again.unwrap())
    };
    let route = || any(async || "hello").layer(RequirePolicy::new(step_up));
    let (cookie, long) = (("cookie", "session=ada"), "x".repeat(20_000));
    for strips in [false, true] {
        let auth = RequireAuth::new(TokenOrCookie).unwrap();
        let auth = auth.respond_with(LoginRedirect::to("/login").unwrap());
        let auth = auth.public(|request| request.target().path() == "/public");
        let auth = if strips {
            auth.strip_credentials()
        } else {
            auth
        };
        let app = Router::new().route("/notes", route());
        let app = app.route("/public", route()).layer(auth);
        for (path, fields, status) in [
            ("/notes", &[("authorization", "t0ken")][..], 401),
            ("/notes", &[cookie, ("authorization", "SharedKey a:b")], 401),
            ("/notes", &[cookie, ("authorization", "")], 401),
            ("/notes", &[cookie, ("authorization", &long)], 401),
            ("/public", &[("authorization", "t0ken")], 401),
            ("/notes", &[cookie], 303),
            ("/public", &[], 303),
        ] {
            let fields = NAVIGATION.iter().chain(fields);
            let request = fields.fold(Request::get(path), |request, (name, value)| {
                request.header(*name, *value)
            });
            let request = request.body(Body::empty()).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), status, "{path}, strips: {strips}");
        }
    }
}

/// The test follows each redirect. There is at most one.
#[tokio::test]
async fn a148_redirects_do_not_loop() {
    for start in [
        "/",
        "/notes?page=2",
        "/login",
        "/login/",
        "/login/help?x",
        "/LOGIN",
        "/notes?return_to=/",
        "/notes?return%5Fto=x",
    ] {
        let mut target = start.to_owned();
        let mut hops = 0;
        loop {
            let response = ask("GET", &target, &NAVIGATION).await;
            let Some(next) = location(&response) else {
                assert_eq!(response.status(), 401);
                break;
            };
            target = next.to_owned();
            hops += 1;
            assert!(hops <= 1, "{start} leads to {target}");
        }
    }
}

/// A person logs in, but the browser does not store the cookie, and the login page sends the person back.
#[tokio::test]
async fn a148_a_request_that_comes_from_the_login_page_is_not_redirected() {
    for (referer, status) in [
        ("https://notes.example/login?return_to=%2Fnotes", 401),
        ("https://notes.example/login", 401),
        ("/login", 401),
        ("https://notes.example/", 303),
        ("https://notes.example/logins", 303),
        ("about:blank", 303),
        ("\"", 303),
    ] {
        let host = ("host", "Notes.example");
        let fields = [&NAVIGATION[..], &[("referer", referer), host]].concat();
        assert_eq!(
            ask("GET", "/notes", &fields).await.status(),
            status,
            "{referer}"
        );
    }
}

/// A page of another server may have the path of the login page. A person who follows a link there is redirected.
#[tokio::test]
async fn a148_a_request_from_the_login_page_of_another_server_is_redirected() {
    let other = "https://other.example/login";
    let own = "https://notes.example/login";
    let port = "https://notes.example:8443/login";
    // Behind a proxy that changes `Host`, only the browser can tell whether the page is of this server.
    for (referer, site, host, status) in [
        (other, None, Some("notes.example"), 303),
        (port, None, Some("notes.example"), 303),
        (port, None, Some("notes.example:8443"), 401),
        (own, None, Some("notes.example"), 401),
        (own, None, Some("backend:8080"), 303),
        (own, None, None, 401),
        (own, Some("same-origin"), Some("backend:8080"), 401),
        (own, Some("same-origin"), Some("notes.example"), 401),
        (other, Some("cross-site"), Some("notes.example"), 303),
        (own, Some("cross-site"), Some("notes.example"), 303),
        (
            "https://login.notes.example/login",
            Some("same-site"),
            Some("notes.example"),
            303,
        ),
    ] {
        let fields = [
            Some(("referer", referer)),
            site.map(|site| ("sec-fetch-site", site)),
            host.map(|host| ("host", host)),
        ];
        let fields = NAVIGATION.into_iter().chain(fields.into_iter().flatten());
        let fields = fields.collect::<Vec<_>>();
        let response = ask("GET", "/notes", &fields).await;
        assert_eq!(response.status(), status, "{fields:?}");
    }
}

#[tokio::test]
async fn a148_return_to_has_at_most_2048_bytes() {
    for length in [2048, 2049, 60_000] {
        let target = format!("/{}", "x".repeat(length - 1));
        let response = ask("GET", &target, &NAVIGATION).await;
        let location = location(&response).unwrap();
        assert_eq!(location.len() > "/login".len(), length <= 2048);
        assert!(location.len() <= "/login?return_to=".len() + 3 * 2048);
    }
}

proptest! {
    /// The login page gets exactly the target of the request, or no `return_to`.
    #[test]
    fn a145_return_to_is_the_target_of_the_request_or_absent(path in "/[!-~]{0,40}") {
        let Ok(uri) = path.parse::<Uri>() else { return Ok(()) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let response = runtime.block_on(ask(Method::GET.as_str(), &path, &NAVIGATION));
        if let Some(location) = location(&response) {
            let return_to = ReturnTo::in_query(&location.parse().unwrap());
            let target = uri.path_and_query().unwrap().as_str().to_owned();
            prop_assert!(location == "/login" || return_to.map(|path| path.to_string()) == Some(target));
        }
    }
}
