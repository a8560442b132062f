//! A WebSocket for pages in a browser, which offer their token as a subprotocol.
//!
//! ```text
//! cargo run --package websocket --example websocket
//! ```
//!
//! Open the address in a browser. The files of the page are in the folder `page`. The server speaks HTTP, so put a proxy with
//! TLS in front of it, and let the logs of the proxy leave `Sec-WebSocket-Protocol` out.

mod page;

use std::env;
use std::error::Error;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::http::header::SEC_WEBSOCKET_PROTOCOL;
use axum::response::Response;
use axum::routing::any;
use tokio::net::TcpListener;
use tower_challenge::audit::AuditEvent;
use tower_challenge::scheme::bearer::{Bearer, WebSocketBearer};
use tower_challenge::{Authenticated, ConfigError, Principal, RequireAuth};

fn app() -> Result<Router, ConfigError> {
    // Real tokens are those of an issuer (`JwtVerifier`), or in a database (`verify_async`).
    let bearer = Bearer::new("notes", [("ada", "t0ken")])?;
    let auth = RequireAuth::new(WebSocketBearer::new(bearer))?.audit(log);
    let notes = any(notes).layer(auth);
    Ok(page::routes().route("/notes", notes))
}

async fn notes(
    caller: Authenticated<Principal>,
    fields: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    println!("offered: {:?}", fields.get(SEC_WEBSOCKET_PROTOCOL));
    // A browser gives up if the server chooses none of the subprotocols that the page has offered.
    let upgrade = upgrade.protocols(["bearer"]);
    upgrade.on_upgrade(async move |socket| talk(socket, caller.name()).await)
}

/// Greets the caller, and sends each text back.
async fn talk(mut socket: WebSocket, name: &str) {
    let mut answer = Some(format!("hello {name}"));
    loop {
        if let Some(text) = answer.take() {
            if socket.send(Message::text(text)).await.is_err() {
                return;
            }
        }
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => answer = Some(format!("{name}: {text}")),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return,
        }
    }
}

/// Logs each decision with its reason. An event holds no token.
fn log(event: &AuditEvent<'_>) {
    println!("{}: {}", event.outcome, event.text);
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse::<u16>())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let fields = "-H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='";
    // curl stays connected after `101`, so it gets a second.
    let open = format!("curl -D - -o /dev/null -m 1 {fields}");
    println!(
        r#"    {open} -H 'Sec-WebSocket-Protocol: bearer, t0ken' http://{address}/notes 2>/dev/null
        101: the handler has chosen `sec-websocket-protocol: bearer`, and sees no token: `offered: Some("bearer")`
    {open} -H 'Sec-WebSocket-Protocol: bearer, t0ken, chat' http://{address}/notes 2>/dev/null
        101: the other subprotocols stay for the handler: `offered: Some("chat, bearer")`
    {open} -H 'Authorization: Bearer t0ken' http://{address}/notes 2>/dev/null
        101: a program can send the field
    {open} http://{address}/notes
        401: no token
    {open} -H 'Sec-WebSocket-Protocol: bearer, guess' http://{address}/notes
        401: `error="invalid_token"`
    {open} -H 'Sec-WebSocket-Protocol: bearer, t0ken' -H 'Authorization: Bearer t0ken' http://{address}/notes
        400: two tokens
    curl -i -H 'Sec-WebSocket-Protocol: bearer, t0ken' http://{address}/notes
        401: the request opens no WebSocket, so the field counts for nothing
    curl -i http://{address}/page.js
        200: a page offers the token: `new WebSocket(url, ["bearer", token])`

listening on http://{address}"#
    );
    axum::serve(listener, app()?).await?;
    Ok(())
}
