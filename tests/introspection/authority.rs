//! The authority of `testing`, as an application uses it: a router, opaque tokens, and a revocation.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use tokio::net::TcpListener;
use tower::ServiceExt;
use tower_challenge::RequireAuth;
use tower_challenge::introspection::{ClientCredentials, IntrospectionVerifier};
use tower_challenge::policy::scopes;
use tower_challenge::testing::TestIssuer;

/// Starts an issuer, and returns it with the URL of its introspection endpoint.
async fn authority() -> (TestIssuer, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let issuer = TestIssuer::new(&origin).unwrap();
    let router = Router::new()
        .route_service("/introspect", issuer.introspection::<Body>("a:b", "s/3 c%"))
        .fallback_service(issuer.service());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (issuer, format!("{origin}/introspect"))
}

fn app(endpoint: &str, credentials: ClientCredentials) -> Router {
    let verifier = IntrospectionVerifier::builder(endpoint, credentials)
        .danger_http_on_loopback()
        .remember_for(Duration::ZERO)
        .remember_refused_for(Duration::ZERO)
        .audience("orders")
        .build();
    let auth = RequireAuth::bearer("orders", verifier).unwrap();
    let auth = auth.policy(scopes("read").unwrap());
    Router::new()
        .route("/", get(|| async { "orders" }))
        .layer(auth)
}

async fn status(app: &Router, token: &str) -> StatusCode {
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    let request = request.body(Body::empty()).unwrap();
    app.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn opaque_tokens_of_the_authority_are_good_until_they_expire_or_are_revoked() {
    let (issuer, endpoint) = authority().await;
    for credentials in [
        ClientCredentials::secret_basic("a:b", "s/3 c%"),
        ClientCredentials::secret_post("a:b", "s/3 c%"),
    ] {
        let app = app(&endpoint, credentials);
        let good = issuer.token("ada").audience("orders").scope("read");
        let token = good.issue_opaque();
        assert_eq!(status(&app, &token).await, 200);
        assert_ne!(good.issue_opaque(), token, "each call makes another token");
        issuer.revoke(&token);
        assert_eq!(status(&app, &token).await, 401);
        let no_scope = good.clone().scope("write").issue_opaque();
        assert_eq!(status(&app, &no_scope).await, 403);
        let expired = good.clone().expired().issue_opaque();
        assert_eq!(status(&app, &expired).await, 401);
        let other = good.clone().audience("invoices").issue_opaque();
        assert_eq!(status(&app, &other).await, 401);
        let bound = serde_json::json!({ "jkt": "A".repeat(43) });
        let bound = good.clone().claim("cnf", bound).issue_opaque();
        assert_eq!(status(&app, &bound).await, 401);
        assert_eq!(status(&app, &good.sign()).await, 401, "a JWT is not opaque");
        assert_eq!(status(&app, "invented").await, 401);
    }
}

#[tokio::test]
async fn the_authority_answers_no_other_client() {
    let (issuer, endpoint) = authority().await;
    let token = issuer
        .token("ada")
        .audience("orders")
        .scope("read")
        .issue_opaque();
    for (client, secret) in [("a:b", "wrong"), ("other", "s/3 c%"), ("a", "b:s/3 c%")] {
        let wrong = ClientCredentials::secret_basic(client, secret);
        assert_eq!(status(&app(&endpoint, wrong), &token).await, 503);
        let wrong = ClientCredentials::secret_post(client, secret);
        assert_eq!(status(&app(&endpoint, wrong), &token).await, 503);
    }
}
