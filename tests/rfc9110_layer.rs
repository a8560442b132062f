//! Tests of the requirements of RFC 9110 for servers and proxies that ask for credentials, sentence by sentence.
//! `rfc9110.rs` tests the syntax of the fields, and `rfc9110_proxy.rs` tests the fields that a proxy forwards.

#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::sync::Arc;

use http::header::{PROXY_AUTHENTICATE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use tower::ServiceExt;
use tower_challenge::ErrorParams;
use tower_challenge::header::{Challenge, WwwAuthenticate};
use tower_challenge::policy::PolicyDecision;
use tower_challenge::respond::{
    Denial, EmptyBody, GrpcErrors, HtmlPage, LoginRedirect, NegotiatedBody, NotFound, PlainText,
    ProblemJson, RefusalResponse, Respond,
};
use tower_challenge::scheme::{Attempt, BodyUnread, Scheme, ServerRole, VerdictNowOrLater};
use tower_challenge::{ClaimedAccount, Principal, RequestHead, RequireAuth};
use tower_layer::Layer as _;

use self::support::{
    Body, Kind, Layer, PASSWORD, Probe, REALM, TOKEN, TestRequest, TestServer, TestWorld, USER,
    WRONG, WRONG_TOKEN, get, run,
};

type Renderer = Arc<dyn Respond<Body> + Send + Sync>;

/// Every renderer of the crate, and closures that try to set another status.
fn renderers() -> Vec<Renderer> {
    let not_found = |_: &RequestHead<'_>| Response::new(Body::default());
    let without_status = |_: &Denial, _: &RequestHead<'_>| Response::new(Body::default());
    let mut renderers: Vec<Renderer> = vec![
        Arc::new(EmptyBody::default()),
        Arc::new(PlainText),
        Arc::new(ProblemJson),
        Arc::new(HtmlPage::new()),
        Arc::new(NegotiatedBody::new()),
        Arc::new(LoginRedirect::to("/login").unwrap().otherwise(PlainText)),
        Arc::new(GrpcErrors::new().otherwise(HtmlPage::new())),
        Arc::new(NotFound::new(not_found)),
        Arc::new(without_status),
    ];
    for status in [200, 401, 407, 503] {
        let status = StatusCode::from_u16(status).unwrap();
        renderers.push(Arc::new(move |_: &Denial, _: &RequestHead<'_>| {
            RefusalResponse::with_status(status, Response::new(Body::default()))
        }));
    }
    renderers
}

/// Every decision of a policy.
fn decisions() -> [fn() -> PolicyDecision; 4] {
    [
        || PolicyDecision::Allow,
        || PolicyDecision::Forbid,
        || PolicyDecision::Lacks(ErrorParams::insufficient_scope("a").unwrap()),
        || {
            let error = ErrorParams::insufficient_user_authentication(None, Some(1));
            PolicyDecision::StepUp(error.unwrap())
        },
    ]
}

