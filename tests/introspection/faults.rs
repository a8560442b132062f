//! Faults of the authorization server on the wire. None of them lets a request pass.

use std::time::Duration;

use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Request, Response};
use tokio::net::TcpListener;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::RequireAuth;
use tower_challenge::introspection::{
    ClientCredentials, IntrospectionVerifier, IntrospectionVerifierBuilder,
};

use crate::raw_server::{RawServer, Reply, response};
use crate::server::outcome;

type ChooseClient = fn(IntrospectionVerifierBuilder) -> IntrospectionVerifierBuilder;

/// The clients that a fault is tried with.
const CLIENTS: [(&str, ChooseClient); 2] = [
    ("hyper", |builder| builder),
    ("reqwest", |builder| {
        let client = reqwest::Client::builder().no_proxy();
        builder.reqwest(client).unwrap()
    }),
];

const ACTIVE: &str = r#"{"active":true,"sub":"ada"}"#;
const LIMIT: Duration = Duration::from_millis(300);

fn verifier(url: &str, with: ChooseClient) -> IntrospectionVerifier {
    let credentials = ClientCredentials::secret_basic("rs", "s3cret");
    let builder = IntrospectionVerifier::builder(url, credentials);
    let builder = with(builder.danger_http_on_loopback());
    builder.timeout(LIMIT).max_size(4096).build().unwrap()
}

fn ok(body: &str) -> Reply {
    let head = response("200 OK\r\ncontent-type: application/json", body);
    Reply::Bytes(head)
}

