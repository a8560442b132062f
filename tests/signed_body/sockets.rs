//! Tests of the bytes on the wire, with hyper as the server.

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
    let bytes = collected.map(http_body_util::Collected::to_bytes);
    Ok(Response::new(Full::new(bytes.unwrap_or_default())))
}

/// Starts a server and connects to it.
async fn connect(clock: &ManualClock) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let render = |denial: &Denial, _: &RequestHead<'_>| {
        Response::new(Full::from(format!("{:?}", denial.kind())))
    };
    let auth = RequireAuth::new(Sums::new(clock)).unwrap();
    let service = auth.respond_with(render).layer(service_fn(echo));
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(service);
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // An error is ignored: some tests close the connection early.
        let _ = connection.await;
    });
    TcpStream::connect(address).await.unwrap()
}

fn head(credentials: &str, fields: &str) -> String {
    format!("POST / HTTP/1.1\r\nhost: a\r\nauthorization: {credentials}\r\n{fields}\r\n")
}

/// Reads until `end` has arrived.
async fn reads_to(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        match stream.read_u8().await {
            Ok(byte) => read.push(byte),
            Err(error) => panic!("{error} after {}", String::from_utf8_lossy(&read)),
        }
    }
    String::from_utf8(read).unwrap()
}

/// Reads until the server closes the connection, with or without an error.
async fn reads_to_the_end(mut stream: TcpStream) -> String {
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read).await;
    String::from_utf8(read).unwrap()
}

const EXPECTS: &str = "content-length: 1\r\nexpect: 100-continue\r\n";

/// RFC 9110 section 10.1.1: a final status in place of `100` tells the client not to send the body.
#[tokio::test]
async fn a098_a_head_that_does_not_verify_gets_its_final_status_and_no_100() {
    let too_long = "content-length: 1048577\r\nexpect: 100-continue\r\n";
    for (credentials, fields, status) in [
        ("Unknown 1", EXPECTS, "401 Unauthorized"),
        ("JudgeWhole", "content-length: x\r\n", "400 Bad Request"),
        ("JudgeWhole 97", too_long, "413 Payload Too Large"),
        ("VerifyChunks 97", too_long, "413 Payload Too Large"),
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
async fn a098_a_client_that_expects_100_gets_it_once_the_head_has_verified() {
    let chunks = [chunk("a"), chunk("")].concat();
    let length = format!("content-length: {}\r\n", chunks.len());
    let expects = format!("{length}expect: 100-continue\r\n");
    for (credentials, fields, body) in [
        ("JudgeWhole 97", EXPECTS, &b"a"[..]),
        ("VerifyWhole 97", EXPECTS, b"a"),
        ("BodyUnread ok", EXPECTS, b"a"),
        ("VerifyChunks 1", &expects, &chunks),
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

/// The server must not parse the rest of a refused body as the next request.
#[tokio::test]
async fn a098_an_attacker_cannot_smuggle_a_request_in_a_refused_body() {
    let smuggled = head("BodyUnread ok", "content-length: 0\r\n");
    for (credentials, body) in [
        ("Unknown 1", smuggled.clone()),
        ("VerifyChunks unknown", format!("\x01\x01\x02{smuggled}")),
        ("JudgeWhole 1", smuggled.clone()),
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

/// RFC 9110 section 15.5.9 wants a new connection if "request delimitation is lost", so the server closes this one.
#[tokio::test]
async fn a_client_that_does_not_send_its_body_gets_408_and_the_connection_closes() {
    for credentials in ["JudgeWhole 97", "VerifyChunks unknown"] {
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
async fn http_chunks_may_split_the_chunks_of_the_scheme_anywhere() {
    let [one, two, end] = ["one", "two", ""].map(chunk);
    let body = [one, two, end].concat();
    let mut stream = connect(&clock()).await;
    let head = head("VerifyChunks 6", "transfer-encoding: chunked\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    for byte in body {
        let chunk = [b"1\r\n".as_slice(), &[byte], b"\r\n"].concat();
        stream.write_all(&chunk).await.unwrap();
        stream.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let read = reads_to(&mut stream, "onetwo").await;
    assert!(read.starts_with("HTTP/1.1 200 OK\r\n"), "{read}");
}
