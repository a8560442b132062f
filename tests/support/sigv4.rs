//! A server that requires AWS signatures, and a client that signs requests without the code of this crate.

#![expect(
    clippy::must_use_candidate,
    reason = "a test uses only those parts of an answer that it checks"
)]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Write;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body::Frame;
use http_body_util::{BodyExt, Full};
use sha2::{Digest, Sha256};
use tower::{ServiceExt, service_fn};
use tower_challenge::client::ClientResolver;
use tower_challenge::clock::ManualClock;
use tower_challenge::scheme::SigV4;
use tower_challenge::scheme::sigv4::{AccessKey, AccessKeys, CredentialScope, SigV4Builder};
use tower_challenge::throttle::AttemptOutcome;
use tower_challenge::{Authenticated, Principal, RequireAuth};
use tower_layer::Layer;

use super::canary::{REALM, assert_free};
use super::run::run;
use super::watch::{RecordedEvent, Recording, RecordingAudit, RecordingThrottle};

/// The id of the long-term access key.
pub const KEY_ID: &str = "AKIDMUFASA";
/// The secret of the long-term access key.
pub const SECRET: &str = "C4NARY/secret+of/mufasa";
/// The id of the temporary access key.
pub const TEMPORARY_ID: &str = "ASIANALA";
/// The secret of the temporary access key.
pub const TEMPORARY_SECRET: &str = "C4NARY/secret+of/nala";
/// The session token that must come with the temporary access key.
pub const SESSION_TOKEN: &str = "C4NARY//session//token==";
/// The time of the clock.
pub const NOW: &str = "20240703T094640Z";
/// The time of the clock in seconds since 1970.
const NOW_SECONDS: u64 = 1_720_000_000;
/// The host of the requests.
pub const HOST: &str = "bucket.example.org";

/// A table of access keys that records its calls.
pub type Keys = Recording<AccessKeys>;

/// A test bench for signed requests: the layer around an inner service that reads the body, with recording
/// dependencies.
#[derive(Debug)]
pub struct SignedStand {
    /// The clock of the scheme.
    pub clock: ManualClock,
    /// The calls of the table of access keys.
    pub asked: Arc<Mutex<Vec<String>>>,
    ear: RecordingAudit,
    tally: RecordingThrottle,
    seen: Arc<Mutex<Vec<Seen>>>,
    layer: RequireAuth<SigV4<Keys>>,
}

/// A request that the inner service has received, with the body that it could read.
#[derive(Debug)]
pub struct Seen {
    /// The request without its body.
    pub head: Parts,
    /// The body up to its end or its error.
    pub body: Vec<u8>,
    /// The trailers of the body.
    pub trailers: Option<HeaderMap>,
    /// Whether the body ended without an error.
    pub is_whole: bool,
}

/// The response to a request, and the records of the dependencies.
#[derive(Debug)]
pub struct Answered {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The requests that the inner service received.
    pub seen: Vec<Seen>,
    /// The events of the audit.
    pub heard: Vec<RecordedEvent>,
    /// The calls of the table of access keys.
    pub asked: Vec<String>,
    /// The outcome with which each attempt was settled.
    pub settled: Vec<AttemptOutcome>,
    /// The account of each attempt that the throttle reserved.
    pub reserved: Vec<Option<String>>,
}

impl SignedStand {
    /// Makes a server for this AWS service, with the defaults.
    pub fn of(service: &str) -> Self {
        Self::tuned(service, |builder| builder)
    }

