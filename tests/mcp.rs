//! Tests the parts of an MCP server: the scopes of each operation, and what clients find before they have a token.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::routing::{any, get};
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CACHE_CONTROL,
    CONNECTION, HOST, ORIGIN, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderMap, Method, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_challenge::audit::AuditOutcome;
use tower_challenge::clock::ManualClock;
use tower_challenge::header::Challenge;
use tower_challenge::jwt::{JwtVerifier, TokenProfile};
use tower_challenge::mcp::{self, McpBody, McpDiscovery, McpScopes, RequireMcpScopes};
use tower_challenge::password::OneAccount;
use tower_challenge::policy::{HasScopes, ScopeImplications};
use tower_challenge::resource_metadata::ResourceMetadata;
use tower_challenge::respond::Denial;
use tower_challenge::scheme::bearer::{Bearer, StaticTokens, VerifyToken};
use tower_challenge::scheme::{Basic, BodyLimits};
use tower_challenge::testing::{TestIssuer, TestToken};
use tower_challenge::{Authenticated, Principal, RequestHead, RequireAuth, Scopes, Secret};

use self::support::RecordingAudit;

const RESOURCE: &str = "https://api.example/mcp";
const DOCUMENT: &str = "/.well-known/oauth-protected-resource/mcp";

fn metadata() -> ResourceMetadata {
    metadata_of(RESOURCE)
}

fn metadata_of(resource: &str) -> ResourceMetadata {
    let builder = ResourceMetadata::builder(resource);
    let builder = builder.authorization_server("https://login.example");
    builder.build().unwrap()
}

/// A token that grants the scopes after `t.`, joined by `+`.
fn verifier(token: Secret<'_>) -> Option<Principal> {
    let granted = token.expose().strip_prefix("t.")?.replace('+', " ");
    Some(Principal::new("ada").with_scopes(&granted))
}

type Verifier = fn(Secret<'_>) -> Option<Principal>;

fn auth(scopes: &McpScopes) -> RequireAuth<Bearer<Verifier>> {
    let bearer = mcp::bearer(&metadata(), verifier as Verifier, scopes);
    RequireAuth::new(bearer.unwrap()).unwrap()
}

fn table() -> McpScopes {
    let table = McpScopes::new("read").unwrap();
    let table = table.method("resources/read", "files").unwrap();
    let table = table.method("tools/call", "tools").unwrap();
    let table = table.tool("whoami", "").unwrap();
    table.tool("put", "write read").unwrap()
}

fn timer() -> ManualClock {
    ManualClock::new(SystemTime::UNIX_EPOCH)
}

fn limits() -> BodyLimits {
    BodyLimits::new(timer())
}

/// A server that answers with the body that it gets, and the name of the caller in front.
async fn echo(request: Request<McpBody>) -> Result<Response<String>, Infallible> {
    let caller = request.extensions().get::<Authenticated<Principal>>();
    let caller = caller.map(|caller| caller.name().to_owned()).unwrap();
    let (length, body) = (request.body().size_hint().exact(), request.into_body());
    let bytes = body.collect().await?.to_bytes();
    assert_eq!(length, Some(u64::try_from(bytes.len()).unwrap()));
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    Ok(Response::new(format!("{caller}: {text}")))
}

/// Sends `body` with a token that grants `granted`.
async fn send(table: McpScopes, granted: &str, method: &str, body: &str) -> Response<String> {
    let inner = RequireMcpScopes::new(table.clone(), limits()).layer(service_fn(echo));
    let request = Request::builder()
        .method(method)
        .uri("/mcp")
        .header(AUTHORIZATION, format!("Bearer t.{granted}"))
        .body(Full::<Bytes>::from(body.to_owned()));
    let service = auth(&table).layer(inner);
    service.oneshot(request.unwrap()).await.unwrap()
}

/// The scopes that the refusal names; `None` if it has no challenge.
fn named(response: &Response<String>) -> Option<String> {
    let field = response.headers().get(WWW_AUTHENTICATE)?;
    let challenge = Challenge::parse(field.as_bytes()).unwrap();
    let param = |name| {
        challenge
            .param(name)
            .map(|value| value.to_str().unwrap().into_owned())
    };
    assert_eq!(
        param("resource_metadata"),
        Some(metadata().url().to_owned())
    );
    assert_eq!(param("error").as_deref(), Some("insufficient_scope"));
    param("scope")
}

fn call(tool: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}"}}}}"#)
}

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
const NOTIFICATION: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
const RESULT: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"method":"tools/call"}}"#;
const READ: &str = r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a"}}"#;

