//! Bodies that misbehave, and services that read them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body, Frame};
use tower::{Service, ServiceExt};
use tower_layer::Layer as _;

use crate::support::{Seen, TestServer, run};

/// A body with trailers.
#[derive(Clone, Debug)]
pub(crate) struct Trailing {
    data: Option<Bytes>,
    trailers: Option<HeaderMap>,
}

impl Trailing {
    pub(crate) fn new(data: &'static [u8], name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        let value = HeaderValue::from_str(value).unwrap();
        Self {
            data: Some(Bytes::from_static(data)),
            trailers: Some(HeaderMap::from_iter([(name, value)])),
        }
    }
}

impl Body for Trailing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = self.data.take().map(Frame::data);
        let frame = data.or_else(|| self.trailers.take().map(Frame::trailers));
        Poll::Ready(frame.map(Ok))
    }
}

/// A body that must not be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Untouchable;

impl Body for Untouchable {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        panic!("the body was read");
    }
}

/// Sends a request with any type of body, and returns the requests that the inner service saw.
pub(crate) fn send<B>(stand: &TestServer, request: Request<B>) -> Vec<Seen> {
    let _ = stand.probe.take();
    let mut service = stand.service();
    let Ok(ready) = run(ServiceExt::<Request<B>>::ready(&mut service));
    let Ok(_) = run(ready.call(request));
    stand.probe.take()
}

/// A scheme that reads the body, and a way to send requests to it.
pub(crate) mod whole_body {
    use super::*;
    use http::{Response, StatusCode};
    use http_body_util::{BodyExt, Full};
    use std::sync::{Arc, Mutex};
    use std::time::SystemTime;
    use tower::service_fn;
    use tower_challenge::ErrorParams;
    use tower_challenge::clock::ManualClock;
    use tower_challenge::header::{Challenge, SchemeName};
    use tower_challenge::scheme::{
        Admission, Attempt, BodyCheck, BodyLimits, Refusal, Scheme, SignedBody, Verdict,
        VerdictNowOrLater, VerifiedBody,
    };
    use tower_challenge::{ClaimedAccount, NowOrLater, Principal, RequireAuth};

    /// A scheme whose credentials name the length of the body. For example, `Sum 4` admits a request with a body of
    /// four bytes. The scheme reads at most eight bytes.
    #[derive(Debug)]
    pub(crate) struct Sum;

    impl Scheme for Sum {
        type Identity = Principal;
        type BodyAccess = SignedBody;

        fn challenge(
            &self,
            _: &Attempt<'_>,
            _: Option<&ErrorParams>,
            challenges: &mut Vec<Challenge>,
        ) {
            let name = SchemeName::parse("Sum").unwrap();
            let challenge = Challenge::builder(name).quoted("realm", "sums");
            challenges.push(challenge.build().unwrap());
        }

        fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
            !attempt.is_absent()
        }

        fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
            None
        }

        fn authenticate(
            &self,
            attempt: &Attempt<'_>,
        ) -> Option<VerdictNowOrLater<Principal, SignedBody>> {
            let credentials = attempt.credentials(SchemeName::parse("Sum").unwrap())?;
            let length = credentials.token68()?.parse::<usize>().ok()?;
            let limits = BodyLimits::new(ManualClock::new(SystemTime::UNIX_EPOCH)).max_length(8);
            let check = BodyCheck::judge_whole(limits, move |body: &[u8]| {
                assert_ne!(body, b"panic", "C4NARY");
                match body.len() == length {
                    true => Verdict::Admit(Admission::new(Principal::new("adder"))),
                    false => Verdict::Refuse(Refusal::wrong("the body has another length")),
                }
            });
            Some(NowOrLater::now(Ok(Verdict::ReadBody(check))))
        }

        fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
            attempt.breaks_grammar(SchemeName::parse("Sum").unwrap())
        }
    }

    /// The result of a request: the status, and the body and trailers that the inner service read.
    pub(crate) type Outcome = (StatusCode, Option<(Bytes, Option<HeaderMap>)>);

    pub(crate) fn send<B>(credentials: &'static str, body: B) -> Outcome
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>>
            + Unpin
            + 'static,
    {
        let read = Arc::new(Mutex::new(None));
        let inside = Arc::clone(&read);
        let inner = service_fn(move |request: Request<VerifiedBody<B>>| {
            let inside = Arc::clone(&inside);
            async move {
                let collected = request.into_body().collect().await.map_err(|_| ()).unwrap();
                let trailers = collected.trailers().cloned();
                *inside.lock().unwrap() = Some((collected.to_bytes(), trailers));
                Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
            }
        });
        let service = RequireAuth::new(Sum).unwrap().layer(inner);
        let request = Request::post("/").header("authorization", credentials);
        let Ok(response) = run(service.oneshot(request.body(body).unwrap()));
        let read = read.lock().unwrap().take();
        (response.status(), read)
    }

    pub(crate) fn trailers_of_a_verified_body_are_dropped() {
        let body = Trailing::new(b"four", "x-remote-user", "root");
        let (status, read) = send("Sum 4", body);
        assert_eq!(status, StatusCode::OK);
        assert_eq!(read, Some((Bytes::from_static(b"four"), None)));
    }
}

/// A body that arrives in chunks, and may break off after the last chunk.
#[derive(Clone, Debug)]
pub(crate) struct Breaking {
    chunks: std::collections::VecDeque<&'static str>,
    breaks: bool,
}

impl Breaking {
    pub(crate) fn after(chunks: &[&'static str], breaks: bool) -> Self {
        let chunks = chunks.iter().copied().collect();
        Self { chunks, breaks }
    }
}

impl Body for Breaking {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let chunk = self.chunks.pop_front();
        let chunk = chunk.map(|chunk| Ok(Frame::data(Bytes::from_static(chunk.as_bytes()))));
        let end = || self.breaks.then(|| Err(std::io::Error::other("C4NARY")));
        Poll::Ready(chunk.or_else(end))
    }
}
