//! Tests of bodies that the layer keeps in memory until they are verified.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime};

use http::header::{CONNECTION, CONTENT_LENGTH};
use http::{Request, Response, Version};
use http_body::Body as _;
use http_body_util::BodyExt;
use tower::util::ServiceFn;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::clock::{Clock, ManualClock, SleepFuture, Timer, TokioClock};
use tower_challenge::scheme::{BodyLimits, SchemeExt, VerifiedBody};
use tower_challenge::{
    NowOrLater, Principal, RequestHead, RequireAuth, RequireAuthService, Unavailable,
};

use crate::fed::{Client, FedBody, arrived, fed_body};
use crate::scheme::{Answer, Sums, clock, passes, request, status};
use crate::watchdog::Watchdog;

async fn echo(request: Request<VerifiedBody<FedBody>>) -> Answer {
    let body = request.into_body();
    let exact = body.size_hint().exact();
    assert!(!body.is_end_stream() || exact == Some(0));
    let collected = body.collect().await.unwrap();
    assert!(collected.trailers().is_none());
    let bytes = collected.to_bytes();
    assert_eq!(exact, Some(bytes.len() as u64));
    Ok(Response::new(String::from_utf8(bytes.to_vec()).unwrap()))
}

type Inner = ServiceFn<fn(Request<VerifiedBody<FedBody>>) -> BoxFuture>;
type BoxFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

fn service(clock: &ManualClock) -> RequireAuthService<Inner, Sums> {
    let inner: fn(_) -> BoxFuture = |request| Box::pin(echo(request));
    let auth = RequireAuth::new(Sums::new(clock)).unwrap();
    auth.layer(service_fn(inner))
}

#[tokio::test]
async fn the_inner_service_reads_the_whole_body_wherever_the_client_splits_it() {
    let splits: [&[&[u8]]; 5] = [
        &[b"abc"],
        &[b"a", b"bc"],
        &[b"", b"ab", b"", b"c", b""],
        &[b"ab", b"c"],
        &[b"a", b"b", b"c"],
    ];
    for pieces in splits {
        let asked = service(&clock()).oneshot(request("JudgeWhole 294", arrived(pieces)));
        assert_eq!(asked.await.unwrap().body(), "abc");
        let asked = service(&clock()).oneshot(request("JudgeWhole 293", arrived(pieces)));
        assert_eq!(status(&asked.await), 401);
    }
    let empty = service(&clock()).oneshot(request("JudgeWhole 0", arrived(&[])));
    assert_eq!(empty.await.unwrap().body(), "");
}

#[tokio::test]
async fn the_trailers_of_a_body_that_was_judged_as_a_whole_are_dropped() {
    let (client, body) = fed_body();
    client.sends("a").sends("b").sends_trailer("x-admin", "yes");
    drop(client);
    let answer = service(&clock())
        .oneshot(request("JudgeWhole 195", body))
        .await;
    assert_eq!(answer.unwrap().body(), "ab");
}

#[tokio::test]
async fn a_judge_that_hashes_sees_every_byte_once() {
    let pieces: [&[u8]; 3] = [b"ab", b"", b"c"];
    for (credentials, expected) in [("JudgeHash 294", 200), ("JudgeHash 295", 401)] {
        let answer = service(&clock()).oneshot(request(credentials, arrived(&pieces)));
        assert_eq!(status(&answer.await), expected);
    }
}

#[tokio::test]
async fn map_identity_converts_the_identity_for_every_kind_of_check() {
    let inner = |request: Request<VerifiedBody<FedBody>>| async move {
        let caller = request
            .extensions()
            .get::<tower_challenge::Authenticated<usize>>();
        let length = caller.map_or(0, |caller| **caller);
        Ok::<_, std::convert::Infallible>(Response::new(length.to_string()))
    };
    let scheme = Sums::new(&clock()).map_identity(|caller: Principal| caller.name().len());
    let service = RequireAuth::new(scheme).unwrap().layer(service_fn(inner));
    for credentials in [
        "JudgeWhole 97",
        "JudgeHash 97",
        "VerifyWhole 97",
        "VerifyChunks unknown",
        "BodyUnread ok",
    ] {
        let answer = service
            .clone()
            .oneshot(request(credentials, arrived(&[b"a"])))
            .await;
        assert_eq!(answer.unwrap().body(), "3", "{credentials}");
    }
}

#[tokio::test]
async fn a_body_whose_content_length_is_too_long_gets_413_and_is_not_read() {
    let _watchdog = Watchdog::start("the layer answers without the body");
    for credentials in ["JudgeWhole 1", "VerifyChunks 1"] {
        let (client, body) = fed_body();
        let mut request = request(credentials, body);
        let length = (1024 * 1024 + 1).into();
        request.headers_mut().insert(CONTENT_LENGTH, length);
        let answer = service(&clock()).oneshot(request).await;
        assert_eq!(status(&answer), 413);
        assert!(!client.is_read());
    }
}

/// A body that is too long by its size hint, and that panics when it is read.
struct Long;

