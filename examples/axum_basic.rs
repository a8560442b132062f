//! Protects an axum application with Basic: the shortest way to begin.
//!
//! ```text
//! cargo run --features axum --example axum_basic
//! ```
//!
//! A Basic client sends the name and the password with every request, and every machine on the way can read them. Use
//! Basic only behind TLS, or on one machine as here.

use std::env;
use std::error::Error;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth};

fn app() -> Result<Router, ConfigError> {
    // A real application asks its user table, and keeps people's passwords in slow hashes. It passes a verifier in place
    // of the list: `HashedPasswords`, or `password::verify_async` with an `async` function.
    let accounts = [("ada", "lovelace"), ("grace", "hopper")];
    // "files" is the realm. Browsers show it, and remember the password for it.
    let auth = RequireAuth::basic("files", accounts)?;
    Ok(Router::new()
        .route("/", get(hello))
        // The layer protects the routes above this line, and the 404 for paths that do not exist.
        .layer(auth)
        // The application adds this route after the layer, so it is public.
        .route("/health", get(|| async { "fine\n" })))
}

/// `Authenticated` proves that the layer let the request through, since only the layer makes one. In a handler that the
/// layer does not protect, this extractor answers 500 and says why.
async fn hello(caller: Authenticated<Principal>) -> String {
    format!("hello {}\n", caller.name())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    curl -i http://{address}/
        401: no credentials. `WWW-Authenticate` says which scheme to use
    curl -i -u ada:lovelace http://{address}/
        200: `hello ada`
    curl -i -u ada:babbage http://{address}/
        401: the wrong password
    curl -i -u eve:lovelace http://{address}/
        401: no such account, and the same answer as for a wrong password
    curl -i -H 'Authorization: Basic !' http://{address}/
        400: this is not base64, so another password would not help
    curl -i http://{address}/health
        200: a public route

listening on http://{address}"#
    );
    axum::serve(listener, app()?).await?;
    Ok(())
}
