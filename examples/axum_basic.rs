//! Basic in front of an axum application: the shortest way in.
//!
//! ```text
//! cargo run --features axum --example axum_basic
//! ```
//!
//! Basic puts the name and the password into every request, and whoever carries the request can read them. That is fine
//! on this machine and behind TLS, and nowhere else.

use std::env;
use std::error::Error;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::scheme::Basic;
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth};

/// Who may come in. An application asks its user table here: see `password::verify_async` for an `async` function, and keep
/// people's passwords in a slow hash.
fn accounts() -> Result<PlaintextAccounts, ConfigError> {
    PlaintextAccounts::new([("ada", "lovelace"), ("grace", "hopper")])
}

fn app() -> Result<Router, ConfigError> {
    // "files" is the realm: browsers show it, and remember the password for it.
    let auth = RequireAuth::new(Basic::new("files", accounts()?)?)?;
    Ok(Router::new()
        .route("/", get(hello))
        // The layer stands in front of the routes above this line, and of the 404 for paths that do not exist.
        .layer(auth)
        // This route came after the layer, so it is open to all.
        .route("/health", get(|| async { "fine\n" })))
}

/// `Authenticated` is proof that the layer let the request through. Nothing else can make one: in a handler that the
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
        401: no credentials. `WWW-Authenticate` says which would do
    curl -i -u ada:lovelace http://{address}/
        200: hello ada
    curl -i -u ada:babbage http://{address}/
        401: the wrong password, and the same answer as for nobody
    curl -i -u nobody:lovelace http://{address}/
        401: no such account, and again the same answer
    curl -i -H 'Authorization: Basic !' http://{address}/
        400: that is no base64. Asking for a password again would not help
    curl -i http://{address}/health
        200: open to all

listening on http://{address}"#
    );
    axum::serve(listener, app()?).await?;
    Ok(())
}
