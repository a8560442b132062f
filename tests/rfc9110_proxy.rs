//! Tests of the requirements of RFC 9110 for a proxy that authenticates its clients and forwards the authentication
//! fields of clients and origin servers, sentence by sentence.

#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use http::header::{AUTHORIZATION, HeaderMap, PROXY_AUTHENTICATE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use tower::ServiceExt;
use tower_challenge::ErrorParams;
use tower_challenge::client::SecureTransport;
use tower_challenge::header::{Challenge, SchemeName, WwwAuthenticate};
use tower_challenge::require_auth::Inner401;
use tower_challenge::scheme::{
    Admission, Attempt, BodyUnread, Scheme, ServerRole, VerdictNowOrLater,
};
use tower_challenge::{ClaimedAccount, Principal, RequireAuth};
use tower_layer::Layer as _;

use self::support::{
    Body, Boxed, Kind, Layer, Login, PASSWORD, Probe, REALM, Schemes, TOKEN, TestServer, TestWorld,
    USER, get, run,
};

/// Odd field lines, which a proxy must forward unchanged.
fn odd_lines() -> Vec<HeaderValue> {
    let lines: [&[u8]; 7] = [
        b"Custom realm=\"theirs\"",
        b"Other a=b, Third",
        b"Custom realm=\"theirs\"",
        b"",
        b",, =broken \"",
        b"Basic realm=\"api@example.org\"",
        b"\xE9\t \xFF",
    ];
    let mut lines = lines.map(|line| HeaderValue::from_bytes(line).unwrap());
    lines[1].set_sensitive(true);
    lines.to_vec()
}

fn same(headers: &HeaderMap, name: &str) {
    let lines: Vec<_> = headers.get_all(name).iter().cloned().collect();
    assert_eq!(lines, odd_lines(), "{name}");
    let sensitive = |lines: &[HeaderValue]| -> Vec<bool> {
        lines.iter().map(HeaderValue::is_sensitive).collect()
    };
    assert_eq!(sensitive(&lines), sensitive(&odd_lines()), "{name}");
}

fn set(headers: &mut HeaderMap, name: &'static str) {
    for line in odd_lines() {
        headers.append(name, line);
    }
}

/// An origin server that sends all authentication fields, with the status that the request asks for.
fn origin() -> Probe {
    Probe::answering(|seen| {
        let status = seen.head.headers["x-status"].to_str().unwrap();
        let mut response = Response::new(Body::from("theirs"));
        *response.status_mut() = StatusCode::from_bytes(status.as_bytes()).unwrap();
        set(response.headers_mut(), "www-authenticate");
        set(response.headers_mut(), "authentication-info");
        response
    })
}

/// Proxies with every setting that could affect forwarded fields.
fn proxies(schemes: impl Fn() -> Schemes) -> Vec<Layer> {
    let tunes: [fn(Layer) -> Layer; 7] = [
        |layer| layer,
        Layer::optional,
        Layer::strip_credentials,
        Layer::join_challenges,
        Layer::expose_to_scripts,
        Layer::require_tls,
        |layer| layer.public(|_| true),
    ];
    let mut proxies = Vec::new();
    for inner_401 in [Inner401::Pass, Inner401::Append, Inner401::Replace] {
        for tune in tunes {
            let layer = RequireAuth::new(schemes()).unwrap();
            proxies.push(tune(layer.proxy().inner_401(inner_401)));
        }
    }
    proxies
}

/// Right credentials for `layer`, which is a proxy.
fn good(layer: &Layer, kind: Kind) -> String {
    let request = get("/").field("proxy-authorization", "Unheard-Of");
    let request = request.extension(SecureTransport).into_request();
    let inner = Probe::answering(|_| Response::new(Body::default()));
    let Ok(answer) = run(layer.layer(inner).oneshot(request));
    let lines = answer.headers().get_all(PROXY_AUTHENTICATE).iter();
    let challenges = WwwAuthenticate::parse(lines.map(HeaderValue::as_bytes)).unwrap();
    match kind {
        Kind::Basic => support::request::basic(format!("{USER}:{PASSWORD}")),
        Kind::Bearer => format!("Bearer {TOKEN}"),
        Kind::Digest => {
            let mut challenges = challenges.iter();
            let challenge = challenges.find(|found| found.scheme() == SchemeName::DIGEST);
            let login = challenge.map(|challenge| Login::to(challenge, USER, PASSWORD).header());
            // A layer that requires no credentials, because every request is public, sends no challenge.
            login.unwrap_or_else(|| "Digest of=nobody".to_owned())
        }
    }
}

