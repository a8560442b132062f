//! A scheme with the least that a body can be verified by: sums.

use std::any::Any;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::{Buf, Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderName, HeaderValue};
use http::{HeaderMap, Request, Response, StatusCode};
use tower_challenge::ErrorParams;
use tower_challenge::audit::{AuditEvent, AuditOutcome};
use tower_challenge::client::Client;
use tower_challenge::clock::ManualClock;
use tower_challenge::header::{Challenge, Credentials, SchemeName};
use tower_challenge::scheme::{
    Admission, Attempt, BodyCheck, BodyLimits, JudgeBody, Refusal, Scheme, SignedBody, Verdict,
    VerdictNowOrLater, VerifyChunks,
};
use tower_challenge::throttle::{self, Reservation, Throttle, ThrottleTicket};
use tower_challenge::{ClaimedAccount, NowOrLater, Principal, RequestHead, Unavailable};

pub(crate) fn clock() -> ManualClock {
    ManualClock::new(SystemTime::UNIX_EPOCH)
}

/// `Whole 195` admits a body with this sum of octets, and so do `Hashed 195`, which adds them up as they come, and `Held 195`, whose head admits; `Chunks 4` one in chunks that release four octets altogether, and
/// `Chunks ?` one in chunks of any length. `Plain ok` admits without a look at the body.
pub(crate) struct Sums {
    pub(crate) limits: BodyLimits,
}

impl Sums {
    pub(crate) fn new(clock: &ManualClock) -> Self {
        let limits = BodyLimits::new(clock.clone());
        Self { limits }
    }
}

fn name(scheme: &'static str) -> SchemeName<'static> {
    SchemeName::parse(scheme).unwrap()
}

impl Scheme for Sums {
    type Identity = Principal;
    type BodyAccess = SignedBody;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        challenges.push(Challenge::builder(name("Whole")).build().unwrap());
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
        let told = |scheme| attempt.credentials(name(scheme));
        let said = |credentials: Credentials<'_>| {
            credentials
                .token68()
                .unwrap_or_default()
                .parse::<u64>()
                .ok()
        };
        let verdict = if let Some(told) = told("Whole") {
            Verdict::ReadBody(whole(self.limits.clone(), said(told)))
        } else if let Some(told) = told("Hashed") {
            let judge = Hashed {
                hash: 0,
                expected: said(told),
            };
            Verdict::ReadBody(BodyCheck::judge_whole(self.limits.clone(), judge))
        } else if let Some(told) = told("Held") {
            let sum = said(told);
            Verdict::ReadBody(BodyCheck::verify_whole(
                self.limits.clone(),
                ada(),
                compared(sum),
            ))
        } else if let Some(told) = told("Chunks") {
            let verifier = Chunks::new(said(told));
            let check =
                BodyCheck::verify_chunks(self.limits.clone(), decoded(said(told)), verifier);
            Verdict::ReadBody(check)
        } else {
            told("Plain")?;
            Verdict::Admit(ada())
        };
        Some(NowOrLater::now(Ok(verdict)))
    }
}

fn ada() -> Admission<Principal> {
    Admission::new(Principal::new("ada"))
}

/// The inner service sees how long the body is that it reads, and nothing that was not signed.
fn decoded(length: Option<u64>) -> Admission<Principal> {
    let ada = ada().without_request_field(HeaderName::from_static("x-unsigned"));
    let reply = HeaderName::from_static("x-reply");
    let ada = ada.with_reply(reply, HeaderValue::from_static("1"));
    match length {
        Some(length) => ada.with_request_field(CONTENT_LENGTH, length.into()),
        None => ada.without_request_field(CONTENT_LENGTH),
    }
}

fn whole(limits: BodyLimits, sum: Option<u64>) -> BodyCheck<Principal> {
    BodyCheck::judge_whole(limits, move |body: &[u8]| {
        assert!(!body.starts_with(b"panic"));
        if Some(body.iter().map(|&octet| u64::from(octet)).sum()) == sum {
            Verdict::Admit(ada())
        } else {
            Verdict::Refuse(Refusal::wrong("another body"))
        }
    })
}

fn compared(sum: Option<u64>) -> impl FnOnce(&[u8]) -> Result<(), Refusal> + Send + 'static {
    move |body| {
        assert!(!body.starts_with(b"panic"));
        let same = Some(body.iter().map(|&octet| u64::from(octet)).sum()) == sum;
        same.then_some(()).ok_or(Refusal::wrong("another body"))
    }
}

/// Adds octets up as they come.
struct Hashed {
    hash: u64,
    expected: Option<u64>,
}

impl JudgeBody<Verdict<Principal>> for Hashed {
    fn push(&mut self, octets: &[u8]) {
        assert!(!octets.starts_with(b"panic"));
        self.hash += octets.iter().map(|&octet| u64::from(octet)).sum::<u64>();
    }

