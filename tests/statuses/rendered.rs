//! The rows of the table that need a renderer, a switch, a limit, or another layer around this one.

use std::convert::Infallible;
use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_TYPE, EXPECT, LOCATION, ORIGIN, VARY,
    WWW_AUTHENTICATE,
};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::BodyExt;
use tower::{Layer as _, Service, ServiceExt};
use tower_challenge::clock::ManualClock;
use tower_challenge::respond::{LoginRedirect, NotFound, ProblemJson, Respond};
use tower_challenge::scheme::{Basic, Bearer};
use tower_challenge::{DrainBody, NowOrLater, Principal, RequestHead, RequireAuth, Secret};
use tower_http::cors::CorsLayer;

use crate::support::probe::REACHED;
use crate::support::{
    Body, Kind, Layer, PASSWORD, Probe, TOKEN, TestRequest, TestServer, USER, WRONG, get, run,
};

/// The parts of a response that the table describes.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    /// Sends `request` to `service`.
    fn of<S, B>(service: S, request: Request<B>) -> Self
    where
        S: Service<Request<B>, Response = Response<Body>, Error = Infallible>,
    {
        let Ok(response) = run(service.oneshot(request));
        let (head, body) = response.into_parts();
        let Ok(body) = run(body.collect());
        Self {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        }
    }

    pub(crate) fn is_from_inside(&self) -> bool {
        self.headers.contains_key(REACHED)
    }

    fn field(&self, name: &http::HeaderName) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

type BasicVerifier = fn(&str, Secret<'_>) -> Option<Principal>;

fn basic() -> Basic<BasicVerifier> {
    let known: BasicVerifier = |user, password| {
        let is_right = user == USER && password.matches(PASSWORD);
        is_right.then(|| Principal::new(user))
    };
    Basic::new("files", known).unwrap()
}

fn auth() -> RequireAuth<Basic<BasicVerifier>> {
    RequireAuth::new(basic()).unwrap()
}

fn with_renderer(renderer: impl Respond<Body> + Clone, ask: TestRequest) -> Reply {
    let service = auth().respond_with(renderer).layer(Probe::new());
    Reply::of(service, ask.into_request())
}

/// A body that no server may read.
struct Untouchable;

impl http_body::Body for Untouchable {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        panic!("the body was read")
    }
}

