//! The route with a WebSocket, whose clients offer their token as a subprotocol.

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use tower::Layer;
use tower_challenge::ConfigError;
use tower_challenge::scheme::bearer::WebSocketBearer;

use crate::index::{Index, Try};
use crate::schemes::{bearer, members};

const OFFERED: Try = Try {
    curl: "curl -D - -o /dev/null -m 1 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' -H 'Sec-WebSocket-Protocol: bearer, low-token' URL 2>/dev/null",
    answer: "101: then the server sends each text back; 401 with another token",
};

pub(crate) fn route(index: &mut Index) -> Result<(), ConfigError> {
    let guard = members(WebSocketBearer::new(bearer()?))?;
    let what = "a WebSocket: a token in the subprotocols `bearer, TOKEN`, or in Authorization";
    index.add("/websocket", what, OFFERED, guard.layer(any(open)));
    Ok(())
}

async fn open(upgrade: WebSocketUpgrade) -> Response {
    upgrade.protocols(["bearer"]).on_upgrade(echo)
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        let is_text = matches!(message, Message::Text(_));
        if is_text && socket.send(message).await.is_err() {
            return;
        }
    }
}
