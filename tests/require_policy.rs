//! Tests that the refusals of a `RequirePolicy` look like those of the `RequireAuth` layer around it.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::convert::Infallible;
use std::future::ready;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, VARY,
    WWW_AUTHENTICATE,
};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use tower::util::{MapRequest, MapResponse};
use tower::{Layer as _, Service, ServiceExt, service_fn};
use tower_challenge::ErrorParams;
use tower_challenge::audit::{AuditEvent, AuditOutcome};
use tower_challenge::client::SecureTransport;
use tower_challenge::header::{Challenge, SchemeName, WwwAuthenticate};
use tower_challenge::policy::{PolicyDecision, PolicyExt, by_method, role, scopes};
use tower_challenge::require_auth::{Inner401, MissingLayer};
use tower_challenge::respond::{Denial, NotFound, RefusalKind as DenialKind};
use tower_challenge::scheme::{BodyUnread, Scheme, SchemeExt};
use tower_challenge::{
    Authenticated, NowOrLater, Principal, RequestHead, RequireAuth, RequirePolicy, Unavailable,
};

use self::support::run::later;
use self::support::watch::RecordedEvent;
use self::support::{
    Body, Kind, Layer, Login, PASSWORD, Probe, TOKEN, TestRequest, TestWorld, USER, WRONG, get, run,
};

/// The answer of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Allow,
    Forbid,
    Lacks,
    StepUp,
    CannotTell,
    Panics,
}

const ALL: [Says; 6] = [
    Says::Allow,
    Says::Forbid,
    Says::Lacks,
    Says::StepUp,
    Says::CannotTell,
    Says::Panics,
];

impl Says {
    fn decided(self) -> Result<PolicyDecision, Unavailable> {
        let again = ErrorParams::insufficient_user_authentication(Some("mfa"), Some(60));
        match self {
            Self::Allow => Ok(PolicyDecision::Allow),
            Self::Forbid => Ok(PolicyDecision::Forbid),
            Self::Lacks => Ok(PolicyDecision::Lacks(
                ErrorParams::insufficient_scope("write").unwrap(),
            )),
            Self::StepUp => Ok(PolicyDecision::StepUp(again.unwrap())),
            Self::CannotTell => Err(Unavailable::new("down")),
            Self::Panics => panic!("the policy panics on purpose"),
        }
    }

    const fn status(self) -> u16 {
        match self {
            Self::Allow => 200,
            Self::Forbid | Self::Lacks => 403,
            Self::StepUp => 401,
            Self::CannotTell | Self::Panics => 503,
        }
    }
}

type Answer = NowOrLater<Result<PolicyDecision, Unavailable>>;

/// A policy that gives this answer, now or later.
fn policy(
    answer: Says,
    waits: bool,
) -> impl Fn(&Principal, &RequestHead<'_>) -> Answer + Copy + Send + Sync + 'static {
    move |_: &Principal, _: &RequestHead<'_>| {
        if !waits {
            return NowOrLater::now(answer.decided());
        }
        NowOrLater::later(async move {
            later().await;
            answer.decided()
        })
    }
}

/// The result of a request.
#[derive(Debug)]
struct Came {
    status: u16,
    headers: HeaderMap,
    body: String,
    heard: Vec<RecordedEvent>,
    calls: usize,
}

impl Came {
    fn lines(&self, name: impl http::header::AsHeaderName) -> Vec<String> {
        let lines = self.headers.get_all(name).iter();
        lines
            .map(|line| line.to_str().unwrap().to_owned())
            .collect()
    }

    /// The fields without their nonces, and without the proofs over these, which differ in every response.
    fn fields(&self) -> Vec<(String, String)> {
        let shown = |value: &HeaderValue| {
            let value = value.to_str().unwrap();
            ["nonce=\"", "rspauth=\""]
                .iter()
                .fold(value.to_owned(), |value, start| without(&value, start))
        };
        let fields = self.headers.iter();
        let mut fields: Vec<_> = fields
            .map(|(name, value)| (name.to_string(), shown(value)))
            .collect();
        fields.sort();
        fields
    }
}

/// Removes the quoted value that follows `start`.
fn without(value: &str, start: &str) -> String {
    match value.split_once(start) {
        Some((before, after)) => format!("{before}{}", after.split_once('"').unwrap().1),
        None => value.to_owned(),
    }
}

