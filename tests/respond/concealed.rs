//! Tests that a client cannot distinguish a concealed route from a path that does not exist.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any_service, get};
use http::header::{ETAG, VARY};
use http::{HeaderValue, StatusCode};
use tower::Layer;
use tower::util::MapResponseLayer;
use tower_challenge::ErrorParams;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::policy::PolicyDecision;
use tower_challenge::require_auth::Inner401;
use tower_challenge::respond::NotFound;
use tower_challenge::scheme::Basic;
use tower_challenge::{Principal, RequestHead, RequireAuth, RequirePolicy, Secret};
use tower_http::cors::CorsLayer;

use crate::wire::{send, serve};
use crate::{ADA, EXHAUSTED, UNAVAILABLE, WRONG, layer};

type Layered = RequireAuth<Basic<PlaintextAccounts>>;

/// The application's response for an unknown path, with a body, an `ETag` and a `Vary` field.
fn not_found() -> Response {
    let fields = [(ETAG, "\"nothing\""), (VARY, "x-color")];
    (StatusCode::NOT_FOUND, fields, "there is nothing here\n").into_response()
}

/// The application, with a route that takes `GET` and `POST` behind `auth`.
///
/// The route uses `any_service`, because axum treats its responses in the same way as those of a fallback. With
/// `route_service` hyper would write `Content-Length` in another place, and the `layer` of a method router would add
/// `Allow`.
fn app(auth: Layered) -> Router {
    let auth = auth.respond_with(NotFound::new(|_: &RequestHead<'_>| not_found()));
    let plans = get(async || "the plans").post(async || "more plans");
    Router::new()
        .route("/plans", any_service(auth.layer(plans)))
        .fallback(async || not_found())
}

/// Layers that refuse for different reasons, each with the credentials of clients that it refuses.
fn refusals() -> Vec<(&'static str, Layered, Vec<&'static str>)> {
    let forbid = |_: &Principal, _: &RequestHead<'_>| false;
    let wrong_or_malformed = vec![
        "",
        WRONG,
        "Basic !",
        "Unheard-Of x",
        "\"",
        "Basic x, Basic y",
    ];
    vec![
        ("unauthenticated", layer(), wrong_or_malformed),
        (
            "joined and exposed",
            layer().join_challenges().expose_to_scripts(),
            vec!["", WRONG],
        ),
        ("forbidden", layer().policy(forbid), vec![ADA, "", WRONG]),
        ("insecure", layer().require_tls(), vec![ADA, "", WRONG]),
        (
            "throttled",
            layer().throttle(EXHAUSTED),
            vec![ADA, "", WRONG],
        ),
        (
            "unavailable",
            layer().throttle(UNAVAILABLE),
            vec![ADA, "", WRONG],
        ),
    ]
}

const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW",
];

/// The responses are equal byte for byte, also if the request has a body that the server does not read.
#[tokio::test]
async fn a110_a_concealed_route_responds_like_a_path_that_does_not_exist() {
    let mut compared = 0;
    for (name, auth, credentials) in refusals() {
        let server = serve(app(auth)).await;
        for method in METHODS {
            for credentials in &credentials {
                for other in [
                    "Accept: text/html",
                    "Origin: https://elsewhere.example",
                    "If-None-Match: \"nothing\"",
                    "Content-Length: 4",
                ] {
                    let mut fields = vec![other.to_owned()];
                    if !credentials.is_empty() {
                        fields.push(format!("Authorization: {credentials}"));
                    }
                    let body = if other.starts_with("Content-Length") {
                        "body"
                    } else {
                        ""
                    };
                    let concealed = send(server, &format!("{method} /plans"), &fields, body).await;
                    let unknown = send(server, &format!("{method} /planz"), &fields, body).await;
                    assert_eq!(concealed, unknown, "{name}: {method} {fields:?}");
                    assert!(
                        concealed.starts_with("HTTP/1.1 404 "),
                        "{name}: {method} {fields:?}: {concealed}"
                    );
                    compared += 1;
                }
            }
        }
    }
    println!("{compared} pairs compared");
    assert_eq!(compared, 9 * 4 * (6 + 2 + 4 * 3));
}

/// A `RequirePolicy` inside makes these refusals. The test uses layers that change other responses, and a layer in
/// between that adds a field.
#[tokio::test]
async fn a110_a_refusal_by_a_policy_inside_responds_like_a_path_that_does_not_exist() {
    let forbid = |_: &Principal, _: &RequestHead<'_>| false;
    let step_up = |_: &Principal, _: &RequestHead<'_>| {
        PolicyDecision::StepUp(
            ErrorParams::insufficient_user_authentication(None, Some(60)).unwrap(),
        )
    };
    let policies = [RequirePolicy::new(forbid), RequirePolicy::new(step_up)];
    let layers = [
        layer(),
        layer().optional().expose_to_scripts(),
        layer().public(|_| true).inner_401(Inner401::Replace),
        layer().strip_credentials().inner_401(Inner401::Append),
    ];
    for (auth, policy) in layers
        .iter()
        .flat_map(|layer| policies.iter().map(move |policy| (layer, policy)))
    {
        let not_found_here = |_: &RequestHead<'_>| not_found();
        let auth = auth.clone().respond_with(NotFound::new(not_found_here));
        let plans: MethodRouter = get(async || "the plans").layer(policy.clone());
        let plans: MethodRouter = plans.layer(MapResponseLayer::new(|mut response: Response| {
            response
                .headers_mut()
                .append(VARY, HeaderValue::from_static("x"));
            response
        }));
        let app = Router::new().route("/plans", any_service(auth.layer(plans)));
        let server = serve(app.fallback(async || not_found())).await;
        for method in METHODS {
            for credentials in ["", ADA, WRONG, "Basic !"] {
                let mut fields = vec!["Expect: 100-continue".to_owned()];
                if !credentials.is_empty() {
                    fields.push(format!("Authorization: {credentials}"));
                }
                let concealed = send(server, &format!("{method} /plans"), &fields, "").await;
                let unknown = send(server, &format!("{method} /planz"), &fields, "").await;
                assert_eq!(concealed, unknown, "{auth:?}: {method} {fields:?}");
                assert!(concealed.starts_with("HTTP/1.1 404 "));
            }
        }
    }
}