fn faults() -> Vec<(&'static str, Reply)> {
    let with = |status: &str| Reply::Bytes(response(status, ACTIVE));
    let json = |status: &str| with(&format!("{status}\r\ncontent-type: application/json"));
    let start = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let chunked = format!("{start}transfer-encoding: chunked\r\n\r\n").into_bytes();
    let chunk = [b"400\r\n".to_vec(), vec![b' '; 1024], b"\r\n".to_vec()].concat();
    let half = format!("{start}content-length: 900\r\n\r\n{ACTIVE}").into_bytes();
    vec![
        ("closes", Reply::Bytes(Vec::new())),
        ("no HTTP", Reply::Bytes(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())),
        ("500", json("500 Internal Server Error")),
        ("502", json("502 Bad Gateway")),
        ("503", json("503 Service Unavailable")),
        ("401", json("401 Unauthorized")),
        ("403", json("403 Forbidden")),
        ("400", json("400 Bad Request")),
        ("404", json("404 Not Found")),
        ("429", json("429 Too Many Requests")),
        ("201", json("201 Created")),
        (
            "204",
            Reply::Bytes(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
        ),
        ("no type", with("200 OK")),
        ("html", with("200 OK\r\ncontent-type: text/html")),
        (
            "two types",
            with("200 OK\r\ncontent-type: application/json\r\ncontent-type: application/json"),
        ),
        (
            "jwt",
            with("200 OK\r\ncontent-type: application/token-introspection+jwt"),
        ),
        ("empty", ok("")),
        ("not JSON", ok("{")),
        ("array", ok("[]")),
        ("a string", ok(r#"{"active":"true","sub":"ada"}"#)),
        ("missing", ok(r#"{"sub":"ada"}"#)),
        ("twice", ok(r#"{"active":false,"active":true,"sub":"ada"}"#)),
        ("gzip", ok("\u{1f}\u{8b}\u{8}")),
        ("breaks off", Reply::Bytes(half)),
        ("huge", ok(&format!("{ACTIVE}{}", " ".repeat(8192)))),
        ("endless", Reply::Endless(chunked.clone(), chunk)),
        (
            "endless fields",
            Reply::Endless(start.as_bytes().to_vec(), b"a: b\r\n".to_vec()),
        ),
        ("never answers", Reply::Stall(Vec::new())),
        ("slow head", Reply::Stall(start.as_bytes().to_vec())),
        (
            "slow body",
            Reply::Stall([chunked, b"1\r\n{\r\n".to_vec()].concat()),
        ),
    ]
}

/// The status of a request with `token`, and whether it may be sent again.
async fn status(verifier: &IntrospectionVerifier, token: &str) -> (u16, bool) {
    let auth = RequireAuth::bearer("api", verifier.clone()).unwrap();
    let inner = service_fn(async |_: Request<()>| {
        Ok::<_, std::convert::Infallible>(Response::new(String::new()))
    });
    let request = Request::get("/").header(AUTHORIZATION, format!("Bearer {token}"));
    let response = auth.layer(inner).oneshot(request.body(()).unwrap()).await;
    let response = response.unwrap();
    let fields = response.headers();
    let again = fields.contains_key(RETRY_AFTER) && !fields.contains_key(WWW_AUTHENTICATE);
    (response.status().as_u16(), again)
}

/// The faults that are those of one token.
const OF_THE_TOKEN: [&str; 2] = ["400", "403"];

/// Each fault is `503` with `Retry-After` and without a challenge. Nothing of it is remembered, unless the server refuses to
/// answer about this token: the next good answer counts.
#[tokio::test]
async fn a071_no_fault_lets_a_request_pass() {
    let mut tried = 0;
    for (client, with) in CLIENTS {
        for (name, reply) in faults() {
            let server = RawServer::start(reply).await;
            let verifier = verifier(&server.url(), with);
            assert_eq!(
                status(&verifier, "t0ken").await,
                (503, true),
                "{client}, {name}"
            );
            server.set(ok(ACTIVE));
            let again = match OF_THE_TOKEN.contains(&name) {
                true => 503,
                false => 200,
            };
            let answer = status(&verifier, "t0ken").await;
            assert_eq!(answer.0, again, "{client}, {name}");
            assert_eq!(status(&verifier, "other").await.0, 200, "{client}, {name}");
            tried += 1;
        }
    }
    println!("{tried} faults");
    assert_eq!(tried, 60);
}

#[tokio::test]
async fn a071_an_answer_without_an_end_is_not_read_on() {
    for (client, with) in CLIENTS {
        let start = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n".to_vec();
        let server = RawServer::start(Reply::Endless(start, b"a: b\r\n".to_vec())).await;
        assert!(
            outcome(&verifier(&server.url(), with), "t0ken")
                .await
                .is_err()
        );
        let written = server.written();
        assert!(written < 16 * 1024 * 1024, "{client}: {written} bytes");
    }
}

#[tokio::test]
async fn a071_no_redirect_is_followed() {
    for (client, with) in CLIENTS {
        let other = RawServer::start(ok(ACTIVE)).await;
        for status in ["301", "302", "303", "307", "308"] {
            let head = format!("HTTP/1.1 {status} Moved\r\nlocation: {}\r\n", other.url());
            let reply = format!("{head}content-length: 0\r\n\r\n").into_bytes();
            let server = RawServer::start(Reply::Bytes(reply)).await;
            let refused = outcome(&verifier(&server.url(), with), "t0ken").await;
            let why = format!("the status is {status}, and redirects are not followed");
            assert!(refused.unwrap_err().ends_with(&why), "{client}");
        }
        assert_eq!(
            other.requests(),
            0,
            "{client}: the other server got the token"
        );
    }
}

#[tokio::test]
async fn a071_a_server_that_is_down_is_an_outage() {
    for (client, with) in CLIENTS {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/a?key=C4NARY", listener.local_addr().unwrap());
        drop(listener);
        let verifier = verifier(&url, with);
        assert_eq!(status(&verifier, "t0ken").await, (503, true), "{client}");
        let why = outcome(&verifier, "t0ken").await.unwrap_err();
        assert!(why.contains("Connection refused"), "{client}: {why}");
        assert!(
            !why.contains("C4NARY") && !why.contains("t0ken"),
            "{client}: {why}"
        );
    }
}
