//! Starts a server on a socket, and sends it requests as text.

use std::net::SocketAddr;

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Starts a server for `app`. It runs until the test ends.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Sends a request on a new connection. Returns the whole response as text, without the field `Date`, which differs
/// between responses.
pub(crate) async fn send(server: SocketAddr, head: &str, fields: &[String], body: &str) -> String {
    let mut text = format!("{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for field in fields {
        text.push_str(&format!("{field}\r\n"));
    }
    text.push_str(&format!("\r\n{body}"));
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).await.unwrap();
    let response = String::from_utf8(response).unwrap();
    let lines = response.split_inclusive("\r\n");
    lines.filter(|line| !line.starts_with("date: ")).collect()
}
