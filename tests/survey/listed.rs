//! What an application tells of itself, and what is said of the rest.

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

/// A route below the layer, of a name that no survey guesses.
fn with_a_route_below() -> Router {
    closed().route("/left", get(|| async { "in" }))
}

#[tokio::test]
async fn a_route_on_nobodys_list_is_found_by_the_list_of_the_application() {
    let app = with_a_route_below();
    let blind = report(&survey(), &app).await;
    assert!(blind.is_closed(), "as it is documented");
    let said: Vec<_> = blind.unproved().collect();
    assert!(said[0].starts_with("A route that is on no list may be open"));
    assert!(blind.to_string().contains(said[0]) && blind.to_json().contains(said[0]));

    let report = report(&survey().all_routes(ROUTES), &app).await;
    let open = "GET /left, without credentials: 200: it is open, and not on the list";
    assert_eq!(crate::findings(&report), [open]);
    assert_eq!(report.unlisted(), ["GET /left"]);
    assert!(
        report
            .unproved()
            .all(|it| !it.starts_with("A route that is on no list"))
    );
}

/// A route that is not listed and is refused is no finding, and is named all the same.
#[tokio::test]
async fn what_is_not_listed_is_said() {
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
    let said = "Routes of the application that are not listed:\n\n- PATCH /notes/{id}/{part}\n";
    assert!(markdown.contains(said), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["unlisted"][0], "PATCH /notes/{id}/{part}");
    assert_eq!(json["unproved"].as_array().unwrap().len(), 2);
}

/// A handler that answers `404` to strangers has been reached.
#[tokio::test]
async fn a_route_that_is_not_listed_is_refused_as_a_guarded_one_is() {
    let nothing = || async { StatusCode::NOT_FOUND };
    let app = closed().route("/left/{id}", get(nothing));
    let survey = survey().all_routes([("GET", "/left/{id}")]);
    let open = "GET /left/1, without credentials: 404: it is not 401, and not on the list";
    assert_eq!(found(&survey, &app).await, [open]);
}

#[tokio::test]
async fn an_open_route_does_not_hide_behind_a_listed_path_of_another() {
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
    let open = "GET /left/1, without credentials: 200: it is open, and not on the list";
    // Other spellings of `/left/new` lead to the open route as well.
    assert!(crate::findings(&report).contains(&open.to_owned()));
}

type Tune = fn(AccessSurvey) -> AccessSurvey;

#[tokio::test]
async fn what_is_no_route_field_or_query_is_an_error() {
    let errors: [(Tune, &str); 6] = [
        (
            |it| it.all_routes([("", ""); 0]),
            "the application has no routes: leave them out",
        ),
        (
            |it| it.all_routes([("G T", "/")]),
            "G T /: that is no method",
        ),
        (
            |it| it.all_routes([("GET", "x")]),
            "GET x: a target begins with a slash",
        ),
        (|it| it.with_field("a b", "c"), "a b: c: that is no field"),
        (|it| it.with_query(""), ": that is no query"),
        (|it| it.with_query("a b"), "a b: that is no query"),
    ];
    for (tune, expected) in errors {
        let run = tune(survey())
            .run::<axum::body::Body, _, _>(&closed())
            .await;
        assert_eq!(run.unwrap_err().to_string(), expected);
    }
}

/// A layer that opens what it should guard, by what `opens` says of a request.
fn opened_by(opens: fn(&RequestHead<'_>) -> bool) -> Router {
    let auth = RequireAuth::new(basic()).unwrap().public(opens);
    Router::new()
        .route("/notes", get(|| async { "notes" }))
        .layer(auth)
}

#[tokio::test]
async fn a_route_that_a_query_opens_is_found() {
    let app = opened_by(|it| it.uri().query().is_some_and(|it| it.contains("debug=1")));
    let open = "GET /notes?debug=1, without credentials: 200: it is open";
    assert_eq!(found(&one(), &app).await, [open]);

    let app = opened_by(|it| it.uri().query() == Some("sesame=7"));
    assert_eq!(found(&one(), &app).await, [""; 0], "no survey guesses it");
    let open = "GET /notes?sesame=7, without credentials: 200: it is open";
    assert_eq!(found(&one().with_query("sesame=7"), &app).await, [open]);
}

#[tokio::test]
async fn a_route_that_a_field_opens_is_found() {
    let app = opened_by(|it| it.headers().contains_key("x-internal"));
    let open = "GET /notes, without credentials: 200: it is open to who sends `x-internal: 1`";
    assert_eq!(found(&one(), &app).await, [open]);

    let app = opened_by(|it| it.headers().contains_key("x-sesame"));
    assert_eq!(found(&one(), &app).await, [""; 0], "no survey guesses it");
    let open = "GET /notes, without credentials: 200: it is open to who sends `x-sesame: 7`";
    assert_eq!(
        found(&one().with_field("x-sesame", "7"), &app).await,
        [open]
    );
}

fn is_preflight(request: &RequestHead<'_>) -> bool {
    let headers = request.headers();
    *request.method() == Method::OPTIONS && headers.contains_key("access-control-request-method")
}

/// Whatever the handler makes of it, and if it speaks of origins by itself.
#[tokio::test]
async fn a155_a_handler_that_answers_a_preflight_is_found() {
    let quiet = any(|| async { "everything" });
    let spoken = any(|| async { [("access-control-allow-origin", "*")].into_response() });
    let strict = any(|Query(_): Query<HeaderMapLike>| async { "everything" });
    for handler in [quiet, spoken, strict] {
        let auth = RequireAuth::new(basic()).unwrap().public(is_preflight);
        let app = Router::new().route("/notes", handler).layer(auth);
        let found = found(&one(), &app).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("OPTIONS /notes, without credentials: "),
            "{found:?}"
        );
        let fault = "the route answers a preflight for GET itself: its handler runs for strangers";
        assert!(found[0].ends_with(fault), "{found:?}");
    }
}

type HeaderMapLike = std::collections::HashMap<String, u8>;

/// The way that is documented is no finding: a layer for CORS around the application.
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

/// One that is around a single route answers where no other path does; such a route is listed.
#[tokio::test]
async fn a155_a_layer_for_cors_around_one_route_is_listed() {
    let auth = RequireAuth::new(basic()).unwrap();
    let both = tower::ServiceBuilder::new()
        .layer(CorsLayer::permissive())
        .layer(auth);
    let app = Router::new().route("/notes", get(|| async { "notes" }).layer(both));
    assert!(!report(&one(), &app).await.is_closed());
    let survey = one().public("OPTIONS", "/notes");
    report(&survey, &app).await.assert_closed();
}
