//! Tests of bodies that the layer verifies while the inner service reads them.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use tokio::sync::Notify;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::audit::{AuditEvent, AuditOutcome};
use tower_challenge::respond::Denial;
use tower_challenge::scheme::{BodyError, VerifiedBody};
use tower_challenge::throttle;
use tower_challenge::{Principal, RequestHead, RequireAuth};

use crate::fed::{BoxError, FedBody, arrived, fed_body};
use crate::scheme::{
    Answer, LARGEST, RecordingAudit, RecordingThrottle, Sums, chunk, clock, passes, request, status,
};
use crate::watchdog::Watchdog;

/// An inner service that reads its body to the end, ignores an error, and answers with the bytes that it has read.
async fn careless(request: Request<VerifiedBody<FedBody>>) -> Answer {
    let (read, _) = read(&mut request.into_body()).await;
    Ok(Response::new(read))
}

async fn read(body: &mut VerifiedBody<FedBody>) -> (String, Option<BoxError>) {
    let mut read = String::new();
    while let Some(frame) = body.frame().await {
        match frame.map(|frame| frame.into_data().unwrap_or_default()) {
            Ok(data) => read.push_str(std::str::from_utf8(&data).unwrap()),
            Err(error) => return (read, Some(error)),
        }
    }
    (read, None)
}

fn auth() -> RequireAuth<Sums> {
    RequireAuth::new(Sums::new(&clock())).unwrap()
}

/// Sends a body to the service `careless`.
async fn ask(credentials: &str, body: FedBody) -> Answer {
    let service = auth().layer(service_fn(careless));
    service.oneshot(request(credentials, body)).await
}

fn whole_body() -> Vec<u8> {
    [chunk("one"), chunk("two"), chunk("")].concat()
}

const CREDENTIALS: [&str; 2] = ["VerifyChunks 6", "VerifyChunks unknown"];

#[tokio::test]
async fn the_inner_service_reads_all_chunks_wherever_the_client_splits_the_body() {
    let body = whole_body();
    for credentials in CREDENTIALS {
        for index in 0..=body.len() {
            let (before, after) = body.split_at(index);
            let answer = ask(credentials, arrived(&[before, after])).await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), &**answer.body()),
                (200, "onetwo")
            );
        }
        let bytes = body.chunks(1).collect::<Vec<_>>();
        assert_eq!(
            ask(credentials, arrived(&bytes)).await.unwrap().body(),
            "onetwo"
        );
    }
}

