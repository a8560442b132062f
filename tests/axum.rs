//! Tests of the layer with axum: around the application, per router, per route, per method, nested, and as an
//! extractor.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use axum::Router;
use axum::body::Body;
use axum::routing::{any_service, get, post};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use tower::{Layer, ServiceBuilder, ServiceExt};
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::policy::scopes;
use tower_challenge::scheme::digest::DigestAccounts;
use tower_challenge::scheme::{Basic, Digest};
use tower_challenge::{Authenticated, Principal, RequestHead, RequireAuth, RequirePolicy};

const ADA: &str = "Basic YWRhOmxvdmVsYWNl";
const BOB: &str = "Basic Ym9iOmJ1aWxkZXI=";
const WRONG: &str = "Basic YWRhOndyb25n";

fn layer() -> RequireAuth<Basic<PlaintextAccounts>> {
    let accounts = [
        (
            "ada",
            "lovelace",
            Principal::new("ada").with_scopes("read write"),
        ),
        ("bob", "builder", Principal::new("bob").with_scopes("read")),
    ];
    let accounts = PlaintextAccounts::with_identities(accounts).unwrap();
    RequireAuth::new(Basic::new("interop", accounts).unwrap()).unwrap()
}

async fn whoami(caller: Authenticated<Principal>) -> String {
    caller.name().to_owned()
}

async fn maybe(caller: Option<Authenticated<Principal>>) -> String {
    caller.map_or("anonymous".to_owned(), |caller| caller.name().to_owned())
}

async fn send(app: &Router, method: &str, uri: &str, credentials: &str) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(uri);
    if !credentials.is_empty() {
        request = request.header(AUTHORIZATION, credentials);
    }
    let request = request.body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap()
}

async fn status(app: &Router, method: &str, uri: &str, credentials: &str) -> StatusCode {
    send(app, method, uri, credentials).await.status()
}

async fn body(response: Response<Body>) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_layer_around_the_router_also_protects_paths_without_a_route() {
    let app = Router::new().route("/", get(whoami)).layer(layer());
    assert_eq!(body(send(&app, "GET", "/", ADA).await).await, "ada");
    for path in ["/", "/nothing/here", "//", "/%2e%2e/"] {
        assert_eq!(status(&app, "GET", path, "").await, 401, "{path}");
        assert_eq!(status(&app, "GET", path, WRONG).await, 401, "{path}");
    }
    assert_eq!(status(&app, "GET", "/nothing/here", ADA).await, 404);
}

#[tokio::test]
async fn a_layer_of_one_router_does_not_protect_another_router() {
    let inside = Router::new().route("/in", get(whoami)).route_layer(layer());
    let app = Router::new()
        .route("/out", get(async || "out"))
        .merge(inside);
    assert_eq!(status(&app, "GET", "/in", "").await, 401);
    assert_eq!(status(&app, "GET", "/in", ADA).await, 200);
    assert_eq!(status(&app, "GET", "/out", "").await, 200);
}

#[tokio::test]
async fn each_route_and_each_method_can_have_its_own_policy() {
    let write = layer().policy(scopes("write").unwrap());
    let app = Router::new().route(
        "/doc",
        get(whoami).layer(layer()).merge(post(whoami).layer(write)),
    );
    assert_eq!(status(&app, "GET", "/doc", BOB).await, 200);
    assert_eq!(status(&app, "HEAD", "/doc", "").await, 401);
    assert_eq!(status(&app, "POST", "/doc", BOB).await, 403);
    assert_eq!(status(&app, "POST", "/doc", ADA).await, 200);
    assert_eq!(status(&app, "POST", "/doc", WRONG).await, 401);
}

#[tokio::test]
async fn a_handler_outside_the_layer_answers_500_and_says_why() {
    let app = Router::new()
        .route("/who", get(whoami))
        .route("/maybe", get(maybe));
    for path in ["/who", "/maybe"] {
        let response = send(&app, "GET", path, ADA).await;
        assert_eq!(response.status(), 500, "{path}");
        assert_eq!(
            body(response).await,
            "this route is not behind a `RequireAuth` with this identity"
        );
    }
}

#[tokio::test]
async fn a_handler_that_expects_another_identity_answers_500() {
    let another = async |caller: Authenticated<u64>| caller.to_string();
    let app = Router::new().route("/", get(another)).layer(layer());
    assert_eq!(status(&app, "GET", "/", ADA).await, 500);
}

#[tokio::test]
async fn with_optional_authentication_wrong_credentials_are_refused() {
    let app = Router::new()
        .route("/", get(maybe))
        .route("/who", get(whoami));
    let app = app.layer(layer().optional());
    assert_eq!(body(send(&app, "GET", "/", "").await).await, "anonymous");
    assert_eq!(body(send(&app, "GET", "/", ADA).await).await, "ada");
    for bad in [WRONG, "Basic", "Basic !", "Bearer x", "Unheard", " "] {
        assert_ne!(status(&app, "GET", "/", bad).await, 200, "{bad:?}");
    }
    let response = send(&app, "GET", "/who", "").await;
    assert_eq!(
        response.status(),
        500,
        "a handler that requires a caller gets no anonymous request"
    );
    assert!(body(response).await.contains("Option<Authenticated<_>>"));
}

