//! A minimal scheme that verifies bodies by the sum of their bytes.

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

/// The scheme of these tests. Its scheme names are the kinds of checks:
///
/// - `JudgeWhole 195` admits a body whose bytes have the sum 195, with `BodyCheck::judge_whole`.
/// - `JudgeHash 195` does the same, and adds the bytes up while they arrive.
/// - `VerifyWhole 195` verifies the same sum with `BodyCheck::verify_whole`.
/// - `VerifyChunks 4` verifies a body in chunks that release 4 bytes altogether, with `BodyCheck::verify_chunks`.
/// - `VerifyChunks unknown` does the same for any length.
/// - `VerifyNothing ok` asks a verifier that neither consumes nor releases a byte.
/// - `BodyUnread ok` admits without reading the body.
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
        challenges.push(Challenge::builder(name("JudgeWhole")).build().unwrap());
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
        let credentials = |scheme| attempt.credentials(name(scheme));
        let number = |credentials: Credentials<'_>| {
            credentials
                .token68()
                .unwrap_or_default()
                .parse::<u64>()
                .ok()
        };
        let verdict = if let Some(claimed) = credentials("JudgeWhole") {
            Verdict::ReadBody(whole(self.limits.clone(), number(claimed)))
        } else if let Some(claimed) = credentials("JudgeHash") {
            let judge = Hashed {
                hash: 0,
                expected: number(claimed),
            };
            Verdict::ReadBody(BodyCheck::judge_whole(self.limits.clone(), judge))
        } else if let Some(claimed) = credentials("VerifyWhole") {
            let sum = number(claimed);
            Verdict::ReadBody(BodyCheck::verify_whole(
                self.limits.clone(),
                ada(),
                compared(sum),
            ))
        } else if let Some(claimed) = credentials("VerifyChunks") {
            let length = number(claimed);
            let (verifier, admission) = (Chunks::new(length), decoded(length));
            let check = BodyCheck::verify_chunks(self.limits.clone(), admission, verifier);
            Verdict::ReadBody(check)
        } else if credentials("VerifyNothing").is_some() {
            let check = BodyCheck::verify_chunks(self.limits.clone(), ada(), Nothing);
            Verdict::ReadBody(check)
        } else {
            credentials("BodyUnread")?;
            Verdict::Admit(ada())
        };
        Some(NowOrLater::now(Ok(verdict)))
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        attempt.breaks_grammar(name("JudgeWhole"))
    }
}

fn ada() -> Admission<Principal> {
    Admission::new(Principal::new("ada"))
}

/// An admission that sets `Content-Length` to the decoded length, and removes a field that is not signed.
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
        if Some(body.iter().map(|&byte| u64::from(byte)).sum()) == sum {
            Verdict::Admit(ada())
        } else {
            Verdict::Refuse(Refusal::wrong("body mismatch"))
        }
    })
}

fn compared(sum: Option<u64>) -> impl FnOnce(&[u8]) -> Result<(), Refusal> + Send + 'static {
    move |body| {
        assert!(!body.starts_with(b"panic"));
        let same = Some(body.iter().map(|&byte| u64::from(byte)).sum()) == sum;
        same.then_some(()).ok_or(Refusal::wrong("body mismatch"))
    }
}

/// A judge that adds the bytes up while they arrive.
struct Hashed {
    hash: u64,
    expected: Option<u64>,
}

impl JudgeBody<Verdict<Principal>> for Hashed {
    fn push(&mut self, bytes: &[u8]) {
        assert!(!bytes.starts_with(b"panic"));
        self.hash += bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>();
    }

    fn finish(self: Box<Self>, body: &[u8]) -> Verdict<Principal> {
        let sum = body.iter().map(|&byte| u64::from(byte)).sum::<u64>();
        assert_eq!(self.hash, sum);
        if self.expected == Some(sum) {
            Verdict::Admit(ada())
        } else {
            Verdict::Refuse(Refusal::wrong("body mismatch"))
        }
    }
}

/// The verifier for `VerifyChunks`. A chunk consists of its length, its sum, and its bytes. The last chunk has no
/// bytes. The verifier panics at a chunk with the byte `!`.
pub(crate) struct Chunks {
    ended: bool,
    /// The length and the sum of the current chunk, once both have arrived.
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

