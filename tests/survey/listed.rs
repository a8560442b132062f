//! Tests what a survey does with the application's own list of routes, fields and queries, and with CORS layers.

use axum::Router;
use axum::extract::Query;
use axum::response::IntoResponse as _;
use axum::routing::{any, get};
use http::{HeaderMap, Method, StatusCode};
use tower_challenge::testing::AccessSurvey;
use tower_challenge::{RequestHead, RequireAuth};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::apps::{basic, closed, survey};
use crate::open::{found, one};
use crate::report;

const ROUTES: [(&str, &str); 5] = [
    ("GET", "/notes"),
    ("POST", "/notes"),
    ("DELETE", "/notes/{id}"),
    ("GET", "/health"),
    ("GET", "/left"),
];

/// Returns an application with a route outside of the layer, whose name the survey does not guess.
fn with_an_open_route() -> Router {
    closed().route("/left", get(|| async { "in" }))
}

#[tokio::test]
async fn an_open_route_that_is_not_listed_is_found_through_the_applications_own_list() {
    let app = with_an_open_route();
    let blind = report(&survey(), &app).await;
    assert!(
        blind.is_closed(),
        "the survey does not guess the route, as its documentation says"
    );
    let limits: Vec<_> = blind.unproved().collect();
    assert!(limits[0].starts_with("Routes that are not on the list may be open"));
    assert!(blind.to_string().contains(limits[0]) && blind.to_json().contains(limits[0]));

    let report = report(&survey().all_routes(ROUTES), &app).await;
    let open = "GET /left, without credentials: 200: the route is open (not on the list)";
    assert_eq!(crate::findings(&report), [open]);
    assert_eq!(report.unlisted(), ["GET /left"]);
    assert!(
        report
            .unproved()
            .all(|sentence| !sentence.starts_with("Routes that are not on the list"))
    );
}

/// The route refuses the request, so it is no finding.
#[tokio::test]
async fn the_report_names_the_routes_of_the_application_that_are_not_listed() {
    let routes = [
        (Method::GET, "/notes"),
        (Method::PATCH, "/notes/{id}/{part}"),
    ];
    let survey = survey()
        .all_routes(routes)
        .all_routes(vec![("DELETE".to_owned(), "/notes/:id")]);
    let auth = RequireAuth::new(basic()).unwrap();
    let app = closed().route("/notes/{id}/{part}", any(|| async {}).layer(auth));
    let report = report(&survey, &app).await;
    report.assert_closed();
    assert_eq!(report.unlisted(), ["PATCH /notes/{id}/{part}"]);
    let markdown = report.to_markdown();
    let section =
        "Routes of the application that are not on the list:\n\n- PATCH /notes/{id}/{part}\n";
    assert!(markdown.contains(section), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["unlisted"][0], "PATCH /notes/{id}/{part}");
    assert_eq!(json["unproved"].as_array().unwrap().len(), 2);
}

/// The handler runs without credentials and answers `404`. That is a finding, because the layer would answer `401`.
#[tokio::test]
async fn a_route_that_is_not_listed_must_answer_401() {
    let nothing = || async { StatusCode::NOT_FOUND };
    let app = closed().route("/left/{id}", get(nothing));
    let survey = survey().all_routes([("GET", "/left/{id}")]);
    let open = "GET /left/1, without credentials: 404: expected 401 (not on the list)";
    assert_eq!(found(&survey, &app).await, [open]);
}

#[tokio::test]
async fn a_listed_path_does_not_cover_an_open_route_whose_pattern_matches_it() {
    let app = closed().route("/left/{id}", get(|| async {}));
    let auth = RequireAuth::new(basic()).unwrap();
    let app = app.route("/left/new", get(|| async {}).layer(auth));
    let routes = [
        ("GET", "/left/{id}"),
        ("GET", "/left/new"),
        ("GET", "/{*rest}"),
    ];
    let survey = survey().guarded("GET", "/left/new").all_routes(routes);
    let report = report(&survey, &app).await;
    assert_eq!(report.unlisted(), ["GET /left/{id}"]);
    let open = "GET /left/1, without credentials: 200: the route is open (not on the list)";
    // Other spellings of `/left/new` lead to the open route as well.
    assert!(crate::findings(&report).contains(&open.to_owned()));
}

type Tune = fn(AccessSurvey) -> AccessSurvey;