/// A service, with the world and the probe that observe it.
struct Watched<S> {
    service: S,
    world: TestWorld,
    probe: Probe,
}

impl<S> Watched<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone,
{
    fn ask(&self, ask: TestRequest) -> Came {
        let before = self.probe.calls();
        let _ = self.world.ear.take();
        let Ok(response) = run(self.service.clone().oneshot(ask.into_request()));
        let (head, body) = response.into_parts();
        let Ok(body) = run(body.collect());
        Came {
            status: head.status.as_u16(),
            headers: head.headers,
            body: String::from_utf8(body.to_bytes().to_vec()).unwrap(),
            heard: self.world.ear.take(),
            calls: self.probe.calls() - before,
        }
    }

    /// A `GET` of `/` with right credentials.
    fn good(&self, kind: Kind, proxy: bool) -> TestRequest {
        let ask = match kind {
            Kind::Basic => get("/").basic(USER, PASSWORD),
            Kind::Bearer => get("/").bearer(TOKEN),
            Kind::Digest => {
                let field = if proxy {
                    "proxy-authenticate"
                } else {
                    "www-authenticate"
                };
                let challenged = self.ask(get("/").authorization("Unheard-Of").to_proxy_if(proxy));
                let lines = challenged.headers.get_all(field).iter();
                let challenges = WwwAuthenticate::parse(lines.map(HeaderValue::as_bytes)).unwrap();
                let mut challenges = challenges.iter();
                let challenge = challenges.find(|found| found.scheme() == SchemeName::DIGEST);
                let login = Login::to(challenge.unwrap(), USER, PASSWORD);
                get("/").authorization(login.request("GET", "/").header())
            }
        };
        ask.to_proxy_if(proxy)
    }
}

trait ToProxyIf {
    fn to_proxy_if(self, proxy: bool) -> Self;
}

impl ToProxyIf for TestRequest {
    fn to_proxy_if(self, proxy: bool) -> Self {
        if proxy { self.to_proxy() } else { self }
    }
}