/// If a layer between a `RequirePolicy` and its `RequireAuth` makes a new response, `RequireAuth` cannot render the
/// refusal any more. Then the `RequirePolicy` needs the renderer.
#[tokio::test]
async fn a110_a_policy_with_its_own_renderer_conceals_where_the_layer_cannot() {
    let forbid = |_: &Principal, _: &RequestHead<'_>| false;
    let renderer = || NotFound::new(|_: &RequestHead<'_>| not_found());
    let new_response = || {
        MapResponseLayer::new(|response: Response| {
            let (head, body) = response.into_parts();
            (head.status, head.headers, body).into_response()
        })
    };
    let auth = layer().respond_with(renderer());
    let plain: MethodRouter = get(async || "the plans").layer(RequirePolicy::new(forbid));
    let with_renderer = RequirePolicy::new(forbid).respond_with(renderer());
    let with_renderer: MethodRouter = get(async || "the plans").layer(with_renderer);
    let [plain, with_renderer]: [MethodRouter; 2] = [
        plain.layer(new_response()),
        with_renderer.layer(new_response()),
    ];
    let app = Router::new()
        .route("/plain", any_service(auth.layer(plain)))
        .route("/with-renderer", any_service(auth.layer(with_renderer)));
    let server = serve(app.fallback(async || not_found())).await;
    let ada = [format!("Authorization: {ADA}")];
    let unknown = send(server, "GET /planz", &ada, "").await;
    assert_eq!(send(server, "GET /with-renderer", &ada, "").await, unknown);
    let response = send(server, "GET /plain", &ada, "").await;
    assert!(response.starts_with("HTTP/1.1 403 "), "{response}");
}

/// A CORS layer around the router answers the preflight.
#[tokio::test]
async fn a110_a_preflight_of_a_concealed_route_gets_the_same_response_as_any_other() {
    let server = serve(app(layer()).layer(CorsLayer::permissive())).await;
    let fields = [
        "Origin: https://elsewhere.example",
        "Access-Control-Request-Method: GET",
    ];
    let fields = fields.map(str::to_owned);
    for method in ["OPTIONS", "GET"] {
        let concealed = send(server, &format!("{method} /plans"), &fields, "").await;
        let unknown = send(server, &format!("{method} /planz"), &fields, "").await;
        assert_eq!(concealed, unknown);
    }
}

/// The layer is around the fallback, too. Then the verifier does the same work for a concealed route and for an unknown
/// path, so that an attacker who measures time learns nothing.
#[tokio::test]
async fn a110_a_concealed_application_does_the_same_work_for_known_and_unknown_paths() {
    let verified = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&verified);
    let verify = move |user: &str, password: Secret<'_>| {
        count.fetch_add(1, Ordering::SeqCst);
        (user == "ada" && password.matches("lovelace")).then(|| Principal::new(user))
    };
    let auth = RequireAuth::new(Basic::new("files", verify).unwrap()).unwrap();
    let auth = auth.public(|request| request.target().path() == "/health");
    let auth = auth.respond_with(NotFound::new(|_: &RequestHead<'_>| not_found()));
    let within = Router::new()
        .route("/plans", get(async || "the plans"))
        .route("/health", get(async || "fine"))
        .fallback(async || not_found());
    let server = serve(Router::new().fallback_service(auth.layer(within))).await;
    for method in METHODS {
        for credentials in ["", WRONG, "Basic !", "Unheard-Of x"] {
            let fields = [format!("Authorization: {credentials}")];
            let concealed = send(server, &format!("{method} /plans"), &fields, "").await;
            let work = verified.swap(0, Ordering::SeqCst);
            let unknown = send(server, &format!("{method} /planz"), &fields, "").await;
            assert_eq!(concealed, unknown, "{method} {credentials}");
            assert!(concealed.starts_with("HTTP/1.1 404 "));
            assert_eq!(work, verified.swap(0, Ordering::SeqCst));
            assert_eq!(work, usize::from(credentials == WRONG));
        }
    }
    assert!(send(server, "GET /health", &[], "").await.ends_with("fine"));
    let ada = [format!("Authorization: {ADA}")];
    assert!(
        send(server, "GET /plans", &ada, "")
            .await
            .ends_with("the plans")
    );
}

/// The client sends its credentials without a challenge.
#[tokio::test]
async fn a_client_that_sends_right_credentials_reaches_a_concealed_route() {
    let server = serve(app(layer())).await;
    let ada = [format!("Authorization: {ADA}")];
    let response = send(server, "GET /plans", &ada, "").await;
    assert!(
        response.starts_with("HTTP/1.1 200 ") && response.ends_with("the plans"),
        "{response}"
    );
}