impl http_body::Body for Long {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        panic!("the body was polled")
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(1024 * 1024 + 1)
    }
}

#[tokio::test]
async fn a_body_whose_size_hint_is_too_long_gets_413_and_is_not_read() {
    let inner = |_: Request<VerifiedBody<Long>>| async { Ok(Response::new(String::new())) };
    let auth = RequireAuth::new(Sums::new(&clock())).unwrap();
    let service = auth.layer(service_fn(inner));
    for credentials in ["JudgeWhole 1", "VerifyWhole 1", "VerifyChunks 1"] {
        let answer: Answer = service.clone().oneshot(request(credentials, Long)).await;
        assert_eq!(status(&answer), 413);
    }
}

#[tokio::test]
async fn a_body_that_exceeds_the_limit_without_announcing_it_gets_413() {
    let piece = vec![0; 1024 * 1024];
    let (fits, exceeds) = (arrived(&[&piece]), arrived(&[&piece, b"\0"]));
    let answer = service(&clock())
        .oneshot(request("JudgeWhole 0", fits))
        .await;
    assert_eq!(status(&answer), 200);
    let answer = service(&clock())
        .oneshot(request("JudgeWhole 0", exceeds))
        .await;
    assert_eq!(status(&answer), 413);
}

#[tokio::test]
async fn a_client_that_does_not_send_its_body_gets_408_and_http_1_closes_the_connection() {
    for (version, closes) in [(Version::HTTP_11, true), (Version::HTTP_2, false)] {
        let clock = clock();
        let (client, body) = fed_body();
        let mut request = request("JudgeWhole 0", body);
        *request.version_mut() = version;
        let answer = tokio::spawn(service(&clock).oneshot(request));
        passes(&clock, Duration::from_secs(5)).await;
        let answer = answer.await.unwrap().unwrap();
        assert_eq!(answer.status(), 408);
        assert_eq!(answer.headers().contains_key(CONNECTION), closes);
        assert!(!client.is_read());
    }
}

/// Sends `bytes` every second, for `seconds` or until the server drops the body, and then ends the body. Returns the
/// status and the number of seconds.
async fn drips(bytes: usize, seconds: u32) -> (u16, u32) {
    let clock = clock();
    let (client, body) = fed_body();
    let answer = tokio::spawn(service(&clock).oneshot(request("JudgeWhole 0", body)));
    let mut lasted = 0;
    while lasted < seconds && client.is_read() {
        client.sends(vec![0; bytes]);
        passes_while_read(&client, &clock, Duration::from_secs(1)).await;
        lasted += 1;
    }
    drop(client);
    (status(&answer.await.unwrap()).as_u16(), lasted)
}

/// Advances the clock once the server has read every piece and sleeps, and then lets the woken tasks run.
async fn passes_while_read(client: &Client, clock: &ManualClock, time: Duration) {
    while client.is_read() && !(client.is_taken() && clock.sleepers() > 0) {
        tokio::task::yield_now().await;
    }
    clock.advance(time);
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_client_that_sends_at_the_minimum_rate_gets_408_only_at_the_deadline() {
    assert_eq!(drips(1024, 20).await, (200, 20));
    assert_eq!(drips(1024, 40).await, (408, 30));
}

#[tokio::test]
async fn a_client_below_the_minimum_rate_gets_408_once_the_grace_is_used_up() {
    assert_eq!(drips(0, 40).await, (408, 5));
    // Each second of waiting adds half a second to the allowed time, so that the grace of 5 seconds lasts 10 seconds.
    assert_eq!(drips(512, 40).await, (408, 10));
}

#[tokio::test]
async fn a_body_that_breaks_off_gets_400() {
    let (client, body) = fed_body();
    client.sends("a");
    client.breaks_off();
    let answer = service(&clock())
        .oneshot(request("JudgeWhole 97", body))
        .await;
    assert_eq!(status(&answer), 400);
}

#[tokio::test]
async fn a_judge_that_panics_leads_to_503() {
    let answer = service(&clock()).oneshot(request("JudgeWhole 0", arrived(&[b"panic"])));
    assert_eq!(status(&answer.await), 503);
}

#[test]
fn dropping_the_response_future_drops_the_body_and_the_timer() {
    let clock = clock();
    let (client, body) = fed_body();
    let mut answer = Box::pin(service(&clock).oneshot(request("JudgeWhole 0", body)));
    let mut cx = Context::from_waker(Waker::noop());
    client.sends("a");
    assert!(matches!(answer.as_mut().poll(&mut cx), Poll::Pending));
    assert_eq!((client.is_read(), clock.sleepers()), (true, 1));
    drop(answer);
    assert_eq!((client.is_read(), clock.sleepers()), (false, 0));
}

/// An inner service that reports whether its body broke off or had trailers.
async fn report_of_body(request: Request<VerifiedBody<FedBody>>) -> Answer {
    let collected = request.into_body().collect().await;
    let Ok(collected) = collected else {
        return Ok(Response::new("broke off".to_owned()));
    };
    let trailers = collected.trailers().is_some();
    Ok(Response::new(format!("{trailers}")))
}

#[tokio::test]
async fn a_body_that_no_scheme_checks_keeps_its_trailers_and_its_error() {
    let service = RequireAuth::new(Sums::new(&clock())).unwrap();
    let service = service.layer(service_fn(report_of_body));
    let (client, body) = fed_body();
    client.sends("a").sends_trailer("unsigned", "1");
    drop(client);
    let answer = service
        .clone()
        .oneshot(request("BodyUnread ok", body))
        .await;
    assert_eq!(answer.unwrap().body(), "true");
    let (client, body) = fed_body();
    client.breaks_off();
    let answer = service
        .oneshot(request("BodyUnread ok", body))
        .await
        .unwrap();
    let (status, text) = (answer.status(), answer.into_body());
    assert_eq!((status.as_u16(), &*text), (200, "broke off"));
}

#[tokio::test]
async fn the_layer_asks_a_policy_once_for_every_kind_of_check() {
    for (credentials, judged) in [
        ("VerifyWhole 97", 1),
        ("JudgeWhole 97", 1),
        ("VerifyChunks unknown", 1),
    ] {
        for later in [false, true] {
            let asked = Arc::new(AtomicUsize::new(0));
            let counts = Arc::clone(&asked);
            let policy = move |_: &Principal, _: &RequestHead<'_>| {
                counts.fetch_add(1, Ordering::SeqCst);
                let yes = async {
                    tokio::task::yield_now().await;
                    Ok::<_, Unavailable>(true)
                };
                if later {
                    NowOrLater::later(yes)
                } else {
                    NowOrLater::now(Ok(true))
                }
            };
            let auth = RequireAuth::new(Sums::new(&clock())).unwrap();
            let service = auth.policy(policy).layer(service_fn(report_of_body));
            let answer = service
                .oneshot(request(credentials, arrived(&[b"a"])))
                .await;
            assert!(
                matches!(status(&answer).as_u16(), 200 | 400),
                "{credentials}"
            );
            assert_eq!(asked.load(Ordering::SeqCst), judged, "{credentials}");
        }
    }
}

