//! Tests that a survey finds the routes that an application leaves open by mistake.

use std::convert::Infallible;
use std::io;

use axum::Router;
use axum::extract::Request as AxumRequest;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use http::{Method, Request, StatusCode, Uri};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_challenge::scheme::Basic;
use tower_challenge::testing::{AccessSurvey, TestLogin};
use tower_challenge::{Principal, RequireAuth, Secret};

use crate::apps::{ADA, REALM, basic, closed, delete_is_forbidden, routes, schemes, survey};
use crate::{findings, report};

pub(crate) async fn found(survey: &AccessSurvey, app: &Router) -> Vec<String> {
    findings(&report(survey, app).await)
}

pub(crate) fn one() -> AccessSurvey {
    AccessSurvey::new(TestLogin::basic(ADA.0, ADA.1)).guarded("GET", "/notes")
}

#[tokio::test]
async fn a_route_that_was_added_after_the_layer_is_found() {
    let app = closed().route("/admin", get(|| async { "everything" }));
    let survey = survey().guarded("GET", "/admin");
    let found = found(&survey, &app).await;
    assert_eq!(
        found[..3],
        [
            "GET /admin, without credentials: 200: the route is open",
            "GET /admin, with a malformed credentials field: 200: the route is open",
            "GET /admin, with wrong credentials: 200: the route is open",
        ]
    );
    assert!(found.contains(&"HEAD /admin, without credentials: 200: the route is open".to_owned()));
}

/// The path `/metrics` is not on the list, but is one of those that are often forgotten. If axum merges a router
/// without the layer, the layer no longer guards unknown paths, which is a finding, too.
#[tokio::test]
async fn an_open_path_that_is_not_on_the_list_is_found() {
    let app = closed().route("/metrics", get(|| async { "42" }));
    let open = "GET /metrics, without credentials: 200: the route is open (not on the list)";
    assert_eq!(found(&survey(), &app).await, [open]);
    let app = closed().merge(Router::new().route("/metrics", get(|| async { "42" })));
    let found = found(&survey(), &app).await;
    let below = "GET /notes/, without credentials: 404: expected 401";
    assert_eq!((&*found[0], found.last()), (below, Some(&open.to_owned())));
}

#[tokio::test]
async fn a_401_without_a_challenge_is_found() {
    for (challenge, fault) in [
        (None, "the response has no challenge"),
        (Some("\""), "the challenges cannot be parsed"),
    ] {
        let app = Router::new().fallback(move || async move {
            let mut response = StatusCode::UNAUTHORIZED.into_response();
            if let Some(challenge) = challenge {
                let value = challenge.parse().unwrap();
                response.headers_mut().insert("www-authenticate", value);
            }
            response
        });
        let found = found(&one(), &app).await;
        assert_eq!(
            found[0],
            format!("GET /notes, without credentials: 401: {fault}")
        );
        assert_eq!(
            found[3],
            "GET /notes, with right credentials: 401: the request is refused"
        );
    }
}

#[tokio::test]
async fn another_status_in_place_of_401_is_found() {
    let forbidden = Router::new().fallback(|| async { StatusCode::FORBIDDEN });
    let redirect = Router::new().fallback(|| async { Redirect::to("/login") });
    let broken = Router::new().fallback(|| async { StatusCode::INTERNAL_SERVER_ERROR });
    let absent = Router::new();
    for (app, status) in [
        (forbidden, 403),
        (redirect, 303),
        (broken, 500),
        (absent, 404),
    ] {
        let found = found(&one(), &app).await;
        let expected = format!("GET /notes, without credentials: {status}: expected 401");
        assert_eq!(found[0], expected);
    }
}

/// A filter lets requests with one method pass without credentials.
#[tokio::test]
async fn a_method_that_reaches_the_handler_without_credentials_is_found() {
    for open in ["HEAD", "OPTIONS", "BREW", "get", "TRACE", "PATCH"] {
        let auth = RequireAuth::new(basic()).unwrap();
        let inner =
            service_fn(|_: AxumRequest| async { Ok::<_, Infallible>("in".into_response()) });
        let guarded = auth.layer(inner);
        let app = service_fn(move |request: AxumRequest| {
            let (guarded, inner) = (guarded.clone(), inner);
            async move {
                if request.method().as_str() == open {
                    return inner.oneshot(request).await;
                }
                guarded.oneshot(request).await
            }
        });
        let report = one().run(&app).await.unwrap();
        let expected = format!("{open} /notes, without credentials: 200: the route is open");
        assert_eq!(findings(&report), [expected]);
    }
}

/// A middleware answers every `OPTIONS` itself, as some CORS layers do.
#[tokio::test]
async fn an_options_that_a_middleware_answers_is_found_unless_it_is_listed_as_public() {
    async fn answer_options(request: AxumRequest, next: Next) -> Response {
        if request.method() == Method::OPTIONS {
            return StatusCode::NO_CONTENT.into_response();
        }
        next.run(request).await
    }
    let app = closed().layer(from_fn(answer_options));
    let survey = AccessSurvey::new(TestLogin::basic(ADA.0, ADA.1))
        .guarded("GET", "/notes")
        .public("GET", "/health");
    let found_open = found(&survey, &app).await;
    assert_eq!(
        found_open,
        ["OPTIONS /notes, without credentials: 204: the route is open"]
    );
    // If the application means to do so, the list says that `OPTIONS` is public.
    let app = closed().layer(from_fn(answer_options));
    let survey = survey.public("OPTIONS", "/notes");
    report(&survey, &app).await.assert_closed();
}