#[tokio::test]
async fn an_invalid_route_field_or_query_is_an_error() {
    let errors: [(Tune, &str); 6] = [
        (
            |survey| survey.all_routes([("", ""); 0]),
            "all_routes has no routes: pass the routes of the application, or do not call it",
        ),
        (
            |survey| survey.all_routes([("G T", "/")]),
            "G T /: not a valid method",
        ),
        (
            |survey| survey.all_routes([("GET", "x")]),
            "GET x: a target must begin with a slash",
        ),
        (
            |survey| survey.with_field("a b", "c"),
            "a b: c: not a valid field",
        ),
        (|survey| survey.with_query(""), r#""" is not a valid query"#),
        (
            |survey| survey.with_query("a b"),
            r#""a b" is not a valid query"#,
        ),
    ];
    for (tune, expected) in errors {
        let run = tune(survey())
            .run::<axum::body::Body, _, _>(&closed())
            .await;
        assert_eq!(run.unwrap_err().to_string(), expected);
    }
}

/// Returns an application whose layer lets requests pass without credentials if `opens` says so.
fn opened_by(opens: fn(&RequestHead<'_>) -> bool) -> Router {
    let auth = RequireAuth::new(basic()).unwrap().public(opens);
    Router::new()
        .route("/notes", get(|| async { "notes" }))
        .layer(auth)
}

#[tokio::test]
async fn a_route_that_a_query_opens_is_found() {
    let app = opened_by(|request| {
        request
            .uri()
            .query()
            .is_some_and(|query| query.contains("debug=1"))
    });
    let open = "GET /notes?debug=1, without credentials: 200: the route is open";
    assert_eq!(found(&one(), &app).await, [open]);

    let app = opened_by(|request| request.uri().query() == Some("sesame=7"));
    assert_eq!(
        found(&one(), &app).await,
        [""; 0],
        "the survey does not guess the parameter"
    );
    let open = "GET /notes?sesame=7, without credentials: 200: the route is open";
    assert_eq!(found(&one().with_query("sesame=7"), &app).await, [open]);
}

#[tokio::test]
async fn a_route_that_a_field_opens_is_found() {
    let app = opened_by(|request| request.headers().contains_key("x-internal"));
    let open = "GET /notes, without credentials: 200: the route is open to a client that sends `x-internal: 1`";
    assert_eq!(found(&one(), &app).await, [open]);

    let app = opened_by(|request| request.headers().contains_key("x-sesame"));
    assert_eq!(
        found(&one(), &app).await,
        [""; 0],
        "the survey does not guess the field"
    );
    let open = "GET /notes, without credentials: 200: the route is open to a client that sends `x-sesame: 7`";
    assert_eq!(
        found(&one().with_field("x-sesame", "7"), &app).await,
        [open]
    );
}

fn is_preflight(request: &RequestHead<'_>) -> bool {
    let headers = request.headers();
    *request.method() == Method::OPTIONS && headers.contains_key("access-control-request-method")
}

/// The handlers answer with success, with CORS fields of their own, or with an error.
#[tokio::test]
async fn a155_a_handler_that_answers_a_preflight_is_found() {
    let plain = any(|| async { "everything" });
    let with_cors = any(|| async { [("access-control-allow-origin", "*")].into_response() });
    let strict = any(|Query(_): Query<HeaderMapLike>| async { "everything" });
    for handler in [plain, with_cors, strict] {
        let auth = RequireAuth::new(basic()).unwrap().public(is_preflight);
        let app = Router::new().route("/notes", handler).layer(auth);
        let found = found(&one(), &app).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("OPTIONS /notes, without credentials: "),
            "{found:?}"
        );
        let fault =
            "the route answers a preflight for GET itself: its handler runs without credentials";
        assert!(found[0].ends_with(fault), "{found:?}");
    }
}

type HeaderMapLike = std::collections::HashMap<String, u8>;

/// The documentation recommends a CORS layer around the application.
#[tokio::test]
async fn a155_a_layer_for_cors_around_the_application_is_no_finding() {
    let list = AllowOrigin::list(["https://tower-challenge.example".parse().unwrap()]);
    let methods = CorsLayer::new().allow_methods([Method::GET]);
    for cors in [
        CorsLayer::permissive(),
        methods.clone(),
        methods.allow_origin(list),
    ] {
        report(&survey(), &closed().layer(cors))
            .await
            .assert_closed();
    }
    let inside = |app: Router| app.layer(CorsLayer::permissive());
    let auth = RequireAuth::new(basic()).unwrap();
    let app = inside(Router::new().route("/notes", any(|_: HeaderMap| async { "in" }))).layer(auth);
    report(&one(), &app).await.assert_closed();
}

/// A CORS layer around a single route does not answer for unknown paths, so the survey does not recognize it.
#[tokio::test]
async fn a155_options_of_a_route_with_its_own_cors_layer_must_be_listed_as_public() {
    let auth = RequireAuth::new(basic()).unwrap();
    let both = tower::ServiceBuilder::new()
        .layer(CorsLayer::permissive())
        .layer(auth);
    let app = Router::new().route("/notes", get(|| async { "notes" }).layer(both));
    assert!(!report(&one(), &app).await.is_closed());
    let survey = one().public("OPTIONS", "/notes");
    report(&survey, &app).await.assert_closed();
}