type Service1 = tower::util::BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// A layer with schemes of these `kinds`. The policy is in a `RequirePolicy` inside it (`by_route`) or in the layer
/// itself.
fn watched(
    kinds: &[Kind],
    tune: impl Fn(Layer) -> Layer,
    policy: impl Fn(&Principal, &RequestHead<'_>) -> Answer + Copy + Send + Sync + 'static,
    by_route: bool,
) -> Watched<Service1> {
    let (world, probe) = (TestWorld::new(), Probe::new());
    let schemes = kinds.iter().map(|kind| kind.build(&world)).collect();
    let layer = tune(RequireAuth::new(schemes).unwrap().audit(world.ear.clone()));
    let service = if by_route {
        Service1::new(layer.layer(RequirePolicy::new(policy).layer(probe.clone())))
    } else {
        Service1::new(layer.policy(policy).layer(probe.clone()))
    };
    Watched {
        service,
        world,
        probe,
    }
}

/// Renders everything that a renderer can read.
fn render_all(denial: &Denial, head: &RequestHead<'_>) -> Response<Body> {
    let text = format!("{:?} {} {}", denial.kind(), head.method(), head.target());
    let mut response = Response::new(Body::from(text));
    let text = HeaderValue::from_static("text/plain");
    response.headers_mut().insert(CONTENT_TYPE, text);
    let rendered = HeaderValue::from_static("rendered");
    response.headers_mut().insert("x-rendered", rendered);
    response
}

type Tune = fn(Layer) -> Layer;

const TUNES: [(&str, bool, Tune); 6] = [
    ("plain", false, |layer| layer),
    ("stripped", false, Layer::strip_credentials),
    ("a proxy", true, Layer::proxy),
    ("joined", false, Layer::join_challenges),
    ("optional", false, Layer::optional),
    ("replaced", false, |layer| {
        layer.inner_401(Inner401::Replace)
    }),
];

/// A route refuses like a layer that has the policy itself: with the same status, fields and event. The test covers
/// every order of every set of schemes, and every scheme as that of the caller. The one difference is that the layer
/// first sends an event that it admitted the caller.
#[test]
fn a_route_refuses_as_the_layer_around_it_would() {
    let mut seen = 0;
    for kinds in Kind::orders() {
        for (name, proxy, tune) in TUNES {
            for answer in ALL {
                for waits in [false, true] {
                    let [layer, route] = [false, true]
                        .map(|by_route| watched(&kinds, tune, policy(answer, waits), by_route));
                    for kind in &kinds {
                        let context = format!("{name}: {kind:?} of {kinds:?}: {answer:?}");
                        let one = layer.ask(layer.good(*kind, proxy));
                        let other = route.ask(route.good(*kind, proxy));
                        assert_same(&one, &other, answer, name == "stripped" || proxy, &context);
                        seen += 1;
                    }
                }
            }
        }
    }
    println!("{seen} refusals compared");
    assert_eq!(seen, 33 * 6 * 6 * 2);
}

fn assert_same(layer: &Came, route: &Came, answer: Says, stripped: bool, context: &str) {
    assert_eq!(route.status, layer.status, "{context}");
    let statuses = [answer.status(), answer.status() + 6];
    assert!(
        statuses.contains(&route.status),
        "{context}: 407 from a proxy"
    );
    assert_eq!(route.body, layer.body, "{context}");
    let admitted = answer == Says::Allow;
    assert_eq!(route.calls, usize::from(admitted), "{context}");
    if admitted {
        assert_eq!(route.heard.len(), 1, "{context}");
        return;
    }
    // A policy that panics inside the layer takes the admission with it.
    let is_compared = |(name, _): &(String, String)| {
        answer != Says::Panics || !name.ends_with("authentication-info")
    };
    let [route_fields, layer_fields] = [route, layer].map(|came| {
        came.fields()
            .into_iter()
            .filter(is_compared)
            .collect::<Vec<_>>()
    });
    assert_eq!(route_fields, layer_fields, "{context}");
    assert_eq!((route.heard.len(), layer.heard.len()), (2, 1), "{context}");
    assert_eq!(route.heard[0].outcome, AuditOutcome::Admitted, "{context}");
    let (route, layer) = (&route.heard[1], &layer.heard[0]);
    if answer != Says::Panics {
        assert_eq!(route.identity, layer.identity, "{context}");
        assert_eq!(route.identity.as_ref().unwrap().name(), USER);
    }
    assert_eq!(
        (route.outcome, route.text, &route.scheme, route.status),
        (layer.outcome, layer.text, &layer.scheme, layer.status),
        "{context}"
    );
    if !stripped {
        assert_eq!(route.account, layer.account, "{context}");
    }
}

/// RFC 6750 section 3.1, also if the layer has removed the credentials from the request.
#[test]
fn the_scheme_that_admitted_the_caller_names_the_missing_scope() {
    for tune in [|layer: Layer| layer, Layer::strip_credentials] {
        let route = watched(&Kind::ALL, tune, policy(Says::Lacks, false), true);
        for name in ["Bearer", "bearer", "BEARER"] {
            let result = route.ask(get("/").authorization(format!("{name} {TOKEN}")));
            assert_eq!(
                result.lines(WWW_AUTHENTICATE),
                ["Bearer realm=\"api@example.org\", error=\"insufficient_scope\", scope=\"write\""]
            );
            let schemes = result.heard.iter().map(|event| event.scheme.as_deref());
            assert!(schemes.eq([Some("Bearer"); 2]), "{name}");
        }
        let result = route.ask(get("/").basic(USER, PASSWORD));
        assert_eq!(
            (result.status, result.lines(WWW_AUTHENTICATE)),
            (403, vec![])
        );
    }
}

/// The `401` of a route already has the layer's challenges, with error parameters. The layer must not replace them with
/// plain ones, as it does for a `401` of the inner service.
#[test]
fn inner_401_does_not_replace_the_challenges_of_a_step_up() {
    for what in [Inner401::Pass, Inner401::Append, Inner401::Replace] {
        let tune = |layer: Layer| layer.inner_401(what);
        let route = watched(&Kind::ALL, tune, policy(Says::StepUp, true), true);
        let lines = route.ask(get("/").bearer(TOKEN)).lines(WWW_AUTHENTICATE);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[1].contains("insufficient_user_authentication"));
        assert!(lines[1].contains("acr_values=\"mfa\", max_age=\"60\""));
    }
}