    /// Makes the same server, and changes the builder of the scheme with `tune`.
    pub fn tuned(
        service: &str,
        tune: impl FnOnce(SigV4Builder<Keys>) -> SigV4Builder<Keys>,
    ) -> Self {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW_SECONDS);
        let (clock, asked) = (ManualClock::new(start), Arc::default());
        let scope = CredentialScope {
            region: "us-east-1",
            service,
        };
        let keys = Recording::new(keys(), &asked);
        let builder = SigV4::builder(REALM, scope, keys, clock.clone());
        let (ear, tally) = (RecordingAudit::default(), RecordingThrottle::default());
        let layer = RequireAuth::new(tune(builder).build().unwrap()).unwrap();
        Self {
            clock,
            asked,
            layer: layer.audit(ear.clone()).throttle(tally.clone()),
            ear,
            tally,
            seen: Arc::default(),
        }
    }

    /// Finds the client of a request with `resolver`.
    pub fn behind(mut self, resolver: ClientResolver) -> Self {
        self.layer = self.layer.client(resolver);
        self
    }

    /// Sends a request whose body is one frame.
    pub fn send(&self, request: Request<Bytes>) -> Answered {
        let (head, body) = request.into_parts();
        self.send_frames(Request::from_parts(head, Frames::of([body])))
    }

    /// Sends a request whose body has several frames.
    pub fn send_frames(&self, request: Request<Frames>) -> Answered {
        self.send_body(request)
    }

    /// Sends a request with any body, and asserts the rules that hold for every answer.
    pub fn send_body<B>(&self, request: Request<B>) -> Answered
    where
        B: http_body::Body<Data = Bytes, Error = Infallible> + Unpin + Send + 'static,
    {
        self.forget();
        let seen = Arc::clone(&self.seen);
        let inner = service_fn(move |request| inner(Arc::clone(&seen), request));
        let service = self.layer.clone().layer(inner);
        let Ok(response) = run(service.oneshot(request));
        let (head, body) = response.into_parts();
        let Ok(body) = run(body.collect());
        assert_free("the body", &body.to_bytes());
        let answered = Answered {
            status: head.status,
            headers: head.headers,
            seen: std::mem::take(&mut self.seen.lock().unwrap()),
            heard: self.ear.take(),
            asked: std::mem::take(&mut self.asked.lock().unwrap()),
            settled: self.tally.take_settled(),
            reserved: self.tally.take_reserved(),
        };
        answered.check();
        answered
    }

    fn forget(&self) {
        let _ = (self.ear.take(), self.tally.take_reserved());
        let _ = self.tally.take_settled();
        self.asked.lock().unwrap().clear();
    }
}

fn keys() -> AccessKeys {
    let long_term = AccessKey::new(SECRET, Principal::new("mufasa"));
    let temporary = AccessKey::new(TEMPORARY_SECRET, Principal::new("nala"));
    let temporary = temporary.with_session_token(SESSION_TOKEN);
    let keys = [(KEY_ID, long_term), (TEMPORARY_ID, temporary)];
    AccessKeys::from_keys(keys.map(|(id, key)| (id.to_owned(), key))).unwrap()
}

type Answering = Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>, Infallible>>>>;

/// The inner service: it reads the body, and answers `200` even if the body fails. The layer must replace that
/// response.
fn inner<B>(seen: Arc<Mutex<Vec<Seen>>>, request: Request<B>) -> Answering
where
    B: http_body::Body<Data = Bytes> + Unpin + 'static,
{
    Box::pin(async move {
        let (head, mut body) = request.into_parts();
        let caller = head.extensions.get::<Authenticated<Principal>>();
        let name = caller.unwrap().name().to_owned();
        let mut request = Seen {
            head,
            body: Vec::new(),
            trailers: None,
            is_whole: true,
        };
        while let Some(frame) = body.frame().await {
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => request.body.extend_from_slice(&data),
                Ok(Err(frame)) => request.trailers = frame.into_trailers().ok(),
                Err(_) => {
                    request.is_whole = false;
                    break;
                }
            }
        }
        seen.lock().unwrap().push(request);
        let mut response = Response::new(Full::default());
        let name = HeaderValue::from_str(&name).unwrap();
        response.headers_mut().insert("x-reached", name);
        Ok(response)
    })
}

impl Answered {
    fn check(&self) {
        for heard in &self.heard {
            assert_free("the audit", heard.shown.as_bytes());
        }
        assert!(!self.heard.is_empty(), "a decision makes an event");
        if !self.is_from_inside() {
            assert_eq!(self.headers["cache-control"], "no-store");
            let whole = self.seen.iter().filter(|request| request.is_whole);
            assert_eq!(
                whole.count(),
                0,
                "the layer refused a request whose body the inner service read without an error"
            );
        }
    }

    fn is_from_inside(&self) -> bool {
        self.headers.contains_key("x-reached")
    }

    /// Returns the reason of the decision, as the audit received it.
    pub fn reason(&self) -> &'static str {
        self.heard.last().unwrap().text
    }

    /// Asserts that the layer admitted the request as `name`, and returns the request that the inner service received.
    #[track_caller]
    pub fn admits(mut self, name: &str) -> Seen {
        assert_eq!(self.status, 200, "{}", self.reason());
        assert_eq!(self.headers["x-reached"], name);
        let seen = self.seen.pop().unwrap();
        assert!(seen.is_whole);
        seen
    }

    /// Asserts a refusal with this status, and that the inner service was not called.
    #[track_caller]
    pub fn refuses(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.reason());
        assert!(self.seen.is_empty(), "{}", self.reason());
        self.has_challenge_if_401(status)
    }

    /// Asserts a refusal with this status while the inner service reads the body.
    #[track_caller]
    pub fn cuts_off(&self, status: u16) -> &Seen {
        assert_eq!(self.status, status, "{}", self.reason());
        assert_eq!(self.seen.len(), 1, "{}", self.reason());
        assert!(!self.seen[0].is_whole);
        &self.seen[0]
    }

    #[track_caller]
    fn has_challenge_if_401(&self, status: u16) -> &Self {
        let challenge = self.headers.get("www-authenticate");
        assert_eq!(challenge.is_some(), status == 401, "{}", self.reason());
        self
    }
}

