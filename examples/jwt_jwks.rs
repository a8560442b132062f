//! Accepts the JSON Web Tokens of an issuer, whose keys it finds by the URL of the issuer.
//!
//! ```text
//! cargo run --features axum,jwks,testing --example jwt_jwks
//! ```
//!
//! The issuer is a small one for tests, in the same program. It stands for your authorization server.

use std::env;
use std::error::Error;

use axum::Router;
use axum::routing::{any_service, get, post};
use tokio::net::TcpListener;
use tower_challenge::jwks::RemoteKeys;
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::policy::scopes;
use tower_challenge::scheme::Bearer;
use tower_challenge::testing::TestIssuer;
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth};

/// The name of this server at the issuer. A token with another `aud` is for another server.
const AUDIENCE: &str = "https://notes.example";

fn app(issuer: &str) -> Result<Router, ConfigError> {
    // The first token makes the server fetch the keys. An issuer with `https` needs no `danger_http_on_loopback`.
    let keys = RemoteKeys::discover(issuer)
        .danger_http_on_loopback()
        .on_fetch(|event| eprintln!("{event:?}"))
        .build()?;
    // The tokens of this issuer have `typ: at+jwt`. Those of Keycloak, Entra ID and Auth0 have `JWT`, and need a `profile`.
    let verifier = JwtVerifier::builder(issuer, keys)
        .audience(AUDIENCE)
        .build()?;
    let auth = RequireAuth::new(Bearer::new("notes", verifier)?)?;
    let may_read = auth.clone().policy(scopes("notes:read")?);
    let may_write = auth.policy(scopes("notes:write")?);
    let list = get(|| async { "milk\nbread\n" }).layer(may_read);
    let add = post(add).layer(may_write);
    Ok(Router::new().route("/notes", list.merge(add)))
}

async fn add(caller: Authenticated<Principal>) -> String {
    format!("{} added a note\n", caller.name())
}

/// Starts the issuer on a free port.
async fn start_issuer() -> Result<TestIssuer, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let issuer = TestIssuer::new(&format!("http://{}", listener.local_addr()?))?;
    let service = Router::new().fallback_service(any_service(issuer.service()));
    tokio::spawn(async move { axum::serve(listener, service).await });
    Ok(issuer)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let issuer = start_issuer().await?;
    let token = |scope| issuer.token("ada").audience(AUDIENCE).scope(scope).sign();
    let (reader, writer) = (token("notes:read"), token("notes:read notes:write"));
    let other = issuer.token("ada").audience("https://other.example").sign();
    let expired = issuer.expired_token("ada", AUDIENCE);

    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"The issuer is {}. Its tokens are valid for five minutes.

    curl -i http://{address}/notes
        401: no token
    curl -i -H 'Authorization: Bearer {reader}' http://{address}/notes
        200: the notes; the log says that the keys were fetched
    curl -i -H 'Authorization: Bearer {reader}' -X POST http://{address}/notes
        403: `error="insufficient_scope", scope="notes:write"`
    curl -i -H 'Authorization: Bearer {writer}' -X POST http://{address}/notes
        200: `ada added a note`
    curl -i -H 'Authorization: Bearer {expired}' http://{address}/notes
        401: `error="invalid_token"`, because the token has expired
    curl -i -H 'Authorization: Bearer {other}' http://{address}/notes
        401: `error="invalid_token"`, because the token is for another server

listening on http://{address}"#,
        issuer.issuer(),
    );
    axum::serve(listener, app(issuer.issuer())?).await?;
    Ok(())
}
