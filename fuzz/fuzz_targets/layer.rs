//! Sends arbitrary requests to the whole layer.
//!
//! The layer must not panic, must answer with a status that its specification allows, and must admit a request only if
//! the oracle `may_enter` says so.
#![no_main]

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

use http::header::{
    AUTHORIZATION, HeaderName, HeaderValue, SEC_WEBSOCKET_PROTOCOL, WWW_AUTHENTICATE,
};
use http::{Method, Request, Response, Uri};
use libfuzzer_sys::fuzz_target;
use tower_challenge::audit::AuditEvent;
use tower_challenge::password::OneAccount;
use tower_challenge::scheme::bearer::{StaticTokens, WebSocketBearer};
use tower_challenge::scheme::digest::{ClientQuirk, DigestAccounts, DigestAlgorithm};
use tower_challenge::scheme::{Basic, Bearer, Digest};
use tower_challenge::{Principal, RequireAuth, RequireAuthService};
use tower_layer::Layer;
use tower_service::Service;

type Schemes = (
    Digest<DigestAccounts>,
    WebSocketBearer<StaticTokens>,
    Basic<OneAccount>,
);

/// The inner service. Only admitted requests reach it.
#[derive(Clone)]
struct Inner;

impl Service<Request<()>> for Inner {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let offered = offered(&request);
        assert!(offered.is_none(), "the handler sees a token: {offered:?}");
        ready(Ok(Response::new(())))
    }
}

static SERVICE: LazyLock<RequireAuthService<Inner, Schemes>> = LazyLock::new(|| {
    let accounts = DigestAccounts::new("r", [("ada", "lovelace")]).expect("an account");
    let digest = Digest::builder("r", accounts.clone())
        .algorithms(DigestAlgorithm::ALL)
        .session_algorithms(DigestAlgorithm::ALL)
        .legacy_md5()
        .legacy_rfc2069()
        .userhash(accounts)
        .tolerate(ClientQuirk::AndroidNonceCount)
        .tolerate(ClientQuirk::AndroidUri)
        .tolerate(ClientQuirk::InternetExplorerUri)
        .tolerate(ClientQuirk::RequestsUsername)
        .tolerate(ClientQuirk::UnescapedUsername);
    let tokens = StaticTokens::new().expect("random bytes");
    let tokens = tokens
        .token("t0ken", Principal::new("ada"))
        .expect("a token");
    let basic = OneAccount::new("ada", "lovelace").expect("an account");
    let schemes = (
        digest.build().expect("a realm"),
        WebSocketBearer::new(Bearer::new("r", tokens).expect("a realm")),
        Basic::new("r", basic).expect("a realm"),
    );
    let auth = RequireAuth::new(schemes).expect("challenges");
    auth.audit(is_one_line).layer(Inner)
});

/// Checks that the audit writes one line of bounded length, and that a client cannot forge its fields.
fn is_one_line(event: &AuditEvent<'_>) {
    let line = event.line().to_string();
    assert!(line.len() <= 2048 && !line.chars().any(char::is_control));
    let mut words = line.split(' ').skip(1);
    assert_eq!(words.next(), Some("tower_challenge"));
    assert_eq!(
        words.next(),
        Some(format!("outcome={}", event.outcome).as_str())
    );
    assert_eq!(line.matches(" outcome=").count(), 1, "{line}");
    assert_eq!(line.matches(" client=").count(), 1, "{line}");
}

/// Builds a request from lines: the method, the target, and then header fields with `:` between name and value.
fn request(data: &[u8]) -> Option<Request<()>> {
    let mut lines = data.split(|&byte| byte == b'\n');
    let mut request = Request::new(());
    *request.method_mut() = Method::from_bytes(lines.next()?).ok()?;
    *request.uri_mut() = Uri::try_from(lines.next()?).ok()?;
    for line in lines {
        let colon = line.iter().position(|&byte| byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        let value = HeaderValue::from_bytes(&line[colon + 1..]).ok()?;
        request.headers_mut().append(name, value);
    }
    Some(request)
}

/// The names behind each `bearer` among the subprotocols of a WebSocket, and `None` if there are none.
fn offered(request: &Request<()>) -> Option<Vec<&[u8]>> {
    let list = |name: &str| {
        let lines = request.headers().get_all(name).into_iter();
        let entries = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
        let entries = entries.map(<[u8]>::trim_ascii);
        entries
            .filter(|entry| !entry.is_empty())
            .collect::<Vec<_>>()
    };
    let names = |name: &str, entry: &str| {
        let entry = |one: &&[u8]| one.eq_ignore_ascii_case(entry.as_bytes());
        list(name).iter().any(entry)
    };
    let opens = names("connection", "upgrade") && names("upgrade", "websocket");
    if !opens || request.method() != Method::GET {
        return None;
    }
    let protocols = list(SEC_WEBSOCKET_PROTOCOL.as_str());
    let pairs = protocols.windows(2);
    let tokens: Vec<_> = pairs
        .filter(|pair| pair[0] == b"bearer")
        .map(|pair| pair[1])
        .collect();
    (!tokens.is_empty()).then_some(tokens)
}

/// The oracle: returns `true` if the credentials are valid, without using the code under test. The fuzzer cannot find
/// valid Digest credentials, because they need a nonce with a valid MAC.
fn may_enter(request: &Request<()>) -> bool {
    if let Some(tokens) = offered(request) {
        let protocols = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).iter();
        let marks = protocols.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
        let marks = marks.filter(|name| name.trim_ascii() == b"bearer").count();
        let is_alone = marks == 1 && !request.headers().contains_key(AUTHORIZATION);
        return is_alone && tokens == [b"t0ken"];
    }
    let mut lines = request.headers().get_all(AUTHORIZATION).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return false;
    };
    let line = line.as_bytes().trim_ascii();
    let Some(space) = line.iter().position(|&byte| byte == b' ') else {
        return false;
    };
    let (scheme, rest) = (&line[..space], line[space..].trim_ascii_start());
    match scheme.to_ascii_lowercase().as_slice() {
        b"bearer" => rest == b"t0ken",
        b"basic" => rest == b"YWRhOmxvdmVsYWNl",
        _ => false,
    }
}

fuzz_target!(|data: &[u8]| {
    let Some(request) = request(data) else {
        return;
    };
    let may_enter = may_enter(&request);
    let token_in_query = request
        .uri()
        .query()
        .is_some_and(|query| query.contains("oken"));
    let mut answer = pin!(SERVICE.clone().call(request));
    let mut cx = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = answer.as_mut().poll(&mut cx) else {
        panic!("the layer returned `Pending`, although every verifier answers at once")
    };
    match response.status().as_u16() {
        200 => assert!(may_enter, "invalid credentials were admitted"),
        // RFC 9110 section 15.5.2: a `401` has at least one challenge.
        401 => assert!(response.headers().contains_key(WWW_AUTHENTICATE)),
        400 => assert!(
            !may_enter || token_in_query,
            "valid credentials were refused"
        ),
        status => panic!("unexpected status {status}"),
    }
    if may_enter && !token_in_query {
        assert_eq!(response.status(), 200, "valid credentials were refused");
    }
});
