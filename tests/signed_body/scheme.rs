//! A scheme with the least that a body can be verified by: sums.

use std::any::Any;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use bytes::{Buf, Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderName};
use http::{HeaderMap, Request, Response, StatusCode};
use tower_challenge::audit::{Event, Outcome};
use tower_challenge::clock::ManualClock;
use tower_challenge::header::{Challenge, Credentials, SchemeName};
use tower_challenge::scheme::{
    Admission, Attempt, BodyCheck, BodyLimits, Judgement, Refusal, Scheme, SignedBody, Verdict,
    VerifyChunks,
};
use tower_challenge::{NowOrLater, Principal};

pub(crate) fn clock() -> ManualClock {
    ManualClock::new(SystemTime::UNIX_EPOCH)
}

/// `Whole 195` admits a body with this sum of octets, `Chunks 4` one in chunks that release four octets altogether, and
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
    type Reads = SignedBody;

    fn challenge(&self, _: &Attempt<'_>, challenges: &mut Vec<Challenge>) {
        challenges.push(Challenge::builder(name("Whole")).build().unwrap());
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<Judgement<Principal, SignedBody>> {
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
        } else if let Some(told) = told("Chunks") {
            let verifier = Chunks::new(said(told));
            let check = BodyCheck::stream(self.limits.clone(), decoded(said(told)), verifier);
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
    match length {
        Some(length) => ada.with_request_field(CONTENT_LENGTH, length.into()),
        None => ada.without_request_field(CONTENT_LENGTH),
    }
}

fn whole(limits: BodyLimits, sum: Option<u64>) -> BodyCheck<Principal> {
    BodyCheck::whole(limits, move |body: &[u8]| {
        assert!(!body.starts_with(b"panic"));
        if Some(body.iter().map(|&octet| u64::from(octet)).sum()) == sum {
            Verdict::Admit(ada())
        } else {
            Verdict::Refuse(Refusal::wrong("another body"))
        }
    })
}

/// A chunk is its length, its sum, and its octets. One of no octets is the last. A chunk of the letter `!` panics.
pub(crate) struct Chunks {
    ended: bool,
    length: Option<u64>,
}

impl Chunks {
    fn new(length: Option<u64>) -> Self {
        Self {
            ended: false,
            length,
        }
    }
}

pub(crate) const LARGEST: usize = 66;

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
    fn largest(&self) -> usize {
        LARGEST
    }

    fn released_length(&self) -> Option<u64> {
        self.length
    }

    fn push(&mut self, octets: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        let [length, claimed, rest @ ..] = &octets[..] else {
            return Ok(None);
        };
        let (length, claimed) = (usize::from(*length), *claimed);
        if self.ended || rest.len() < length {
            return Ok(None);
        }
        octets.advance(2);
        let octets = octets.split_to(length).freeze();
        assert_ne!(&octets[..], b"!");
        self.ended = length == 0;
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
type Decided = (Outcome, &'static str, bool);

/// What an audit heard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Decided>>>);

impl Heard {
    pub(crate) fn audit(&self) -> impl Fn(&Event<'_>) + Send + Sync + 'static {
        let heard = Arc::clone(&self.0);
        move |event| {
            let known = event
                .identity
                .is_some_and(<dyn Any + Send + Sync>::is::<Principal>);
            let event = (event.outcome, event.reason, known);
            heard.lock().unwrap().push(event);
        }
    }

    pub(crate) fn all(&self) -> Vec<Decided> {
        self.0.lock().unwrap().clone()
    }
}

/// What came of a request.
pub(crate) type Answer = Result<Response<String>, Infallible>;

pub(crate) fn status(answer: &Answer) -> StatusCode {
    answer.as_ref().unwrap().status()
}