#[tokio::test]
async fn a_client_that_changes_any_bit_of_the_body_is_refused() {
    let body = whole_body();
    for credentials in CREDENTIALS {
        for index in 0..body.len() {
            for bit in 0..8 {
                let mut changed = body.clone();
                changed[index] ^= 1 << bit;
                let answer = ask(credentials, arrived(&[&changed])).await;
                let status = status(&answer).as_u16();
                assert!([400, 401, 413].contains(&status), "byte {index}, bit {bit}");
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_cuts_the_body_or_adds_a_byte_gets_400() {
    let body = whole_body();
    for credentials in CREDENTIALS {
        for end in 0..body.len() {
            let answer = ask(credentials, arrived(&[&body[..end]])).await;
            assert_eq!(status(&answer), 400, "the body ends at byte {end}");
        }
        let answer = ask(credentials, arrived(&[&body, b"x"])).await;
        assert_eq!(status(&answer), 400);
    }
}

#[tokio::test]
async fn a_body_of_another_length_than_declared_gets_400() {
    let body = whole_body();
    for (credentials, expected) in [
        ("VerifyChunks 5", 400),
        ("VerifyChunks 6", 200),
        ("VerifyChunks 7", 400),
    ] {
        assert_eq!(status(&ask(credentials, arrived(&[&body])).await), expected);
    }
    assert_eq!(
        status(&ask("VerifyChunks 0", arrived(&[&chunk("")])).await),
        200
    );
    assert_eq!(status(&ask("VerifyChunks 0", arrived(&[])).await), 400);
}

#[tokio::test]
async fn a_chunk_above_the_largest_size_gets_413_before_its_end_arrives() {
    let (client, body) = fed_body();
    let chunk = chunk([0; LARGEST + 2]);
    client.sends(&chunk[..LARGEST + 3]);
    assert_eq!(status(&ask("VerifyChunks unknown", body).await), 413);
    assert!(!client.is_read());
}

#[tokio::test]
async fn a_verifier_that_panics_leads_to_503() {
    let body = [chunk("one"), chunk("!"), chunk("")].concat();
    let answer = ask("VerifyChunks unknown", arrived(&[&body])).await;
    assert_eq!(status(&answer), 503);
}

#[tokio::test]
async fn a_body_that_breaks_off_gets_400() {
    let (client, body) = fed_body();
    client.sends(chunk("one"));
    client.breaks_off();
    assert_eq!(status(&ask("VerifyChunks unknown", body).await), 400);
}

#[tokio::test]
async fn a_bad_chunk_replaces_the_response_of_the_inner_service_with_the_refusal() {
    let (one, mut two) = (chunk("one"), chunk("two"));
    two[4] ^= 1;
    let audit = RecordingAudit::default();
    let render = |denial: &Denial, request: &RequestHead<'_>| {
        Response::new(format!("{:?} {}", denial.kind(), request.uri().path()))
    };
    let auth = auth().audit(audit.recorder()).respond_with(render);
    let service = auth.layer(service_fn(careless));
    let body = arrived(&[&one, &two]);
    let answer = service
        .oneshot(request("VerifyChunks 6", body))
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.headers()[WWW_AUTHENTICATE], "JudgeWhole");
    assert!(!answer.headers().contains_key("x-reply"));
    assert_eq!(answer.body(), "Unauthenticated /");
    let expected = [
        (AuditOutcome::Admitted, "admitted", true),
        (AuditOutcome::Refused, "chunk mismatch", true),
    ];
    assert_eq!(audit.events(), expected);
}

#[tokio::test]
async fn a_bad_chunk_replaces_an_error_of_the_inner_service_with_the_refusal() {
    let inner = |request: Request<VerifiedBody<FedBody>>| async {
        match read(&mut request.into_body()).await {
            (read, None) => Ok(Response::new(read)),
            (_, Some(error)) => Err(error),
        }
    };
    let service = auth().layer(service_fn(inner));
    let asked = |body| {
        service
            .clone()
            .oneshot(request("VerifyChunks unknown", body))
    };
    let bad = asked(arrived(&[&chunk("one"), b"\x01\x01\x02"])).await;
    assert_eq!(bad.unwrap().status(), 401);
    let good = asked(arrived(&[&whole_body()])).await;
    assert_eq!(good.unwrap().headers()["x-reply"], "1");
}

#[tokio::test]
async fn a_bad_chunk_ends_the_body_with_an_error_that_downcasts_to_body_error() {
    let inner = |request: Request<VerifiedBody<FedBody>>| async {
        let mut body = request.into_body();
        let (read, error) = read(&mut body).await;
        let error = error.unwrap().downcast::<BodyError>().unwrap();
        assert!(matches!(*error, BodyError::Refused(_)));
        assert_eq!(read, "one");
        assert!(body.is_end_stream() && body.frame().await.is_none());
        Ok::<_, Infallible>(Response::new(read))
    };
    let service = auth().layer(service_fn(inner));
    let body = arrived(&[&chunk("one"), b"\x01\x01\x02", &chunk("more")]);
    let answer = service.oneshot(request("VerifyChunks unknown", body)).await;
    assert_eq!(answer.unwrap().status(), 401);
}

#[tokio::test]
async fn an_inner_service_that_stops_at_the_declared_length_has_read_a_verified_body() {
    let inner = |request: Request<VerifiedBody<FedBody>>| async {
        let (mut body, mut read) = (request.into_body(), Vec::new());
        while read.len() < 6 {
            match body.frame().await.unwrap() {
                Ok(frame) => read.extend(frame.into_data().unwrap()),
                Err(_) => break,
            }
        }
        Ok::<_, Infallible>(Response::new(String::from_utf8(read).unwrap()))
    };
    let service = auth().layer(service_fn(inner));
    let asked = |pieces: &[&[u8]]| {
        service
            .clone()
            .oneshot(request("VerifyChunks 6", arrived(pieces)))
    };
    let (one, two) = (chunk("one"), chunk("two"));
    let good = asked(&[&one, &two, &chunk("")]).await;
    assert_eq!(good.unwrap().body(), "onetwo");
    for end in [&b""[..], b"\0", b"\0\x01", b"\x01\x01\x01"] {
        let bad = asked(&[&one, &two, end]).await;
        assert!(bad.unwrap().status().is_client_error(), "{end:?}");
    }
}

#[tokio::test]
async fn the_size_hint_is_the_number_of_bytes_that_can_still_be_read() {
    let inner = |request: Request<VerifiedBody<FedBody>>| async {
        let mut body = request.into_body();
        let mut shown = vec![(body.size_hint().exact(), body.is_end_stream())];
        while body.frame().await.is_some() {
            shown.push((body.size_hint().exact(), body.is_end_stream()));
        }
        Ok::<_, Infallible>(Response::new(format!("{shown:?}")))
    };
    let service = auth().layer(service_fn(inner));
    let asked = |credentials: &str, body| service.clone().oneshot(request(credentials, body));
    let answer = asked("VerifyChunks 6", arrived(&[&whole_body()]))
        .await
        .unwrap();
    let expected = "[(Some(6), false), (Some(3), false), (Some(0), true)]";
    assert_eq!(answer.body(), expected);
    // The body does not say that it is empty: an inner service would then not read it, and its end would not be
    // verified.
    let answer = asked("VerifyChunks 0", arrived(&[&chunk("")]))
        .await
        .unwrap();
    assert_eq!(answer.body(), "[(None, false)]");
}

#[tokio::test]
async fn the_inner_service_gets_verified_trailers_and_no_others() {
    let inner = |request: Request<VerifiedBody<FedBody>>| async {
        let collected = request.into_body().collect().await.unwrap();
        let named = |trailers: &HeaderMap| trailers.keys().map(ToString::to_string).collect();
        let names: Vec<String> = collected.trailers().map(named).unwrap_or_default();
        Ok::<_, Infallible>(Response::new(names.concat()))
    };
    let service = auth().layer(service_fn(inner));
    for (trailer, handed_on) in [("signed", "signed"), ("authorization", "")] {
        let (client, body) = fed_body();
        client.sends(whole_body()).sends_trailer(trailer, "1");
        drop(client);
        let answer = service
            .clone()
            .oneshot(request("VerifyChunks 6", body))
            .await;
        assert_eq!(answer.unwrap().body(), handed_on);
    }
}

#[tokio::test]
async fn a_response_before_the_end_of_the_body_is_sent_and_a_later_bad_chunk_is_audited() {
    let (go_on, gone_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (wait, done) = (Arc::clone(&go_on), Arc::clone(&gone_on));
    let inner = move |request: Request<VerifiedBody<FedBody>>| {
        let (wait, done) = (Arc::clone(&wait), Arc::clone(&done));
        tokio::spawn(async move {
            wait.notified().await;
            let (read, error) = read(&mut request.into_body()).await;
            assert_eq!((&*read, error.is_some()), ("one", true));
            done.notify_one();
        });
        std::future::ready(Ok::<_, Infallible>(Response::new(String::new())))
    };
    let audit = RecordingAudit::default();
    let service = auth().audit(audit.recorder()).layer(service_fn(inner));
    let body = arrived(&[&chunk("one"), b"\x01\x01\x02"]);
    let answer = service.oneshot(request("VerifyChunks unknown", body)).await;
    assert_eq!(
        answer.unwrap().status(),
        200,
        "the inner service has not read the bad chunk yet"
    );
    go_on.notify_one();
    gone_on.notified().await;
    let expected = [
        (AuditOutcome::Admitted, "admitted", true),
        (AuditOutcome::Refused, "chunk mismatch", true),
    ];
    assert_eq!(audit.events(), expected);
}

/// The inner service learns why the body ended, and from the source of the error what its connection says.
#[tokio::test]
async fn the_errors_of_a_body_have_a_text_and_a_source() {
    let errors = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&errors);
    let inner = move |request: Request<VerifiedBody<FedBody>>| {
        let heard = Arc::clone(&heard);
        async move {
            let (read, error) = read(&mut request.into_body()).await;
            let error = error.unwrap();
            let source = error.source().map(ToString::to_string);
            heard.lock().unwrap().push((error.to_string(), source));
            Ok::<_, Infallible>(Response::new(read))
        }
    };
    let service = auth().layer(service_fn(inner));
    let (client, broken) = fed_body();
    client.sends(chunk("one")).sends(b"\x03");
    client.breaks_off();
    for body in [arrived(&[&chunk("one"), b"\x01\x01\x02"]), broken] {
        let asked = service
            .clone()
            .oneshot(request("VerifyChunks unknown", body));
        asked.await.unwrap();
    }
    let (refused, broken) = (
        "the request body failed verification".to_owned(),
        "the request body broke off or could not be decoded".to_owned(),
    );
    let went_away = Some("the client went away".to_owned());
    assert_eq!(
        *errors.lock().unwrap(),
        [(refused, None), (broken, went_away)]
    );
}

/// The layer does not ask such a verifier again before more bytes have arrived.
#[tokio::test]
async fn a_verifier_that_does_nothing_causes_no_endless_loop() {
    let _watchdog = Watchdog::start("the layer waits for more bytes");
    for (length, expected) in [(0, 200), (LARGEST, 400), (LARGEST + 1, 413)] {
        let body = arrived(&[&vec![b'a'; length]]);
        let answer = ask("VerifyNothing ok", body).await;
        assert_eq!(status(&answer), expected, "{length} bytes");
    }
}

/// The latency of a refusal while the inner service reads begins at the arrival of the request.
#[tokio::test]
async fn the_latency_of_a_late_refusal_is_the_time_from_the_arrival() {
    let (time, events) = (clock(), Arc::new(Mutex::new(Vec::new())));
    let heard = Arc::clone(&events);
    let record = move |event: &AuditEvent<'_>| heard.lock().unwrap().push(event.latency);
    let works = time.clone();
    let inner = move |request: Request<VerifiedBody<FedBody>>| {
        works.advance(Duration::from_millis(42));
        careless(request)
    };
    let auth = auth().audit(record).clock(time);
    let service = auth.layer(service_fn(inner));
    let body = arrived(&[&chunk("one"), b"\x01\x01\x02"]);
    let answer = service.oneshot(request("VerifyChunks unknown", body)).await;
    assert_eq!(status(&answer), 401);
    let events = events.lock().unwrap();
    assert_eq!(*events, [Duration::ZERO, Duration::from_millis(42)]);
}

#[tokio::test]
async fn a_client_that_stops_sending_in_the_middle_of_a_body_gets_408() {
    let clock = clock();
    let (client, body) = fed_body();
    let auth = RequireAuth::new(Sums::new(&clock)).unwrap();
    let service = auth.layer(service_fn(careless));
    client.sends(chunk("one")).sends(b"\x03");
    let answer = tokio::spawn(service.oneshot(request("VerifyChunks unknown", body)));
    passes(&clock, Duration::from_secs(10)).await;
    assert_eq!(answer.await.unwrap().unwrap().status(), 408);
    assert!(!client.is_read());
}

#[tokio::test]
async fn the_time_that_the_inner_service_spends_between_reads_does_not_count() {
    let clock = clock();
    let works = clock.clone();
    let inner = move |request: Request<VerifiedBody<FedBody>>| {
        let works = works.clone();
        async move {
            let mut body = request.into_body();
            while let Some(Ok(_)) = body.frame().await {
                works.advance(Duration::from_secs(3600));
            }
            Ok::<_, Infallible>(Response::new(String::new()))
        }
    };
    let auth = RequireAuth::new(Sums::new(&clock)).unwrap();
    let service = auth.layer(service_fn(inner));
    let asked = service.oneshot(request("VerifyChunks 6", arrived(&[&whole_body()])));
    assert_eq!(asked.await.unwrap().status(), 200);
}

/// A body that panics when it is read.
struct Unread;

impl Body for Unread {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        panic!("the body was polled")
    }
}

#[tokio::test]
async fn a_caller_whom_a_policy_forbids_gets_403_before_the_body_is_read() {
    let inner = |_: Request<VerifiedBody<Unread>>| async { Ok(Response::new(String::new())) };
    let forbids = |_: &Principal, _: &RequestHead<'_>| false;
    let service = auth().policy(forbids).layer(service_fn(inner));
    for credentials in ["VerifyChunks 6", "VerifyWhole 6"] {
        let answer: Answer = service.clone().oneshot(request(credentials, Unread)).await;
        assert_eq!(status(&answer), 403);
    }
}

#[tokio::test]
async fn a_bad_body_after_a_verified_head_is_not_a_failure_for_the_throttle() {
    let throttle = RecordingThrottle::default();
    let service = auth().throttle(throttle.clone());
    let service = service.layer(service_fn(careless));
    let asked = |credentials: &str, body| service.clone().oneshot(request(credentials, body));
    let bad = asked("VerifyChunks unknown", arrived(&[b"\x01\x01\x02"])).await;
    assert_eq!(status(&bad), 401);
    for credentials in ["VerifyWhole 1", "JudgeWhole 1"] {
        let bad = asked(credentials, arrived(&[b"\x02"])).await;
        assert_eq!(status(&bad), 401);
    }
    let success = throttle::AttemptOutcome::Success;
    let expected = [success, success, throttle::AttemptOutcome::Failure];
    assert_eq!(throttle.outcomes(), expected);
}

#[tokio::test]
async fn an_admission_sets_and_removes_header_fields_of_the_request() {
    let inner = |request: Request<VerifiedBody<FedBody>>| async move {
        assert_eq!(request.headers()["content-length"], "6");
        assert!(!request.headers().contains_key("x-unsigned"));
        Ok::<_, Infallible>(Response::new(String::new()))
    };
    let service = auth().layer(service_fn(inner));
    let mut request = request("VerifyChunks 6", arrived(&[]));
    let headers = request.headers_mut();
    headers.insert("x-unsigned", "1".parse().unwrap());
    headers.insert("content-length", "12".parse().unwrap());
    assert_eq!(service.oneshot(request).await.unwrap().status(), 200);
}
