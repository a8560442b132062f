//! Sign in with keys in place of passwords: HOBA, a page for browsers, and a client for the command line.
//!
//! ```text
//! cargo run --example hoba
//! cargo run --example hoba -- --listen 127.0.0.1:8080 --origin https://notes.example --proxy 127.0.0.1
//! cargo run --example hoba -- --client http://127.0.0.1:8080
//! ```
//!
//! The first two lines start a server. Open that URL in a browser: the page makes a key, registers it, signs in, adds a
//! second device, removes one and signs out. The files of the page are in the folder `page`. `hoba.js` is the part to
//! take over into another application.
//!
//! The third line is a client that registers a new key and signs in.
//!
//! The server speaks HTTP, so put a proxy with TLS in front of it, and name its address or its network with `--proxy`. The
//! server then requires TLS, and believes the `X-Forwarded-For` and `X-Forwarded-Proto` of this proxy alone. Without
//! `--origin`, it is for this machine only, where browsers allow keys without TLS.

mod client;
mod page;
mod server;

use std::env;
use std::error::Error;

use tokio::net::TcpListener;

const USAGE: &str = "usage: hoba [--listen ADDRESS:PORT] [--origin URL --proxy NETWORK]\n       hoba --client URL [--join PATH]";

#[derive(Default)]
struct Arguments {
    listen: Option<String>,
    origin: Option<String>,
    proxy: Option<String>,
    client: Option<String>,
    join: Option<String>,
}

fn read(mut given: impl Iterator<Item = String>) -> Result<Arguments, &'static str> {
    let mut arguments = Arguments::default();
    while let Some(name) = given.next() {
        let value = match &*name {
            "--listen" => &mut arguments.listen,
            "--origin" => &mut arguments.origin,
            "--proxy" => &mut arguments.proxy,
            "--client" => &mut arguments.client,
            "--join" => &mut arguments.join,
            _ => return Err(USAGE),
        };
        *value = Some(given.next().ok_or(USAGE)?);
    }
    Ok(arguments)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = read(env::args().skip(1))?;
    if let Some(url) = arguments.client {
        return client::run(&url, arguments.join.as_deref()).await;
    }
    let listen = arguments.listen.as_deref().unwrap_or("127.0.0.1:8080");
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    let app = match (arguments.origin, arguments.proxy) {
        (None, None) => server::app(&format!("http://{address}"), None)?,
        (Some(origin), Some(proxy)) => server::app(&origin, Some(&proxy))?,
        _ => return Err(USAGE.into()),
    };
    println!(
        r#"    cargo run --package hoba --example hoba -- --client http://{address}
        200: a new key is registered, signs in, makes an invitation for a second device, and signs out
    curl -i http://{address}/me
        401: a challenge, `max-age`, and nothing that a client could guess a password with
    curl -i -X POST http://{address}/.well-known/hoba/logout
        401: a device signs out with its key
    curl -i -H 'Authorization: HOBA result="a2V5.Y2hhbGxlbmdl.bm9uY2U.c2lnbmF0dXJl"' http://{address}/me
        401: no device has this key
    curl -i -H 'Authorization: HOBA result="a2V5"' http://{address}/me
        400: a result has four parts
    curl -i -d 'pub=none' http://{address}/.well-known/hoba/register
        400: the key is not in PEM

listening on http://{address}"#
    );
    let app = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
    Ok(axum::serve(listener, app).await?)
}
