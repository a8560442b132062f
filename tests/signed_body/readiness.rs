//! Tests that a client that sends its body slowly does not block other clients, and tests of `poll_ready`.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body_util::BodyExt;
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_challenge::RequireAuth;
use tower_challenge::scheme::VerifiedBody;

use crate::fed::{FedBody, arrived, fed_body};
use crate::scheme::{Answer, Sums, clock, request};
use crate::watchdog::Watchdog;

async fn echo(request: Request<VerifiedBody<FedBody>>) -> Answer {
    let bytes = request.into_body().collect().await.unwrap().to_bytes();
    Ok(Response::new(String::from_utf8(bytes.to_vec()).unwrap()))
}

/// Lets all tasks run until they wait.
async fn settles() {
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_slow_client_does_not_take_a_slot_of_a_concurrency_limit_behind_the_layer() {
    let _watchdog = Watchdog::start("the other clients get a slot");
    let auth = RequireAuth::new(Sums::new(&clock())).unwrap();
    let limit = ConcurrencyLimitLayer::new(1);
    let service = ServiceBuilder::new().layer(auth).layer(limit);
    let service = service.service(service_fn(echo));
    let (client, body) = fed_body();
    let slow = service.clone().oneshot(request("JudgeWhole 97", body));
    let slow = tokio::spawn(slow);
    settles().await;
    for credentials in ["JudgeWhole 97", "BodyUnread ok"] {
        let quick = service
            .clone()
            .oneshot(request(credentials, arrived(&[b"a"])));
        assert_eq!(quick.await.unwrap().body(), "a");
    }
    client.sends("a");
    drop(client);
    assert_eq!(slow.await.unwrap().unwrap().body(), "a");
}

#[tokio::test]
async fn a_request_whose_body_has_verified_waits_for_its_slot_of_the_concurrency_limit() {
    let auth = RequireAuth::new(Sums::new(&clock())).unwrap();
    let limit = ConcurrencyLimitLayer::new(1);
    let service = ServiceBuilder::new().layer(auth).layer(limit);
    let service = service.service(service_fn(echo));
    let (slow_client, slow_body) = fed_body();
    let slow = tokio::spawn(service.clone().oneshot(request("JudgeWhole 97", slow_body)));
    settles().await;
    // This request holds the only slot, and reads its body.
    let (inside_client, inside_body) = fed_body();
    let inside = tokio::spawn(
        service
            .clone()
            .oneshot(request("BodyUnread ok", inside_body)),
    );
    settles().await;
    slow_client.sends("a");
    drop(slow_client);
    settles().await;
    assert!(!slow.is_finished() && !inside.is_finished());
    drop(inside_client);
    assert_eq!(inside.await.unwrap().unwrap().body(), "");
    assert_eq!(slow.await.unwrap().unwrap().body(), "a");
}

/// A service that is ready, and whose clones are broken.
#[derive(Debug)]
struct Once(bool);

impl Clone for Once {
    fn clone(&self) -> Self {
        Self(true)
    }
}

impl Service<Request<VerifiedBody<FedBody>>> for Once {
    type Response = Response<String>;
    type Error = &'static str;
    type Future = Ready<Result<Response<String>, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        Poll::Ready(if self.0 { Err("broken") } else { Ok(()) })
    }

    fn call(&mut self, _: Request<VerifiedBody<FedBody>>) -> Self::Future {
        assert!(!self.0);
        ready(Ok(Response::new(String::new())))
    }
}

#[tokio::test]
async fn the_error_of_an_inner_service_that_is_not_ready_again_is_returned() {
    let auth = RequireAuth::new(Sums::new(&clock())).unwrap();
    let mut service = auth.layer(Once(false));
    let (client, body) = fed_body();
    let ready = ServiceExt::<Request<FedBody>>::ready(&mut service).await;
    let answer = tokio::spawn(ready.unwrap().call(request("JudgeWhole 97", body)));
    settles().await;
    client.sends("a");
    drop(client);
    assert_eq!(answer.await.unwrap().err(), Some("broken"));
}

#[tokio::test]
async fn a_request_with_an_available_body_goes_to_the_service_that_was_ready() {
    for credentials in ["JudgeWhole 97", "VerifyChunks unknown", "BodyUnread ok"] {
        let auth = RequireAuth::new(Sums::new(&clock())).unwrap();
        let mut service = auth.layer(Once(false));
        let ready = ServiceExt::<Request<FedBody>>::ready(&mut service).await;
        let answer = ready.unwrap().call(request(credentials, arrived(&[b"a"])));
        assert_eq!(answer.await.unwrap().status(), 200);
    }
}

#[test]
fn a_verified_body_is_send_and_sync_and_the_response_future_is_send() {
    fn is_send_sync_debug<T: Send + Sync + std::fmt::Debug>() {}
    is_send_sync_debug::<VerifiedBody<axum::body::Bytes>>();
    let inner = service_fn(|_: Request<VerifiedBody<FedBody>>| async {
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let auth = RequireAuth::new(Sums::new(&clock())).unwrap();
    let answer = auth
        .layer(inner)
        .oneshot(request("JudgeWhole 97", arrived(&[])));
    fn is_send<T: Send>(_: T) {}
    is_send(answer);
}
