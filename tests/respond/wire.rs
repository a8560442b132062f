//! A server on a socket, and every octet that it says.

use std::net::SocketAddr;

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Serves `app` for as long as the test runs.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Everything that comes back on a connection of its own, but for the time of day.
pub(crate) async fn say(server: SocketAddr, head: &str, fields: &[String], body: &str) -> String {
    let mut text = format!("{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for field in fields {
        text.push_str(&format!("{field}\r\n"));
    }
    text.push_str(&format!("\r\n{body}"));
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await.unwrap();
    let said = String::from_utf8(said).unwrap();
    let lines = said.split_inclusive("\r\n");
    lines.filter(|line| !line.starts_with("date: ")).collect()
}
