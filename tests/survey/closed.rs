//! Tests that a survey of a closed application has no findings, with any scheme and any kind of service.

use std::collections::HashMap;
use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse as _;
use axum::routing::get;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use tower::{ServiceBuilder, service_fn};
use tower_challenge::client::{PeerAddress, SecureTransport};
use tower_challenge::testing::{AccessSurvey, CredentialsSent, ReceivedChallenges, TestLogin};
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{ConfigError, RequireAuth};

use crate::apps::{
    ADA, REALM, TOKEN, basic, closed, delete_is_forbidden, expected, routes, schemes, survey,
};
use crate::{findings, report};

#[tokio::test]
async fn a_closed_application_passes_with_every_scheme() {
    for login in [
        TestLogin::basic(ADA.0, ADA.1),
        TestLogin::bearer(TOKEN).unwrap(),
        TestLogin::digest(ADA.0, ADA.1),
    ] {
        let report = report(&expected(login), &closed()).await;
        report.assert_closed();
        let all = report
            .routes()
            .iter()
            .map(|route| route.answer(CredentialsSent::Right));
        let statuses = all.map(|answer| answer.map(|answer| answer.status().unwrap().as_u16()));
        assert!(statuses.eq([Some(200), Some(200), Some(403), None]));
        assert!(report.requests() > 50);
    }
}

#[tokio::test]
async fn an_application_with_api_keys_can_be_surveyed() {
    let auth = RequireAuth::api_key(REALM, [("ada", TOKEN)]).unwrap();
    let app = routes().layer(auth.policy(delete_is_forbidden));
    let app = app.route("/health", get(|| async { "fine" }));
    let login = |key: &str| TestLogin::api_key(&HeaderName::from_static("x-api-key"), key);
    let expected = expected(login(TOKEN).unwrap());
    report(&expected, &app).await.assert_closed();
    assert!(login("a\nb").is_err());
}

/// The services here have bodies of other types, use no axum, and one is a proxy.
#[tokio::test]
async fn a_service_without_axum_and_a_proxy_can_be_surveyed() {
    let reached = |_: Request<String>| async { Ok::<_, Infallible>(Response::new(7)) };
    let auth = RequireAuth::new(schemes()).unwrap();
    let origin = ServiceBuilder::new()
        .layer(auth)
        .service(service_fn(reached));
    let survey = |login| {
        AccessSurvey::new(login)
            .guarded("GET", "/x?y=z")
            .guarded_below("/")
    };
    let digest = || TestLogin::digest(ADA.0, ADA.1);
    survey(digest()).run(&origin).await.unwrap().assert_closed();

    let auth = RequireAuth::new(schemes()).unwrap().proxy();
    let proxy = ServiceBuilder::new()
        .layer(auth)
        .service(service_fn(reached));
    let report = survey(digest()).proxy().run(&proxy).await.unwrap();
    report.assert_closed();
    assert!(report.to_markdown().contains("407 Digest, Bearer, Basic"));
    assert!(!survey(digest()).run(&proxy).await.unwrap().is_closed());
}

#[tokio::test]
async fn closures_sign_requests_for_an_applications_own_scheme() {
    let app = |request: Request<Body>| async move {
        let expected = format!("Signed right-{}", request.method());
        let signed = request
            .headers()
            .get("authorization")
            .map(HeaderValue::as_bytes);
        Ok::<_, Infallible>(if signed == Some(expected.as_bytes()) {
            StatusCode::OK.into_response()
        } else {
            (StatusCode::UNAUTHORIZED, [("www-authenticate", "Signed")]).into_response()
        })
    };
    let sign = |key: &'static str| {
        move |request: &mut Request<()>, told: &ReceivedChallenges<'_>| {
            assert_eq!(told.challenges()[0].scheme().as_str(), "Signed");
            let line = format!("Signed {key}-{}", request.method());
            let value = HeaderValue::from_str(&line).unwrap();
            request.headers_mut().insert("authorization", value);
        }
    };
    let survey =
        AccessSurvey::new(TestLogin::with(sign("right"), sign("wrong"))).guarded("PUT", "/x");
    survey.run(&service_fn(app)).await.unwrap().assert_closed();
}

/// The application requires TLS, and its throttle needs the address of the client.
#[tokio::test]
async fn a_test_can_add_extensions_to_every_request_of_the_survey() {
    let auth = RequireAuth::new(basic()).unwrap();
    let auth = auth.require_tls().throttle(FailureThrottle::new().unwrap());
    let app = Router::new().route("/", get(|| async { "in" })).layer(auth);
    let survey = || AccessSurvey::new(TestLogin::basic(ADA.0, ADA.1)).guarded("GET", "/");
    assert!(findings(&report(&survey(), &app).await)[0].contains("403: expected 401"));
    let survey = survey().each(|request| {
        request.extensions_mut().insert(SecureTransport);
        let peer = PeerAddress(([192, 0, 2, 1], 40_000).into());
        request.extensions_mut().insert(peer);
    });
    report(&survey, &app).await.assert_closed();
}

