//! Tests the faults of an issuer on the wire. Each fault happens at the start, and again while good keys are held.

use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tower_challenge::clock::ManualClock;
use tower_challenge::jwks::{RemoteKeys, RemoteKeysBuilder};

use crate::issuer::{IssuerKey, jwks, names, names_now, set_of, start};
use crate::raw_server::{RawServer, Reply, response};

/// Chooses the client of a builder.
type ChooseClient = fn(RemoteKeysBuilder) -> RemoteKeysBuilder;

/// The clients that a fault is tried with.
const CLIENTS: [(&str, ChooseClient); 2] = [
    ("hyper", |builder| builder),
    ("reqwest", |builder| {
        builder
            .reqwest(reqwest::Client::builder().no_proxy())
            .unwrap()
    }),
];

const SIZE: usize = 64 * 1024;

struct FaultCase {
    name: &'static str,
    reply: Reply,
    /// The text for the operator must contain this.
    why: &'static str,
    /// The fetch ends only when its time is over.
    hangs: bool,
}

fn case(name: &'static str, reply: Vec<u8>, why: &'static str) -> FaultCase {
    let reply = Reply::Bytes(reply);
    FaultCase {
        name,
        reply,
        why,
        hangs: false,
    }
}

fn ok(body: &str) -> Vec<u8> {
    response("200 OK", body)
}