/// Layers with schemes of these `kinds` in a role, with every decision of a policy and several settings.
fn layers(role: ServerRole, kinds: &[Kind]) -> Vec<Layer> {
    let mut layers = Vec::new();
    for decide in decisions() {
        let world = TestWorld::new();
        let schemes = kinds.iter().map(|kind| kind.build(&world)).collect();
        let layer: Layer = RequireAuth::new(schemes).unwrap();
        let layer = layer.policy(move |_: &Principal, _: &RequestHead<'_>| decide());
        let layer = match role {
            ServerRole::Origin => layer,
            ServerRole::Proxy => layer.proxy(),
        };
        let full = TestWorld::new();
        full.tally.exhaust();
        layers.extend([
            layer.clone(),
            layer.clone().optional(),
            layer.clone().join_challenges(),
            layer.clone().require_tls(),
            layer.throttle(full.tally),
        ]);
    }
    layers
}

fn asks() -> Vec<TestRequest> {
    vec![
        get("/"),
        get("/").basic(USER, PASSWORD),
        get("/").basic(USER, WRONG),
        get("/").bearer(TOKEN),
        get("/").bearer(WRONG_TOKEN),
        get("/").bearer("\"x\""),
        get("/").authorization("Digest x=y"),
        get("/").authorization("Unheard-Of"),
        get("/").authorization(",,"),
        get("/").bearer(TOKEN).bearer(TOKEN),
        get("/?access_token=a"),
    ]
}

/// Sends every request to every layer with every renderer, in a role.
fn answers(role: ServerRole) -> Vec<Response<Body>> {
    let mut answers = Vec::new();
    let renderers = renderers();
    for kinds in Kind::orders() {
        for layer in layers(role, &kinds) {
            for renderer in &renderers {
                let layer = layer.clone().respond_with(Arc::clone(renderer));
                let service = layer.layer(Probe::new());
                for ask in asks() {
                    let ask = match role {
                        ServerRole::Origin => ask,
                        ServerRole::Proxy => ask.to_proxy(),
                    };
                    let Ok(answer) = run(service.clone().oneshot(ask.into_request()));
                    answers.push(answer);
                }
            }
        }
    }
    answers
}

/// Asserts that each answer with `status` has a challenge in `field`; returns how many there are.
fn challenged(answers: &[Response<Body>], status: StatusCode, field: &HeaderName) -> usize {
    let with_status = answers.iter().filter(|answer| answer.status() == status);
    for answer in with_status.clone() {
        let lines = answer.headers().get_all(field).iter();
        let read = WwwAuthenticate::parse(lines.map(HeaderValue::as_bytes)).unwrap();
        assert!(!read.as_slice().is_empty(), "{:?}", answer.headers());
    }
    with_status.count()
}

/// Section 11.6.1: "A server generating a 401 (Unauthorized) response MUST send a WWW-Authenticate header field
/// containing at least one challenge."
#[test]
fn section_11_6_1_every_401_has_a_challenge() {
    let answers = answers(ServerRole::Origin);
    let seen = challenged(&answers, StatusCode::UNAUTHORIZED, &WWW_AUTHENTICATE);
    let status = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
    assert_eq!(challenged(&answers, status, &PROXY_AUTHENTICATE), 0);
    println!("{seen} of {} are 401", answers.len());
    assert!(seen > 10_000, "{seen}");
}

/// Section 11.7.1: "A proxy MUST send at least one Proxy-Authenticate header field in each 407 (Proxy Authentication
/// Required) response that it generates."
#[test]
fn section_11_7_1_every_407_has_a_challenge() {
    let answers = answers(ServerRole::Proxy);
    let status = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
    let seen = challenged(&answers, status, &PROXY_AUTHENTICATE);
    let status = StatusCode::UNAUTHORIZED;
    assert_eq!(challenged(&answers, status, &WWW_AUTHENTICATE), 0);
    println!("{seen} of {} are 407", answers.len());
    assert!(seen > 10_000, "{seen}");
}

/// Section 15.5.2: "The server generating a 401 response MUST send a WWW-Authenticate header field (Section 11.6.1)
/// containing at least one challenge applicable to the target resource." Every challenge of the layer is applicable:
/// the layer admits a client that answers it.
#[test]
fn section_15_5_2_a_client_that_answers_any_challenge_of_a_401_is_admitted() {
    for (kinds, stand) in of_role(ServerRole::Origin) {
        assert_challenges_admit(&kinds, &stand, StatusCode::UNAUTHORIZED);
    }
}

/// Section 15.5.8: "The proxy MUST send a Proxy-Authenticate header field (Section 11.7.1) containing a challenge
/// applicable to that proxy for the request."
#[test]
fn section_15_5_8_a_client_that_answers_any_challenge_of_a_407_is_admitted() {
    for (kinds, stand) in of_role(ServerRole::Proxy) {
        assert_challenges_admit(&kinds, &stand, StatusCode::PROXY_AUTHENTICATION_REQUIRED);
    }
}

fn of_role(role: ServerRole) -> impl Iterator<Item = (Vec<Kind>, TestServer)> {
    let every = TestServer::every().into_iter();
    every.filter(move |(_, stand)| stand.role == role)
}

fn assert_challenges_admit(kinds: &[Kind], stand: &TestServer, status: StatusCode) {
    for method in ["GET", "POST", "HEAD", "OPTIONS", "X"] {
        for target in ["/", "/a/b?c=d", "/%2e"] {
            let ask = || TestRequest::new(method, target);
            let answer = stand.ask(ask().authorization("Unheard-Of"));
            assert_eq!(answer.is_challenged().status, status);
            let challenges = stand.challenges();
            assert_eq!(challenges.len(), kinds.len());
            for challenge in challenges {
                assert_eq!(
                    challenge.param("realm").unwrap().to_bytes(),
                    REALM.as_bytes()
                );
                let named = |kind: &&Kind| kind.name() == challenge.scheme().as_str();
                let kind = kinds.iter().find(named).unwrap();
                let good = kind.good(stand, &ask());
                stand.ask(ask().authorization(good)).is_admitted_as(USER);
            }
        }
    }
}

/// Section 11.6.3: "The Authentication-Info field can be used in any HTTP response, independently of request method and
/// status code."
#[test]
fn section_11_6_3_every_response_to_an_admitted_request_has_the_info_field() {
    for status in [200, 204, 301, 304, 401, 403, 404, 407, 500] {
        let status = StatusCode::from_u16(status).unwrap();
        let probe = Probe::answering(move |_| {
            let mut response = Response::new(Body::default());
            *response.status_mut() = status;
            response
        });
        let stand = TestServer::over(probe, |world| vec![world.digest()], |layer| layer);
        for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "X"] {
            let login = stand.login().request(method, "/");
            let answer = stand.ask(TestRequest::new(method, "/").authorization(login.header()));
            assert_eq!(answer.status, status);
            assert!(answer.header("authentication-info").is_some());
        }
    }
}

