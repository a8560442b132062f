//! Tests the tokens that a protected router accepts. Here the keys of the issuer come without a network.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::Router;
use axum::body::Body;
use axum::routing::post;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response};
use tower::ServiceExt;

use super::{McpScopes, protect_by_keys};
use crate::jose::KeySet;
use crate::principal::Principal;
use crate::require_auth::Authenticated;

const RESOURCE: &str = "https://api.example/mcp";
const ISSUER: &str = "https://login.example";

/// The claims of a good token. It expires in the year 2100.
const CLAIMS: &str = r#"{"iss":"https://login.example","aud":"https://api.example/mcp","sub":"ada","exp":4102444800,"scope":"read write"}"#;

/// The key pair of an issuer.
struct IssuerKey(Ed25519KeyPair);

impl IssuerKey {
    fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    fn keys(&self) -> KeySet {
        let x = BASE64_URL_SAFE_NO_PAD.encode(self.0.public_key().as_ref());
        let jwks = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}]}}"#);
        KeySet::from_jwks(&jwks).unwrap()
    }

    /// Signs a token. `media_type` is its `typ`.
    fn sign(&self, media_type: &str, claims: &str) -> String {
        let header = format!(r#"{{"typ":"{media_type}","alg":"EdDSA"}}"#);
        let parts = [&*header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
        let signed = parts.join(".");
        let signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

fn app(key: &IssuerKey) -> Router {
    let server = post(|caller: Authenticated<Principal>| async move { caller.name().to_owned() });
    let router = Router::new().route("/mcp", server);
    let scopes = McpScopes::new("read").unwrap();
    let scopes = scopes.tool("put", "write").unwrap();
    protect_by_keys(router, RESOURCE, ISSUER, key.keys(), scopes).unwrap()
}

/// Calls the tool `put`.
async fn call(app: &Router, token: &str) -> Response<Body> {
    let message = r#"{"method":"tools/call","params":{"name":"put"}}"#;
    let request = Request::post("/mcp").header(AUTHORIZATION, format!("Bearer {token}"));
    let request = request.body(Body::from(message)).unwrap();
    app.clone().oneshot(request).await.unwrap()
}

fn challenge(response: &Response<Body>) -> &str {
    response.headers()[WWW_AUTHENTICATE].to_str().unwrap()
}

#[tokio::test]
async fn a_token_of_the_issuer_for_the_resource_is_admitted() {
    let key = IssuerKey::new();
    let app = app(&key);
    for media_type in ["at+jwt", "JWT"] {
        let response = call(&app, &key.sign(media_type, CLAIMS)).await;
        assert_eq!(response.status(), 200, "{media_type}");
        let body = axum::body::to_bytes(response.into_body(), 64).await;
        assert_eq!(body.unwrap(), "ada");
    }
    let lacking = CLAIMS.replace("read write", "read");
    let refused = call(&app, &key.sign("JWT", &lacking)).await;
    assert_eq!(refused.status(), 403);
    let expected = r#"error="insufficient_scope", scope="read write""#;
    assert!(challenge(&refused).ends_with(expected));
}

#[tokio::test]
async fn every_other_token_is_refused() {
    let key = IssuerKey::new();
    let app = app(&key);
    let changed = |from: &str, to: &str| {
        let claims = CLAIMS.replace(from, to);
        assert_ne!(claims, CLAIMS);
        key.sign("JWT", &claims)
    };
    for (what, token) in [
        (
            "for another resource",
            changed("api.example/mcp", "api.example/other"),
        ),
        (
            "an ID token",
            changed("https://api.example/mcp", "client-1"),
        ),
        (
            "for no audience",
            changed(r#""aud":"https://api.example/mcp","#, ""),
        ),
        (
            "of another issuer",
            changed("login.example", "other.example"),
        ),
        ("expired", changed("4102444800", "1000000000")),
        ("a logout token", key.sign("logout+jwt", CLAIMS)),
        (
            "signed with another key",
            IssuerKey::new().sign("JWT", CLAIMS),
        ),
    ] {
        let refused = call(&app, &token).await;
        assert_eq!(refused.status(), 401, "{what}");
        let challenge = challenge(&refused);
        assert!(challenge.contains(r#"scope="read""#), "{what}: {challenge}");
        assert!(
            challenge.ends_with(r#"error="invalid_token""#),
            "{what}: {challenge}"
        );
    }
}
