//! A test of all combinations of a fault in a body, a kind of verification and a behaviour of the inner service.
//!
//! The inner service must never read an unverified byte. If it reads to the end, the client must get the status of the
//! fault.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header::PROXY_AUTHORIZATION;
use http::{Request, Response};
use http_body_util::BodyExt;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::RequireAuth;
use tower_challenge::clock::ManualClock;
use tower_challenge::scheme::{BodyLimits, VerifiedBody};

use crate::fed::{BoxError, Client, FedBody, fed_body};
use crate::scheme::{Sums, chunk, clock, passes, request};

/// A fault in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Nothing,
    Changed,
    Short,
    Long,
    BreaksOff,
    Stalls,
    Panics,
    TooLong,
}

const FAULTS: [Fault; 8] = [
    Fault::Nothing,
    Fault::Changed,
    Fault::Short,
    Fault::Long,
    Fault::BreaksOff,
    Fault::Stalls,
    Fault::Panics,
    Fault::TooLong,
];

/// The behaviour of the inner service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inner {
    /// Treats an error of the body as its end.
    Careless,
    /// Returns the error of the body.
    Fails,
    /// Answers without reading the body.
    Answers,
}

const INNER: [Inner; 3] = [Inner::Careless, Inner::Fails, Inner::Answers];

/// The credentials, and whether the layer reads the whole body before it calls the inner service.
const CREDENTIALS: [(&str, bool); 5] = [
    ("JudgeWhole 668", true),
    ("VerifyWhole 668", true),
    ("JudgeHash 668", true),
    ("VerifyChunks 6", false),
    ("VerifyChunks unknown", false),
];

const RIGHT: &[u8] = b"onetwo";

#[derive(Clone, Copy, Debug)]
struct Case {
    credentials: &'static str,
    first: bool,
    fault: Fault,
    inner: Inner,
    proxy: bool,
    optional: bool,
}

impl Case {
    fn every() -> impl Iterator<Item = Self> {
        let modes = [(false, false), (false, true), (true, false), (true, true)];
        let cases = CREDENTIALS
            .into_iter()
            .flat_map(move |(credentials, first)| {
                FAULTS.into_iter().flat_map(move |fault| {
                    INNER.into_iter().flat_map(move |inner| {
                        modes.into_iter().map(move |(proxy, optional)| Self {
                            credentials,
                            first,
                            fault,
                            inner,
                            proxy,
                            optional,
                        })
                    })
                })
            });
        cases.into_iter()
    }

    fn expected(&self) -> u16 {
        let wrong = if self.proxy { 407 } else { 401 };
        match self.fault {
            Fault::Nothing => 200,
            _ if !self.first && self.inner == Inner::Answers => 200,
            Fault::Changed => wrong,
            Fault::Short | Fault::Long => [400, wrong][usize::from(self.first)],
            Fault::BreaksOff => 400,
            Fault::Stalls => 408,
            Fault::Panics => 503,
            Fault::TooLong => 413,
        }
    }

    /// Sends the body with the fault of this case. Returns the client's end if the client stalls, so that the body
    /// stays open.
    fn send(&self, client: Client) -> Option<Client> {
        let right = match self.first {
            true => RIGHT.to_vec(),
            false => [chunk("one"), chunk("two"), chunk("")].concat(),
        };
        let mut changed = right.clone();
        *changed.iter_mut().rev().nth(2).unwrap() ^= 1;
        match self.fault {
            Fault::Nothing => client.sends(right),
            Fault::Changed => client.sends(changed),
            Fault::Short => client.sends(&right[..right.len() - 1]),
            Fault::Long => client.sends(right).sends("x"),
            Fault::Panics if self.first => client.sends("panic"),
            Fault::Panics => client.sends(chunk("!")),
            Fault::TooLong => client.sends(&right[..2]).sends([1; 100]),
            Fault::BreaksOff => {
                client.sends(&right[..2]);
                client.breaks_off();
                return None;
            }
            Fault::Stalls => {
                client.sends(&right[..2]);
                return Some(client);
            }
        };
        None
    }
}

/// The bytes that the inner service has read, or `None` if it was not called.
type Read = Arc<Mutex<Option<Vec<u8>>>>;

async fn serve(
    inner: Inner,
    read: Read,
    request: Request<VerifiedBody<FedBody>>,
) -> Result<Response<String>, BoxError> {
    *read.lock().unwrap() = Some(Vec::new());
    if inner == Inner::Answers {
        return Ok(Response::new(String::new()));
    }
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                let bytes = frame.into_data().unwrap_or_default();
                read.lock().unwrap().as_mut().unwrap().extend(bytes);
            }
            Err(error) if inner == Inner::Fails => return Err(error),
            Err(_) => break,
        }
    }
    Ok(Response::new(String::new()))
}

/// Sends the request of this case. Returns the status, and the bytes that the inner service has read.
async fn ask(case: Case, clock: &ManualClock) -> (u16, Option<Vec<u8>>) {
    let limits = BodyLimits::new(clock.clone()).max_length(100);
    let auth = RequireAuth::new(Sums { limits }).unwrap();
    let auth = if case.proxy { auth.proxy() } else { auth };
    let auth = if case.optional { auth.optional() } else { auth };
    let read = Read::default();
    let inside = Arc::clone(&read);
    let inner = service_fn(move |request| serve(case.inner, Arc::clone(&inside), request));
    let (client, body) = fed_body();
    let mut request = request(case.credentials, body);
    if case.proxy {
        let line = request.headers_mut().remove("authorization").unwrap();
        request.headers_mut().insert(PROXY_AUTHORIZATION, line);
    }
    let stalled = case.send(client);
    let answer = tokio::spawn(auth.layer(inner).oneshot(request));
    if stalled.is_some() && (case.first || case.inner != Inner::Answers) {
        passes(clock, Duration::from_secs(60)).await;
    }
    let status = answer.await.unwrap().unwrap().status();
    let read = read.lock().unwrap().take();
    (status.as_u16(), read)
}

#[tokio::test]
async fn a_faulty_body_is_never_read_and_never_answered_with_200_once_read_to_the_end() {
    let (mut cases, mut successes) = (0, 0);
    for case in Case::every() {
        let (status, read) = ask(case, &clock()).await;
        assert_eq!(status, case.expected(), "{case:?}");
        let called = !case.first || case.fault == Fault::Nothing;
        assert_eq!(read.is_some(), called, "{case:?}");
        let read = read.unwrap_or_default();
        assert!(RIGHT.starts_with(&read), "{case:?}: {read:?}");
        if status == 200 && case.inner != Inner::Answers {
            assert_eq!(read, RIGHT, "{case:?}");
        }
        (cases, successes) = (cases + 1, successes + u32::from(status == 200));
    }
    println!("{cases} cases, {successes} answered with 200");
    assert_eq!((cases, successes), (480, 116));
}