/// A throttle may answer wrong credentials with `429`.
#[tokio::test]
async fn a_429_for_wrong_credentials_is_no_finding() {
    let challenge = ("www-authenticate", "Basic realm=\"x\"");
    let app = move |headers: HeaderMap| async move {
        let right = "Basic YWRhOkM0TkFSWS1sb3ZlbGFjZQ==";
        match headers
            .get("authorization")
            .map(|value| value.to_str().unwrap())
        {
            None => (StatusCode::UNAUTHORIZED, [challenge]).into_response(),
            Some("\"=\t=") => StatusCode::BAD_REQUEST.into_response(),
            Some(line) if line == right => "in".into_response(),
            Some(_) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        }
    };
    let app = Router::new().fallback(app);
    let survey = AccessSurvey::new(TestLogin::basic(ADA.0, ADA.1)).guarded("GET", "/");
    report(&survey, &app).await.assert_closed();
}

#[tokio::test]
async fn a_concealed_route_answers_404_to_bad_credentials_and_not_to_right_ones() {
    let right = "Basic YWRhOkM0TkFSWS1sb3ZlbGFjZQ==";
    let app = move |request: Request<Body>| async move {
        let line = request.headers().get("authorization");
        let knows = line.is_some_and(|line| line.as_bytes() == right.as_bytes());
        let tells = request.uri().path() == "/tells";
        Ok::<_, Infallible>(match (knows, tells) {
            (true, _) => StatusCode::OK.into_response(),
            (false, true) => {
                (StatusCode::NOT_FOUND, [("www-authenticate", "Basic")]).into_response()
            }
            (false, false) => StatusCode::NOT_FOUND.into_response(),
        })
    };
    let survey = |path| AccessSurvey::new(TestLogin::basic(ADA.0, ADA.1)).not_found("GET", path);
    let app = service_fn(app);
    survey("/admin").run(&app).await.unwrap().assert_closed();
    let tells = survey("/tells").run(&app).await.unwrap();
    assert_eq!(
        findings(&tells)[0],
        "GET /tells, without credentials: 404 Basic: the challenge reveals that the route exists"
    );
    let shown = report(&survey("/notes"), &closed()).await;
    assert_eq!(
        findings(&shown)[0],
        "GET /notes, without credentials: 401 Digest, Bearer, Basic: the status reveals that the route exists"
    );
    let hidden = AccessSurvey::new(TestLogin::basic("ada", "forgotten")).not_found("GET", "/admin");
    let hidden = hidden.run(&app).await.unwrap();
    let last =
        "GET /admin, with right credentials: 404: no such route, even with right credentials";
    assert_eq!(findings(&hidden), [last]);
}

#[tokio::test]
async fn a_survey_with_an_invalid_list_or_no_guarded_route_is_an_error() {
    let login = || TestLogin::basic("ada", "x");
    let one = || AccessSurvey::new(login()).guarded("GET", "/");
    let errors = [
        (
            AccessSurvey::new(login()),
            "no route needs credentials: list at least one guarded route",
        ),
        (
            AccessSurvey::new(login()).public("GET", "/"),
            "no route needs credentials: list at least one guarded route",
        ),
        (one().public("GET", "/?x=y"), "GET /?x=y is listed twice"),
        (
            one().guarded("GET", "notes"),
            "GET notes: a target must begin with a slash",
        ),
        (one().guarded("GET", "/a b"), "GET /a b: not a valid target"),
        (one().guarded("G T", "/a"), "G T /a: not a valid method"),
        (
            one().guarded_below("api"),
            "GET api: a target must begin with a slash",
        ),
        (
            one().guarded_below("/api?x"),
            "GET /api?x: a prefix must not have a query",
        ),
    ];
    for (survey, expected) in errors {
        let error: ConfigError = survey.run::<Body, _, _>(&closed()).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    assert!(TestLogin::bearer("a\nb").is_err());
}

#[tokio::test]
async fn neither_a_survey_nor_its_report_shows_the_credentials() {
    let survey = survey();
    let report = report(&survey, &closed()).await;
    let shown = [
        format!("{survey:?}"),
        format!("{report:?}"),
        report.to_markdown(),
        report.to_json(),
    ];
    let secrets = HashMap::from([
        ("password", "C4NARY"),
        ("encoded", "QzROQVJZ"),
        ("also", "M0TkFSW"),
    ]);
    for text in shown {
        for (name, secret) in &secrets {
            assert!(!text.contains(secret), "{name}: {text}");
        }
    }
}
