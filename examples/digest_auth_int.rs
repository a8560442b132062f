//! Protects request bodies with Digest: the layer detects a body that changed on its way, and the handler never sees
//! it.
//!
//! ```text
//! cargo run --features axum,signed-body,tokio --example digest_auth_int
//! ```
//!
//! Few clients support `auth-int`. curl supports it for requests without a body. With a body, curl leaves the body out
//! of the digest, and the layer refuses the request. aiohttp supports it fully, and uses it where the server offers it:
//!
//! ```text
//! auth = aiohttp.DigestAuthMiddleware("ada", "lovelace")
//! async with aiohttp.ClientSession(middlewares=[auth]) as session:
//!     async with session.put("http://127.0.0.1:3000/signed", data=b"a note") as response:
//!         print(response.status, await response.text())
//! ```

use std::env;
use std::error::Error;

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use tokio::net::TcpListener;
use tower_challenge::clock::TokioClock;
use tower_challenge::scheme::digest::{AuthInt, DigestAccounts, DigestBuilder};
use tower_challenge::scheme::{BodyLimits, Digest};
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth};

fn digest() -> Result<DigestBuilder<DigestAccounts>, ConfigError> {
    let accounts = DigestAccounts::new("notes", [("ada", "lovelace")])?;
    Ok(Digest::builder("notes", accounts))
}

/// The layer keeps a body in memory until it has verified.
fn limits() -> BodyLimits {
    BodyLimits::new(TokioClock::new()).max_length(64 * 1024)
}

fn app() -> Result<Router, ConfigError> {
    // Here the digest must cover the body.
    let signed = RequireAuth::new(AuthInt::required(digest()?, limits())?)?;
    // Here the client chooses.
    let either = RequireAuth::new(AuthInt::offered(digest()?, limits())?)?;
    let note = || get(hello).put(keep).post(keep);
    Ok(Router::new()
        .route("/signed", note().layer(signed))
        .route("/either", note().layer(either)))
}

async fn hello(caller: Authenticated<Principal>) -> String {
    format!("hello {}\n", caller.name())
}

async fn keep(caller: Authenticated<Principal>, note: Bytes) -> String {
    format!("{} bytes from {}\n", note.len(), caller.name())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    curl -i http://{address}/signed
        401: a challenge with `qop="auth-int"`
    curl -i --digest -u ada:lovelace http://{address}/signed
        200: `hello ada`; the digest covers the empty body, too
    curl -i --digest -u ada:babbage http://{address}/signed
        401: the wrong password
    curl -i --digest -u ada:lovelace -d 'a note' http://{address}/signed
        401: curl leaves the body out of the digest, so it looks like a changed body
    curl -i --digest -u ada:lovelace -d 'a note' http://{address}/either
        200: curl chooses `qop=auth` from the list, which covers no body

listening on http://{address}"#
    );
    axum::serve(listener, app()?).await?;
    Ok(())
}
