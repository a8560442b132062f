//! Tests the example `proxy`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::client::{ADA, ask};
use crate::process::Running;

#[test]
fn the_proxy_forwards_a_request_without_its_own_credentials() {
    let origin = TcpListener::bind("127.0.0.1:0").unwrap();
    let get = format!("GET http://{}/page", origin.local_addr().unwrap());
    let proxy = Running::start("proxy");
    let refusal = ask(proxy.address, &get, &[]);
    assert_eq!(refusal.status(), 407);
    assert_eq!(refusal.lines("proxy-authenticate").len(), 2);

    let seen = thread::spawn(move || answer_one(&origin));
    let credentials = format!("Proxy-{ADA}");
    let answer = ask(proxy.address, &get, &[&credentials]);
    assert_eq!((answer.status(), answer.body()), (200, "page"));
    let seen = seen.join().unwrap().to_lowercase();
    assert!(seen.starts_with("get /page http/1.1\r\n"), "{seen}");
    assert!(!seen.contains("proxy-authorization"), "{seen}");
}

#[test]
fn the_proxy_opens_a_tunnel_only_for_an_authenticated_client() {
    let origin = TcpListener::bind("127.0.0.1:0").unwrap();
    let connect = format!("CONNECT {}", origin.local_addr().unwrap());
    let proxy = Running::start("proxy");
    assert_eq!(ask(proxy.address, &connect, &[]).status(), 407);

    let seen = thread::spawn(move || answer_one(&origin));
    let mut tunnel = TcpStream::connect(proxy.address).unwrap();
    write!(tunnel, "{connect} HTTP/1.1\r\nProxy-{ADA}\r\n\r\n").unwrap();
    let mut status = [0; 12];
    tunnel.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    write!(tunnel, "through the tunnel\r\n\r\n").unwrap();
    assert_eq!(seen.join().unwrap(), "through the tunnel\r\n\r\n");
}

/// Answers one request with a page, and returns the request.
fn answer_one(origin: &TcpListener) -> String {
    let (mut stream, _) = origin.accept().unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        seen.extend(byte);
    }
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\npage";
    stream.write_all(answer.as_bytes()).unwrap();
    String::from_utf8(seen).unwrap()
}