/// Without a layer around it, no credentials are checked. So the route admits no caller, also if its policy would allow
/// them.
#[test]
fn a_route_without_a_layer_around_it_answers_500() {
    let renderers = |denial: &Denial, _: &RequestHead<'_>| {
        assert_eq!(denial.kind(), DenialKind::MissingLayer);
        Response::new(Body::default())
    };
    for answer in ALL {
        let probe = Probe::new();
        let service = RequirePolicy::new(policy(answer, false)).layer(probe.clone());
        let rendering = RequirePolicy::new(policy(answer, true)).respond_with(renderers);
        let rendering = rendering.layer(probe.clone());
        for ask in [
            get("/"),
            get("/").basic(USER, PASSWORD),
            get("/").extension(Principal::new(USER)),
        ] {
            let Ok(one) = run(service.clone().oneshot(ask.clone().into_request()));
            let Ok(other) = run(rendering.clone().oneshot(ask.into_request()));
            for response in [one, other] {
                assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
                assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
                assert!(!response.headers().contains_key(WWW_AUTHENTICATE));
                let missing = response.extensions().get::<MissingLayer>().unwrap();
                assert_eq!(
                    missing.required_identity(),
                    "tower_challenge::principal::Principal"
                );
                assert_eq!(missing.found_identity(), None);
            }
        }
        assert_eq!(probe.calls(), 0);
    }
}