/// Section 5.4: "A server that receives a request header field line, field value, or set of fields larger than it
/// wishes to process MUST respond with an appropriate 4xx (Client Error) status code." The layer must not treat
/// credentials that are too large as absent.
#[test]
fn section_5_4_credentials_that_are_too_large_are_a_4xx() {
    let long = |start: &str, end: &str| {
        let middle = "a".repeat(16 * 1024 + 1 - start.len() - end.len());
        format!("{start}{middle}{end}")
    };
    let params = |count: usize| {
        let params = (0..count).map(|number| format!("p{number}=a"));
        params.collect::<Vec<_>>().join(",")
    };
    let lines = [
        long("Basic ", ""),
        long("Bearer ", ""),
        long("Digest username=\"", "\""),
        long("Unheard-Of ", ""),
        long("", ""),
        format!("Bearer {}", "a".repeat(1 << 20)),
        format!("Digest {}", params(33)),
        format!("Unheard-Of {}", params(33)),
        format!("Digest {}a=b", ",".repeat(65)),
    ];
    for (kinds, stand) in TestServer::every() {
        for line in &lines {
            let answer = stand.ask(get("/").authorization(line));
            // The layer does not read a field that is for another application.
            let is_read = kinds.iter().any(|kind| line.starts_with(kind.name()));
            let answer = match is_read {
                true => answer.is_malformed(),
                false => answer.is_challenged(),
            };
            assert!(answer.status.is_client_error());
        }
        for count in [2, 3, 100] {
            let many = (0..count).fold(get("/"), |ask, _| ask.bearer(TOKEN));
            assert!(stand.ask(many).is_malformed().status.is_client_error());
        }
        let longest = format!("Unheard-Of {}", "a".repeat(16 * 1024 - 11));
        stand.ask(get("/").authorization(longest)).is_challenged();
    }
}

/// The same requirement for the parts that a scheme limits: a name, a password, a nonce and a client nonce.
#[test]
fn section_5_4_parts_that_are_too_large_are_a_4xx() {
    let huge = "a".repeat(12_000);
    for (kinds, stand) in TestServer::every() {
        let mut asks = Vec::new();
        if kinds.contains(&Kind::Basic) {
            asks.extend([get("/").basic(&huge, "a"), get("/").basic("a", &huge)]);
        }
        if kinds.contains(&Kind::Digest) {
            for name in ["username", "nonce", "cnonce", "realm", "uri", "response"] {
                let fields = stand.login().fields().quoted(name, &huge);
                asks.push(get("/").authorization(fields.header()));
            }
        }
        for ask in asks {
            let answer = stand.ask(ask);
            assert!(answer.status.is_client_error(), "{}", answer.status);
            assert_eq!(answer.seen.len(), 0);
        }
    }
}

/// A scheme whose challenge depends on the role of the server, and on nothing else.
struct RealmOfRole;

impl Scheme for RealmOfRole {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        _: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        let text = match attempt.role() {
            ServerRole::Origin => "X realm=\"origin\"",
            ServerRole::Proxy => "X realm=\"proxy\"",
        };
        challenges.push(Challenge::parse(text.as_bytes()).unwrap());
    }

    fn may_claim(&self, _: &Attempt<'_>) -> bool {
        false
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, _: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal, BodyUnread>> {
        None
    }

    fn is_malformed(&self, _: &Attempt<'_>) -> bool {
        false
    }

    fn has_fixed_challenges(&self) -> bool {
        true
    }
}

/// Section 11.7: a proxy has challenges of its own. The layer asks for them when it knows its role.
#[test]
fn the_prepared_challenges_are_those_of_the_role() {
    let layer = || RequireAuth::new(RealmOfRole).unwrap();
    for (layer, field, challenge) in [
        (layer(), WWW_AUTHENTICATE, "X realm=\"origin\""),
        (layer().proxy(), PROXY_AUTHENTICATE, "X realm=\"proxy\""),
    ] {
        let Ok(answer) = run(layer.layer(Probe::new()).oneshot(get("/").into_request()));
        let lines = answer.headers().get_all(&field).iter();
        assert!(lines.eq([challenge]), "{:?}", answer.headers());
    }
}
