//! A server for tests with real clients: it has a route for each feature of the crate.
//!
//! ```text
//! cargo conformance
//! cargo conformance --listen 127.0.0.1:8080 --tls cert.pem key.pem
//! cargo conformance --issuer https://login.example
//! ```
//!
//! `GET /` lists the routes, each with a curl command. A route accepts GET, HEAD, POST and PUT, and all paths below it
//! are in the same protection space. An admitted caller gets `hello NAME`, and the field `X-User` has the name in
//! base64url. With `--tls`, the server also accepts TLS connections on the next port.
//!
//! The server accepts the JWTs of `--issuer URL`, whose keys its metadata names, or `--jwks URL`. Without an issuer, the
//! server issues them itself. `--audience AUD` names the audience of `/jwt`, and `--authorization-server URL` another
//! issuer for `/mcp`. `--origin URL` is the origin that clients see, if it is not the address of the first listener.
//! `--introspection URL` with `--client ID SECRET` names an introspection endpoint for opaque tokens;
//! a SECRET that is a private JSON Web Key signs. `--typ TYPE` is accepted in JWTs beside `at+jwt`.
//! `--scram-ttl SECONDS` is the time for an exchange of SCRAM, in place of 60.
//!
//! With `--redis URL`, copies of the server share their stores, and the keys of their nonces. `--nodes N` is the number of
//! copies. They need the same `--origin`. The tokens of one of them are good at the others if these have its URL as
//! `--issuer`, and all have the same `--audience`.

mod accounts;
mod arguments;
mod digests;
mod door;
mod dpop;
mod handler;
mod hoba;
mod index;
mod introspection;
mod issuers;
mod many;
mod mutual;
mod objects;
mod own_tokens;
mod routes;
mod schemes;
mod scram;
mod stop;
mod stores;
mod tokens;
mod websocket;

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tower_challenge::DrainBody;
use tower_challenge::clock::TokioClock;

use self::arguments::Arguments;
use self::door::Door;
use self::stores::Stores;

async fn run() -> Result<(), Box<dyn Error>> {
    let stop = stop::told()?;
    let arguments = Arguments::read(std::env::args().skip(1))?;
    let plain = Door::plain(bind(&arguments.listen).await?);
    let address = plain.address()?;
    let stores = Stores::open(&arguments)?;
    stores.wait().await;
    let app = routes::router(&arguments, address, stores)?.layer(DrainBody::new(TokioClock::new()));
    let tls = match &arguments.tls {
        Some(files) => Some(Door::tls(
            bind_tls(&arguments.listen, address).await?,
            files,
        )?),
        None => None,
    };
    let (stop_sender, stop_receiver) = watch::channel(());
    let mut doors = tokio::task::JoinSet::new();
    for door in [Some(plain), tls].into_iter().flatten() {
        println!("listening on {}://{}", door.scheme(), door.address()?);
        doors.spawn(door.run(app.clone(), stop_receiver.clone()));
    }
    stop.await;
    stop_sender.send_replace(());
    doors.join_all().await;
    Ok(())
}

async fn bind(address: &str) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("cannot listen on {address}: {error}"))
}

/// Binds the TLS listener: to the next port, or to any free port if the first listener has port 0.
async fn bind_tls(plain: &str, mut address: SocketAddr) -> Result<TcpListener, String> {
    let next = address.port().checked_add(1);
    let next = next.filter(|_| !plain.ends_with(":0"));
    address.set_port(next.unwrap_or_default());
    bind(&address.to_string()).await
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