/// A body of several frames.
#[derive(Debug, Default)]
pub struct Frames {
    data: VecDeque<Bytes>,
    trailers: Option<HeaderMap>,
}

impl Frames {
    /// Makes a body of these frames.
    pub fn of(pieces: impl IntoIterator<Item = Bytes>) -> Self {
        let data = pieces
            .into_iter()
            .filter(|piece| !piece.is_empty())
            .collect();
        let trailers = None;
        Self { data, trailers }
    }

    /// Cuts a body into frames of `size` bytes.
    pub fn cut(body: &Bytes, size: usize) -> Self {
        Self::of(body.chunks(size).map(Bytes::copy_from_slice))
    }

    /// Adds trailers.
    pub fn trailers(mut self, trailers: HeaderMap) -> Self {
        self.trailers = Some(trailers);
        self
    }
}

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = self.data.pop_front().map(Frame::data);
        let frame = data.or_else(|| self.trailers.take().map(Frame::trailers));
        Poll::Ready(frame.map(Ok))
    }
}

/// Makes a request for [`HOST`] without a signature.
pub fn ask(method: &str, target: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    let mut request = Request::new(body.into());
    *request.method_mut() = method.parse().unwrap();
    *request.uri_mut() = target.parse().unwrap();
    with(request, "host", HOST)
}

/// Adds a line of a field to a request.
pub fn with<B>(mut request: Request<B>, name: &'static str, value: &str) -> Request<B> {
    let value = HeaderValue::from_str(value).unwrap();
    request.headers_mut().append(name, value);
    request
}

/// Replaces a field of a request.
pub fn instead<B>(mut request: Request<B>, name: &'static str, value: &str) -> Request<B> {
    request.headers_mut().remove(name);
    with(request, name, value)
}

/// A client that signs requests. A test can set each part of the signature, also to a wrong value.
#[derive(Clone, Debug)]
#[expect(
    missing_docs,
    reason = "the fields have the names of the specification"
)]
pub struct Signer {
    pub id: String,
    pub secret: String,
    pub token: Option<String>,
    pub region: String,
    pub service: String,
    pub date: String,
    /// The day of the scope, if it differs from that of the date.
    pub day: Option<String>,
    pub terminator: String,
    /// The text to sign in place of the hash of the body.
    pub payload: Option<String>,
    /// The names of fields that the client does not sign.
    pub unsigned: Vec<&'static str>,
}

impl Signer {
    /// Makes a client that signs with [`KEY_ID`].
    pub fn of(service: &str) -> Self {
        Self {
            id: KEY_ID.to_owned(),
            secret: SECRET.to_owned(),
            token: None,
            region: "us-east-1".to_owned(),
            service: service.to_owned(),
            date: NOW.to_owned(),
            day: None,
            terminator: "aws4_request".to_owned(),
            payload: None,
            unsigned: Vec::new(),
        }
    }

    /// Makes a client that signs with the temporary access key.
    pub fn temporary(service: &str) -> Self {
        Self {
            id: TEMPORARY_ID.to_owned(),
            secret: TEMPORARY_SECRET.to_owned(),
            token: Some(SESSION_TOKEN.to_owned()),
            ..Self::of(service)
        }
    }

    /// Signs `payload` in place of the hash of the body, for example `UNSIGNED-PAYLOAD`.
    pub fn payload(mut self, payload: &str) -> Self {
        self.payload = Some(payload.to_owned());
        self
    }

    fn scope(&self) -> String {
        let day = self.day.as_deref().unwrap_or(&self.date[..8]);
        let (region, service) = (&self.region, &self.service);
        format!("{day}/{region}/{service}/{}", self.terminator)
    }

    fn key(&self) -> Vec<u8> {
        let first = format!("AWS4{}", self.secret).into_bytes();
        let scope = self.scope();
        scope.split('/').fold(first, |key, part| mac(&key, part))
    }

