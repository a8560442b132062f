//! Tests that a survey finds mistakes which depend on the method, on the spelling, or on the fields of a request.

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request as AxumRequest;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{any_service, get, post};
use http::{HeaderMap, Method, StatusCode};
use tower::{Layer as _, service_fn};
use tower_challenge::respond::NotFound;
use tower_challenge::testing::{AccessSurvey, TestLogin};
use tower_challenge::{RequestHead, RequireAuth};

use crate::apps::{ADA, basic, closed, delete_is_forbidden, routes, schemes, survey};
use crate::open::{found, one};
use crate::{findings, report};

/// A filter compares the path exactly, the router behind it ignores a slash at the end, and the route takes only
/// `POST`.
#[tokio::test]
async fn another_spelling_is_found_with_the_method_of_the_route() {
    let inner = service_fn(|request: AxumRequest| async move {
        let found = request.uri().path().trim_end_matches('/') == "/notes";
        let status = match (found, request.method()) {
            (false, _) => StatusCode::NOT_FOUND,
            (true, &Method::POST) => StatusCode::OK,
            (true, _) => StatusCode::METHOD_NOT_ALLOWED,
        };
        Ok::<_, Infallible>(status.into_response())
    });
    let auth = RequireAuth::new(basic()).unwrap();
    let auth = auth.public(|request| request.uri().path() != "/notes");
    let survey = AccessSurvey::new(TestLogin::basic(ADA.0, ADA.1)).guarded("POST", "/notes");
    let report = survey.run(&auth.layer(inner)).await.unwrap();
    let open = "POST /notes/, without credentials: 200: the route is open";
    assert_eq!(findings(&report), [open]);
}

/// The listed paths have several segments, a slash at the end, or capital letters.
#[tokio::test]
async fn spellings_of_longer_paths_are_found() {
    type Same = fn(&str) -> bool;
    let lenient_routers: [(&str, &str, Same); 6] = [
        ("/a/b", "/a//b", |path| path.replace("//", "/") == "/a/b"),
        ("/a/b", "/a%2Fb", |path| path.replace("%2F", "/") == "/a/b"),
        ("/a/b", "/a\\b", |path| path.replace('\\', "/") == "/a/b"),
        ("/a/b", "/a/./b", |path| path.replace("/./", "/") == "/a/b"),
        ("/a/", "/a", |path| path.trim_end_matches('/') == "/a"),
        ("/A", "/a", |path| path.eq_ignore_ascii_case("/a")),
    ];
    for (listed, spelling, same) in lenient_routers {
        let inner = service_fn(move |request: AxumRequest| async move {
            let found = same(request.uri().path());
            let status = if found {
                StatusCode::OK
            } else {
                StatusCode::NOT_FOUND
            };
            Ok::<_, Infallible>(status.into_response())
        });
        let auth = RequireAuth::new(basic()).unwrap();
        let auth = auth.public(move |request| request.uri().path() != listed);
        let survey = AccessSurvey::new(TestLogin::basic(ADA.0, ADA.1)).guarded("GET", listed);
        let report = survey.run(&auth.layer(inner)).await.unwrap();
        let expected = format!("GET {spelling}, without credentials: 200: the route is open");
        assert!(findings(&report).contains(&expected), "{report}");
    }
}

/// The list misspells a path or names a wrong method, so it would prove nothing about the route that exists.
#[tokio::test]
async fn a_listed_route_that_does_not_exist_is_found() {
    let survey = survey().guarded("GET", "/ntoes").guarded("PUT", "/notes");
    let found = found(
        &survey.public("GET", "/haelth"),
        &closed().fallback(|| async { StatusCode::NOT_FOUND }),
    )
    .await;
    for (route, sent, status) in [("GET /ntoes", "right", 404), ("PUT /notes", "right", 405)] {
        let nothing = format!("{route}, with {sent} credentials: {status}: no such route");
        assert!(found.contains(&nothing), "{nothing}: {found:?}");
    }
    let nothing = "GET /haelth, without credentials: 404: no such route";
    assert!(found.contains(&nothing.to_owned()), "{found:?}");
}

/// A developer adds a method to a public route and does not list it.
#[tokio::test]
async fn an_open_method_of_a_public_path_that_is_not_listed_is_found() {
    let health = get(|| async { "fine" }).delete(|| async { "gone" });
    let auth = RequireAuth::new(schemes()).unwrap();
    let app = routes().layer(auth.policy(delete_is_forbidden));
    let app = app.route("/health", health);
    let open = "DELETE /health, without credentials: 200: the route is open (not on the list)";
    assert_eq!(found(&survey(), &app).await, [open]);
    let survey = survey().public("DELETE", "/health");
    report(&survey, &app).await.assert_closed();
}

