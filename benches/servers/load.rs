//! The client: 64 connections that send prepared requests.
#![expect(clippy::unwrap_used, reason = "a bench that cannot start says where")]

use std::time::Duration;

use http::Response;
use http::header::WWW_AUTHENTICATE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::scheme::digest::DigestAlgorithm;

use crate::support::inner::{BenchRequest, Body};
use crate::support::requests::{DigestClient, right_password, right_token, without_credentials};

const CONNECTIONS: usize = 64;
const RUN: Duration = Duration::from_secs(1);
/// How many requests a connection has for a run. A nonce of Digest is good for 4,096.
const PREPARED: usize = 4000;

/// A challenge of no server.
const MADE_UP: &str =
    "www-authenticate: Digest nonce=\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"";

/// The credentials of the requests.
#[derive(Clone, Copy)]
pub(crate) enum Traffic {
    Anonymous,
    Bearer,
    Basic,
    Digest,
    /// Credentials of Digest for a server that asks for none. Their nonce is from no server.
    DigestIgnored,
}

/// Returns how many requests the server answers in a second.
pub(crate) fn requests_per_second(port: u16, traffic: Traffic) -> f64 {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(async {
        let connections = connect(port, traffic).await;
        let clock = SystemClock::new();
        let begin = clock.monotonic();
        let sent = send(connections, move |_| clock.monotonic() - begin < RUN).await;
        let time = clock.monotonic() - begin;
        f64::from(u32::try_from(sent).unwrap()) / time.as_secs_f64()
    })
}

/// Sends `each` requests on each connection. Returns how many these are.
pub(crate) fn send_each(port: u16, traffic: Traffic, each: usize) -> usize {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(async {
        let connections = connect(port, traffic).await;
        send(connections, move |sent| sent < each).await
    })
}

/// Opens the connections, and makes their requests.
async fn connect(port: u16, traffic: Traffic) -> Vec<(Connection, Vec<Vec<u8>>)> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(port).await;
        let requests = connection.prepare(traffic).await;
        connections.push((connection, requests));
    }
    connections
}

/// Sends requests on each connection. Before each request it calls `goes_on` with the number of requests that this
/// connection has sent, and stops at `false`. Returns the number of requests on all connections.
async fn send(
    connections: Vec<(Connection, Vec<Vec<u8>>)>,
    goes_on: impl Fn(usize) -> bool + Clone + Send + 'static,
) -> usize {
    let mut running = JoinSet::new();
    for (mut connection, requests) in connections {
        let goes_on = goes_on.clone();
        running.spawn(async move {
            let mut sent = 0;
            while goes_on(sent) {
                let request = &requests[sent % requests.len()];
                assert!(
                    sent < requests.len() || requests.len() == 1,
                    "too few requests"
                );
                assert!(connection.ask(request).await.starts_with("HTTP/1.1 200 "));
                sent += 1;
            }
            sent
        });
    }
    running.join_all().await.into_iter().sum()
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    async fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            received: Vec::with_capacity(4096),
        }
    }

    /// Sends a request, and returns the head of the response.
    async fn ask(&mut self, request: &[u8]) -> &str {
        self.received.clear();
        self.stream.write_all(request).await.unwrap();
        loop {
            let read = self.stream.read_buf(&mut self.received).await.unwrap();
            assert!(read > 0, "the server has closed the connection");
            let Some(end) = self
                .received
                .windows(4)
                .position(|part| part == b"\r\n\r\n")
            else {
                continue;
            };
            let head = std::str::from_utf8(&self.received[..end]).unwrap();
            if self.received.len() - end - 4 >= content_length(head) {
                break;
            }
        }
        let text = std::str::from_utf8(&self.received).unwrap();
        text.split("\r\n\r\n").next().unwrap()
    }

    /// Makes the requests of a run. For Digest, it asks for a nonce first.
    async fn prepare(&mut self, traffic: Traffic) -> Vec<Vec<u8>> {
        let request = match traffic {
            Traffic::Anonymous => without_credentials(),
            Traffic::Bearer => right_token(),
            Traffic::Basic => right_password(),
            Traffic::Digest => {
                let head = self.ask(&bytes(&without_credentials())).await;
                let client = digest_client(head);
                let requests = client.requests(PREPARED);
                return requests.iter().map(bytes).collect();
            }
            Traffic::DigestIgnored => digest_client(MADE_UP).request(1),
        };
        vec![bytes(&request)]
    }
}

fn digest_client(head: &str) -> DigestClient {
    let mut lines = head.lines();
    let challenge = lines.find_map(|line| line.strip_prefix("www-authenticate: "));
    let mut refused = Response::new(Body::default());
    let challenge = challenge.unwrap().parse().unwrap();
    refused.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    DigestClient::refused_with(&refused, DigestAlgorithm::Sha256)
}

fn content_length(head: &str) -> usize {
    let mut lines = head.lines();
    let length = lines.find_map(|line| line.strip_prefix("content-length: "));
    length.map_or(0, |length| length.parse().unwrap())
}

fn bytes(request: &BenchRequest) -> Vec<u8> {
    let mut text = format!(
        "{} {} HTTP/1.1\r\nhost: localhost\r\n",
        request.method(),
        request.uri()
    );
    for (name, value) in request.headers() {
        text.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    text.push_str("\r\n");
    text.into_bytes()
}
