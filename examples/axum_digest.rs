//! Protects an axum application with Digest: the client proves its password without sending it.
//!
//! ```text
//! cargo run --features axum --example axum_digest
//! ```
//!
//! After a challenge, the client hashes the password with the method, the target and the server's nonce. An
//! eavesdropper cannot use the hash for another request, or for the same request again. But Digest does not protect the
//! rest of the exchange, and an eavesdropper can find a weak password by trial. So Digest is no substitute for TLS.

use std::env;
use std::error::Error;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tower_challenge::scheme::Digest;
use tower_challenge::scheme::digest::{DigestAccount, DigestAccounts, DigestAlgorithm};
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth, Secret};

const REALM: &str = "files";

/// The accounts. The server keeps a hash of the name, the realm and the password. Protect it like the password, because
/// in this realm a client can log in with the hash alone.
fn accounts() -> Result<DigestAccounts, ConfigError> {
    // This account is made from a password, and works with every algorithm.
    let password = Secret::new("lovelace");
    let ada = DigestAccount::from_password(REALM, "ada", password, Principal::new("ada"));
    // This account is made from a stored hash, so the server never sees the password:
    // `printf '%s' grace:files:hopper | sha256sum`
    let ha1 = "dde59845a46401a343a31741f72232254bfb00e51491a7191186f2a1e5a28bf2";
    let grace = Principal::new("grace");
    let grace = DigestAccount::new(REALM, grace).with_ha1(DigestAlgorithm::Sha256, ha1)?;
    DigestAccounts::from_accounts([("ada".to_owned(), ada), ("grace".to_owned(), grace)])
}

fn app() -> Result<Router, ConfigError> {
    let digest = Digest::builder(REALM, accounts()?)
        // The server sends a challenge for each algorithm, strongest first. MD5 needs a call of its own; it is for
        // clients that support nothing else.
        .algorithms([DigestAlgorithm::Sha256])
        .legacy_md5()
        .build()?;
    let auth = RequireAuth::new(digest)?;
    Ok(Router::new().route("/", get(hello)).layer(auth))
}

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
        401: a challenge with `algorithm=SHA-256`, and one with `algorithm=MD5`
    curl -i --digest -u ada:lovelace http://{address}/
        200: `hello ada`, after a 401 with the nonce. `Authentication-Info` proves that the server knows the password, too
    curl -i --digest -u grace:hopper http://{address}/
        200: `hello grace`
    curl -i --digest -u ada:babbage http://{address}/
        401: the wrong password
    curl -i -u ada:lovelace http://{address}/
        401: this server does not offer Basic
    curl -i -H 'Authorization: Digest username="ada"' http://{address}/
        400: required parameters are missing

listening on http://{address}"#
    );
    axum::serve(listener, app()?).await?;
    Ok(())
}
