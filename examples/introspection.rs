//! Accepts the opaque tokens of an authorization server, and asks that server about each one. It accepts JSON Web Tokens of
//! the same server beside them.
//!
//! ```text
//! cargo run --features axum,introspection,jwks,testing --example introspection
//! ```
//!
//! The authorization server is a small one for tests, in the same program. It stands for yours.

use std::env;
use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::routing::{any_service, get, post};
use tokio::net::TcpListener;
use tower_challenge::introspection::{ClientCredentials, IntrospectionVerifier};
use tower_challenge::jwks::RemoteKeys;
use tower_challenge::jwt::{JwtVerifier, TokensByIssuer};
use tower_challenge::policy::scopes;
use tower_challenge::scheme::Bearer;
use tower_challenge::testing::TestIssuer;
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth, RequirePolicy};

/// The name of this server at the authorization server. A token with another `aud` is for another server.
const AUDIENCE: &str = "https://notes.example";

/// This server is a client of the authorization server, too, with a secret.
const CLIENT: (&str, &str) = ("notes", "s3cret");

fn app(issuer: &str) -> Result<Router, ConfigError> {
    // A server with `https` needs no `danger_http_on_loopback`.
    let credentials = ClientCredentials::secret_basic(CLIENT.0, CLIENT.1);
    let opaque = IntrospectionVerifier::builder(&format!("{issuer}/introspect"), credentials)
        .danger_http_on_loopback()
        .audience(AUDIENCE)
        // The default is 60 seconds. With zero, a revoked token is refused at once, and each request waits for an answer.
        .remember_for(Duration::ZERO)
        .build()?;
    let keys = RemoteKeys::discover(issuer)
        .danger_http_on_loopback()
        .build()?;
    let signed = JwtVerifier::builder(issuer, keys)
        .audience(AUDIENCE)
        .build()?;
    let tokens = TokensByIssuer::new().jwt(issuer, signed)?.opaque(opaque)?;

    let auth = RequireAuth::new(Bearer::new("notes", tokens)?)?;
    let may_write = RequirePolicy::new(scopes("notes:write")?);
    let notes = get(|| async { "milk\nbread\n" }).merge(post(add).layer(may_write));
    Ok(Router::new().route("/notes", notes).layer(auth))
}

async fn add(caller: Authenticated<Principal>) -> String {
    format!("{} added a note\n", caller.name())
}

/// Starts the authorization server on a free port. `POST /revoke/TOKEN` revokes a token there.
async fn start_issuer() -> Result<TestIssuer, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let issuer = TestIssuer::new(&format!("http://{}", listener.local_addr()?))?;
    let revoking = issuer.clone();
    let revoke = async move |axum::extract::Path(token): axum::extract::Path<String>| {
        revoking.revoke(&token);
        StatusCode::NO_CONTENT
    };
    let service = Router::new()
        .route_service(
            "/introspect",
            issuer.introspection::<Body>(CLIENT.0, CLIENT.1),
        )
        .route("/revoke/{token}", post(revoke))
        .fallback_service(any_service(issuer.service()));
    tokio::spawn(async move { axum::serve(listener, service).await });
    Ok(issuer)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let issuer = start_issuer().await?;
    let token = |scope| issuer.token("ada").audience(AUDIENCE).scope(scope);
    let reader = token("notes:read").issue_opaque();
    let writer = token("notes:write").issue_opaque();
    let signed = token("notes:write").sign();
    let other = issuer.token("ada").audience("https://other.example");
    let other = other.issue_opaque();

    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let server = issuer.issuer();
    println!(
        r#"The authorization server is {server}. Its tokens are valid for five minutes.

    curl -i http://{address}/notes
        401: no token
    curl -i -H 'Authorization: Bearer {reader}' http://{address}/notes
        200: the notes
    curl -i -H 'Authorization: Bearer {reader}' -X POST http://{address}/notes
        403: `error="insufficient_scope", scope="notes:write"`
    curl -i -H 'Authorization: Bearer {writer}' -X POST http://{address}/notes
        200: `ada added a note`
    curl -i -H 'Authorization: Bearer {signed}' -X POST http://{address}/notes
        200: `ada added a note`, with a JSON Web Token
    curl -i -H 'Authorization: Bearer {other}' http://{address}/notes
        401: `error="invalid_token"`, because the token is for another server
    curl -i -X POST {server}/revoke/{reader}
        204: the authorization server revokes the token of the reader
    curl -i -H 'Authorization: Bearer {reader}' http://{address}/notes
        401: `error="invalid_token"`

listening on http://{address}"#
    );
    axum::serve(listener, app(server)?).await?;
    Ok(())
}
