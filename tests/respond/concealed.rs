//! What is concealed looks like nothing.

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

use crate::wire::{say, serve};
use crate::{ADA, AWAY, EXHAUSTED, WRONG, layer};

type Layered = RequireAuth<Basic<PlaintextAccounts>>;

/// What the application says where there is nothing: with a body, a tag and fields of its own.
fn not_found() -> Response {
    let fields = [(ETAG, "\"nothing\""), (VARY, "x-color")];
    (StatusCode::NOT_FOUND, fields, "there is nothing here\n").into_response()
}

/// The application, with a route that takes `GET` and `POST` behind `auth`.
///
/// `any_service`, because axum finishes its responses as it does those of a fallback. `route_service` leaves
/// `Content-Length` to hyper, which writes it elsewhere; and a method router's own `layer` adds `Allow`.
fn app(auth: Layered) -> Router {
    let auth = auth.respond_with(NotFound::new(|_: &RequestHead<'_>| not_found()));
    let plans = get(async || "the plans").post(async || "more plans");
    Router::new()
        .route("/plans", any_service(auth.layer(plans)))
        .fallback(async || not_found())
}

/// The ways in which a layer can refuse, and who is refused then.
fn refusals() -> Vec<(&'static str, Layered, Vec<&'static str>)> {
    let forbid = |_: &Principal, _: &RequestHead<'_>| false;
    let strangers = vec![
        "",
        WRONG,
        "Basic !",
        "Unheard-Of x",
        "\"",
        "Basic x, Basic y",
    ];
    vec![
        ("nobody", layer(), strangers),
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
        ("away", layer().throttle(AWAY), vec![ADA, "", WRONG]),
    ]
}

const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW",
];

/// Octet for octet, and with a body that nobody reads.
#[tokio::test]
async fn a110_concealed_route_cannot_be_told_from_one_that_does_not_exist() {
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
                    let there = say(server, &format!("{method} /plans"), &fields, body).await;
                    let nowhere = say(server, &format!("{method} /planz"), &fields, body).await;
                    assert_eq!(there, nowhere, "{name}: {method} {fields:?}");
                    assert!(
                        there.starts_with("HTTP/1.1 404 "),
                        "{name}: {method} {fields:?}: {there}"
                    );
                    compared += 1;
                }
            }
        }
    }
    println!("{compared} pairs compared");
    assert_eq!(compared, 9 * 4 * (6 + 2 + 4 * 3));
}

/// Nor one whose refusals are made by a `RequirePolicy` inside, whatever the layer has added to other responses, and whatever
/// layers between have.
#[tokio::test]
async fn a110_concealed_permit_cannot_be_told_from_nothing() {
    let forbid = |_: &Principal, _: &RequestHead<'_>| false;
    let step_up = |_: &Principal, _: &RequestHead<'_>| {
        PolicyDecision::StepUp(
            ErrorParams::insufficient_user_authentication(None, Some(60)).unwrap(),
        )
    };
    let permits = [RequirePolicy::new(forbid), RequirePolicy::new(step_up)];
    let layers = [
        layer(),
        layer().optional().expose_to_scripts(),
        layer().public(|_| true).inner_401(Inner401::Replace),
        layer().strip_credentials().inner_401(Inner401::Append),
    ];
    for (auth, policy) in layers
        .iter()
        .flat_map(|it| permits.iter().map(move |p| (it, p)))
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
                let there = say(server, &format!("{method} /plans"), &fields, "").await;
                let nowhere = say(server, &format!("{method} /planz"), &fields, "").await;
                assert_eq!(there, nowhere, "{auth:?}: {method} {fields:?}");
                assert!(there.starts_with("HTTP/1.1 404 "));
            }
        }
    }
}

/// What makes a response anew between a `RequirePolicy` and its layer takes the rendering away; then the `RequirePolicy` has to do it.
#[tokio::test]
async fn a110_permit_conceals_where_the_layer_cannot() {
    let forbid = |_: &Principal, _: &RequestHead<'_>| false;
    let concealed = || NotFound::new(|_: &RequestHead<'_>| not_found());
    let anew = || {
        MapResponseLayer::new(|response: Response| {
            let (head, body) = response.into_parts();
            (head.status, head.headers, body).into_response()
        })
    };
    let auth = layer().respond_with(concealed());
    let plain: MethodRouter = get(async || "the plans").layer(RequirePolicy::new(forbid));
    let itself = RequirePolicy::new(forbid).respond_with(concealed());
    let itself: MethodRouter = get(async || "the plans").layer(itself);
    let [plain, itself]: [MethodRouter; 2] = [plain.layer(anew()), itself.layer(anew())];
    let app = Router::new()
        .route("/plain", any_service(auth.layer(plain)))
        .route("/itself", any_service(auth.layer(itself)));
    let server = serve(app.fallback(async || not_found())).await;
    let ada = [format!("Authorization: {ADA}")];
    let nowhere = say(server, "GET /planz", &ada, "").await;
    assert_eq!(say(server, "GET /itself", &ada, "").await, nowhere);
    let shown = say(server, "GET /plain", &ada, "").await;
    assert!(shown.starts_with("HTTP/1.1 403 "), "{shown}");
}

/// A preflight is answered around the layer, the same for every path.
#[tokio::test]
async fn a110_preflight_of_a_concealed_route_is_that_of_any() {
    let server = serve(app(layer()).layer(CorsLayer::permissive())).await;
    let fields = [
        "Origin: https://elsewhere.example",
        "Access-Control-Request-Method: GET",
    ];
    let fields = fields.map(str::to_owned);
    for method in ["OPTIONS", "GET"] {
        let there = say(server, &format!("{method} /plans"), &fields, "").await;
        let nowhere = say(server, &format!("{method} /planz"), &fields, "").await;
        assert_eq!(there, nowhere);
    }
}

/// With the layer around the fallback, too, no more is computed for one than for the other: whoever measures learns
/// nothing either.
#[tokio::test]
async fn a110_concealed_application_does_the_same_work_everywhere() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
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
            let there = say(server, &format!("{method} /plans"), &fields, "").await;
            let work = asked.swap(0, Ordering::SeqCst);
            let nowhere = say(server, &format!("{method} /planz"), &fields, "").await;
            assert_eq!(there, nowhere, "{method} {credentials}");
            assert!(there.starts_with("HTTP/1.1 404 "));
            assert_eq!(work, asked.swap(0, Ordering::SeqCst));
            assert_eq!(work, usize::from(credentials == WRONG));
        }
    }
    assert!(say(server, "GET /health", &[], "").await.ends_with("fine"));
    let ada = [format!("Authorization: {ADA}")];
    assert!(
        say(server, "GET /plans", &ada, "")
            .await
            .ends_with("the plans")
    );
}

/// Who sends credentials unasked gets in.
#[tokio::test]
async fn who_knows_of_it_is_let_in() {
    let server = serve(app(layer())).await;
    let ada = [format!("Authorization: {ADA}")];
    let said = say(server, "GET /plans", &ada, "").await;
    assert!(
        said.starts_with("HTTP/1.1 200 ") && said.ends_with("the plans"),
        "{said}"
    );
}