/// Inside `nest`, axum removes the start of the path. The digest covers the target that the client sent.
#[tokio::test]
async fn digest_in_a_nested_router_covers_the_original_target() {
    let accounts = DigestAccounts::new("interop", [("ada", "lovelace")]).unwrap();
    let digest = RequireAuth::new(Digest::new("interop", accounts).unwrap()).unwrap();
    let inner = Router::new().route("/doc", get(whoami)).layer(digest);
    let app = Router::new().nest("/api", Router::new().nest("/v1", inner));

    let refused = send(&app, "GET", "/api/v1/doc?x=1", "").await;
    let challenge = refused.headers()[WWW_AUTHENTICATE]
        .to_str()
        .unwrap()
        .to_owned();
    let login = |uri: &str| {
        use tower_challenge::header::Challenge;
        use tower_challenge::scheme::digest::DigestAlgorithm;
        use tower_challenge::scheme::digest::proof::{Ha1, ResponseInputs};
        let challenge = Challenge::parse(challenge.as_bytes()).unwrap();
        let nonce = challenge
            .param("nonce")
            .unwrap()
            .to_str()
            .unwrap()
            .into_owned();
        let proof = ResponseInputs {
            method: b"GET",
            uri: uri.as_bytes(),
            nonce: nonce.as_bytes(),
            nc: b"00000001",
            cnonce: b"c",
            qop: b"auth",
        };
        let response = proof
            .responses(&Ha1::of(
                DigestAlgorithm::Sha256,
                b"ada",
                b"interop",
                b"lovelace",
            ))
            .response();
        format!(
            "Digest username=\"ada\", realm=\"interop\", nonce=\"{nonce}\", uri=\"{uri}\", algorithm=SHA-256, \
             qop=auth, nc=00000001, cnonce=\"c\", response=\"{response}\""
        )
    };
    assert_eq!(
        status(&app, "GET", "/api/v1/doc?x=1", &login("/doc?x=1")).await,
        400,
        "the path without its start"
    );
    assert_eq!(
        status(&app, "GET", "/api/v1/doc?x=1", &login("/api/v1/doc")).await,
        400
    );
    let good = send(&app, "GET", "/api/v1/doc?x=1", &login("/api/v1/doc?x=1")).await;
    assert_eq!(good.status(), 200);
    assert!(good.headers().contains_key("authentication-info"));
}

#[tokio::test]
async fn layers_inside_each_other_must_all_admit_the_caller() {
    let strict = layer().policy(scopes("write").unwrap());
    let inner = Router::new()
        .route("/", get(whoami))
        .layer(layer().optional());
    let app = Router::new().nest("/in", inner).layer(strict);
    assert_eq!(
        status(&app, "GET", "/in", "").await,
        401,
        "authentication is not optional in the outer layer"
    );
    assert_eq!(status(&app, "GET", "/in", BOB).await, 403);
    assert_eq!(status(&app, "GET", "/in", ADA).await, 200);
}

/// The layer is around the whole router. The policies are for a route, a method, a service, a nested router and a stack of
/// layers.
#[tokio::test]
async fn one_layer_around_the_router_and_a_require_policy_for_each_route() {
    let write = || RequirePolicy::new(scopes("write").unwrap());
    let inside = Router::new()
        .route("/doc", get(whoami))
        .route_layer(write());
    let whole = Router::new().route("/doc", get(whoami)).layer(write());
    let built = ServiceBuilder::new()
        .layer(write())
        .layer(RequirePolicy::new(
            |_: &Principal, request: &RequestHead<'_>| request.target().path() == "/n/built",
        ));
    let app = Router::new()
        .route("/read", get(whoami))
        .route("/mixed", get(whoami).merge(post(whoami).layer(write())))
        .route("/service", any_service(write().layer(get(whoami))))
        .nest("/in", inside)
        .nest("/all", whole)
        .nest(
            "/n",
            Router::new().route("/built", get(whoami).layer(built)),
        )
        .layer(layer());

    for path in ["/mixed", "/service", "/in/doc", "/all/doc", "/n/built"] {
        let method = if path == "/mixed" { "POST" } else { "GET" };
        assert_eq!(status(&app, method, path, "").await, 401, "{path}");
        assert_eq!(status(&app, method, path, WRONG).await, 401, "{path}");
        assert_eq!(status(&app, method, path, BOB).await, 403, "{path}");
        assert_eq!(
            body(send(&app, method, path, ADA).await).await,
            "ada",
            "{path}"
        );
    }
    for path in ["/read", "/mixed"] {
        assert_eq!(status(&app, "GET", path, BOB).await, 200, "{path}");
    }
    assert_eq!(status(&app, "GET", "/in/none", BOB).await, 404);
    assert_eq!(status(&app, "DELETE", "/in/doc", BOB).await, 403);
}

#[tokio::test]
async fn a_require_policy_under_optional_authentication_requires_a_caller() {
    let members = get(whoami).layer(RequirePolicy::new(scopes("write").unwrap()));
    let app = Router::new()
        .route("/", get(maybe))
        .route("/members", members)
        .layer(layer().optional());
    assert_eq!(body(send(&app, "GET", "/", "").await).await, "anonymous");
    let refused = send(&app, "GET", "/members", "").await;
    assert_eq!(refused.status(), 401);
    assert!(refused.headers().contains_key(WWW_AUTHENTICATE));
    assert_eq!(status(&app, "GET", "/members", BOB).await, 403);
    assert_eq!(status(&app, "GET", "/members", ADA).await, 200);
}

#[tokio::test]
async fn a_require_policy_outside_the_layer_answers_500() {
    let allow = || RequirePolicy::new(|_: &Principal, _: &RequestHead<'_>| true);
    let app = Router::new()
        .route("/in", get(async || "in"))
        .layer(layer())
        .route("/out", get(async || "out").layer(allow()))
        .layer(allow());
    for path in ["/in", "/out", "/none"] {
        for credentials in ["", ADA] {
            assert_eq!(status(&app, "GET", path, credentials).await, 500, "{path}");
        }
    }
}