/// A caller whose identity has another type is no caller for this route.
#[test]
fn a_route_inside_a_layer_with_another_identity_type_answers_500() {
    let world = TestWorld::new();
    let probe = Probe::new();
    let route =
        RequirePolicy::of_identity(|_: &u64, _: &RequestHead<'_>| true).layer(probe.clone());
    let layer = RequireAuth::new(world.basic()).unwrap();
    let service = layer.layer(route);
    let Ok(response) = run(service.oneshot(get("/").basic(USER, PASSWORD).into_request()));
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(probe.calls(), 0);
}

/// If the layer let a request pass without a caller, the route asks the client to log in. Without TLS it sends no
/// challenge, if the layer requires TLS.
#[test]
fn a_route_that_requires_a_caller_challenges_a_request_that_the_layer_let_pass() {
    let preflight = TestRequest::new("OPTIONS", "/")
        .field("origin", "https://app.example")
        .field("access-control-request-method", "PUT");
    let passes: [(Tune, TestRequest); 4] = [
        (Layer::optional, get("/")),
        (|layer| layer.public(|_| true), get("/")),
        (
            |layer| layer.public(|_| true),
            get("/").basic(USER, PASSWORD),
        ),
        (
            |layer| layer.public(|request| request.method() == Method::OPTIONS),
            preflight,
        ),
    ];
    for kinds in Kind::orders() {
        for (tune, ask) in &passes {
            for answer in ALL {
                let route = watched(&kinds, tune, policy(answer, false), true);
                let result = route.ask(ask.clone());
                let context = format!("{kinds:?}: {answer:?}");
                assert_eq!((result.status, result.calls), (401, 0), "{context}");
                let schemes: Vec<_> = result.lines(WWW_AUTHENTICATE);
                let schemes = schemes.iter().map(|line| line.split(' ').next().unwrap());
                assert!(
                    schemes.eq(kinds.iter().map(|kind| kind.name())),
                    "{context}"
                );
                assert_eq!(result.lines(CACHE_CONTROL), ["no-store"]);
                let outcomes: Vec<_> = result.heard.iter().map(|event| event.outcome).collect();
                assert_eq!(outcomes.len(), 2);
                assert_eq!(outcomes[1], AuditOutcome::Challenged);

                let secured = |layer: Layer| tune(layer.require_tls());
                let route = watched(&kinds, secured, policy(answer, false), true);
                let result = route.ask(ask.clone());
                assert_eq!((result.status, result.calls), (403, 0), "{context}");
                assert_eq!(result.lines(WWW_AUTHENTICATE), [""; 0], "{context}");
                let result = route.ask(ask.clone().extension(SecureTransport));
                assert_eq!((result.status, result.calls), (401, 0), "{context}");
            }
        }
    }
}

/// A policy is not asked about a request without a caller.
#[test]
fn a_policy_is_asked_about_callers_alone() {
    let asks = |_: &Principal, _: &RequestHead<'_>| -> bool { panic!("there is no caller") };
    let (world, probe) = (TestWorld::new(), Probe::new());
    let layer = RequireAuth::new(world.basic()).unwrap().optional();
    let service = layer.layer(RequirePolicy::new(asks).layer(probe));
    let Ok(response) = run(service.oneshot(get("/").into_request()));
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

/// If an inner layer lets a request pass without a caller, the route inside it has no caller, also if an outer layer
/// has admitted one.
#[test]
fn a_route_uses_the_caller_of_the_nearest_layer() {
    let world = TestWorld::new();
    let layer = || RequireAuth::new(world.basic()).unwrap();
    let allow = |_: &Principal, _: &RequestHead<'_>| true;
    let probe = Probe::new();
    let route = RequirePolicy::new(allow).layer(probe.clone());
    let inside = layer().public(|_| true).layer(route);
    let service = layer().layer(inside);
    let ask = get("/").basic(USER, PASSWORD);
    let Ok(response) = run(service.oneshot(ask.into_request()));
    assert_eq!((response.status().as_u16(), probe.calls()), (401, 0));
}

/// The layer renders the refusal of a route, and keeps the fields that layers between the two have added.
#[test]
fn the_layer_around_a_route_renders_its_refusals() {
    let world = TestWorld::new();
    for answer in ALL.into_iter().filter(|answer| *answer != Says::Allow) {
        for waits in [false, true] {
            let layer = RequireAuth::new(world.bearer()).unwrap();
            let rendered = layer.clone().respond_with(render_all);
            let route = RequirePolicy::new(policy(answer, waits)).layer(Probe::new());
            let between = MapResponse::new(route, |mut response: Response<Body>| {
                let headers = response.headers_mut();
                assert!(
                    headers.contains_key(CACHE_CONTROL),
                    "the response is already a refusal"
                );
                headers.insert("access-control-allow-origin", "*".parse().unwrap());
                headers.insert(VARY, "origin".parse().unwrap());
                headers.insert(CONTENT_LENGTH, "0".parse().unwrap());
                headers.insert(WWW_AUTHENTICATE, "Evil realm=\"x\"".parse().unwrap());
                headers.insert(CACHE_CONTROL, "public".parse().unwrap());
                headers.insert("retry-after", "0".parse().unwrap());
                headers.insert("etag", "\"x\"".parse().unwrap());
                headers.insert("x-rendered", "between".parse().unwrap());
                headers.insert("content-type", "x/y".parse().unwrap());
                response
            });
            let service = rendered.layer(between);
            let direct = layer.policy(policy(answer, waits)).respond_with(render_all);
            let direct = direct.layer(Probe::new());
            let ask = || {
                TestRequest::new("POST", "/x?y")
                    .bearer(TOKEN)
                    .into_request()
            };
            let Ok(one) = run(service.oneshot(ask()));
            let Ok(other) = run(direct.oneshot(ask()));
            assert_eq!(one.status(), other.status());
            let mut headers = one.headers().clone();
            assert_eq!(headers.remove("access-control-allow-origin").unwrap(), "*");
            assert_eq!(headers.remove(VARY).unwrap(), "origin");
            assert_eq!(&headers, other.headers());
            let Ok(one) = run(one.into_body().collect());
            let Ok(other) = run(other.into_body().collect());
            assert_eq!(one.to_bytes(), other.to_bytes());
        }
    }
}

/// A layer with the renderer `NotFound` conceals the refusals of its routes, too: fields that layers between have added
/// do not reach the client.
#[test]
fn a110_a_layer_that_conceals_refusals_conceals_those_of_its_routes() {
    let world = TestWorld::new();
    let not_found = |_: &RequestHead<'_>| {
        let found = Response::builder().status(404).header("x-app", "1");
        found.body(Body::from("nothing here")).unwrap()
    };
    for answer in ALL.into_iter().filter(|answer| *answer != Says::Allow) {
        let layer = RequireAuth::new(world.bearer()).unwrap();
        let layer = layer.respond_with(NotFound::new(not_found));
        let route = RequirePolicy::new(policy(answer, false)).layer(Probe::new());
        let between = MapResponse::new(route, |mut response: Response<Body>| {
            let headers = response.headers_mut();
            headers.insert("x-rendered", "between".parse().unwrap());
            response
        });
        let service = layer.expose_to_scripts().layer(between);
        let Ok(shown) = run(service.oneshot(get("/").bearer(TOKEN).into_request()));
        let request = Request::new(());
        let nothing = not_found(&RequestHead::of(&request));
        assert_eq!(shown.status(), nothing.status());
        assert_eq!(shown.headers(), nothing.headers());
        let Ok(body) = run(shown.into_body().collect());
        assert_eq!(body.to_bytes(), "nothing here");
    }
}

/// The layer does not render a refusal that the route has rendered itself.
#[test]
fn a_route_with_a_renderer_of_its_own_keeps_it() {
    let world = TestWorld::new();
    let own = |_: &Denial, _: &RequestHead<'_>| Response::new(Body::from("mine"));
    for what in [Inner401::Pass, Inner401::Replace] {
        let layer = RequireAuth::new(world.bearer()).unwrap().inner_401(what);
        let layer = layer.respond_with(render_all);
        let route = RequirePolicy::new(policy(Says::StepUp, false)).respond_with(own);
        let service = layer.layer(route.layer(Probe::new()));
        let Ok(response) = run(service.oneshot(get("/").bearer(TOKEN).into_request()));
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.contains("insufficient_user_authentication"));
        let Ok(body) = run(response.into_body().collect());
        assert_eq!(body.to_bytes(), "mine");
    }
}