/// The paused time of the runtime advances by itself as soon as every task waits.
#[tokio::test(start_paused = true)]
async fn the_tokio_clock_wakes_the_server_when_the_grace_is_used_up() {
    let start = tokio::time::Instant::now();
    let limits = BodyLimits::new(TokioClock::new());
    let auth = RequireAuth::new(Sums { limits }).unwrap();
    let service = auth.layer(service_fn(echo));
    let (client, body) = fed_body();
    let answer = service.oneshot(request("JudgeWhole 0", body)).await;
    assert_eq!(status(&answer), 408);
    assert_eq!(start.elapsed().as_secs(), 5);
    drop(client);
}

/// A timer whose sleeps end at once, and whose clock stands still.
#[derive(Debug)]
struct Hasty;

impl Clock for Hasty {
    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

impl Timer for Hasty {
    fn sleep(&self, _: Duration) -> SleepFuture {
        Box::pin(std::future::ready(()))
    }
}

#[test]
fn a_timer_that_fires_too_early_is_set_again_and_does_not_block_the_thread() {
    let limits = BodyLimits::new(Hasty);
    let auth = RequireAuth::new(Sums { limits }).unwrap();
    let (client, body) = fed_body();
    let asked = auth
        .layer(service_fn(echo))
        .oneshot(request("JudgeWhole 0", body));
    let mut answer = std::pin::pin!(asked);
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    for times in 1..10 {
        let polled = answer.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        assert_eq!(woken.0.load(Ordering::SeqCst), times);
    }
    drop(client);
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A clock that records the lengths of all sleeps.
#[derive(Clone, Debug)]
struct Remembers(ManualClock, Arc<Mutex<Vec<Duration>>>);

impl Clock for Remembers {
    fn wall(&self) -> SystemTime {
        self.0.wall()
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
}

impl Timer for Remembers {
    fn sleep(&self, time: Duration) -> SleepFuture {
        self.1.lock().unwrap().push(time);
        self.0.sleep(time)
    }
}

/// Ten bytes add nine milliseconds to the allowed time. The next sleep is 250 milliseconds long all the same.
#[test]
fn a_client_that_sends_at_the_slowest_rate_does_not_wake_the_server_for_every_byte() {
    let remembers = Remembers(clock(), Arc::default());
    let limits = BodyLimits::new(remembers.clone());
    let auth = RequireAuth::new(Sums { limits }).unwrap();
    let (client, body) = fed_body();
    let asked = auth
        .layer(service_fn(echo))
        .oneshot(request("JudgeWhole 0", body));
    let mut answer = std::pin::pin!(asked);
    let mut is_pending = || {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(answer.as_mut().poll(&mut cx).is_pending());
    };
    is_pending();
    remembers.0.advance(Duration::from_millis(4999));
    client.sends([0; 10]);
    is_pending();
    remembers.0.advance(Duration::from_millis(1));
    is_pending();
    is_pending();
    let slept = remembers.1.lock().unwrap().clone();
    assert_eq!(slept, [5000, 250].map(Duration::from_millis));
}