/// A concealed route must answer `404` to every kind of bad credentials.
#[tokio::test]
async fn a_concealed_route_that_answers_bad_credentials_is_found() {
    for (line, status) in [
        ("\"=", StatusCode::BAD_REQUEST),
        ("Basic", StatusCode::TOO_MANY_REQUESTS),
    ] {
        let app = Router::new().fallback(move |headers: HeaderMap| async move {
            let right = "Basic YWRhOkM0TkFSWS1sb3ZlbGFjZQ==";
            match headers
                .get("authorization")
                .map(|value| value.to_str().unwrap())
            {
                Some(value) if value == right => StatusCode::OK,
                Some(value) if value.starts_with(line) => status,
                _ => StatusCode::NOT_FOUND,
            }
        });
        let survey = AccessSurvey::new(TestLogin::basic(ADA.0, ADA.1)).not_found("GET", "/plans");
        let found = found(&survey, &app).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].ends_with(": the status reveals that the route exists"),
            "{found:?}"
        );
    }
}

/// A concealed route must answer with the application's own `404`. A different `404` reveals that the route exists.
#[tokio::test]
async fn a_concealed_route_that_answers_unlike_an_unknown_path_is_found() {
    let app = |own_404: fn() -> Response, elsewhere: fn() -> Response| {
        let auth = RequireAuth::new(basic()).unwrap();
        let auth = auth.respond_with(NotFound::new(move |_: &RequestHead<'_>| own_404()));
        let plans = any_service(auth.layer(get(|| async { "plans" })));
        let app = Router::new().route("/secret/plans", plans);
        app.fallback(move || async move { elsewhere() })
    };
    let bare: fn() -> Response = || StatusCode::NOT_FOUND.into_response();
    let page: fn() -> Response = || (StatusCode::NOT_FOUND, Html("nothing")).into_response();
    let gone: fn() -> Response = || StatusCode::GONE.into_response();
    let survey =
        AccessSurvey::new(TestLogin::basic(ADA.0, ADA.1)).not_found("GET", "/secret/plans");
    for same in [bare, page] {
        report(&survey, &app(same, same)).await.assert_closed();
    }
    for (elsewhere, fault) in [
        (page, "the fields differ from those of an unknown path"),
        (gone, "an unknown path gets 410"),
    ] {
        let found = found(&survey, &app(bare, elsewhere)).await;
        let sent = [
            "without credentials",
            "with a malformed credentials field",
            "with wrong credentials",
        ];
        let expected = sent.map(|sent| format!("GET /secret/plans, {sent}: 404: {fault}"));
        assert_eq!(found, expected);
    }
}

/// An application trusts a field that a client can spoof.
#[tokio::test]
async fn a_route_that_a_spoofed_field_opens_is_found() {
    for (field, value) in [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-remote-user", "admin"),
        ("x-original-url", "/health"),
        ("x-http-method-override", "OPTIONS"),
        ("upgrade", "websocket"),
    ] {
        let inner = service_fn(|request: AxumRequest| async move {
            let upgrades = request.headers().contains_key("upgrade");
            let status = if upgrades {
                StatusCode::SWITCHING_PROTOCOLS
            } else {
                StatusCode::OK
            };
            Ok::<_, Infallible>(status.into_response())
        });
        let auth = RequireAuth::new(basic()).unwrap();
        let auth = auth.public(move |request| request.headers().contains_key(field));
        let report = one().run(&auth.layer(inner)).await.unwrap();
        let found = findings(&report);
        assert_eq!(found.len(), 1, "{found:?}");
        let with = format!("the route is open to a client that sends `{field}: {value}`");
        assert!(found[0].ends_with(&with), "{found:?}");
    }
}

/// A path below a guarded prefix is open to `PATCH`, not to `GET`.
#[tokio::test]
async fn an_open_method_below_a_guarded_prefix_is_found() {
    let auth = RequireAuth::new(basic()).unwrap();
    let auth = auth.public(|request| request.method() == "PATCH" && request.target().path() != "/");
    let app = Router::new().fallback(|| async { "in" }).layer(auth);
    let survey = AccessSurvey::new(TestLogin::basic(ADA.0, ADA.1)).guarded_below("/api");
    let found = found(&survey, &app).await;
    let open =
        "PATCH /api/tower-challenge-no-such-path, without credentials: 200: the route is open";
    assert!(found.contains(&open.to_owned()), "{found:?}");
}

/// The forgotten paths take another method than `GET`, or a `GET` with a body, a query or an upgrade.
#[tokio::test]
async fn a_forgotten_path_that_takes_no_plain_get_is_found() {
    let app = closed()
        .route("/graphql", post(|| async { "everything" }))
        .route("/ws", get(|| async { StatusCode::UPGRADE_REQUIRED }))
        .route("/api", get(|| async { StatusCode::BAD_REQUEST }))
        .route("/docs", get(|| async { Redirect::to("/login") }));
    let there = [("/api", 400), ("/graphql", 405), ("/ws", 426)];
    let there = there.map(|(path, status)| {
        format!("GET {path}, without credentials: {status}: the route exists (not on the list)")
    });
    assert_eq!(found(&survey(), &app).await, there);
    let listed = survey().public("POST", "/graphql");
    let found = found(&listed, &app).await;
    assert_eq!(
        found,
        [&*there[0], &*there[2]],
        "a listed path is no finding"
    );
}