    /// Signs a request in the field `Authorization`.
    pub fn sign(&self, mut request: Request<Bytes>) -> Request<Bytes> {
        let hash = hex(&Sha256::digest(request.body()));
        let payload = self.payload.clone().unwrap_or(hash);
        request = instead(request, "x-amz-date", &self.date);
        if self.service == "s3" || self.payload.is_some() {
            request = instead(request, "x-amz-content-sha256", &payload);
        }
        if let Some(token) = &self.token {
            request = instead(request, "x-amz-security-token", token);
        }
        let names = self.names(&request);
        let query = canonical_query(request.uri().query().unwrap_or_default());
        let signature = self.signature(&request, &query, &names, &payload);
        let field = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={names}, Signature={signature}",
            self.id,
            self.scope(),
        );
        instead(request, "authorization", &field)
    }

    /// Signs a request in its query, as a presigned URL.
    pub fn presign(&self, mut request: Request<Bytes>, expires: &str) -> Request<Bytes> {
        let names = self.names(&request);
        let mut query = request
            .uri()
            .query()
            .map_or_else(String::new, |query| format!("{query}&"));
        let credential = format!("{}/{}", self.id, self.scope()).replace('/', "%2F");
        let (date, list) = (&self.date, names.replace(';', "%3B"));
        write!(
            query,
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={date}\
             &X-Amz-Expires={expires}&X-Amz-SignedHeaders={list}"
        )
        .unwrap();
        if let Some(token) = &self.token {
            let token = token.replace('/', "%2F").replace('=', "%3D");
            write!(query, "&X-Amz-Security-Token={token}").unwrap();
        }
        let hash = hex(&Sha256::digest(request.body()));
        let default = if self.service == "s3" {
            "UNSIGNED-PAYLOAD"
        } else {
            &hash
        };
        let payload = self.payload.as_deref().unwrap_or(default);
        let signature = self.signature(&request, &canonical_query(&query), &names, payload);
        let target = format!(
            "{}?{query}&X-Amz-Signature={signature}",
            request.uri().path()
        );
        *request.uri_mut() = target.parse::<Uri>().unwrap();
        request
    }

    fn names<B>(&self, request: &Request<B>) -> String {
        let names = request.headers().keys().map(http::HeaderName::as_str);
        let names = names.filter(|name| !self.unsigned.contains(name) && *name != "authorization");
        let mut names = names.collect::<Vec<_>>();
        names.sort_unstable();
        names.join(";")
    }

    fn signature<B>(
        &self,
        request: &Request<B>,
        query: &str,
        names: &str,
        payload: &str,
    ) -> String {
        let path = request.uri().path();
        let path = if self.service == "s3" {
            path.to_owned()
        } else {
            path.replace('%', "%25")
        };
        let mut text = format!("{}\n{path}\n{query}\n", request.method());
        for name in names.split(';').filter(|name| !name.is_empty()) {
            let lines = request.headers().get_all(name).iter();
            let lines = lines.map(|value| {
                value
                    .to_str()
                    .unwrap()
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
            });
            writeln!(text, "{name}:{}", lines.collect::<Vec<_>>().join(",")).unwrap();
        }
        write!(text, "\n{names}\n{payload}").unwrap();
        self.sign_text("AWS4-HMAC-SHA256", &hex(&Sha256::digest(text)))
    }

    fn sign_text(&self, algorithm: &str, rest: &str) -> String {
        let text = format!("{algorithm}\n{}\n{}\n{rest}", self.date, self.scope());
        hex(&mac(&self.key(), &text))
    }

    /// Frames and signs `chunks`. Returns the body and the last signature.
    pub fn chunks(&self, seed: &str, chunks: &[&[u8]]) -> (Vec<u8>, String) {
        let (mut body, mut before) = (Vec::new(), seed.to_owned());
        for data in chunks {
            let rest = format!(
                "{before}\n{}\n{}",
                hex(&Sha256::digest(b"")),
                hex(&Sha256::digest(data))
            );
            before = self.sign_text("AWS4-HMAC-SHA256-PAYLOAD", &rest);
            body.extend(format!("{:x};chunk-signature={before}\r\n", data.len()).bytes());
            body.extend_from_slice(data);
            // The last chunk is empty. The trailer or the final line break follows it, which the caller adds.
            if !data.is_empty() {
                body.extend_from_slice(b"\r\n");
            }
        }
        (body, before)
    }

    /// Returns the lines of a trailer with its signature.
    pub fn trailer(&self, before: &str, name: &str, value: &str) -> String {
        let hash = hex(&Sha256::digest(format!("{name}:{value}\n")));
        let signature = self.sign_text("AWS4-HMAC-SHA256-TRAILER", &format!("{before}\n{hash}"));
        format!("{name}:{value}\r\nx-amz-trailer-signature:{signature}\r\n\r\n")
    }
}

/// Returns the signature in the field `Authorization` of a request.
pub fn signature_of<B>(request: &Request<B>) -> String {
    let field = request.headers()["authorization"].to_str().unwrap();
    field.rsplit_once("Signature=").unwrap().1.to_owned()
}

fn canonical_query(query: &str) -> String {
    let mut pairs = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (name.replace('+', "%2B"), value.replace('+', "%2B"))
        });
    let mut pairs = pairs.by_ref().collect::<Vec<_>>();
    pairs.sort();
    let pairs = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

fn mac(key: &[u8], text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_ref());
    mac.finalize().into_bytes().to_vec()
}

/// Returns bytes in hexadecimal, in lower case.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