/// Plays a row. Returns `None` for rows of [`crate::play`].
pub(crate) fn play(id: &str) -> Option<Reply> {
    Some(match id {
        "hide" => {
            let not_found = |_: &RequestHead<'_>| {
                let mut response = Response::new(Body::from("nothing here"));
                *response.status_mut() = StatusCode::NOT_FOUND;
                response
            };
            let refused = with_renderer(NotFound::new(not_found), get("/").basic(USER, WRONG));
            let absent = with_renderer(NotFound::new(not_found), get("/"));
            assert_eq!(
                (&refused.headers, &refused.body),
                (&absent.headers, &absent.body)
            );
            assert!(!absent.headers.contains_key(WWW_AUTHENTICATE));
            absent
        }
        "redirect" => {
            let page = get("/").field("sec-fetch-mode", "navigate");
            let page = page.field("sec-fetch-dest", "document");
            let reply = with_renderer(LoginRedirect::to("/login").unwrap(), page);
            assert!(reply.field(&LOCATION).starts_with("/login?"));
            let script = get("/").field(ACCEPT.as_str(), "application/json");
            let script = with_renderer(LoginRedirect::to("/login").unwrap(), script);
            assert_eq!(script.status, 401, "only a person is redirected");
            reply
        }
        "problem" => {
            let reply = with_renderer(ProblemJson, get("/").basic(USER, WRONG));
            assert_eq!(reply.field(&CONTENT_TYPE), "application/problem+json");
            let problem: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
            assert_eq!(problem["status"], reply.status.as_u16());
            let body = String::from_utf8_lossy(&reply.body);
            assert!(!body.contains(USER) && !body.contains(WRONG), "{body}");
            reply
        }
        "xhr-prompt" => {
            let layer = RequireAuth::new(basic().hide_from_scripts()).unwrap();
            let script = get("/").field("sec-fetch-mode", "cors").into_request();
            let reply = Reply::of(layer.layer(Probe::new()), script);
            assert!(
                reply.field(&WWW_AUTHENTICATE).starts_with("xBasic "),
                "a scheme for which no browser asks"
            );
            reply
        }
        "validator-timeout" => after_the_deadline(),
        "too-large" => {
            let long = get("/").bearer(&"x".repeat(16 * 1024));
            let all = TestServer::of(&[Kind::Digest, Kind::Bearer, Kind::Basic]);
            all.ask(long).is_malformed().into()
        }
        "options-preflight" => {
            let preflight = TestRequest::new("OPTIONS", "/")
                .field(ORIGIN.as_str(), "https://a.example")
                .field(ACCESS_CONTROL_REQUEST_METHOD.as_str(), "PUT");
            let request = preflight.into_request();
            let alone = Reply::of(auth().layer(Probe::new()), request.clone());
            assert_eq!(alone.status, 401);
            let probe = Probe::new();
            let reply = Reply::of(
                CorsLayer::permissive().layer(auth().layer(probe.clone())),
                request,
            );
            assert_eq!(probe.calls(), 0, "the CORS layer answers by itself");
            reply
        }
        "cors-401" => {
            let cors = CorsLayer::new().allow_origin(["https://a.example".parse().unwrap()]);
            let service = cors.layer(auth().expose_to_scripts().layer(Probe::new()));
            let ask = get("/").field(ORIGIN.as_str(), "https://a.example");
            let reply = Reply::of(service, ask.into_request());
            let exposed = reply.field(&ACCESS_CONTROL_EXPOSE_HEADERS);
            assert!(exposed.contains("www-authenticate"), "{exposed}");
            assert_eq!(
                reply.field(&ACCESS_CONTROL_ALLOW_ORIGIN),
                "https://a.example"
            );
            reply
        }
        "vary" => {
            let ask = |request| TestServer::tuned(&[Kind::Bearer], Layer::optional).ask(request);
            let without: Reply = ask(get("/")).is_anonymous().into();
            let with: Reply = ask(get("/").bearer(TOKEN)).is_admitted_as(USER).into();
            for reply in [&without, &with] {
                assert_eq!(reply.field(&VARY).to_ascii_lowercase(), "authorization");
            }
            with
        }
        "expect-continue" => {
            let request = Request::put("/").header(EXPECT, "100-continue");
            let schemes = (
                basic(),
                Bearer::new("files", |_: Secret<'_>| None::<Principal>).unwrap(),
            );
            let layer = RequireAuth::new(schemes).unwrap();
            let reply = Reply::of(
                layer.layer(Probe::new()),
                request.body(Untouchable).unwrap(),
            );
            let lines = reply.headers.get_all(WWW_AUTHENTICATE).iter();
            let lines = lines.map(|line| line.to_str().unwrap()).collect::<Vec<_>>();
            assert!(
                lines[0].starts_with("Basic ") && lines[1].starts_with("Bearer "),
                "one line for each challenge, in the configured order: {lines:?}"
            );
            reply
        }
        "body-unread" => {
            let request = || Request::put("/").body(Untouchable).unwrap();
            let alone = Reply::of(auth().layer(Probe::new()), request());
            assert_eq!(alone.status, 401);
            let timer = ManualClock::new(SystemTime::UNIX_EPOCH);
            let (body, read) = Counted::of(3);
            let drains = DrainBody::new(timer).layer(auth().layer(Probe::new()));
            let reply = Reply::of(drains, Request::put("/").body(body).unwrap());
            assert_eq!(read.load(Ordering::SeqCst), 3);
            reply
        }
        _ => return None,
    })
}

/// The answer of a layer whose verifier hangs, at the deadline of five seconds.
fn after_the_deadline() -> Reply {
    let hangs = |_: Secret<'_>| {
        NowOrLater::later(pending::<
            Result<Option<Principal>, tower_challenge::Unavailable>,
        >())
    };
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let limit = Duration::from_secs(5);
    let layer = RequireAuth::new(Bearer::new("files", hangs).unwrap()).unwrap();
    let service = layer.deadline(limit, clock.clone()).layer(Probe::new());
    let ask = get("/").field(AUTHORIZATION.as_str(), "Bearer t");
    let mut response = pin!(service.oneshot(ask.into_request()));
    let mut context = Context::from_waker(Waker::noop());
    assert!(response.as_mut().poll(&mut context).is_pending());
    clock.advance(limit);
    let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut context) else {
        panic!("the request still waits after the deadline")
    };
    let (head, _) = response.into_parts();
    Reply {
        status: head.status,
        headers: head.headers,
        body: Bytes::new(),
    }
}

/// A body that counts its frames as the server reads them.
struct Counted {
    left: usize,
    read: Arc<AtomicUsize>,
}

impl Counted {
    fn of(frames: usize) -> (Self, Arc<AtomicUsize>) {
        let read = Arc::default();
        let body = Self {
            left: frames,
            read: Arc::clone(&read),
        };
        (body, read)
    }
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        self.read.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))))
    }
}
