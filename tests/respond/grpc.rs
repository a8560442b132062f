//! Tests refused gRPC calls over HTTP/2.
//!
//! The client of these tests is hyper's, which does not know gRPC. The tests check the two properties of a
//! `Trailers-Only` response: the header fields have the status, and the stream ends after them.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body as AxumBody;
use axum::routing::post;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tower_challenge::respond::{GrpcErrors, PlainText};
use tower_challenge::{Principal, RequestHead};

use crate::{ADA, EXHAUSTED, UNAVAILABLE, WRONG, layer, wire};

async fn call(
    server: SocketAddr,
    kind: &str,
    credentials: &str,
) -> Response<hyper::body::Incoming> {
    let stream = TokioIo::new(TcpStream::connect(server).await.unwrap());
    let (mut client, connection) = http2::handshake(TokioExecutor::new(), stream)
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = Request::post(format!("http://{server}/notes.Notes/List"));
    let request = request
        .header("content-type", kind)
        .header("te", "trailers");
    let request = request.header("authorization", credentials);
    // An empty gRPC message: a flag that it is not compressed, and a length of 0 in four bytes.
    let message = Full::new(Bytes::from_static(&[0; 5]));
    let request = request.body(message).unwrap();
    client.send_request(request).await.unwrap()
}

#[tokio::test]
async fn a099_a_refused_call_gets_a_grpc_status_and_a_response_that_ends_with_its_head() {
    let forbid = |_: &Principal, _: &RequestHead<'_>| false;
    for (auth, credentials, status) in [
        (layer(), "Unheard-Of", "16"),
        (layer(), WRONG, "16"),
        (layer(), "Basic !", "3"),
        (layer().policy(forbid), ADA, "7"),
        (layer().require_tls(), ADA, "7"),
        (layer().throttle(EXHAUSTED), ADA, "8"),
        (layer().throttle(UNAVAILABLE), ADA, "14"),
    ] {
        let auth = auth.respond_with(GrpcErrors::new().otherwise(PlainText));
        let route = post(async || AxumBody::from("reached")).layer(auth);
        let server = wire::serve(Router::new().route("/notes.Notes/List", route)).await;
        let response = call(server, "application/grpc", credentials).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.version(), http::Version::HTTP_2);
        assert!(
            response.body().is_end_stream(),
            "no message, and no trailers"
        );
        let field = |name: &str| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap())
        };
        assert_eq!(field("grpc-status"), Some(status));
        assert_eq!(field("content-type"), Some("application/grpc"));
        assert_eq!(field("cache-control"), Some("no-store"));
        assert_eq!(field("www-authenticate").is_some(), status == "16");
        assert_eq!(
            field("retry-after").is_some(),
            ["8", "14"].contains(&status)
        );

        let other = call(server, "application/json", credentials).await;
        assert!(other.status().as_u16() >= 400);
        assert!(
            !other
                .into_body()
                .collect()
                .await
                .unwrap()
                .to_bytes()
                .is_empty()
        );
    }
}

#[tokio::test]
async fn a_call_with_right_credentials_reaches_the_inner_service() {
    let auth = layer().respond_with(GrpcErrors::new());
    let route = post(async || AxumBody::from("reached")).layer(auth);
    let server = wire::serve(Router::new().route("/notes.Notes/List", route)).await;
    let response = call(server, "application/grpc", ADA).await;
    assert!(!response.headers().contains_key("grpc-status"));
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        "reached"
    );
}