/// MCP 2026-07-28, authorization: "Servers SHOULD include all scopes required for the current operation in a single
/// challenge".
#[tokio::test]
async fn each_message_needs_the_scopes_of_its_operations() {
    let (whoami, put, erase) = (call("whoami"), call("put"), call("erase"));
    let batch = format!("[{PING}, {whoami}, {READ}]");
    let both = format!("[{whoami},{put}]");
    let forbidden = format!("[{PING},{erase}]");
    let unnamed = r#"{"method":"tools/call"}"#;
    let spelled = r#"{"method":"tools\u002fcall","params":{"n\u0061me":"\u0070ut"}}"#;
    // body, granted, status, scopes of the challenge
    let rows: [(&str, &str, u16, Option<&str>); 24] = [
        (PING, "read", 200, None),
        (PING, "write", 403, Some("read")),
        (NOTIFICATION, "read", 200, None),
        (NOTIFICATION, "", 403, Some("read")),
        (RESULT, "read", 200, None),
        ("", "read", 200, None),
        ("", "write", 403, Some("read")),
        ("[]", "read", 200, None),
        (READ, "read", 403, Some("read files")),
        (READ, "files", 403, Some("read files")),
        (READ, "read+files", 200, None),
        (&whoami, "read+tools", 200, None),
        (&whoami, "read", 403, Some("read tools")),
        (&put, "read+tools", 403, Some("read tools write")),
        (&put, "write", 403, Some("read tools write")),
        (&put, "read+tools+write", 200, None),
        (&erase, "read+tools+write", 403, None),
        (unnamed, "read+tools+write", 403, None),
        (spelled, "read+tools", 403, Some("read tools write")),
        (&batch, "read+tools+files", 200, None),
        (&batch, "read+tools", 403, Some("read tools files")),
        (&both, "read+tools", 403, Some("read tools write")),
        (&both, "read+tools+write", 200, None),
        (&forbidden, "read+tools+write+files", 403, None),
    ];
    for (body, granted, status, scopes) in rows {
        let response = send(table(), granted, "POST", body).await;
        assert_eq!(response.status(), status, "{granted}: {body}");
        assert_eq!(named(&response).as_deref(), scopes, "{granted}: {body}");
        if status == 200 {
            assert_eq!(*response.body(), format!("ada: {body}"), "the same bytes");
        }
    }
}

/// A server inside might read a message in a body with any method of HTTP. The layer reads it, too.
#[tokio::test]
async fn the_method_of_http_does_not_matter() {
    for method in ["GET", "PUT", "DELETE", "OPTIONS", "QUERY"] {
        let granted = "read+tools";
        let response = send(table(), granted, method, &call("put")).await;
        assert_eq!(response.status(), 403, "{method}");
        let response = send(table(), granted, method, "").await;
        assert_eq!(response.status(), 200, "{method}");
    }
}

#[tokio::test]
async fn a_tool_that_the_table_does_not_name_has_the_scopes_of_any_other_tool() {
    let open = table().any_other_tool("other").unwrap();
    let response = send(open.clone(), "read+tools", "POST", &call("erase")).await;
    assert_eq!(named(&response).as_deref(), Some("read tools other"));
    let response = send(open.clone(), "read+tools+other", "POST", &call("erase")).await;
    assert_eq!(response.status(), 200);
    let response = send(open, "read+tools+other", "POST", &call("put")).await;
    assert_eq!(named(&response).as_deref(), Some("read tools write"));
    let base = McpScopes::new("read").unwrap().any_other_tool("").unwrap();
    assert_eq!(send(base, "read", "POST", &call("x")).await.status(), 200);
}

/// MCP 2026-07-28, authorization: "Servers MUST account for scope hierarchies, where a broader scope implies narrower
/// ones, when deciding whether a token is sufficient for an operation."
#[tokio::test]
async fn a_broader_scope_suffices_for_every_operation() {
    let broader = ScopeImplications::new().implies("admin", "write read tools");
    let table = table().implied_by(broader.unwrap());
    let response = send(table.clone(), "admin", "POST", &call("put")).await;
    assert_eq!(response.status(), 200);
    let response = send(table, "admin", "POST", READ).await;
    assert_eq!(named(&response).as_deref(), Some("read files"));
}

#[tokio::test]
async fn a_body_that_is_no_message_is_refused() {
    for body in [
        "x",
        "{",
        "{}{}",
        r#"{"method":"ping","method":"tools/call"}"#,
        r#"{"method":"ping","Method":"tools/call"}"#,
        r#"{"method":"tools/call","params":["put"]}"#,
    ] {
        let response = send(table(), "read", "POST", body).await;
        assert_eq!((response.status().as_u16(), &**response.body()), (400, ""));
        assert!(response.headers().get(WWW_AUTHENTICATE).is_none());
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    }
}