/// A layer between may replace the response and drop its extensions. The refusal then loses its rendering, but keeps
/// its status and its challenges.
#[test]
fn a_refusal_that_loses_its_extensions_keeps_status_and_challenges() {
    let world = TestWorld::new();
    let layer = RequireAuth::new(world.bearer())
        .unwrap()
        .respond_with(render_all);
    let route = RequirePolicy::new(policy(Says::Lacks, false)).layer(Probe::new());
    let between = MapResponse::new(route, |response: Response<Body>| {
        let (mut head, _) = response.into_parts();
        head.extensions.clear();
        Response::from_parts(head, Body::from("plain"))
    });
    let Ok(response) = run(layer
        .layer(between)
        .oneshot(get("/").bearer(TOKEN).into_request()));
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
    assert!(challenge.contains("insufficient_scope"));
    let Ok(body) = run(response.into_body().collect());
    assert_eq!(body.to_bytes(), "plain");
}

/// Two layers have the same identity type. Each renders only the refusals of callers whom it has admitted itself.
#[test]
fn a_layer_renders_the_refusals_of_its_own_callers_alone() {
    let world = TestWorld::new();
    let render_text =
        |text: &'static str| move |_: &Denial, _: &RequestHead<'_>| Response::new(Body::from(text));
    let route = RequirePolicy::new(policy(Says::Forbid, true)).layer(Probe::new());
    let layer = || RequireAuth::new(world.basic()).unwrap();
    let inner = layer().respond_with(render_text("inner")).layer(route);
    let proxy = layer()
        .proxy()
        .respond_with(render_text("outer"))
        .layer(inner);
    let ask = get("/").basic(USER, PASSWORD).to_proxy();
    let ask = ask.basic(USER, PASSWORD).into_request();
    let Ok(response) = run(proxy.oneshot(ask));
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let Ok(body) = run(response.into_body().collect());
    assert_eq!(body.to_bytes(), "inner");
}

/// This holds even if a service between the layers puts back the caller of the outer layer.
#[test]
fn a_layer_does_not_render_the_refusals_of_another_layer() {
    let world = TestWorld::new();
    let render_text =
        |text: &'static str| move |_: &Denial, _: &RequestHead<'_>| Response::new(Body::from(text));
    #[derive(Clone)]
    struct Kept(Authenticated<Principal>);
    let route = RequirePolicy::new(policy(Says::Forbid, false)).layer(Probe::new());
    let restore = MapRequest::new(route, |mut request: Request<Body>| {
        let kept = request.extensions().get::<Kept>().unwrap().0.clone();
        request.extensions_mut().insert(kept);
        request
    });
    let layer = || RequireAuth::new(world.basic()).unwrap();
    let inner = layer().respond_with(render_text("inner")).layer(restore);
    let keep = MapRequest::new(inner, |mut request: Request<Body>| {
        let caller = request.extensions().get::<Authenticated<Principal>>();
        let kept = Kept(caller.unwrap().clone());
        request.extensions_mut().insert(kept);
        request
    });
    let outer = layer().respond_with(render_text("outer")).layer(keep);
    let ask = get("/").basic(USER, PASSWORD).into_request();
    let Ok(response) = run(outer.oneshot(ask));
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let Ok(body) = run(response.into_body().collect());
    assert_eq!(body.to_bytes(), "outer");
}