/// axum's `route_layer` guards the routes of a router, and not its unknown paths.
#[tokio::test]
async fn an_unknown_path_below_a_guarded_prefix_is_found() {
    let auth = RequireAuth::new(schemes()).unwrap();
    let app = routes().route_layer(auth.policy(delete_is_forbidden));
    let app = app.route("/health", get(|| async { "fine" }));
    let found = found(&survey(), &app).await;
    let expected = "GET /notes/, without credentials: 404: expected 401";
    assert!(found.contains(&expected.to_owned()), "{found:?}");
}

/// A filter compares the path exactly, and the router behind it accepts other spellings.
#[tokio::test]
async fn another_spelling_of_a_guarded_path_is_found() {
    type Same = fn(&str) -> bool;
    let lenient_routers: [(&str, Same); 5] = [
        ("/NOTES", |path| path.eq_ignore_ascii_case("/notes")),
        ("/notes/", |path| path.trim_end_matches('/') == "/notes"),
        ("//notes", |path| path.replace("//", "/") == "/notes"),
        ("/%6eotes", |path| path.replace("%6e", "n") == "/notes"),
        ("/notes;x=y", |path| {
            path.split(';').next() == Some("/notes")
        }),
    ];
    for (spelling, same) in lenient_routers {
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
        let auth = auth.public(|request| request.uri().path() != "/notes");
        let report = one().run(&auth.layer(inner)).await.unwrap();
        let expected = format!("GET {spelling}, without credentials: 200: the route is open");
        assert_eq!(findings(&report), [expected]);
    }
}

/// The survey's wrong password must differ from the right one for every right password, also for an empty one.
#[tokio::test]
async fn a_verifier_that_compares_no_password_is_found() {
    for password in ["lovelace", "ends in x", "x", "", "\u{e4}"] {
        for careless in [true, false] {
            let verify = move |user: &str, given: Secret<'_>| {
                let right = careless || given.expose() == password;
                right.then(|| Principal::new(user))
            };
            let auth = RequireAuth::new(Basic::new(REALM, verify).unwrap()).unwrap();
            let app = Router::new()
                .route("/notes", get(|| async { "in" }))
                .layer(auth);
            let survey =
                AccessSurvey::new(TestLogin::basic("ada", password)).guarded("GET", "/notes");
            let found = found(&survey, &app).await;
            let wrong = "GET /notes, with wrong credentials: 200: the route is open".to_owned();
            assert_eq!(found.contains(&wrong), careless, "{password}: {found:?}");
        }
    }
}

#[tokio::test]
async fn a_layer_that_admits_anonymous_callers_is_found() {
    let auth = RequireAuth::new(basic()).unwrap().optional();
    let app = Router::new()
        .route("/notes", get(|| async { "in" }))
        .layer(auth);
    let found = found(&one(), &app).await;
    assert_eq!(
        found[0],
        "GET /notes, without credentials: 200: the route is open"
    );
}

#[tokio::test]
async fn a_missing_policy_a_policy_that_is_too_strict_and_a_wrong_password_are_found() {
    let auth = RequireAuth::new(basic()).unwrap();
    let app = Router::new()
        .route("/notes", get(|| async { "in" }))
        .layer(auth);
    let survey = AccessSurvey::new(TestLogin::basic(ADA.0, ADA.1)).forbidden("GET", "/notes");
    let found_open = found(&survey, &app).await;
    assert_eq!(
        found_open,
        ["GET /notes, with right credentials: 200: expected 403"]
    );
    let strict = AccessSurvey::new(TestLogin::basic(ADA.0, ADA.1))
        .guarded("DELETE", "/notes/1")
        .public("GET", "/health");
    let found_strict = found(&strict, &closed()).await;
    assert_eq!(
        found_strict,
        ["DELETE /notes/1, with right credentials: 403: the request is refused"]
    );
    let mistyped = AccessSurvey::new(TestLogin::basic(ADA.0, "x"))
        .guarded("GET", "/notes")
        .public("GET", "/health");
    let found_mistyped = found(&mistyped, &closed()).await;
    let expected =
        "GET /notes, with right credentials: 401 Digest, Bearer, Basic: the request is refused";
    assert_eq!(found_mistyped, [expected]);
}

#[tokio::test]
async fn a_route_that_is_listed_as_public_and_refuses_is_found() {
    let survey = one().public("GET", "/notes/1").public("GET", "/health");
    let found = found(&survey, &closed()).await;
    let expected =
        "GET /notes/1, without credentials: 401 Digest, Bearer, Basic: the request is refused";
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn a_service_that_fails_is_found() {
    let app = service_fn(|_: Request<String>| async {
        Err::<http::Response<()>, _>(io::Error::other("the database is down"))
    });
    let report = one().run(&app).await.unwrap();
    let found = findings(&report);
    assert_eq!(
        found[0],
        "GET /notes, without credentials: failed: expected 401"
    );
    assert_eq!(
        found[3],
        "GET /notes, with right credentials: failed: the service failed"
    );
    let _: Uri = report.findings()[0].target().clone();
}

#[tokio::test]
async fn a_test_that_fails_prints_the_report() {
    let app = closed().route("/metrics", get(|| async { "42" }));
    let report = report(&survey(), &app).await;
    let failed = std::panic::catch_unwind(|| report.assert_closed()).unwrap_err();
    let message = failed.downcast_ref::<String>().unwrap();
    assert!(message.starts_with("the application is not closed\n\n# Access survey"));
    assert!(message.contains("- GET /metrics, without credentials: 200: the route is open"));
}
