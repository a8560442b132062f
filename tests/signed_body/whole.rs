//! Bodies that are kept until they have verified.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_LENGTH};
use http::{Request, Response, Version};
use http_body_util::BodyExt;
use tower::util::ServiceFn;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::clock::ManualClock;
use tower_challenge::scheme::VerifiedBody;
use tower_challenge::{RequireAuth, RequireAuthService};

use crate::fed::{Fed, fed, here};
use crate::scheme::{Answer, Sums, clock, request, status};

async fn echo(request: Request<VerifiedBody<Fed>>) -> Answer {
    let collected = request.into_body().collect().await.unwrap();
    assert!(collected.trailers().is_none());
    let octets = collected.to_bytes();
    Ok(Response::new(String::from_utf8(octets.to_vec()).unwrap()))
}

type Inner = ServiceFn<fn(Request<VerifiedBody<Fed>>) -> BoxFuture>;
type BoxFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

fn service(clock: &ManualClock) -> RequireAuthService<Inner, Sums> {
    let inner: fn(_) -> BoxFuture = |request| Box::pin(echo(request));

    let auth = RequireAuth::new(Sums::new(clock)).unwrap();
    auth.layer(service_fn(inner))
}

#[tokio::test]
async fn a_body_that_verifies_is_played_back_without_its_trailers() {
    let (client, body) = fed();
    client.sends("a").sends("b").sends_trailer("x-admin", "yes");
    drop(client);
    let answer = service(&clock()).oneshot(request("Whole 195", body)).await;
    assert_eq!(answer.unwrap().body(), "ab");
}

#[tokio::test]
async fn a_body_that_is_announced_to_be_too_long_is_not_asked_for() {
    let (client, body) = fed();
    let mut request = request("Whole 1", body);
    let length = (1024 * 1024 + 1).into();
    request.headers_mut().insert(CONTENT_LENGTH, length);
    let answer = service(&clock()).oneshot(request).await;
    assert_eq!(status(&answer), 413);
    assert!(!client.is_read());
}

#[tokio::test]
async fn a_body_that_lies_about_its_length_is_too_long_all_the_same() {
    let piece = vec![0; 1024 * 1024];
    let (fits, exceeds) = (here(&[&piece]), here(&[&piece, b"\0"]));
    let answer = service(&clock()).oneshot(request("Whole 0", fits)).await;
    assert_eq!(status(&answer), 200);
    let answer = service(&clock()).oneshot(request("Whole 0", exceeds)).await;
    assert_eq!(status(&answer), 413);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_waited_for_as_long_as_was_said() {
    for (version, closes) in [(Version::HTTP_11, true), (Version::HTTP_2, false)] {
        let clock = clock();
        let (client, body) = fed();
        let mut request = request("Whole 0", body);
        *request.version_mut() = version;
        let answer = tokio::spawn(service(&clock).oneshot(request));
        passes(&clock, Duration::from_secs(5)).await;
        let answer = answer.await.unwrap().unwrap();
        assert_eq!(answer.status(), 408);
        assert_eq!(answer.headers().contains_key(CONNECTION), closes);
        assert!(!client.is_read());
    }
}

/// Lets time pass as soon as somebody waits for it.
pub(crate) async fn passes(clock: &ManualClock, time: Duration) {
    while clock.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
    clock.advance(time);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_malformed() {
    let (client, body) = fed();
    client.sends("a");
    client.breaks_off();
    let answer = service(&clock()).oneshot(request("Whole 97", body)).await;
    assert_eq!(status(&answer), 400);
}