/// An audit that panics changes no refusal, and admits no caller.
#[test]
fn an_audit_that_panics_over_a_refusal_changes_nothing() {
    let world = TestWorld::new();
    let audit = |event: &AuditEvent<'_>| {
        assert_eq!(
            event.outcome,
            AuditOutcome::Admitted,
            "the audit panics on purpose"
        );
    };
    let probe = Probe::new();
    let layer = RequireAuth::new(world.basic()).unwrap().audit(audit);
    for waits in [false, true] {
        let route = RequirePolicy::new(policy(Says::Forbid, waits)).layer(probe.clone());
        let ask = get("/").basic(USER, PASSWORD).into_request();
        let Ok(response) = run(layer.layer(route).oneshot(ask));
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
    }
    assert_eq!(probe.calls(), 0);
}

/// With a `RequirePolicy`, Digest verifies each nonce count once. With a second layer inside the first that is not its
/// clone, each login is stale.
#[test]
fn digest_verifies_a_login_once_and_a_second_layer_would_call_it_stale() {
    let route = watched(
        &[Kind::Digest],
        |layer| layer,
        policy(Says::Allow, false),
        true,
    );
    let challenged = route.ask(get("/")).lines(WWW_AUTHENTICATE);
    let challenge = Challenge::parse(challenged[0].as_bytes()).unwrap();
    for count in 1..=5 {
        let login = Login::to(&challenge, USER, PASSWORD);
        let login = login.request("GET", "/").nc(count).header();
        let result = route.ask(get("/").authorization(login));
        assert_eq!((result.status, result.calls), (200, 1));
        assert!(result.headers.contains_key("authentication-info"));
    }

    let world = TestWorld::new();
    let [outer, inner] = [(); 2].map(|()| RequireAuth::new(world.digest()).unwrap());
    let two = outer.layer(inner.layer(Probe::new()));
    for _ in 0..3 {
        let Ok(challenged) = run(two.clone().oneshot(get("/").into_request()));
        let challenge = challenged.headers()[WWW_AUTHENTICATE].as_bytes();
        let challenge = Challenge::parse(challenge).unwrap();
        let login = Login::to(&challenge, USER, PASSWORD);
        let login = login.request("GET", "/").header();
        let ask = get("/").authorization(login).into_request();
        let Ok(response) = run(two.clone().oneshot(ask));
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        assert!(
            challenge.contains("stale=true"),
            "two layers inside each other: {challenge}"
        );
    }
}

/// The outer policy is asked first, and the client gets the first refusal.
#[test]
fn several_policies_inside_each_other_must_all_allow() {
    let world = TestWorld::new();
    let layer = RequireAuth::new(world.bearer()).unwrap();
    for outer in ALL {
        for inner in ALL {
            let probe = Probe::new();
            let route = RequirePolicy::new(policy(inner, true)).layer(probe.clone());
            let route = RequirePolicy::new(policy(outer, false)).layer(route);
            let ask = get("/").bearer(TOKEN).into_request();
            let Ok(response) = run(layer.layer(route).oneshot(ask));
            let first = if outer == Says::Allow { inner } else { outer };
            assert_eq!(response.status().as_u16(), first.status());
            let both = outer == Says::Allow && inner == Says::Allow;
            assert_eq!(probe.calls(), usize::from(both));
        }
    }
}

/// Wrong credentials never reach a route.
#[test]
fn a_request_that_the_layer_refuses_never_reaches_the_route() {
    let route = watched(
        &Kind::ALL,
        Layer::optional,
        policy(Says::Allow, false),
        true,
    );
    for ask in [
        get("/").basic(USER, WRONG),
        get("/").bearer("x"),
        get("/").authorization("Digest x"),
        get("/").authorization(""),
        get("/").basic(USER, PASSWORD).basic(USER, PASSWORD),
    ] {
        let result = route.ask(ask);
        assert!([400, 401].contains(&result.status), "{result:?}");
        assert_eq!((result.calls, result.heard.len()), (0, 1));
    }
}

