//! An axum application that requires Basic, with the accounts of an htpasswd file. A flood of guesses to test it is
//! included.
//!
//! ```text
//! cargo run --features axum,htpasswd --example htpasswd              # the file in this folder
//! cargo run --features axum,htpasswd --example htpasswd -- my-users  # your own file
//! ```
//!
//! The server reads the file again when it changes. For example, run `htpasswd -B my-users eve`, wait five seconds, and
//! eve can log in. A bad line refuses one account, and the server prints its number. If the file cannot be read or has no
//! usable account, the last good accounts stay in effect, and `/health` answers `500`.

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

/// `htpasswd -B -C 10` wrote this file. The passwords are `lovelace` and `hopper`.
const DEFAULT_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/htpasswd/users");

fn app(users: ReloadingFile<HashedAccounts>) -> Result<Router, ConfigError> {
    // A pool of threads computes the hashes. A cache remembers right passwords, so each is hashed once.
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

/// Tells whether the password file can be used. The reason is in the log and not in the response, because any client
/// can request this path.
fn health(users: &ReloadingFile<HashedAccounts>) -> (StatusCode, &'static str) {
    if users.health().is_good() {
        (StatusCode::OK, "fine\n")
    } else {
        let bad = "the password file cannot be read; the last good accounts stay in effect\n";
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
    let path = env::args()
        .nth(1)
        .unwrap_or_else(|| DEFAULT_FILE.to_owned());
    let users = htpasswd(&path, HashFormats::new())?;
    users.on_reload(|outcome| eprintln!("the password file: {outcome:?}"));
    users.watch(Duration::from_secs(5))?;

    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!(
        r#"    curl -i -u ada:lovelace http://{address}/
        200: `hello ada`. The first request takes a hash, about 60 ms; the next requests take none
    curl -i -u ada:babbage http://{address}/
        401: the wrong password, after one hash
    curl -i -u nobody:lovelace http://{address}/
        401: no such account, also after one hash
    curl -i http://{address}/health
        200: `fine`, because the last reading of the file succeeded

    cargo run --features axum,htpasswd --example htpasswd -- --flood {address}
        sends wrong passwords over 32 connections for five seconds. The server answers a guess with 401 after its hash,
        and with 503 when it waits too long for a hashing thread. Meanwhile, ada is admitted as before

listening on http://{address}"#
    );
    axum::serve(listener, app(users)?).await?;
    Ok(())
}
