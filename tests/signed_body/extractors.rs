//! Tests with axum extractors, which answer with their own rejection when a body fails.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::post;
use http::StatusCode;
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_challenge::{Authenticated, Principal, RequireAuth};

use crate::fed::fed_body;
use crate::scheme::{Sums, chunk, clock, request};

async fn ask(credentials: &str, pieces: &[&[u8]]) -> (StatusCode, Bytes) {
    let auth = RequireAuth::new(Sums::new(&clock())).unwrap();
    let echo = |caller: Authenticated<Principal>, body: Bytes| async move {
        assert_eq!(caller.name(), "ada");
        body
    };
    let app = Router::new().route("/", post(echo)).layer(auth);
    let (client, body) = fed_body();
    for piece in pieces {
        client.sends(piece);
    }
    drop(client);
    let answer = app
        .oneshot(request(credentials, Body::new(body)))
        .await
        .unwrap();
    let status = answer.status();
    (
        status,
        answer.into_body().collect().await.unwrap().to_bytes(),
    )
}

#[tokio::test]
async fn an_extractor_reads_a_verified_body_and_its_rejection_of_a_bad_one_is_replaced() {
    let body = [chunk("one"), chunk("two"), chunk("")].concat();
    let read = Bytes::from_static(b"onetwo");
    for credentials in ["VerifyChunks 6", "VerifyChunks unknown"] {
        assert_eq!(
            ask(credentials, &[&body]).await,
            (StatusCode::OK, read.clone())
        );
        let bad = ask(credentials, &[&body[..5], b"\x01\x01\x02"]).await;
        assert_eq!(bad, (StatusCode::UNAUTHORIZED, Bytes::new()));
    }
    for credentials in ["JudgeWhole 668", "VerifyWhole 668"] {
        assert_eq!(
            ask(credentials, &[b"onetwo"]).await,
            (StatusCode::OK, read.clone())
        );
        let bad = ask(credentials, &[b"onetwp"]).await;
        assert_eq!(bad, (StatusCode::UNAUTHORIZED, Bytes::new()));
    }
}