fn cases() -> Vec<FaultCase> {
    const NO_SET: &str = "this is no set of keys: it must be a JSON object with an array `keys`";
    let one_key = IssuerKey::new("a").jwk();
    let secret = r#"{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#;
    let private = one_key.replace("\"kid\"", "\"d\":\"AAAA\",\"kid\"");
    // As deep as a key of the greatest length can be.
    let deep = format!("{{\"keys\":{}{}}}", "[".repeat(8_000), "]".repeat(8_000));
    let sixty_five = vec![one_key.clone(); 65];
    let half = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{}",
        jwks(std::slice::from_ref(&one_key))
    );
    let mut cases = vec![
        case("closes", Vec::new(), ""),
        case("no HTTP", b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(), ""),
        case(
            "500",
            response("500 Internal Server Error", &set_of(&["a"])),
            "the status is 500",
        ),
        case(
            "503",
            response("503 Service Unavailable", ""),
            "the status is 503",
        ),
        case(
            "404",
            response("404 Not Found", &set_of(&["a"])),
            "the status is 404",
        ),
        case("401", response("401 Unauthorized", ""), "the status is 401"),
        case(
            "201",
            response("201 Created", &set_of(&["a"])),
            "the status is 201",
        ),
        case(
            "204",
            b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
            "the status is 204",
        ),
        case(
            "206",
            response("206 Partial Content", &set_of(&["a"])),
            "the status is 206",
        ),
        case(
            "304",
            b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec(),
            "the status is 304",
        ),
        case("HTML", ok("<!doctype html><title>Sign in</title>"), NO_SET),
        case("empty body", ok(""), NO_SET),
        case("null", ok("null"), NO_SET),
        case("list", ok(&format!("[{one_key}]")), NO_SET),
        case("no keys", ok("{}"), NO_SET),
        case("keys is null", ok(r#"{"keys":null}"#), NO_SET),
        case(
            "empty set",
            ok(r#"{"keys":[]}"#),
            "the set has no key for signatures",
        ),
        case("two sets", ok(&set_of(&["a"]).repeat(2)), NO_SET),
        case("one name twice", ok(r#"{"keys":[],"keys":[]}"#), NO_SET),
        case(
            "no UTF-8",
            b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n{\xff}".to_vec(),
            NO_SET,
        ),
        case(
            "deep",
            ok(&deep),
            "the set has no key for signatures (key 1: it is not a JSON object with unique names)",
        ),
        case(
            "65 keys",
            ok(&jwks(&sixty_five)),
            "the set has more than 64 keys",
        ),
        case(
            "a secret",
            ok(&format!("{{\"keys\":[{secret}]}}")),
            "the set has no key for signatures (key 1: a secret must not be published (kty))",
        ),
        case(
            "a private key",
            ok(&jwks(&[private])),
            "it has the private part of a key pair",
        ),
        case("gzip", ok("\u{1f}\u{8b}\u{8}"), NO_SET),
        case("breaks off", half.into_bytes(), ""),
        case(
            "huge by its own account",
            b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{".to_vec(),
            "the response is longer than 65536 bytes",
        ),
        case(
            "huge",
            ok(&format!("{}{}", set_of(&["a"]), " ".repeat(SIZE))),
            "longer than 65536 bytes",
        ),
    ];
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunk = [b"400\r\n".to_vec(), vec![b' '; 1024], b"\r\n".to_vec()].concat();
    let field = b"a: b\r\n".to_vec();
    for (name, first, again, why) in [
        (
            "endless body",
            chunked.clone(),
            chunk,
            "longer than 65536 bytes",
        ),
        ("endless fields", b"HTTP/1.1 200 OK\r\n".to_vec(), field, ""),
    ] {
        let reply = Reply::Endless(first, again);
        cases.push(FaultCase {
            name,
            reply,
            why,
            hangs: false,
        });
    }
    for (name, bytes) in [
        ("never answers", Vec::new()),
        ("slow head", b"HTTP/1.1 200 OK\r\n".to_vec()),
        ("slow body", [chunked, b"1\r\n{\r\n".to_vec()].concat()),
    ] {
        let (reply, why) = (Reply::Stall(bytes), "took longer than 10s");
        cases.push(FaultCase {
            name,
            reply,
            why,
            hangs: true,
        });
    }
    cases
}

/// Sends a caller, and lets the time of the fetch pass if it hangs.
async fn fetch(keys: &RemoteKeys, server: &RawServer, clock: &ManualClock, hangs: bool) {
    let before = server.requests();
    let waiting = tokio::spawn({
        let keys = keys.clone();
        async move { names(&keys).await }
    });
    // The fetch is over when its timer is gone. A fetch that hangs has reached the server first.
    while server.requests() == before || (clock.sleepers() == 1) != hangs {
        tokio::task::yield_now().await;
    }
    if hangs {
        clock.advance(Duration::from_secs(10));
    }
    let _ = waiting.await.unwrap();
    while clock.sleepers() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a060_a_fault_brings_no_keys_at_the_start_and_takes_none_away_later() {
    let mut tried = 0;
    for (client, with) in CLIENTS {
        for case in cases() {
            let what = format!("{client}, {}", case.name);
            let server = RawServer::start(case.reply.clone()).await;
            let clock = ManualClock::new(start());
            let builder = RemoteKeys::at(&server.url()).danger_http_on_loopback();
            let keys = with(builder)
                .max_size(SIZE)
                .clock(clock.clone())
                .build()
                .unwrap();

            fetch(&keys, &server, &clock, case.hangs).await;
            let refused = names(&keys).await.unwrap_err();
            assert!(
                refused.starts_with("http://127.0.0.1:"),
                "{what}: {refused}"
            );
            assert!(refused.contains(case.why), "{what}: {refused}");
            assert!(refused.len() < 400, "{what}: {refused}");
            assert!(names(&keys).await.is_err(), "{what}");
            assert_eq!(server.requests(), 1, "{what}: one fetch in an interval");

            server.set(Reply::Bytes(ok(&set_of(&["good"]))));
            clock.advance(Duration::from_secs(30));
            assert_eq!(names(&keys).await.unwrap(), ["good"], "{what}");

            server.set(case.reply);
            clock.advance(Duration::from_secs(600));
            fetch(&keys, &server, &clock, case.hangs).await;
            for _ in 0..100 {
                assert_eq!(names_now(&keys), ["good"], "{what}");
            }
            assert_eq!(server.requests(), 3, "{what}");

            server.set(Reply::Bytes(ok(&set_of(&["better"]))));
            clock.advance(Duration::from_secs(30));
            fetch(&keys, &server, &clock, false).await;
            assert_eq!(names_now(&keys), ["better"], "{what}");
            tried += 1;
        }
    }
    println!("{tried} faults");
    assert_eq!(tried, 66);
}

#[tokio::test]
async fn an_issuer_that_is_down_brings_no_keys() {
    for (client, with) in CLIENTS {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}/jwks?key=canary");
        drop(listener);
        let keys = with(RemoteKeys::at(&url).danger_http_on_loopback())
            .build()
            .unwrap();
        let refused = names(&keys).await.unwrap_err();
        assert!(
            refused.contains("Connection refused"),
            "{client}: {refused}"
        );
        assert!(!refused.contains("canary"), "{client}: {refused}");
    }
}

/// Binds a port whose queue of connections is full, so that the kernel answers no further one.
async fn full_port() -> (TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(stream) = timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        queued.push(stream.unwrap());
    }
    (listener, queued)
}

/// A host that swallows packets costs a fetch the time for a connection, and not the time for all its requests.
#[tokio::test]
async fn a_host_that_does_not_answer_is_given_up_after_the_time_for_a_connection() {
    for (client, with) in CLIENTS {
        let (listener, _queued) = full_port().await;
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        let keys = with(RemoteKeys::at(&url).danger_http_on_loopback());
        let keys = keys.build().unwrap();
        // tokio lets the time pass at once while all tasks wait.
        tokio::time::pause();
        let began = tokio::time::Instant::now();
        let refused = names(&keys).await.unwrap_err();
        let took = began.elapsed();
        tokio::time::resume();
        assert!(!refused.contains("took longer than"), "{client}: {refused}");
        let limit = Duration::from_secs(5);
        assert!(
            took >= limit && took < limit + Duration::from_secs(1),
            "{client}: {took:?}"
        );
    }
}

#[tokio::test]
async fn a060_no_redirect_is_followed() {
    for (client, with) in CLIENTS {
        let other = RawServer::start(Reply::Bytes(ok(&set_of(&["a"])))).await;
        for status in ["301", "302", "303", "307", "308"] {
            let head = format!("HTTP/1.1 {status} Moved\r\nlocation: {}\r\n", other.url());
            let reply = format!("{head}content-length: 0\r\n\r\n").into_bytes();
            let server = RawServer::start(Reply::Bytes(reply)).await;
            let builder = RemoteKeys::at(&server.url()).danger_http_on_loopback();
            let refused = names(&with(builder).build().unwrap()).await.unwrap_err();
            let why = format!("the status is {status}, and redirects are not followed");
            assert!(refused.ends_with(&why), "{client}: {refused}");
        }
        assert_eq!(other.requests(), 0, "{client}");
    }
}

#[tokio::test]
async fn an_endless_body_is_read_to_its_limit_and_no_further() {
    for (client, with) in CLIENTS {
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        let chunk = [b"400\r\n".to_vec(), vec![b' '; 1024], b"\r\n".to_vec()].concat();
        let server = RawServer::start(Reply::Endless(head, chunk)).await;
        let builder = RemoteKeys::at(&server.url()).danger_http_on_loopback();
        let refused = names(&with(builder).build().unwrap()).await.unwrap_err();
        assert!(
            refused.contains("longer than 262144 bytes"),
            "{client}: {refused}"
        );
        // Some more fit into the buffers of the sockets and of the client.
        let written = server.written();
        assert!(written < 32 * 1024 * 1024, "{client}: {written}");
    }
}

/// A key may have the certificates of its chain (`x5c`).
#[tokio::test]
async fn a_key_that_is_too_long_does_not_drop_the_set() {
    let good = IssuerKey::new("good").jwk();
    let sized = |size: usize| {
        let key = IssuerKey::new("long").jwk().replace('}', r#","x5c":[""]}"#);
        let filler = "A".repeat(size - key.len());
        key.replace(r#"[""]"#, &format!(r#"["{filler}"]"#))
    };
    for (size, expected) in [
        (16 * 1024, &["long", "good"][..]),
        (16 * 1024 + 1, &["good"]),
        (128 * 1024, &["good"]),
    ] {
        let key = sized(size);
        assert_eq!(key.len(), size);
        let server = RawServer::start(Reply::Bytes(ok(&jwks(&[key, good.clone()])))).await;
        let keys = RemoteKeys::at(&server.url()).danger_http_on_loopback();
        assert_eq!(
            names(&keys.build().unwrap()).await.unwrap(),
            expected,
            "{size}"
        );
    }
}

#[tokio::test]
async fn one_key_that_cannot_be_used_does_not_drop_the_set() {
    let good = IssuerKey::new("good").jwk();
    let deep = format!(
        r#"{{"kty":"RSA","more":{}{}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    let mut tried = 0;
    for bad in [
        "null",
        "{}",
        "[]",
        r#"{"kty":"RSA","kid":"bad"}"#,
        r#"{"kty":"RSA","kid":"bad","n":"AQAB","e":"AQAB"}"#,
        r#"{"kty":"RSA","kid":"bad","n":"!!","e":"AQAB"}"#,
        r#"{"kty":"EC","crv":"P-256","kid":"bad","x":"AAAA","y":"AAAA"}"#,
        r#"{"kty":"EC","crv":"secp256k1","kid":"bad","x":"AAAA","y":"AAAA"}"#,
        r#"{"kty":"OKP","crv":"X25519","kid":"bad","x":"AAAA"}"#,
        r#"{"kty":"OKP","crv":"Ed25519","kid":"bad","x":"AAAA"}"#,
        r#"{"kty":"oct","kid":"bad","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#,
        r#"{"kty":"AKP","kid":"bad","alg":"ML-DSA-44","pub":"AAAA"}"#,
        r#"{"kty":7,"kid":"bad"}"#,
        r#"{"kty":"RSA","use":"enc","kid":"bad","n":"AQAB","e":"AQAB"}"#,
        r#"{"kty":"OKP","kty":"OKP","kid":"bad"}"#,
        r#"{"kty":"RSA","kid":"bad","more":{"a":1,"a":2}}"#,
        r#"{"kty":"RSA","kid":"bad","more":[1e999]}"#,
        &deep,
    ] {
        for set in [[bad, &good], [&good, bad]] {
            let set = jwks(&set.map(str::to_owned));
            let server = RawServer::start(Reply::Bytes(ok(&set))).await;
            let keys = RemoteKeys::at(&server.url()).danger_http_on_loopback();
            assert_eq!(
                names(&keys.build().unwrap()).await.unwrap(),
                ["good"],
                "{bad}"
            );
            tried += 1;
        }
    }
    assert_eq!(tried, 36);
}