#[test]
fn a_table_that_names_something_twice_or_asks_for_offline_access_is_a_config_error() {
    let base = || McpScopes::new("read").unwrap();
    for wrong in [
        McpScopes::new(""),
        McpScopes::new("re\"ad"),
        McpScopes::new("read offline_access"),
        base().tool("", "a"),
        base().tool("a", "b\\"),
        base().tool("a", "offline_access"),
        base().tool("a", "").unwrap().tool("a", "b"),
        base().method("a", "").unwrap().method("a", ""),
        base().any_other_tool("offline_access"),
    ] {
        assert!(wrong.is_err());
    }
    let tokens = StaticTokens::new().unwrap();
    let tokens = tokens.token("t", Principal::new("ada")).unwrap();
    let lonely = ResourceMetadata::builder(RESOURCE).build().unwrap();
    let error = mcp::bearer(&lonely, tokens, &base()).unwrap_err();
    assert!(
        error.to_string().contains("authorization server"),
        "{error}"
    );
}

/// A body whose frames a test sends one by one, and that says whether it was polled.
struct SlowBody {
    frames: Vec<Bytes>,
    ends: bool,
    length: Option<u64>,
    polled: Arc<AtomicBool>,
}

impl SlowBody {
    fn of(frames: &[&'static str], ends: bool) -> Self {
        let frames = frames.iter().rev();
        Self {
            frames: frames
                .map(|frame| Bytes::from_static(frame.as_bytes()))
                .collect(),
            ends,
            length: None,
            polled: Arc::default(),
        }
    }
}

impl Body for SlowBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.polled.store(true, Ordering::SeqCst);
        match self.frames.pop() {
            Some(frame) => Poll::Ready(Some(Ok(Frame::data(frame)))),
            None if self.ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.length
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn with_token<B>(token: &str, body: B) -> Request<B> {
    let request = Request::post("/mcp").header(AUTHORIZATION, format!("Bearer {token}"));
    request.body(body).unwrap()
}

/// A service of the layers with these limits, which takes a body of a test.
fn slow(
    limits: BodyLimits,
) -> impl Service<Request<SlowBody>, Response = Response<String>, Error = Infallible, Future: Send> + Clone
{
    let inner = RequireMcpScopes::new(table(), limits).layer(service_fn(echo));
    auth(&table()).layer(inner)
}

#[tokio::test]
async fn a_message_arrives_in_pieces() {
    let body = SlowBody::of(&["{\"meth", "od\":\"pi", "ng\"}"], true);
    let response = slow(limits()).oneshot(with_token("t.read", body)).await;
    assert_eq!(response.unwrap().body(), r#"ada: {"method":"ping"}"#);
}

#[tokio::test]
async fn a_message_beyond_the_limit_of_length_is_413_and_is_not_asked_for() {
    let short = || BodyLimits::new(timer()).max_length(17);
    let exact = SlowBody::of(&["{\"method\":", "\"ping\"}"], true);
    let response = slow(short()).oneshot(with_token("t.read", exact)).await;
    assert_eq!(response.unwrap().status(), 200);
    let long = SlowBody::of(&["{\"method\":", "\"ping\"}  "], true);
    let response = slow(short()).oneshot(with_token("t.read", long)).await;
    let response = response.unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    let mut announced = SlowBody::of(&["{}"], true);
    announced.length = Some(18);
    let polled = Arc::clone(&announced.polled);
    let response = slow(short()).oneshot(with_token("t.read", announced)).await;
    assert_eq!(response.unwrap().status(), 413);
    assert!(!polled.load(Ordering::SeqCst), "no `100 Continue`");
}

#[test]
fn a_client_that_sends_too_slowly_gets_408() {
    let clock = timer();
    let limits = BodyLimits::new(clock.clone()).deadline(Duration::from_secs(5));
    let body = SlowBody::of(&["{\"method\":"], false);
    let mut response = pin!(slow(limits).oneshot(with_token("t.read", body)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(response.as_mut().poll(&mut context).is_pending());
    clock.advance(Duration::from_secs(6));
    let mut polls = (0..4).map(|_| response.as_mut().poll(&mut context));
    let answered = polls.find_map(|poll| match poll {
        Poll::Ready(answered) => Some(answered.unwrap()),
        Poll::Pending => None,
    });
    let answered = answered.unwrap();
    assert_eq!(answered.status(), 408);
    assert_eq!(answered.headers()[CONNECTION], "close");
    assert_eq!(answered.headers()[CACHE_CONTROL], "no-store");
}

/// The body of a client without a good token is not read, so no anonymous client makes the server keep anything.
#[tokio::test]
async fn the_body_of_a_client_that_is_not_authenticated_is_not_read() {
    let body = SlowBody::of(&[], false);
    let polled = Arc::clone(&body.polled);
    let response = slow(limits()).oneshot(with_token("wrong", body)).await;
    assert_eq!(response.unwrap().status(), 401);
    assert!(!polled.load(Ordering::SeqCst));

    // A public request passes without a caller. The route needs one.
    let body = SlowBody::of(&[], false);
    let polled = Arc::clone(&body.polled);
    let inner = RequireMcpScopes::new(table(), limits()).layer(service_fn(echo));
    let service = auth(&table()).public(|_| true).layer(inner);
    let response = service
        .oneshot(Request::post("/mcp").body(body).unwrap())
        .await;
    assert_eq!(response.unwrap().status(), 401);
    assert!(!polled.load(Ordering::SeqCst));

    // Without a layer around it, there is no caller at all.
    let body = SlowBody::of(&[], false);
    let polled = Arc::clone(&body.polled);
    let inner = RequireMcpScopes::new(table(), limits()).layer(service_fn(echo));
    let response = inner.oneshot(with_token("t.read", body)).await.unwrap();
    assert_eq!(response.status(), 500);
    assert!(!polled.load(Ordering::SeqCst));
}

/// While a client sends slowly, others get the places of the inner service.
#[tokio::test]
async fn a_message_that_arrives_slowly_holds_no_place_in_the_server() {
    let inner = ConcurrencyLimit::new(service_fn(echo), 1);
    let inner = RequireMcpScopes::new(table(), limits()).layer(inner);
    let service = auth(&table()).layer(inner);
    let mut slow_service = service.clone();
    let body = SlowBody::of(&["{"], false);
    let ready = ServiceExt::<Request<SlowBody>>::ready(&mut slow_service);
    let ready = ready.await.unwrap();
    let mut waiting = pin!(ready.call(with_token("t.read", body)));
    let mut context = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    let other = service.oneshot(with_token("t.read", SlowBody::of(&[PING], true)));
    let answered = tokio::time::timeout(Duration::from_secs(20), other).await;
    assert_eq!(answered.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn the_refusal_is_an_event_of_the_layer_around() {
    let audit = RecordingAudit::default();
    let inner = RequireMcpScopes::new(table(), limits()).layer(service_fn(echo));
    let service = auth(&table()).audit(audit.clone()).layer(inner);
    let body = SlowBody::of(
        &[r#"{"method":"tools/call","params":{"name":"put"}}"#],
        true,
    );
    let response = service.oneshot(with_token("t.read", body)).await.unwrap();
    assert_eq!(response.status(), 403);
    let outcomes: Vec<_> = audit.take().iter().map(|event| event.outcome).collect();
    assert_eq!(outcomes, [AuditOutcome::Admitted, AuditOutcome::Forbidden]);
}

/// The documentation of the layer says so: the audit learns only that the caller was admitted.
#[tokio::test]
async fn a_body_that_is_no_message_is_no_event_of_its_own() {
    let audit = RecordingAudit::default();
    let inner = RequireMcpScopes::new(table(), limits()).layer(service_fn(echo));
    let service = auth(&table()).audit(audit.clone()).layer(inner);
    let body = SlowBody::of(&["{"], true);
    let response = service.oneshot(with_token("t.read", body)).await.unwrap();
    assert_eq!(response.status(), 400);
    let outcomes: Vec<_> = audit.take().iter().map(|event| event.outcome).collect();
    assert_eq!(outcomes, [AuditOutcome::Admitted]);
}

/// An identity of the application.
#[derive(Clone, Debug)]
struct Employee(Scopes);

impl HasScopes for Employee {
    fn scopes(&self) -> &Scopes {
        &self.0
    }
}

#[tokio::test]
async fn an_identity_of_the_application_has_scopes_too() {
    let known = |token: Secret<'_>| token.matches("t").then(|| Employee(Scopes::new("read")));
    let bearer = mcp::bearer(&metadata(), known, &table()).unwrap();
    let inner = service_fn(async |request: Request<McpBody>| {
        let caller = request.extensions().get::<Authenticated<Employee>>();
        Ok::<_, Infallible>(Response::new(format!("{:?}", caller.unwrap().0)))
    });
    let inner = RequireMcpScopes::<Employee>::of_identity(table(), limits()).layer(inner);
    let service = RequireAuth::new(bearer).unwrap().layer(inner);
    let ask = |body: &'static str| {
        service
            .clone()
            .oneshot(with_token("t", Full::<Bytes>::from(body)))
    };
    assert_eq!(ask(PING).await.unwrap().status(), 200);
    assert_eq!(ask(READ).await.unwrap().status(), 403);
}

/// Sends a request without a token through the layer for discovery. The service inside answers `401`.
async fn discover(method: &str, path: &str, fields: &[(&str, &str)]) -> Response<String> {
    let inner =
        service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));
    let service = McpDiscovery::new(&metadata()).layer(auth(&table()).layer(inner));
    let request = Request::builder().method(method).uri(path);
    let request = fields.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    service.oneshot(request.body(()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_client_without_a_token_finds_the_document_and_no_authorization_server() {
    let found = discover("GET", DOCUMENT, &[(HOST.as_str(), "evil.example")]).await;
    assert_eq!(found.status(), 200);
    assert_eq!(found.body(), metadata().as_json());
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration",
        "/.well-known/openid-configuration/mcp",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/other",
        "/authorize",
        "/authorize?response_type=code",
        "/token",
        "/register",
    ] {
        for method in ["GET", "POST", "OPTIONS"] {
            let response = discover(method, path, &[]).await;
            assert_eq!(
                (response.status().as_u16(), &**response.body()),
                (404, ""),
                "{path}"
            );
            assert!(response.headers().get(WWW_AUTHENTICATE).is_none());
        }
    }
    for path in [
        "/",
        "/mcp",
        "/authorize/",
        "/authorize/mcp",
        "/tokens",
        "/.well-known/oauth-authorization-servers",
        "/.well-known/security.txt",
        "/.well-known/oauth-authorization-server%2f",
    ] {
        assert_eq!(discover("GET", path, &[]).await.status(), 401, "{path}");
    }
}

/// Fetch standard: `*` in `Access-Control-Allow-Headers` does not cover `Authorization`.
#[tokio::test]
async fn exactly_a_preflight_passes_without_a_token() {
    let origin = (ORIGIN.as_str(), "https://page.example");
    let asks = (ACCESS_CONTROL_REQUEST_METHOD.as_str(), "POST");
    let preflight = discover("OPTIONS", "/mcp", &[origin, asks]).await;
    assert_eq!(
        (preflight.status().as_u16(), &**preflight.body()),
        (204, "")
    );
    let fields = preflight.headers();
    assert_eq!(fields[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(fields[ACCESS_CONTROL_ALLOW_HEADERS], "Authorization, *");
    assert_eq!(fields[ACCESS_CONTROL_ALLOW_METHODS], "GET, POST, DELETE");
    for (method, fields) in [
        ("OPTIONS", &[][..]),
        ("OPTIONS", &[origin]),
        ("OPTIONS", &[asks]),
        ("GET", &[origin, asks]),
        ("POST", &[origin, asks]),
        ("options", &[origin, asks]),
    ] {
        let response = discover(method, "/mcp", fields).await;
        assert_eq!(response.status(), 401, "{method} {fields:?}");
    }
}

#[tokio::test]
async fn scripts_of_other_origins_may_read_every_response() {
    let exposed = |headers: &HeaderMap| {
        let lines = headers.get_all(ACCESS_CONTROL_EXPOSE_HEADERS).iter();
        lines
            .map(|line| line.to_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(", ")
    };
    for path in ["/mcp", "/authorize"] {
        let response = discover("GET", path, &[]).await;
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        let exposed = exposed(response.headers());
        let names = Vec::from_iter(exposed.split(", "));
        for name in [
            "www-authenticate",
            "authentication-info",
            "retry-after",
            "mcp-session-id",
            "mcp-protocol-version",
        ] {
            let is_named = names.iter().any(|named| named.eq_ignore_ascii_case(name));
            assert!(is_named, "{name}: {exposed}");
        }
    }
    // The rules of a CORS layer of the application stay.
    let inner = service_fn(async |_: Request<()>| {
        let response = Response::builder()
            .header(ACCESS_CONTROL_ALLOW_ORIGIN, "https://page.example")
            .header(ACCESS_CONTROL_EXPOSE_HEADERS, "X-Own")
            .body(String::new());
        Ok::<_, Infallible>(response.unwrap())
    });
    let service = McpDiscovery::new(&metadata()).layer(inner);
    let response = service.oneshot(Request::new(())).await.unwrap();
    let headers = response.headers();
    assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "https://page.example");
    assert_eq!(
        headers.get_all(ACCESS_CONTROL_ALLOW_ORIGIN).iter().count(),
        1
    );
    let exposed = exposed(headers).to_ascii_lowercase();
    assert!(exposed.starts_with("x-own, www-authenticate"), "{exposed}");
}

/// The first challenge is `Bearer`, and the `401` for a token that is no good names the scopes, too.
#[tokio::test]
async fn each_401_names_the_scopes_and_the_metadata_first() {
    let expected = format!(
        r#"Bearer realm="{RESOURCE}", scope="read", resource_metadata="{}""#,
        metadata().url()
    );
    let none = discover("POST", "/mcp", &[]).await;
    assert_eq!(none.headers()[WWW_AUTHENTICATE], expected);
    let token = (AUTHORIZATION.as_str(), "Bearer expired");
    let expired = discover("POST", "/mcp", &[token]).await;
    let expected = format!(r#"{expected}, error="invalid_token""#);
    assert_eq!(expired.headers()[WWW_AUTHENTICATE], expected);
}

/// `protect` covers every route of a router and its fallback.
#[tokio::test]
async fn a_protected_router_has_no_open_route() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let handler = move |body: String| {
        let calls = Arc::clone(&counted);
        async move {
            calls.fetch_add(1, Ordering::SeqCst);
            body
        }
    };
    let router = Router::new()
        .route("/mcp", any(handler.clone()))
        .route(
            "/.well-known/oauth-protected-resource/mcp",
            get(handler.clone()),
        )
        .fallback(handler);
    let scopes = RequireMcpScopes::new(table(), limits());
    let app = mcp::protect(router, &metadata(), verifier as Verifier, scopes).unwrap();
    let app = app.route("/health", get(async || "up"));
    let ask = async |method: Method, path: &str, token: &str, body: &str| {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(AUTHORIZATION, format!("Bearer {token}"))
            .body(axum::body::Body::from(body.to_owned()));
        let response = app.clone().oneshot(request.unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 4096)
            .await
            .unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    };
    for path in ["/mcp", "/", "/other", "/mcp/", "//mcp"] {
        for method in [Method::GET, Method::POST, Method::OPTIONS, Method::TRACE] {
            assert_eq!(ask(method, path, "wrong", PING).await.0, 401, "{path}");
        }
    }
    let document = ask(Method::GET, DOCUMENT, "wrong", "").await;
    assert_eq!(document, (200, metadata().as_json().to_owned()));
    assert_eq!(calls.load(Ordering::SeqCst), 0);
    let ping = (200, PING.to_owned());
    assert_eq!(ask(Method::POST, "/mcp", "t.read", PING).await, ping);
    assert_eq!(ask(Method::POST, "/other", "t.read", PING).await, ping);
    assert_eq!(
        ask(Method::POST, "/mcp", "t.read", &call("put")).await.0,
        403
    );
    assert_eq!(ask(Method::GET, "/health", "wrong", "").await.0, 200);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

/// Sends a request without a token to an application, and returns the status and the body.
async fn ask_without_token(app: &Router, method: Method, path: &str) -> (u16, String) {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(axum::body::Body::empty()).unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 4096).await;
    (status, String::from_utf8(body.unwrap().to_vec()).unwrap())
}

/// A router with the path of `resource` and no other, which `protect` protects.
fn protected(resource: &str) -> Router {
    let metadata = metadata_of(resource);
    let path = resource.strip_prefix("https://api.example").unwrap();
    let router = Router::new().route(path, any(async || "served"));
    let scopes = RequireMcpScopes::new(table(), limits());
    mcp::protect(router, &metadata, verifier as Verifier, scopes).unwrap()
}

/// A router of axum keeps the fallback of one of two routers that are merged. The document is no fallback.
#[tokio::test]
async fn the_document_survives_a_merge_with_other_routers() {
    let open = || Router::new().route("/health", get(async || "up"));
    let fallback = || open().fallback(async || "fallback");
    let other = "https://api.example/other";
    let apps = [
        ("before", protected(RESOURCE).merge(open())),
        ("after", open().merge(protected(RESOURCE))),
        ("before a fallback", protected(RESOURCE).merge(fallback())),
        ("after a fallback", fallback().merge(protected(RESOURCE))),
        (
            "two resources",
            protected(RESOURCE).merge(protected(other)).merge(open()),
        ),
        (
            "two resources, turned",
            open().merge(protected(other)).merge(protected(RESOURCE)),
        ),
    ];
    for (what, app) in apps {
        let document = ask_without_token(&app, Method::GET, DOCUMENT).await;
        assert_eq!(document, (200, metadata().as_json().to_owned()), "{what}");
        for (method, status) in [
            (Method::HEAD, 200),
            (Method::OPTIONS, 204),
            (Method::POST, 405),
        ] {
            assert_eq!(
                ask_without_token(&app, method, DOCUMENT).await.0,
                status,
                "{what}"
            );
        }
        assert_eq!(
            ask_without_token(&app, Method::POST, "/mcp").await.0,
            401,
            "{what}"
        );
        assert_eq!(
            ask_without_token(&app, Method::GET, "/health").await.0,
            200,
            "{what}"
        );
        if what.starts_with("two") {
            let path = "/.well-known/oauth-protected-resource/other";
            let document = ask_without_token(&app, Method::GET, path).await;
            assert_eq!(
                document,
                (200, metadata_of(other).as_json().to_owned()),
                "{what}"
            );
            assert_eq!(
                ask_without_token(&app, Method::POST, "/other").await.0,
                401,
                "{what}"
            );
        }
    }
}

/// axum does not accept a route whose path has a segment that begins with a colon or an asterisk.
#[tokio::test]
async fn a_resource_with_a_path_that_is_no_route_has_its_document_too() {
    for segment in [":x", "*x"] {
        let metadata = metadata_of(&format!("https://api.example/{segment}"));
        let scopes = RequireMcpScopes::new(table(), limits());
        let router = Router::new().route("/mcp", any(async || "served"));
        let app = mcp::protect(router, &metadata, verifier as Verifier, scopes).unwrap();
        let document = ask_without_token(&app, Method::GET, metadata.path()).await;
        assert_eq!(document, (200, metadata.as_json().to_owned()));
    }
}

/// A verifier of the tokens of `issuer` for `RESOURCE`, as `mcp::verifier` makes it.
fn jwt_verifier(issuer: &TestIssuer) -> JwtVerifier {
    let builder = ResourceMetadata::builder(RESOURCE).authorization_server(issuer.issuer());
    let metadata = builder.build().unwrap();
    let builder = mcp::verifier(&metadata, issuer.keys()).unwrap();
    builder.build().unwrap()
}

/// Returns why the token is refused, or `None` if it is good.
fn refusal(verifier: &JwtVerifier, token: &TestToken) -> Option<&'static str> {
    let token = token.sign();
    let verified = verifier.verify(Secret::new(&token)).try_now();
    let refused = verified.ok().unwrap().unwrap().err();
    refused.map(|refused| refused.why().unwrap())
}

/// MCP 2026-07-28, authorization: "MCP servers MUST validate that access tokens were issued specifically for them as the
/// intended audience, according to RFC 8707 Section 2." And: "MCP servers MUST NOT accept or transit any other tokens."
#[test]
fn a_token_must_be_issued_for_this_server() {
    let issuer = TestIssuer::new("https://login.example").unwrap();
    let verifier = jwt_verifier(&issuer);
    let token = || issuer.token("ada").audience(RESOURCE).scope("read");
    let several = ["https://other.example/mcp", RESOURCE].map(str::to_owned);
    for good in [token(), token().claim("aud", several.to_vec())] {
        assert_eq!(refusal(&verifier, &good), None, "{good:?}");
    }
    let other = "the token is for another audience";
    for audience in [
        "https://other.example/mcp",
        "https://api.example",
        "https://api.example/",
        "https://api.example/mcp/",
        "https://api.example/MCP",
        "https://api.example/mcp/tools",
        "https://API.example/mcp",
        "http://api.example/mcp",
        "https://login.example",
        "test-client",
        "",
    ] {
        assert_eq!(
            refusal(&verifier, &token().audience(audience)),
            Some(other),
            "{audience}"
        );
    }
    let none = Some("the token is for no audience (aud is missing)");
    assert_eq!(refusal(&verifier, &token().without("aud")), none);
    let elsewhere = token().claim("iss", "https://other.example");
    assert_eq!(
        refusal(&verifier, &elsewhere),
        Some("the token is of another issuer")
    );
}

/// Authorization servers write `at+jwt` (RFC 9068), `JWT` or nothing. The audience tells an access token from an ID token,
/// whose audience is the client.
#[test]
fn the_type_of_an_access_token_may_be_at_jwt_or_jwt_or_missing() {
    let issuer = TestIssuer::new("https://login.example").unwrap();
    let verifier = jwt_verifier(&issuer);
    let token = || issuer.token("ada").audience(RESOURCE).scope("read");
    for media_type in ["at+jwt", "application/at+jwt", "AT+JWT", "JWT", "jwt"] {
        let token = token().header("typ", media_type);
        assert_eq!(refusal(&verifier, &token), None, "{media_type}");
    }
    assert_eq!(refusal(&verifier, &token().without_header("typ")), None);
    for media_type in [
        "logout+jwt",
        "dpop+jwt",
        "secevent+jwt",
        "token-introspection+jwt",
        "",
    ] {
        assert!(
            refusal(&verifier, &token().header("typ", media_type)).is_some(),
            "{media_type}"
        );
    }
    let id_token = token()
        .header("typ", "JWT")
        .audience("test-client")
        .claim("nonce", "n");
    assert_eq!(
        refusal(&verifier, &id_token),
        Some("the token is for another audience")
    );
}

/// Okta and Entra ID write scopes into `scp`.
#[test]
fn the_scopes_of_a_token_are_in_scope_or_in_scp() {
    let issuer = TestIssuer::new("https://login.example").unwrap();
    let verifier = jwt_verifier(&issuer);
    let token = || issuer.token("ada").audience(RESOURCE);
    for token in [
        token().scope("read write"),
        token().claim("scp", "read write"),
        token().claim("scp", vec!["read", "write"]),
    ] {
        let signed = token.sign();
        let verified = verifier.verify(Secret::new(&signed)).try_now();
        let caller = verified.ok().unwrap().unwrap().unwrap();
        assert_eq!(caller.scopes(), &Scopes::new("read write"), "{token:?}");
    }
}

/// An application that has one issuer which follows RFC 9068 says so.
#[test]
fn the_application_can_ask_for_a_stricter_profile() {
    let issuer = TestIssuer::new("https://login.example").unwrap();
    let builder = mcp::verifier(&metadata(), issuer.keys()).unwrap();
    let strict = builder.profile(TokenProfile::rfc9068()).build().unwrap();
    let token = || issuer.token("ada").audience(RESOURCE);
    assert_eq!(refusal(&strict, &token()), None);
    assert!(refusal(&strict, &token().header("typ", "JWT")).is_some());
    assert!(refusal(&strict, &token().without_header("typ")).is_some());
}

/// The npm client of MCP ignores `Bearer` behind another scheme, so the order is no matter of taste.
#[tokio::test]
async fn the_bearer_challenge_comes_first_among_several_schemes() {
    let bearer = || mcp::bearer(&metadata(), verifier as Verifier, &table()).unwrap();
    let basic = || Basic::new("api", OneAccount::new("ada", "lovelace").unwrap()).unwrap();
    let router = || Router::new().route("/mcp", any(async || "served"));
    let scopes = || RequireMcpScopes::new(table(), limits());

    let turned = RequireAuth::new((basic(), bearer())).unwrap();
    let error = mcp::protect_with(router(), &metadata(), turned, scopes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the first challenge is Basic: put Bearer first, because some clients of MCP read only the first challenge"
    );
    let alone = RequireAuth::new(basic()).unwrap();
    assert!(mcp::protect_with(router(), &metadata(), alone, scopes()).is_err());

    for is_joined in [false, true] {
        let auth = RequireAuth::new((bearer(), basic())).unwrap();
        let auth = if is_joined {
            auth.join_challenges()
        } else {
            auth
        };
        let app = mcp::protect_with(router(), &metadata(), auth, scopes()).unwrap();
        for credentials in [
            None,
            Some("Bearer expired"),
            Some("Basic eDp5"),
            Some("Other x"),
        ] {
            let request = Request::post("/mcp");
            let request = credentials
                .into_iter()
                .fold(request, |request, credentials| {
                    request.header(AUTHORIZATION, credentials)
                });
            let request = request.body(axum::body::Body::empty()).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), 401, "{credentials:?}");
            let lines = response.headers().get_all(WWW_AUTHENTICATE).iter();
            let lines = Vec::from_iter(lines.map(|line| line.to_str().unwrap()));
            let expected = format!(
                r#"Bearer realm="{RESOURCE}", scope="read", resource_metadata="{}""#,
                metadata().url()
            );
            assert!(
                lines[0].starts_with(&expected),
                "{credentials:?}: {lines:?}"
            );
            let all = lines.join(", ");
            assert!(
                all.contains(r#", Basic realm="api""#),
                "{credentials:?}: {all}"
            );
            assert_eq!(lines.len(), if is_joined { 1 } else { 2 });
        }
    }
}

/// `protect_with` takes the layer of the application as it is: its audit, its renderer, and every caller whom it admits.
#[tokio::test]
async fn protect_with_keeps_the_settings_of_the_layer() {
    let audit = RecordingAudit::default();
    let layer = auth(&table()).audit(audit.clone());
    let layer = layer.respond_with(|denial: &Denial, _: &RequestHead<'_>| {
        Response::new(axum::body::Body::from(format!(
            "refused: {}",
            denial.title()
        )))
    });
    let router = Router::new().route("/mcp", any(async |body: String| body));
    let scopes = RequireMcpScopes::new(table(), limits());
    let app = mcp::protect_with(router, &metadata(), layer, scopes).unwrap();
    let rows = [
        ("wrong", PING.to_owned(), 401, "refused: Unauthorized"),
        ("t.read", call("put"), 403, "refused: Forbidden"),
        ("t.read", PING.to_owned(), 200, PING),
    ];
    for (token, message, status, text) in rows {
        let request = with_token(token, axum::body::Body::from(message));
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status);
        let body = axum::body::to_bytes(response.into_body(), 4096)
            .await
            .unwrap();
        assert_eq!(body, text);
    }
    let document = ask_without_token(&app, Method::GET, DOCUMENT).await;
    assert_eq!(document, (200, metadata().as_json().to_owned()));
    let outcomes: Vec<_> = audit.take().iter().map(|event| event.outcome).collect();
    let expected = [
        AuditOutcome::Refused,
        AuditOutcome::Admitted,
        AuditOutcome::Forbidden,
        AuditOutcome::Admitted,
    ];
    assert_eq!(outcomes, expected, "the document is no event");
}

/// Nothing answers at the address of the issuer. A token is neither good nor wrong then.
#[tokio::test]
async fn protect_by_issuer_admits_no_token_without_the_keys_of_the_issuer() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let name = format!("https://{}", listener.local_addr().unwrap());
    drop(listener);
    let router = Router::new().route("/mcp", any(async || "served"));
    let app = mcp::protect_by_issuer(router, RESOURCE, &name, table()).unwrap();
    let issuer = TestIssuer::new(&name).unwrap();
    let good = issuer.token("ada").audience(RESOURCE).scope("read").sign();
    let request = with_token(&good, axum::body::Body::from(PING));
    let response = app.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key(RETRY_AFTER));
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    let without = ask_without_token(&app, Method::POST, "/mcp").await;
    assert_eq!(without.0, 401);
    let document = ask_without_token(&app, Method::GET, DOCUMENT).await;
    assert!(
        document
            .1
            .contains(&format!(r#""authorization_servers":["{name}"]"#)),
        "{document:?}"
    );
}