/// The test uses an identity type of the application, a body type without `Default`, and combined policies.
#[test]
fn a_route_works_with_any_identity_type_and_any_body_type() {
    #[derive(Clone, Debug, PartialEq)]
    struct Employee(String);
    #[derive(Debug, PartialEq)]
    struct Told(String);

    let boss = |caller: &Employee, _: &RequestHead<'_>| caller.0 == USER;
    let forbid = |_: &Employee, _: &RequestHead<'_>| false;
    let policy = by_method().on([Method::GET], boss.and(forbid.not()));
    let route = RequirePolicy::of_identity(policy.build().unwrap()).respond_with(
        |denial: &Denial, _: &RequestHead<'_>| Response::new(Told(denial.status().to_string())),
    );
    let world = TestWorld::new();
    let scheme = world
        .basic()
        .map_identity(|principal| Employee(principal.name().to_owned()));
    let layer = RequireAuth::new(scheme).unwrap();
    let layer = layer
        .respond_with(|_: &Denial, _: &RequestHead<'_>| Response::new(Told("outer".to_owned())));
    let inner = service_fn(|request: Request<u8>| {
        let caller = request
            .extensions()
            .get::<Authenticated<Employee>>()
            .unwrap();
        ready(Ok::<_, Infallible>(Response::new(Told(caller.0.clone()))))
    });
    let service = layer.layer(route.layer(inner));
    let ask = |method: &str, user, password| {
        let request = TestRequest::new(method, "/")
            .basic(user, password)
            .into_request();
        let Ok(response) = run(service.clone().oneshot(request.map(|_| 7u8)));
        response.into_body().0
    };
    assert_eq!(ask("GET", USER, PASSWORD), USER);
    assert_eq!(ask("HEAD", USER, PASSWORD), USER);
    assert_eq!(ask("FOO", USER, PASSWORD), "403 Forbidden");
    assert_eq!(
        ask("GET", support::OTHER_USER, support::OTHER_PASSWORD),
        "403 Forbidden"
    );
    assert_eq!(ask("GET", USER, WRONG), "outer");
}

/// `Debug` output shows no secrets, and callers are compared by their identities alone.
#[test]
fn callers_of_different_layers_are_equal_if_their_identities_are() {
    fn seen<A: Scheme<BodyAccess = BodyUnread>>(
        layer: &RequireAuth<A>,
        (user, password): (&str, &str),
    ) -> Authenticated<A::Identity> {
        let probe = Probe::new();
        let ask = get("/").basic(user, password).into_request();
        let Ok(_) = run(layer.layer(probe.clone()).oneshot(ask));
        let seen = probe.take();
        assert!(!seen[0].head.headers.contains_key(AUTHORIZATION));
        seen[0].head.extensions.get().cloned().unwrap()
    }
    let layer = || {
        RequireAuth::new(TestWorld::new().basic())
            .unwrap()
            .strip_credentials()
    };
    let account = (USER, PASSWORD);
    let (one, other) = (seen(&layer(), account), seen(&layer(), account));
    assert_eq!(one, other);
    let other_account = (support::OTHER_USER, support::OTHER_PASSWORD);
    assert_ne!(one, seen(&layer(), other_account));
    let hash = |layer: &RequireAuth<_>, account| {
        BuildHasherDefault::<DefaultHasher>::new().hash_one(seen(layer, account))
    };
    let named = || {
        let basic = TestWorld::new().basic();
        let basic = basic.map_identity(|principal| principal.name().to_owned());
        RequireAuth::new(basic).unwrap().strip_credentials()
    };
    assert_eq!(hash(&named(), account), hash(&named(), account));
    assert_ne!(hash(&named(), account), hash(&named(), other_account));
    let shown = format!("{one:?}");
    assert_eq!(
        shown,
        "Authenticated { identity: Principal(\"mufasa\"), .. }"
    );
    support::canary::assert_free("a caller", shown.as_bytes());
    let layer = RequirePolicy::new(scopes("a").unwrap().or(role("b").unwrap()));
    assert_eq!(format!("{:?}", layer.clone()), "RequirePolicy { .. }");
    let service = layer.layer(());
    assert_eq!(
        format!("{:?}", service.clone()),
        "RequirePolicyService { inner: (), .. }"
    );
}
