//! What is on the wire, where hyper serves.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, service_fn};
use tower_challenge::RequestHead;
use tower_challenge::RequireAuth;
use tower_challenge::clock::ManualClock;
use tower_challenge::respond::Denial;
use tower_challenge::scheme::VerifiedBody;

use crate::scheme::{Sums, chunk, clock, passes};

type Reply = Response<Full<Bytes>>;

async fn echo(request: Request<VerifiedBody<Incoming>>) -> Result<Reply, Infallible> {
    let collected = request.into_body().collect().await;
    let octets = collected.map(http_body_util::Collected::to_bytes);
    Ok(Response::new(Full::new(octets.unwrap_or_default())))
}

/// A connection to a server of its own.
async fn connect(clock: &ManualClock) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let said = |denial: &Denial, _: &RequestHead<'_>| {
        Response::new(Full::from(format!("{:?}", denial.kind())))
    };
    let auth = RequireAuth::new(Sums::new(clock)).unwrap();
    let service = auth.respond_with(said).layer(service_fn(echo));
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(service);
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // How a connection ends that is closed early is not what is tested.
        let _ = connection.await;
    });
    TcpStream::connect(address).await.unwrap()
}

fn head(credentials: &str, fields: &str) -> String {
    format!("POST / HTTP/1.1\r\nhost: a\r\nauthorization: {credentials}\r\n{fields}\r\n")
}

/// Reads until `end` has come.
async fn reads_to(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        match stream.read_u8().await {
            Ok(octet) => read.push(octet),
            Err(error) => panic!("{error} after {}", String::from_utf8_lossy(&read)),
        }
    }
    String::from_utf8(read).unwrap()
}

/// Reads until the server closes, in whatever way.
async fn reads_to_the_end(mut stream: TcpStream) -> String {
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read).await;
    String::from_utf8(read).unwrap()
}

const EXPECTS: &str = "content-length: 1\r\nexpect: 100-continue\r\n";

/// RFC 9110 section 10.1.1: a final status in place of `100` says that the body is not wanted.
#[tokio::test]
async fn a098_no_continue_for_a_head_that_does_not_verify() {
    let too_long = "content-length: 1048577\r\nexpect: 100-continue\r\n";
    for (credentials, fields, status) in [
        ("Unknown 1", EXPECTS, "401 Unauthorized"),
        ("Whole", "content-length: x\r\n", "400 Bad Request"),
        ("Whole 97", too_long, "413 Payload Too Large"),
        ("Chunks 97", too_long, "413 Payload Too Large"),
    ] {
        let mut stream = connect(&clock()).await;
        let head = head(credentials, fields);
        stream.write_all(head.as_bytes()).await.unwrap();
        let read = reads_to(&mut stream, "\r\n\r\n").await;
        assert!(
            read.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{read}"
        );
    }
}

#[tokio::test]
async fn a098_continue_once_the_head_has_verified() {
    let chunks = [chunk("a"), chunk("")].concat();
    let length = format!("content-length: {}\r\n", chunks.len());
    let expects = format!("{length}expect: 100-continue\r\n");
    for (credentials, fields, body) in [
        ("Whole 97", EXPECTS, &b"a"[..]),
        ("Held 97", EXPECTS, b"a"),
        ("Plain ok", EXPECTS, b"a"),
        ("Chunks 1", &expects, &chunks),
    ] {
        let mut stream = connect(&clock()).await;
        let head = head(credentials, fields);
        stream.write_all(head.as_bytes()).await.unwrap();
        let read = reads_to(&mut stream, "\r\n\r\n").await;
        assert_eq!(read, "HTTP/1.1 100 Continue\r\n\r\n", "{credentials}");
        stream.write_all(body).await.unwrap();
        let read = reads_to(&mut stream, "\r\n\r\na").await;
        assert!(read.starts_with("HTTP/1.1 200 OK\r\n"), "{read}");
    }
}

/// What comes after a body that was refused is no request.
#[tokio::test]
async fn a098_no_request_is_smuggled_in_a_body_that_was_refused() {
    let smuggled = head("Plain ok", "content-length: 0\r\n");
    for (credentials, body) in [
        ("Unknown 1", smuggled.clone()),
        ("Chunks unknown", format!("\x01\x01\x02{smuggled}")),
        ("Whole 1", smuggled.clone()),
    ] {
        let mut stream = connect(&clock()).await;
        let fields = format!("content-length: {}\r\n", body.len());
        let request = head(credentials, &fields) + &body;
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let read = reads_to_the_end(stream).await;
        assert!(read.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{read}");
        assert_eq!(read.matches("HTTP/1.1").count(), 1, "{read}");
    }
}

/// RFC 9110 section 15.5.9 has a new connection used where "request delimitation is lost": so this one is closed.
#[tokio::test]
async fn a_body_that_does_not_come_ends_the_connection() {
    for credentials in ["Whole 97", "Chunks unknown"] {
        let clock = clock();
        let mut stream = connect(&clock).await;
        let head = head(credentials, "content-length: 1\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        passes(&clock, Duration::from_secs(5)).await;
        let read = reads_to_the_end(stream).await;
        assert!(
            read.starts_with("HTTP/1.1 408 Request Timeout\r\n"),
            "{read}"
        );
        assert!(read.contains("\r\nconnection: close\r\n"), "{read}");
        assert!(read.ends_with("\r\n\r\nTooSlow"), "{read}");
    }
}

#[tokio::test]
async fn chunks_of_http_are_not_the_chunks_that_are_verified() {
    let [one, two, end] = ["one", "two", ""].map(chunk);
    let body = [one, two, end].concat();
    let mut stream = connect(&clock()).await;
    let head = head("Chunks 6", "transfer-encoding: chunked\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    for octet in body {
        let chunk = [b"1\r\n".as_slice(), &[octet], b"\r\n"].concat();
        stream.write_all(&chunk).await.unwrap();
        stream.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let read = reads_to(&mut stream, "onetwo").await;
    assert!(read.starts_with("HTTP/1.1 200 OK\r\n"), "{read}");
}
