//! Shows the crate at work: three schemes, a route for each, and curl commands to try.
//!
//! ```text
//! cargo showcase
//! cargo showcase --listen 127.0.0.1:4000
//! ```

use std::env;
use std::error::Error;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::ExitCode;

use axum::Router;
use axum::routing::{MethodRouter, get};
use tokio::net::TcpListener;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::policy::scopes;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::digest::DigestAccounts;
use tower_challenge::scheme::{Basic, Bearer, BoxScheme, Digest, SchemeExt};
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth};

const REALM: &str = "showcase";
const PEOPLE: [(&str, &str); 2] = [("ada", "lovelace"), ("grace", "hopper")];
const DEFAULT_ADDRESS: &str = "127.0.0.1:3000";

fn basic() -> Result<BoxScheme<Principal>, ConfigError> {
    Ok(Basic::new(REALM, PlaintextAccounts::new(PEOPLE)?)?.boxed())
}

fn digest() -> Result<BoxScheme<Principal>, ConfigError> {
    let accounts = DigestAccounts::new(REALM, PEOPLE)?;
    Ok(Digest::new(REALM, accounts)?.boxed())
}

fn bearer() -> Result<BoxScheme<Principal>, ConfigError> {
    let tokens = StaticTokens::new()?
        .token("r3ad", Principal::new("robot").with_scopes("read"))?
        .token("wr1te", Principal::new("robot").with_scopes("read write"))?;
    Ok(Bearer::new(REALM, tokens)?.boxed())
}

fn app(page: String) -> Result<Router, ConfigError> {
    let hello = || -> MethodRouter { get(hello).post(hello) };
    let bearer_auth = RequireAuth::new(bearer()?)?;
    let may_write = bearer_auth.clone().policy(scopes("write")?);
    let all = vec![bearer()?, digest()?, basic()?];
    Ok(Router::new()
        .route("/", get(|| async { page }))
        .route("/basic", hello().layer(RequireAuth::new(basic()?)?))
        .route("/digest", hello().layer(RequireAuth::new(digest()?)?))
        .route("/bearer", hello().layer(bearer_auth))
        .route("/bearer/write", hello().layer(may_write))
        .route("/all", hello().layer(RequireAuth::new(all)?)))
}

async fn hello(caller: Authenticated<Principal>) -> String {
    format!("hello {}\n", caller.name())
}

fn page(address: SocketAddr) -> String {
    format!(
        r#"tower-challenge: see which requests it admits and which it refuses. Paste the commands into another terminal.

BASIC  a name and a password with every request
    curl -i -u ada:lovelace http://{address}/basic
        200: hello ada
    curl -i http://{address}/basic
        401: WWW-Authenticate: Basic realm="showcase", charset="UTF-8"
    curl -i -u ada:babbage http://{address}/basic
        401: the wrong password

DIGEST  a proof of the password, good for one request
    curl -i --digest -u ada:lovelace http://{address}/digest
        200: a 401 with a nonce, then hello ada. Authentication-Info proves that the server knows the password, too
    curl -i --basic -u ada:lovelace http://{address}/digest
        401: this route does not offer Basic, so even the right password is refused

BEARER  a token, without a password
    curl -i -H 'Authorization: Bearer r3ad' http://{address}/bearer
        200: hello robot
    curl -i -H 'Authorization: Bearer stolen' http://{address}/bearer
        401: error="invalid_token"
    curl -i -H 'Authorization: Bearer r3ad' -X POST http://{address}/bearer/write
        403: error="insufficient_scope", scope="write"
    curl -i -H 'Authorization: Bearer wr1te' -X POST http://{address}/bearer/write
        200: hello robot

ALL THREE  the client chooses the scheme
    curl -i http://{address}/all
        401: a challenge for each scheme, strongest first
    curl -i --anyauth -u grace:hopper http://{address}/all
        200: hello grace, by Digest
    curl -i -H 'Authorization: Basic Z3JhY2U6aG9wcGVy' -H 'Authorization: Bearer r3ad' http://{address}/all
        400: two credentials fields; the layer does not guess which one is meant

listening on http://{address}"#
    )
}

/// Listens on the address of `--listen`, which must be free. Without `--listen`, it uses the default address, or any
/// free port if that is taken.
async fn listen() -> Result<TcpListener, Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let asked = match (args.next().as_deref(), args.next()) {
        (None, _) => None,
        (Some("--listen"), Some(address)) => Some(address),
        _ => return Err("usage: cargo showcase [--listen ADDRESS:PORT]".into()),
    };
    let address = asked.as_deref().unwrap_or(DEFAULT_ADDRESS);
    match TcpListener::bind(address).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse && asked.is_none() => {
            eprintln!("{address} is in use, so this server uses another port\n");
            Ok(TcpListener::bind("127.0.0.1:0").await?)
        }
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(format!(
            "{address} is in use: choose another port, or port 0 for any free port"
        )
        .into()),
        Err(error) => Err(format!("cannot listen on {address}: {error}").into()),
        Ok(listener) => Ok(listener),
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let listener = listen().await?;
    let page = page(listener.local_addr()?);
    let app = app(format!("{page}\n"))?;
    println!("{page}");
    Ok(axum::serve(listener, app).await?)
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
