//! A server that writes the bytes that a test chooses, and counts its requests.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

/// How the server answers a request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Writes these bytes and closes the connection.
    Bytes(Vec<u8>),
    /// Writes these bytes and nothing more, and keeps the connection.
    Stall(Vec<u8>),
    /// Writes the first bytes, and then the second again and again.
    Endless(Vec<u8>, Vec<u8>),
}

#[derive(Clone)]
pub(crate) struct RawServer(Arc<RawParts>);

struct RawParts {
    address: SocketAddr,
    reply: Mutex<Reply>,
    requests: AtomicUsize,
    written: AtomicUsize,
}

impl RawServer {
    pub(crate) async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self(Arc::new(RawParts {
            address: listener.local_addr().unwrap(),
            reply: Mutex::new(reply),
            requests: AtomicUsize::new(0),
            written: AtomicUsize::new(0),
        }));
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = accepting.clone();
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/jwks", self.0.address)
    }

    pub(crate) fn set(&self, reply: Reply) {
        *self.0.reply.lock().unwrap() = reply;
    }

    pub(crate) fn requests(&self) -> usize {
        self.0.requests.load(Ordering::SeqCst)
    }

    /// How many bytes the server could write.
    pub(crate) fn written(&self) -> usize {
        self.0.written.load(Ordering::SeqCst)
    }

    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        // With unread bytes, closing the connection would reset it before the client has read the answer.
        for _ in 0..announced(&head) {
            if stream.read_u8().await.is_err() {
                return;
            }
        }
        self.0.requests.fetch_add(1, Ordering::SeqCst);
        let reply = self.0.reply.lock().unwrap().clone();
        let mut write = async |bytes: &[u8]| {
            let written = stream.write_all(bytes).await.is_ok();
            self.0.written.fetch_add(bytes.len(), Ordering::SeqCst);
            written
        };
        match reply {
            Reply::Bytes(bytes) => {
                write(&bytes).await;
                let _ = stream.shutdown().await;
            }
            Reply::Stall(bytes) => {
                write(&bytes).await;
                let _ = stream.read_u8().await;
            }
            Reply::Endless(first, again) => {
                write(&first).await;
                while write(&again).await {}
            }
        }
    }
}

/// The length of the body that a head announces.
fn announced(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    length.map_or(0, |length| length.trim().parse().unwrap())
}

/// A response with a body of the announced length.
pub(crate) fn response(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}
