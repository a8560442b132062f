//! Bodies that are kept until they have verified.

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

use crate::fed::{Client, Fed, fed, here};
use crate::scheme::{Answer, Sums, clock, passes, request, status};

async fn echo(request: Request<VerifiedBody<Fed>>) -> Answer {
    let body = request.into_body();
    let exact = body.size_hint().exact();
    let collected = body.collect().await.unwrap();
    assert!(collected.trailers().is_none());
    let octets = collected.to_bytes();
    assert_eq!(exact, Some(octets.len() as u64));
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
async fn a_body_that_verifies_is_played_back_however_it_came() {
    let ways: [&[&[u8]]; 5] = [
        &[b"abc"],
        &[b"a", b"bc"],
        &[b"", b"ab", b"", b"c", b""],
        &[b"ab", b"c"],
        &[b"a", b"b", b"c"],
    ];
    for pieces in ways {
        let asked = service(&clock()).oneshot(request("Whole 294", here(pieces)));
        assert_eq!(asked.await.unwrap().body(), "abc");
        let asked = service(&clock()).oneshot(request("Whole 293", here(pieces)));
        assert_eq!(status(&asked.await), 401);
    }
    let empty = service(&clock()).oneshot(request("Whole 0", here(&[])));
    assert_eq!(empty.await.unwrap().body(), "");
}

#[tokio::test]
async fn trailers_that_nobody_has_judged_are_dropped() {
    let (client, body) = fed();
    client.sends("a").sends("b").sends_trailer("x-admin", "yes");
    drop(client);
    let answer = service(&clock()).oneshot(request("Whole 195", body)).await;
    assert_eq!(answer.unwrap().body(), "ab");
}

#[tokio::test]
async fn a_judge_that_hashes_sees_every_octet_once() {
    let pieces: [&[u8]; 3] = [b"ab", b"", b"c"];
    for (said, expected) in [("Hashed 294", 200), ("Hashed 295", 401)] {
        let answer = service(&clock()).oneshot(request(said, here(&pieces)));
        assert_eq!(status(&answer.await), expected);
    }
}

#[tokio::test]
async fn an_identity_is_turned_into_another_after_the_body_as_well() {
    let inner = |request: Request<VerifiedBody<Fed>>| async move {
        let caller = request
            .extensions()
            .get::<tower_challenge::Authenticated<usize>>();
        let length = caller.map_or(0, |caller| **caller);
        Ok::<_, std::convert::Infallible>(Response::new(length.to_string()))
    };
    let scheme = Sums::new(&clock()).map_identity(|caller: Principal| caller.name().len());
    let service = RequireAuth::new(scheme).unwrap().layer(service_fn(inner));
    for said in ["Whole 97", "Held 97", "Chunks unknown", "Plain ok"] {
        let answer = service.clone().oneshot(request(said, here(&[b"a"]))).await;
        assert_eq!(answer.unwrap().body(), "3", "{said}");
    }
}

#[tokio::test]
async fn a_body_that_is_announced_to_be_too_long_is_not_asked_for() {
    for said in ["Whole 1", "Chunks 1"] {
        let (client, body) = fed();
        let mut request = request(said, body);
        let length = (1024 * 1024 + 1).into();
        request.headers_mut().insert(CONTENT_LENGTH, length);
        let answer = service(&clock()).oneshot(request).await;
        assert_eq!(status(&answer), 413);
        assert!(!client.is_read());
    }
}

/// A body of a length that it knows itself, and that must not be read.
struct Long;

impl http_body::Body for Long {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        panic!("it was asked for")
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(1024 * 1024 + 1)
    }
}

