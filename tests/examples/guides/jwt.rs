//! The program of the guide `jwt`, with the issuer of the test on the page.

use axum::{Router, routing::get};
use tower_challenge::audit::LineAudit;
use tower_challenge::jose::KeySource;
use tower_challenge::jwt::{JwtVerifier, TokenProfile};
use tower_challenge::testing::TestIssuer;
use tower_challenge::{
    Authenticated, ConfigError, Principal, RequireAuth, RequirePolicy, policy::role,
};

/// Returns the program, and a token that has expired.
pub(super) fn app_and_expired_token() -> (Result<Router, ConfigError>, String) {
    let issuer = TestIssuer::new(ISSUER).unwrap();
    let token = issuer.token("ada").audience("orders").header("typ", "JWT");
    let expired = token.claim("typ", "Bearer").expired().sign();
    (app(issuer), expired)
}

// As on the page:
const ISSUER: &str = "https://id.example/realms/shop";

fn app(keys: impl KeySource) -> Result<Router, ConfigError> {
    let tokens = JwtVerifier::builder(ISSUER, keys)
        .audience("orders")
        .profile(TokenProfile::keycloak("orders"));
    let auth =
        RequireAuth::bearer("orders", tokens.build())?.audit(LineAudit::to(std::io::stderr()));
    let whoami = |caller: Authenticated<Principal>| async move { caller.name().to_owned() };
    let admin = get(|| async { "all orders" }).layer(RequirePolicy::new(role("admin")?));
    Ok(Router::new()
        .route("/", get(whoami))
        .route("/admin", admin)
        .layer(auth))
}
