//! A route under a layer: what it refuses looks as if the layer had refused it.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::convert::Infallible;
use std::future::ready;

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
use self::support::watch::Heard;
use self::support::{
    Ask, Body, Kind, Layer, Login, PASSWORD, Probe, TOKEN, USER, WRONG, World, get, run,
};

/// What a policy answers.
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
            Self::Panics => panic!("as it is meant to"),
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

/// A policy that says so, at once or later.
fn policy(
    says: Says,
    waits: bool,
) -> impl Fn(&Principal, &RequestHead<'_>) -> Answer + Copy + Send + Sync + 'static {
    move |_: &Principal, _: &RequestHead<'_>| {
        if !waits {
            return NowOrLater::now(says.decided());
        }
        NowOrLater::later(async move {
            later().await;
            says.decided()
        })
    }
}

/// What came of a request.
#[derive(Debug)]
struct Came {
    status: u16,
    headers: HeaderMap,
    body: String,
    heard: Vec<Heard>,
    calls: usize,
}

impl Came {
    fn lines(&self, name: impl http::header::AsHeaderName) -> Vec<String> {
        let lines = self.headers.get_all(name).iter();
        lines.map(|it| it.to_str().unwrap().to_owned()).collect()
    }

    /// The fields, with nonces taken out: each is new.
    fn fields(&self) -> Vec<(String, String)> {
        let shown = |value: &HeaderValue| {
            let value = value.to_str().unwrap();
            match value.split_once("nonce=\"") {
                Some((before, after)) => format!("{before}{}", after.split_once('"').unwrap().1),
                None => value.to_owned(),
            }
        };
        let fields = self.headers.iter();
        let mut fields: Vec<_> = fields
            .map(|(name, value)| (name.to_string(), shown(value)))
            .collect();
        fields.sort();
        fields
    }
}

/// A service, and what it is watched by.
struct Watched<S> {
    service: S,
    world: World,
    probe: Probe,
}