    fn finish(self: Box<Self>, body: &[u8]) -> Verdict<Principal> {
        let sum = body.iter().map(|&octet| u64::from(octet)).sum::<u64>();
        assert_eq!(self.hash, sum);
        if self.expected == Some(sum) {
            Verdict::Admit(ada())
        } else {
            Verdict::Refuse(Refusal::wrong("another body"))
        }
    }
}

/// A chunk is its length, its sum, and its octets. One of no octets is the last. A chunk of the octet `!` panics.
pub(crate) struct Chunks {
    ended: bool,
    /// The length and the sum of a chunk that has begun.
    begun: Option<[u8; 2]>,
    length: Option<u64>,
}

impl Chunks {
    fn new(length: Option<u64>) -> Self {
        Self {
            ended: false,
            begun: None,
            length,
        }
    }

    /// Consumes how a chunk begins, and releases nothing.
    fn begin(&mut self, octets: &mut BytesMut) -> Option<Bytes> {
        if self.ended || octets.len() < 2 {
            return None;
        }
        self.begun = Some([octets.get_u8(), octets.get_u8()]);
        Some(Bytes::new())
    }
}

pub(crate) const LARGEST: usize = 64;

/// `octets` as a chunk.
pub(crate) fn chunk(octets: impl AsRef<[u8]>) -> Vec<u8> {
    let octets = octets.as_ref();
    let length = u8::try_from(octets.len()).unwrap();
    let mut chunk = vec![length, sum(octets)];
    chunk.extend_from_slice(octets);
    chunk
}

fn sum(octets: &[u8]) -> u8 {
    octets.iter().fold(0, |sum, octet| octet.wrapping_add(sum))
}

impl VerifyChunks for Chunks {
    fn max_chunk_len(&self) -> usize {
        LARGEST
    }

    fn decoded_len(&self) -> Option<u64> {
        self.length
    }

    fn push(&mut self, octets: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        let Some([length, claimed]) = self.begun else {
            return Ok(self.begin(octets));
        };
        let length = usize::from(length);
        if octets.len() < length {
            return Ok(None);
        }
        let octets = octets.split_to(length).freeze();
        assert_ne!(&octets[..], b"!");
        (self.begun, self.ended) = (None, length == 0);
        if sum(&octets) == claimed {
            Ok(Some(octets))
        } else {
            Err(Refusal::wrong("another chunk"))
        }
    }

    fn finish(
        &mut self,
        rest: BytesMut,
        trailers: Option<HeaderMap>,
    ) -> Result<Option<HeaderMap>, Refusal> {
        if !rest.is_empty() || !self.ended {
            return Err(Refusal::malformed("it ends in the middle"));
        }
        let signed = trailers.filter(|trailers| trailers.contains_key("signed"));
        Ok(signed)
    }
}

pub(crate) fn request<B>(credentials: &str, body: B) -> Request<B> {
    let request = Request::post("/").header(AUTHORIZATION, credentials);
    request.body(body).unwrap()
}

/// What was decided, why, and whether it is known who called.
type Decided = (AuditOutcome, &'static str, bool);

/// What an audit heard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Decided>>>);

impl Heard {
    pub(crate) fn audit(&self) -> impl Fn(&AuditEvent<'_>) + Send + Sync + 'static {
        let heard = Arc::clone(&self.0);
        move |event| {
            let known = event
                .identity
                .is_some_and(<dyn Any + Send + Sync>::is::<Principal>);
            let event = (event.outcome, event.text, known);
            heard.lock().unwrap().push(event);
        }
    }

    pub(crate) fn all(&self) -> Vec<Decided> {
        self.0.lock().unwrap().clone()
    }
}

/// Grants every attempt, and counts how they ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted(Arc<Mutex<Vec<throttle::AttemptOutcome>>>);

impl Counted {
    pub(crate) fn settled(&self) -> Vec<throttle::AttemptOutcome> {
        self.0.lock().unwrap().clone()
    }
}

impl Throttle for Counted {
    fn reserve(
        &self,
        _: Option<&ClaimedAccount<'_>>,
        _: &Client,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>> {
        NowOrLater::now(Ok(Reservation::Granted(ThrottleTicket::default())))
    }

    fn settle(&self, _: ThrottleTicket, outcome: throttle::AttemptOutcome) -> NowOrLater<()> {
        self.0.lock().unwrap().push(outcome);
        NowOrLater::now(())
    }
}

/// What came of a request.
pub(crate) type Answer = Result<Response<String>, Infallible>;

pub(crate) fn status(answer: &Answer) -> StatusCode {
    answer.as_ref().unwrap().status()
}

/// Lets time pass as soon as somebody waits for it.
pub(crate) async fn passes(clock: &ManualClock, time: Duration) {
    while clock.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
    clock.advance(time);
}
