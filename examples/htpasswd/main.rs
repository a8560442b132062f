//! Basic over a file of Apache's `htpasswd`, in front of an axum application, and a flood of guesses to try it with.
//!
//! ```text
//! cargo run --features axum,htpasswd --example htpasswd              # the file beside this one
//! cargo run --features axum,htpasswd --example htpasswd -- my-users  # one of your own
//! ```
//!
//! The file is read again when it changes: `htpasswd -B my-users eve`, wait five seconds, and eve may come in. A file
//! that cannot be read keeps what was last good, and `/health` says so.

mod flood;

use std::env;
use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tower_challenge::password::hash::HashFormats;
use tower_challenge::password::{HashedAccounts, HashedPasswords, ReloadingFile, htpasswd};
use tower_challenge::scheme::Basic;
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth};

/// Written by `htpasswd -B -C 10`; the passwords are `lovelace` and `hopper`.
const BESIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/htpasswd/users");

fn app(users: ReloadingFile<HashedAccounts>) -> Result<Router, ConfigError> {
    // A pool of threads computes the hashes, and a right password is hashed once.
    let verifier = HashedPasswords::new(users.clone())?;
    let auth = RequireAuth::new(Basic::new("files", verifier)?)?;
    Ok(Router::new()
        .route("/", get(hello))
        .layer(auth)
        .route("/health", get(async move || health(&users))))
}

async fn hello(caller: Authenticated<Principal>) -> String {
    format!("hello {}\n", caller.name())
}

/// What is wrong stands in the log, not here: this route is open to all.
fn health(users: &ReloadingFile<HashedAccounts>) -> (StatusCode, &'static str) {
    if users.health().is_good() {
        (StatusCode::OK, "fine\n")
    } else {
        let bad = "the password file cannot be read; the last good one counts\n";
        (StatusCode::INTERNAL_SERVER_ERROR, bad)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    if let (Some("--flood"), Some(address)) = (arguments.next().as_deref(), arguments.next()) {
        let open = arguments.next().unwrap_or_else(|| "/health".to_owned());
        return Ok(flood::flood(&address, &open).await?);
    }
    let path = env::args().nth(1).unwrap_or_else(|| BESIDE.to_owned());
    let users = htpasswd(&path, HashFormats::new())?;
    users.on_reload(|outcome| eprintln!("the password file: {outcome:?}"));
    users.watch(Duration::from_secs(5))?;

    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    curl -i -u ada:lovelace http://{address}/
        200: hello ada. The first time takes a hash, which is some 60 ms; the next, none
    curl -i -u ada:babbage http://{address}/
        401: the wrong password, after one hash
    curl -i -u nobody:lovelace http://{address}/
        401: no such account, after one hash all the same
    curl -i http://{address}/health
        200: the file is fine

    cargo run --features axum,htpasswd --example htpasswd -- --flood {address}
        floods it with wrong passwords from 32 connections for ten seconds. Guesses are answered with 401 as fast as
        hashes can be computed, and with 503 beyond; in the meantime, ada comes in as before

listening on http://{address}"#
    );
    axum::serve(listener, app(users)?).await?;
    Ok(())
}