impl<S> Watched<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone,
{
    fn ask(&self, ask: Ask) -> Came {
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

    /// Good credentials for a `GET` of `/`.
    fn good(&self, kind: Kind, proxy: bool) -> Ask {
        let ask = match kind {
            Kind::Basic => get("/").basic(USER, PASSWORD),
            Kind::Bearer => get("/").bearer(TOKEN),
            Kind::Digest => {
                let field = if proxy {
                    "proxy-authenticate"
                } else {
                    "www-authenticate"
                };
                let told = self.ask(get("/").authorization("Unheard-Of").to_proxy_if(proxy));
                let lines = told.headers.get_all(field).iter();
                let challenges = WwwAuthenticate::parse(lines.map(HeaderValue::as_bytes)).unwrap();
                let mut challenges = challenges.iter();
                let challenge = challenges.find(|it| it.scheme() == SchemeName::DIGEST);
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

impl ToProxyIf for Ask {
    fn to_proxy_if(self, proxy: bool) -> Self {
        if proxy { self.to_proxy() } else { self }
    }
}

type Service1 = tower::util::BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// A layer of `kinds`, over a `RequirePolicy` or with the policy itself.
fn watched(
    kinds: &[Kind],
    tune: impl Fn(Layer) -> Layer,
    policy: impl Fn(&Principal, &RequestHead<'_>) -> Answer + Copy + Send + Sync + 'static,
    by_route: bool,
) -> Watched<Service1> {
    let (world, probe) = (World::new(), Probe::new());
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

/// Renders everything that there is to render.
fn told(denial: &Denial, head: &RequestHead<'_>) -> Response<Body> {
    let text = format!("{:?} {} {}", denial.kind(), head.method(), head.target());
    let mut response = Response::new(Body::from(text));
    let text = HeaderValue::from_static("text/plain");
    response.headers_mut().insert(CONTENT_TYPE, text);
    let rendered = HeaderValue::from_static("rendered");
    response.headers_mut().insert("x-told", rendered);
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

/// A route refuses as its layer would: the same status, the same fields, the same event. Of every order of every set of
/// schemes, by whichever the caller has come; and the one difference is that the layer had admitted them first.
#[test]
fn a_route_refuses_as_the_layer_around_it_would() {
    let mut seen = 0;
    for kinds in Kind::orders() {
        for (name, proxy, tune) in TUNES {
            for says in ALL {
                for waits in [false, true] {
                    let [layer, route] = [false, true]
                        .map(|by_route| watched(&kinds, tune, policy(says, waits), by_route));
                    for kind in &kinds {
                        let context = format!("{name}: {kind:?} of {kinds:?}: {says:?}");
                        let one = layer.ask(layer.good(*kind, proxy));
                        let other = route.ask(route.good(*kind, proxy));
                        assert_same(&one, &other, says, name == "stripped" || proxy, &context);
                        seen += 1;
                    }
                }
            }
        }
    }
    println!("{seen} refusals compared");
    assert_eq!(seen, 33 * 6 * 6 * 2);
}

fn assert_same(layer: &Came, route: &Came, says: Says, stripped: bool, context: &str) {
    assert_eq!(route.status, layer.status, "{context}");
    let statuses = [says.status(), says.status() + 6];
    assert!(
        statuses.contains(&route.status),
        "{context}: 407 from a proxy"
    );
    assert_eq!(route.body, layer.body, "{context}");
    let admitted = says == Says::Allow;
    assert_eq!(route.calls, usize::from(admitted), "{context}");
    if admitted {
        assert_eq!(route.heard.len(), 1, "{context}");
        return;
    }
    assert_eq!(route.fields(), layer.fields(), "{context}");
    assert_eq!((route.heard.len(), layer.heard.len()), (2, 1), "{context}");
    assert_eq!(route.heard[0].outcome, AuditOutcome::Admitted, "{context}");
    let (route, layer) = (&route.heard[1], &layer.heard[0]);
    if says != Says::Panics {
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

/// RFC 6750 section 3.1, whatever has become of the credentials meanwhile.
#[test]
fn the_scheme_that_let_the_caller_through_explains_what_is_lacking() {
    for tune in [|layer: Layer| layer, Layer::strip_credentials] {
        let route = watched(&Kind::ALL, tune, policy(Says::Lacks, false), true);
        for name in ["Bearer", "bearer", "BEARER"] {
            let came = route.ask(get("/").authorization(format!("{name} {TOKEN}")));
            assert_eq!(
                came.lines(WWW_AUTHENTICATE),
                ["Bearer realm=\"api@example.org\", error=\"insufficient_scope\", scope=\"write\""]
            );
            let schemes = came.heard.iter().map(|it| it.scheme.as_deref());
            assert!(schemes.eq([Some("Bearer"); 2]), "{name}");
        }
        let came = route.ask(get("/").basic(USER, PASSWORD));
        assert_eq!((came.status, came.lines(WWW_AUTHENTICATE)), (403, vec![]));
    }
}

/// A 401 of the route has the layer's challenges already, and what it says of them is the better for it.
#[test]
fn a_step_up_keeps_what_it_says() {
    for what in [Inner401::Pass, Inner401::Append, Inner401::Replace] {
        let tune = |layer: Layer| layer.inner_401(what);
        let route = watched(&Kind::ALL, tune, policy(Says::StepUp, true), true);
        let lines = route.ask(get("/").bearer(TOKEN)).lines(WWW_AUTHENTICATE);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[1].contains("insufficient_user_authentication"));
        assert!(lines[1].contains("acr_values=\"mfa\", max_age=\"60\""));
    }
}

/// Behind nothing, nobody was asked: nobody gets in, whatever the route asks, and whoever they say they are.
#[test]
fn behind_no_layer_it_answers_500() {
    let renderers = |denial: &Denial, _: &RequestHead<'_>| {
        assert_eq!(denial.kind(), DenialKind::MissingLayer);
        Response::new(Body::default())
    };
    for says in ALL {
        let probe = Probe::new();
        let service = RequirePolicy::new(policy(says, false)).layer(probe.clone());
        let rendering = RequirePolicy::new(policy(says, true)).respond_with(renderers);
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
                let misplaced = response.extensions().get::<MissingLayer>().unwrap();
                assert_eq!(
                    misplaced.to_string(),
                    "this route is not behind a `RequireAuth` with this identity"
                );
            }
        }
        assert_eq!(probe.calls(), 0);
    }
}

/// Behind a layer that knows callers of another kind, nobody who is known is there.
#[test]
fn behind_a_layer_with_other_identities_it_answers_500() {
    let world = World::new();
    let probe = Probe::new();
    let route =
        RequirePolicy::of_identity(|_: &u64, _: &RequestHead<'_>| true).layer(probe.clone());
    let layer = RequireAuth::new(world.basic()).unwrap();
    let service = layer.layer(route);
    let Ok(response) = run(service.oneshot(get("/").basic(USER, PASSWORD).into_request()));
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(probe.calls(), 0);
}

/// Whom the layer let pass unseen, the route asks to log in, and asks for nothing where others can read it.
#[test]
fn a_route_that_wants_somebody_challenges_whom_the_layer_let_pass() {
    let preflight = Ask::new("OPTIONS", "/")
        .field("origin", "https://app.example")
        .field("access-control-request-method", "PUT");
    let passes: [(Tune, Ask); 4] = [
        (Layer::optional, get("/")),
        (|layer| layer.public(|_| true), get("/")),
        (
            |layer| layer.public(|_| true),
            get("/").basic(USER, PASSWORD),
        ),
        (
            |layer| layer.public(|it| it.method() == Method::OPTIONS),
            preflight,
        ),
    ];
    for kinds in Kind::orders() {
        for (tune, ask) in &passes {
            for says in ALL {
                let route = watched(&kinds, tune, policy(says, false), true);
                let came = route.ask(ask.clone());
                let context = format!("{kinds:?}: {says:?}");
                assert_eq!((came.status, came.calls), (401, 0), "{context}");
                let schemes: Vec<_> = came.lines(WWW_AUTHENTICATE);
                let schemes = schemes.iter().map(|it| it.split(' ').next().unwrap());
                assert!(schemes.eq(kinds.iter().map(|it| it.name())), "{context}");
                assert_eq!(came.lines(CACHE_CONTROL), ["no-store"]);
                let outcomes: Vec<_> = came.heard.iter().map(|it| it.outcome).collect();
                assert_eq!(outcomes.len(), 2);
                assert_eq!(outcomes[1], AuditOutcome::Challenged);

                let secured = |layer: Layer| tune(layer.require_tls());
                let route = watched(&kinds, secured, policy(says, false), true);
                let came = route.ask(ask.clone());
                assert_eq!((came.status, came.calls), (403, 0), "{context}");
                assert_eq!(came.lines(WWW_AUTHENTICATE), [""; 0], "{context}");
                let came = route.ask(ask.clone().extension(SecureTransport));
                assert_eq!((came.status, came.calls), (401, 0), "{context}");
            }
        }
    }
}

/// A policy is not asked about nobody.
#[test]
fn a_policy_is_asked_about_callers_alone() {
    let asks = |_: &Principal, _: &RequestHead<'_>| -> bool { panic!("there is nobody") };
    let (world, probe) = (World::new(), Probe::new());
    let layer = RequireAuth::new(world.basic()).unwrap().optional();
    let service = layer.layer(RequirePolicy::new(asks).layer(probe));
    let Ok(response) = run(service.oneshot(get("/").into_request()));
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

/// Whom a layer inside another let pass is nobody, whoever the outer one knows.
#[test]
fn the_nearest_layer_counts() {
    let world = World::new();
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

/// The layer around renders, whatever is between, and what is between keeps its fields.
#[test]
fn the_layer_around_renders_what_the_route_refuses() {
    let world = World::new();
    for says in ALL.into_iter().filter(|it| *it != Says::Allow) {
        for waits in [false, true] {
            let layer = RequireAuth::new(world.bearer()).unwrap();
            let rendered = layer.clone().respond_with(told);
            let route = RequirePolicy::new(policy(says, waits)).layer(Probe::new());
            let between = MapResponse::new(route, |mut response: Response<Body>| {
                let headers = response.headers_mut();
                assert!(
                    headers.contains_key(CACHE_CONTROL),
                    "it is a refusal already"
                );
                headers.insert("access-control-allow-origin", "*".parse().unwrap());
                headers.insert(VARY, "origin".parse().unwrap());
                headers.insert(CONTENT_LENGTH, "0".parse().unwrap());
                headers.insert(WWW_AUTHENTICATE, "Evil realm=\"x\"".parse().unwrap());
                headers.insert(CACHE_CONTROL, "public".parse().unwrap());
                headers.insert("retry-after", "0".parse().unwrap());
                headers.insert("etag", "\"x\"".parse().unwrap());
                headers.insert("x-told", "between".parse().unwrap());
                headers.insert("content-type", "x/y".parse().unwrap());
                response
            });
            let service = rendered.layer(between);
            let direct = layer.policy(policy(says, waits)).respond_with(told);
            let direct = direct.layer(Probe::new());
            let ask = || Ask::new("POST", "/x?y").bearer(TOKEN).into_request();
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

/// A concealed layer conceals what its routes refuse, too: nothing that was added on the way tells them apart.
#[test]
fn a110_what_a_route_refuses_is_concealed_with_the_layer() {
    let world = World::new();
    let not_found = |_: &RequestHead<'_>| {
        let found = Response::builder().status(404).header("x-app", "1");
        found.body(Body::from("nothing here")).unwrap()
    };
    for says in ALL.into_iter().filter(|it| *it != Says::Allow) {
        let layer = RequireAuth::new(world.bearer()).unwrap();
        let layer = layer.respond_with(NotFound::new(not_found));
        let route = RequirePolicy::new(policy(says, false)).layer(Probe::new());
        let between = MapResponse::new(route, |mut response: Response<Body>| {
            let headers = response.headers_mut();
            headers.insert("x-told", "between".parse().unwrap());
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

/// A route that renders by itself is left alone.
#[test]
fn a_route_with_a_renderer_of_its_own_keeps_it() {
    let world = World::new();
    let own = |_: &Denial, _: &RequestHead<'_>| Response::new(Body::from("mine"));
    for what in [Inner401::Pass, Inner401::Replace] {
        let layer = RequireAuth::new(world.bearer()).unwrap().inner_401(what);
        let layer = layer.respond_with(told);
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

/// Where something between makes another response of it, it is still a refusal.
#[test]
fn what_is_lost_on_the_way_is_the_rendering_alone() {
    let world = World::new();
    let layer = RequireAuth::new(world.bearer()).unwrap().respond_with(told);
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

/// Of two layers with identities of one type, each renders what its own callers are refused, and nothing else.
#[test]
fn a_layer_renders_for_its_own_callers_alone() {
    let world = World::new();
    let says =
        |text: &'static str| move |_: &Denial, _: &RequestHead<'_>| Response::new(Body::from(text));
    let route = RequirePolicy::new(policy(Says::Forbid, true)).layer(Probe::new());
    let layer = || RequireAuth::new(world.basic()).unwrap();
    let inner = layer().respond_with(says("inner")).layer(route);
    let proxy = layer().proxy().respond_with(says("outer")).layer(inner);
    let ask = get("/").basic(USER, PASSWORD).to_proxy();
    let ask = ask.basic(USER, PASSWORD).into_request();
    let Ok(response) = run(proxy.oneshot(ask));
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let Ok(body) = run(response.into_body().collect());
    assert_eq!(body.to_bytes(), "inner");
}

/// Even where somebody between hands a caller on by whom another layer knows.
#[test]
fn a_layer_leaves_what_another_has_refused() {
    let world = World::new();
    let says =
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
    let inner = layer().respond_with(says("inner")).layer(restore);
    let keep = MapRequest::new(inner, |mut request: Request<Body>| {
        let caller = request.extensions().get::<Authenticated<Principal>>();
        let kept = Kept(caller.unwrap().clone());
        request.extensions_mut().insert(kept);
        request
    });
    let outer = layer().respond_with(says("outer")).layer(keep);
    let ask = get("/").basic(USER, PASSWORD).into_request();
    let Ok(response) = run(outer.oneshot(ask));
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let Ok(body) = run(response.into_body().collect());
    assert_eq!(body.to_bytes(), "outer");
}

/// An audit that panics changes no refusal, and makes nobody get in.
#[test]
fn an_audit_that_panics_over_a_refusal_changes_nothing() {
    let world = World::new();
    let audit = |event: &AuditEvent<'_>| {
        assert_eq!(event.outcome, AuditOutcome::Admitted, "as it is meant to");
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

/// The problem that a route's own layer cannot solve: the outer one has used up the nonce count.
#[test]
fn digest_is_asked_once_and_not_stale_for_ever() {
    let route = watched(&[Kind::Digest], |it| it, policy(Says::Allow, false), true);
    let told = route.ask(get("/")).lines(WWW_AUTHENTICATE);
    let challenge = Challenge::parse(told[0].as_bytes()).unwrap();
    for count in 1..=5 {
        let login = Login::to(&challenge, USER, PASSWORD);
        let login = login.request("GET", "/").nc(count).header();
        let came = route.ask(get("/").authorization(login));
        assert_eq!((came.status, came.calls), (200, 1));
        assert!(came.headers.contains_key("authentication-info"));
    }

    let world = World::new();
    let layer = RequireAuth::new(world.digest()).unwrap();
    let two = layer.layer(layer.layer(Probe::new()));
    for _ in 0..3 {
        let Ok(told) = run(two.clone().oneshot(get("/").into_request()));
        let challenge = told.headers()[WWW_AUTHENTICATE].as_bytes();
        let challenge = Challenge::parse(challenge).unwrap();
        let login = Login::to(&challenge, USER, PASSWORD);
        let login = login.request("GET", "/").header();
        let ask = get("/").authorization(login).into_request();
        let Ok(response) = run(two.clone().oneshot(ask));
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
        assert!(
            challenge.contains("stale=true"),
            "what `RequirePolicy` is for"
        );
    }
}

/// The outer is asked first, and the first refusal is told.
#[test]
fn several_inside_each_other_must_all_allow() {
    let world = World::new();
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

/// Bad credentials never reach a route.
#[test]
fn whom_the_layer_refuses_the_route_never_sees() {
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
        let came = route.ask(ask);
        assert!([400, 401].contains(&came.status), "{came:?}");
        assert_eq!((came.calls, came.heard.len()), (0, 1));
    }
}

/// The identity of an application, bodies that have no default, and combined policies.
#[test]
fn any_identity_and_any_body_will_do() {
    #[derive(Clone, Debug, PartialEq)]
    struct Employee(String);
    #[derive(Debug, PartialEq)]
    struct Told(String);

    let boss = |caller: &Employee, _: &RequestHead<'_>| caller.0 == USER;
    let nobody = |_: &Employee, _: &RequestHead<'_>| false;
    let policy = by_method().on([Method::GET], boss.and(nobody.not()));
    let route = RequirePolicy::of_identity(policy.build().unwrap()).respond_with(
        |denial: &Denial, _: &RequestHead<'_>| Response::new(Told(denial.status().to_string())),
    );
    let world = World::new();
    let scheme = world
        .basic()
        .map_identity(|it| Employee(it.name().to_owned()));
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
        let request = Ask::new(method, "/").basic(user, password).into_request();
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

/// What is shown of any of it has no secrets, and callers are compared by who they are.
#[test]
fn callers_are_who_they_are_whatever_layer_knows_them() {
    fn seen<A: Scheme<Identity = Principal, BodyAccess = BodyUnread>>(
        layer: &RequireAuth<A>,
    ) -> Authenticated<Principal> {
        let probe = Probe::new();
        let ask = get("/").basic(USER, PASSWORD).into_request();
        let Ok(_) = run(layer.layer(probe.clone()).oneshot(ask));
        let seen = probe.take();
        assert!(!seen[0].head.headers.contains_key(AUTHORIZATION));
        seen[0].head.extensions.get().cloned().unwrap()
    }
    let layer = || {
        RequireAuth::new(World::new().basic())
            .unwrap()
            .strip_credentials()
    };
    let (one, other) = (seen(&layer()), seen(&layer()));
    assert_eq!(one, other);
    let shown = format!("{one:?}");
    assert_eq!(
        shown,
        "Authenticated { identity: Principal(\"mufasa\"), .. }"
    );
    support::canary::assert_free("a caller", shown.as_bytes());
    let permit = RequirePolicy::new(scopes("a").unwrap().or(role("b").unwrap()));
    assert_eq!(format!("{:?}", permit.clone()), "RequirePolicy { .. }");
    let service = permit.layer(());
    assert_eq!(
        format!("{:?}", service.clone()),
        "RequirePolicyService { inner: (), .. }"
    );
}