/// Sends a request with the odd lines through `layer`, and asserts that it forwards them unchanged in both directions.
/// Returns whether the request reached the origin server.
fn forwards(layer: &Layer, status: u16, credentials: Option<&str>) -> bool {
    let probe = origin();
    let mut request = get("/").extension(SecureTransport).into_request();
    set(request.headers_mut(), "authorization");
    request.headers_mut().insert("x-status", status.into());
    if let Some(credentials) = credentials {
        let value = credentials.parse().unwrap();
        request.headers_mut().insert("proxy-authorization", value);
    }
    let Ok(response) = run(layer.layer(probe.clone()).oneshot(request));
    let Some(seen) = probe.take().pop() else {
        return false;
    };
    same(&seen.head.headers, "authorization");
    assert_eq!(response.status(), status);
    same(response.headers(), "www-authenticate");
    same(response.headers(), "authentication-info");
    true
}

/// Section 11.6.1: "A proxy forwarding a response MUST NOT modify any WWW-Authenticate header fields in that response."
///
/// Section 11.6.2: "A proxy forwarding a request MUST NOT modify any Authorization header fields in that request."
///
/// Section 11.6.3: "A proxy forwarding a response is not allowed to modify the field value in any
/// way."
#[test]
fn sections_11_6_1_to_11_6_3_a_proxy_forwards_the_fields_of_the_origin_unchanged() {
    let mut forwarded = 0;
    for kinds in Kind::orders() {
        let world = TestWorld::new();
        for layer in proxies(|| kinds.iter().map(|kind| kind.build(&world)).collect()) {
            for status in [200, 304, 400, 401, 403, 407, 500] {
                let good = good(&layer, kinds[0]);
                assert!(forwards(&layer, status, Some(&good)));
                forwarded += 1 + usize::from(forwards(&layer, status, None));
            }
        }
    }
    println!("{forwarded} forwarded");
    assert!(forwarded > 2_000, "{forwarded}");
}

/// A scheme that was written for origin servers, and uses their fields in every role.
#[derive(Debug)]
struct Loud;

impl Scheme for Loud {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        let builder = Challenge::builder(SchemeName::BASIC).quoted("realm", REALM);
        challenges.push(builder.build().unwrap());
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        !attempt.is_absent()
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
        attempt.credentials(SchemeName::BASIC)?;
        let value = HeaderValue::from_static("ours");
        let info = ServerRole::Origin.info_field();
        let admission = Admission::new(Principal::new(USER))
            .with_reply(WWW_AUTHENTICATE, value.clone())
            .with_reply(info, value.clone())
            .with_reply(HeaderName::from_static("x-loud"), value.clone())
            .without_request_field(AUTHORIZATION)
            .with_request_field(AUTHORIZATION, value.clone())
            .with_request_field(HeaderName::from_static("x-loud"), value);
        Some(admission.at_once())
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        attempt.breaks_grammar(SchemeName::BASIC)
    }
}

/// The same requirements with a scheme that ignores its role. The layer still sends the fields that belong to the
/// scheme itself.
#[test]
fn sections_11_6_1_to_11_6_3_a_scheme_cannot_make_a_proxy_change_the_fields_of_the_origin() {
    let loud: fn() -> Schemes = || -> Schemes { vec![Box::new(Loud) as Boxed] };
    for layer in proxies(loud) {
        for status in [200, 401, 407] {
            assert!(forwards(&layer, status, Some("Basic YQ==")));
        }
    }
    for role in [ServerRole::Origin, ServerRole::Proxy] {
        let mut stand = TestServer::build(
            |_| loud(),
            |layer| match role {
                ServerRole::Origin => layer,
                ServerRole::Proxy => layer.proxy(),
            },
        );
        stand.role = role;
        let answer = stand.ask(get("/").authorization("Basic YQ=="));
        let answer = answer.is_admitted_as(USER);
        assert_eq!(answer.header("x-loud"), Some("ours"));
        assert_eq!(answer.seen[0].head.headers["x-loud"], "ours");
        let of_an_origin = answer.header("authentication-info").is_some();
        assert_eq!(of_an_origin, role == ServerRole::Origin);
    }
}