    /// Consumes the length and the sum of a chunk, and releases nothing.
    fn begin(&mut self, bytes: &mut BytesMut) -> Option<Bytes> {
        if self.ended || bytes.len() < 2 {
            return None;
        }
        self.begun = Some([bytes.get_u8(), bytes.get_u8()]);
        Some(Bytes::new())
    }
}

pub(crate) const LARGEST: usize = 64;

/// Frames `bytes` as a chunk.
pub(crate) fn chunk(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    let length = u8::try_from(bytes.len()).unwrap();
    let mut chunk = vec![length, sum(bytes)];
    chunk.extend_from_slice(bytes);
    chunk
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| byte.wrapping_add(sum))
}

impl VerifyChunks for Chunks {
    fn max_chunk_len(&self) -> usize {
        LARGEST
    }

    fn decoded_len(&self) -> Option<u64> {
        self.length
    }

    fn push(&mut self, bytes: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        let Some([length, claimed]) = self.begun else {
            return Ok(self.begin(bytes));
        };
        let length = usize::from(length);
        if bytes.len() < length {
            return Ok(None);
        }
        let bytes = bytes.split_to(length).freeze();
        assert_ne!(&bytes[..], b"!");
        (self.begun, self.ended) = (None, length == 0);
        if sum(&bytes) == claimed {
            Ok(Some(bytes))
        } else {
            Err(Refusal::wrong("chunk mismatch"))
        }
    }

    fn finish(
        &mut self,
        rest: BytesMut,
        trailers: Option<HeaderMap>,
    ) -> Result<Option<HeaderMap>, Refusal> {
        if !rest.is_empty() || !self.ended {
            return Err(Refusal::malformed("the body ends before the last chunk"));
        }
        let signed = trailers.filter(|trailers| trailers.contains_key("signed"));
        Ok(signed)
    }
}

/// A verifier that breaks its contract: it says that it released a chunk, and does nothing.
struct Nothing;

impl VerifyChunks for Nothing {
    fn max_chunk_len(&self) -> usize {
        LARGEST
    }

    fn push(&mut self, _: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        Ok(Some(Bytes::new()))
    }

    fn finish(
        &mut self,
        rest: BytesMut,
        _: Option<HeaderMap>,
    ) -> Result<Option<HeaderMap>, Refusal> {
        match rest.is_empty() {
            true => Ok(None),
            false => Err(Refusal::malformed("bytes are left")),
        }
    }
}

pub(crate) fn request<B>(credentials: &str, body: B) -> Request<B> {
    let request = Request::post("/").header(AUTHORIZATION, credentials);
    request.body(body).unwrap()
}

/// The outcome and the text of an event, and whether it has an identity.
type RecordedEvent = (AuditOutcome, &'static str, bool);

/// An audit that records the events.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordingAudit(Arc<Mutex<Vec<RecordedEvent>>>);

impl RecordingAudit {
    /// Returns the audit for the layer.
    pub(crate) fn recorder(&self) -> impl Fn(&AuditEvent<'_>) + Send + Sync + 'static {
        let events = Arc::clone(&self.0);
        move |event| {
            let has_identity = event
                .identity
                .is_some_and(<dyn Any + Send + Sync>::is::<Principal>);
            let event = (event.outcome, event.text, has_identity);
            events.lock().unwrap().push(event);
        }
    }

    pub(crate) fn events(&self) -> Vec<RecordedEvent> {
        self.0.lock().unwrap().clone()
    }
}

/// A throttle that grants every attempt and records the outcomes.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordingThrottle(Arc<Mutex<Vec<throttle::AttemptOutcome>>>);

impl RecordingThrottle {
    pub(crate) fn outcomes(&self) -> Vec<throttle::AttemptOutcome> {
        self.0.lock().unwrap().clone()
    }
}

impl Throttle for RecordingThrottle {
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

/// The response to a request.
pub(crate) type Answer = Result<Response<String>, Infallible>;

pub(crate) fn status(answer: &Answer) -> StatusCode {
    answer.as_ref().unwrap().status()
}

/// Advances the clock as soon as the server sleeps by it.
pub(crate) async fn passes(clock: &ManualClock, time: Duration) {
    while clock.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
    clock.advance(time);
}