#[tokio::test]
async fn a_body_that_knows_itself_to_be_too_long_is_not_asked_for() {
    let inner = |_: Request<VerifiedBody<Long>>| async { Ok(Response::new(String::new())) };
    let auth = RequireAuth::new(Sums::new(&clock())).unwrap();
    let service = auth.layer(service_fn(inner));
    for said in ["Whole 1", "Held 1", "Chunks 1"] {
        let answer: Answer = service.clone().oneshot(request(said, Long)).await;
        assert_eq!(status(&answer), 413);
    }
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

/// Sends so many octets every second, for this many seconds or until nobody waits for more, and then the end.
async fn drips(octets: usize, seconds: u32) -> (u16, u32) {
    let clock = clock();
    let (client, body) = fed();
    let answer = tokio::spawn(service(&clock).oneshot(request("Whole 0", body)));
    let mut lasted = 0;
    while lasted < seconds && client.is_read() {
        client.sends(vec![0; octets]);
        passes_while_read(&client, &clock, Duration::from_secs(1)).await;
        lasted += 1;
    }
    drop(client);
    (status(&answer.await.unwrap()).as_u16(), lasted)
}

/// Lets time pass once everything is read, and everybody who was woken has looked at the clock.
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
async fn who_sends_as_fast_as_was_said_is_waited_for_until_the_deadline() {
    assert_eq!(drips(1024, 20).await, (200, 20));
    assert_eq!(drips(1024, 40).await, (408, 30));
}

#[tokio::test]
async fn who_sends_more_slowly_has_the_grace_and_what_they_have_earned() {
    assert_eq!(drips(0, 40).await, (408, 5));
    // Each second earns half of one, so that five are spent after ten.
    assert_eq!(drips(512, 40).await, (408, 10));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_malformed() {
    let (client, body) = fed();
    client.sends("a");
    client.breaks_off();
    let answer = service(&clock()).oneshot(request("Whole 97", body)).await;
    assert_eq!(status(&answer), 400);
}

#[tokio::test]
async fn a_judge_that_panics_is_no_way_in() {
    let answer = service(&clock()).oneshot(request("Whole 0", here(&[b"panic"])));
    assert_eq!(status(&answer.await), 503);
}

#[test]
fn who_goes_away_takes_body_and_timer_with_them() {
    let clock = clock();
    let (client, body) = fed();
    let mut answer = Box::pin(service(&clock).oneshot(request("Whole 0", body)));
    let mut cx = Context::from_waker(Waker::noop());
    client.sends("a");
    assert!(matches!(answer.as_mut().poll(&mut cx), Poll::Pending));
    assert_eq!((client.is_read(), clock.sleepers()), (true, 1));
    drop(answer);
    assert_eq!((client.is_read(), clock.sleepers()), (false, 0));
}

/// Takes its body as it came.
async fn as_it_came(request: Request<VerifiedBody<Fed>>) -> Answer {
    let collected = request.into_body().collect().await;
    let Ok(collected) = collected else {
        return Ok(Response::new("broke off".to_owned()));
    };
    let trailers = collected.trailers().is_some();
    Ok(Response::new(format!("{trailers}")))
}

#[tokio::test]
async fn a_body_that_nobody_has_to_look_at_stays_as_it_is() {
    let service = RequireAuth::new(Sums::new(&clock())).unwrap();
    let service = service.layer(service_fn(as_it_came));
    let (client, body) = fed();
    client.sends("a").sends_trailer("unsigned", "1");
    drop(client);
    let answer = service.clone().oneshot(request("Plain ok", body)).await;
    assert_eq!(answer.unwrap().body(), "true");
    let (client, body) = fed();
    client.breaks_off();
    let answer = service.oneshot(request("Plain ok", body)).await.unwrap();
    let (status, text) = (answer.status(), answer.into_body());
    assert_eq!((status.as_u16(), &*text), (200, "broke off"));
}

#[tokio::test]
async fn policies_are_asked_once_whether_before_the_body_or_after() {
    for (said, judged) in [("Held 97", 1), ("Whole 97", 1), ("Chunks unknown", 1)] {
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
            let service = auth.policy(policy).layer(service_fn(as_it_came));
            let answer = service.oneshot(request(said, here(&[b"a"]))).await;
            assert!(matches!(status(&answer).as_u16(), 200 | 400), "{said}");
            assert_eq!(asked.load(Ordering::SeqCst), judged, "{said}");
        }
    }
}

/// The time of the runtime, which goes on as soon as everything waits.
#[tokio::test(start_paused = true)]
async fn the_clock_of_tokio_wakes_whoever_waits() {
    let start = tokio::time::Instant::now();
    let limits = BodyLimits::new(TokioClock::new());
    let auth = RequireAuth::new(Sums { limits }).unwrap();
    let service = auth.layer(service_fn(echo));
    let (client, body) = fed();
    let answer = service.oneshot(request("Whole 0", body)).await;
    assert_eq!(status(&answer), 408);
    assert_eq!(start.elapsed().as_secs(), 5);
    drop(client);
}

/// A timer that is ahead of its clock, which stands still.
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
fn a_timer_that_is_ahead_of_its_clock_is_asked_again_and_keeps_nobody() {
    let limits = BodyLimits::new(Hasty);
    let auth = RequireAuth::new(Sums { limits }).unwrap();
    let (client, body) = fed();
    let asked = auth
        .layer(service_fn(echo))
        .oneshot(request("Whole 0", body));
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

/// A clock that remembers how long somebody slept by it.
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

/// Ten octets earn nine milliseconds.
#[test]
fn who_sends_as_slowly_as_they_may_does_not_wake_us_for_every_octet() {
    let remembers = Remembers(clock(), Arc::default());
    let limits = BodyLimits::new(remembers.clone());
    let auth = RequireAuth::new(Sums { limits }).unwrap();
    let (client, body) = fed();
    let asked = auth
        .layer(service_fn(echo))
        .oneshot(request("Whole 0", body));
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
