//! Tests nested layers, policies and empty configurations.

use std::convert::Infallible;

use crate::support::Boxed;
use axum::Router;
use axum::routing::{any, get as get_route};
use http::{Request, Response, StatusCode};
use tower::{Service, ServiceExt};
use tower_challenge::password::{OneAccount, PlaintextAccounts};
use tower_challenge::policy::{self};
use tower_challenge::require_auth::PublicPaths;
use tower_challenge::scheme::bearer::{StaticTokens, VerifyToken};
use tower_challenge::scheme::digest::{DigestAccount, DigestAccounts, DigestAlgorithm};
use tower_challenge::scheme::{Basic, Bearer, Digest, SchemeExt};
use tower_challenge::{
    Authenticated, Principal, RequestHead, RequireAuth, RequirePolicy, Secret, VerifyFailure,
};
use tower_layer::Layer as _;

use super::status_of;
use crate::support::request::basic;
use crate::support::{
    Body, Kind, Layer, OTHER_USER, PASSWORD, Probe, REALM, Schemes, TOKEN, TestRequest, TestServer,
    TestWorld, USER, WRONG, get, run,
};

/// A configuration of a layer, and whether it lets requests through without credentials, with good ones, and with bad
/// ones.
struct LayerCase {
    tune: fn(Layer) -> Layer,
    anonymous: bool,
    good: bool,
    bad: bool,
}

const LAYER_CASES: [LayerCase; 4] = [
    LayerCase {
        tune: |layer| layer,
        anonymous: false,
        good: true,
        bad: false,
    },
    LayerCase {
        tune: Layer::optional,
        anonymous: true,
        good: true,
        bad: false,
    },
    LayerCase {
        tune: |layer| layer.public(|_| true),
        anonymous: true,
        good: true,
        bad: true,
    },
    LayerCase {
        tune: |layer| layer.policy(|_: &Principal, _: &RequestHead<'_>| false),
        anonymous: false,
        good: false,
        bad: false,
    },
];

/// Of two nested layers, the stricter one decides, in both orders.
#[test]
fn a106_the_stricter_of_two_layers_decides() {
    for outer in &LAYER_CASES {
        for inner in &LAYER_CASES {
            let (service, probe) = nested(outer.tune, inner.tune);
            let ask = |ask: TestRequest| {
                let before = probe.calls();
                let Ok(response) = run(service.clone().oneshot(ask.into_request()));
                assert_eq!(probe.calls() > before, response.status().is_success());
                response.status().is_success()
            };
            assert_eq!(ask(get("/")), outer.anonymous && inner.anonymous);
            assert_eq!(
                ask(get("/").basic(USER, PASSWORD)),
                outer.good && inner.good
            );
            assert_eq!(ask(get("/").basic(USER, WRONG)), outer.bad && inner.bad);
        }
    }
}

fn nested(
    outer: fn(Layer) -> Layer,
    inner: fn(Layer) -> Layer,
) -> (
    impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send> + Clone,
    Probe,
) {
    let world = TestWorld::new();
    let layer = || RequireAuth::new(vec![world.basic()]).unwrap();
    let probe = Probe::new();
    let inner = inner(layer()).layer(probe.clone());
    (outer(layer()).layer(inner), probe)
}

/// A route with a `RequirePolicy` requires a caller, even if the layer around it passes the request without one.
#[test]
fn a106_a_route_with_a_policy_requires_a_caller() {
    for case in &LAYER_CASES {
        for may in [false, true] {
            let world = TestWorld::new();
            let probe = Probe::new();
            let route = RequirePolicy::new(move |_: &Principal, _: &RequestHead<'_>| may);
            let layer = (case.tune)(RequireAuth::new(vec![world.basic()]).unwrap());
            let service = layer.layer(route.layer(probe.clone()));
            let ask = |ask: TestRequest| {
                let Ok(response) = run(service.clone().oneshot(ask.into_request()));
                response.status().as_u16()
            };
            // On a public path the layer ignores credentials, so the request has no caller.
            let is_known = case.good && !case.bad;
            let known = ask(get("/").basic(USER, PASSWORD));
            assert_eq!(known == 200, is_known && may);
            assert_eq!(known == 401, case.bad);
            assert_eq!(ask(get("/")), 401);
            assert_eq!(ask(get("/").basic(USER, WRONG)), 401);
            assert_eq!(probe.calls(), usize::from(is_known && may));
        }
    }
}

/// A caller of a proxy is not a caller of the origin server behind it, even if that one accepts anonymous requests.
#[test]
fn a106_the_caller_of_a_proxy_is_unknown_to_the_origin() {
    let world = TestWorld::new();
    let layer = || RequireAuth::new(vec![world.basic()]).unwrap();
    let probe = Probe::new();
    let service = layer()
        .proxy()
        .layer(layer().optional().layer(probe.clone()));
    let proxied = get("/").field("proxy-authorization", basic(format!("{USER}:{PASSWORD}")));
    let Ok(response) = run(service.oneshot(proxied.into_request()));
    assert_eq!(response.status(), StatusCode::OK);
    let seen = probe.take();
    assert_eq!(
        seen[0].identity(),
        None,
        "the origin server received no credentials"
    );
}

/// The layer guards the fallback of a router, too.
#[test]
fn a106_the_layer_guards_the_fallback() {
    let layer = || RequireAuth::new(TestWorld::new().basic()).unwrap();
    let routes = || {
        Router::new()
            .route("/a", get_route(|| async { "a" }))
            .fallback(|| async { "fallback" })
    };
    let app = routes().layer(layer());
    for (method, path) in [
        ("GET", "/a"),
        ("POST", "/a"),
        ("GET", "/none"),
        ("GET", "/"),
        ("OPTIONS", "*"),
    ] {
        assert_eq!(
            status_of(&app, TestRequest::new(method, path)),
            StatusCode::UNAUTHORIZED,
            "{method} {path}"
        );
    }
    let nested = Router::new()
        .nest("/n", routes())
        .merge(Router::new().route("/m", any(|| async { "m" })))
        .layer(layer());
    for path in ["/n/a", "/n/none", "/n", "/n/", "/m", "/none"] {
        assert_eq!(
            status_of(&nested, get(path)),
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
}

/// An empty setting could admit every caller, or no caller. The constructors refuse it.
#[test]
fn a107_an_empty_configuration_is_an_error() {
    let none: [(&str, &str); 0] = [];
    assert!(PlaintextAccounts::new(none).is_err());
    assert!(DigestAccounts::new(REALM, none).is_err());
    assert!(DigestAccounts::<Principal>::from_accounts([]).is_err());
    for (user, password) in [("", ""), ("", "x"), ("x", "")] {
        assert!(OneAccount::new(user, password).is_err());
        assert!(PlaintextAccounts::new([(user, password)]).is_err());
        assert!(DigestAccounts::new(REALM, [(user, password)]).is_err());
        assert!(PlaintextAccounts::new([(USER, PASSWORD), (user, password)]).is_err());
    }
    assert!(PlaintextAccounts::new([(USER, PASSWORD), (USER, "another")]).is_err());
    assert!(DigestAccounts::new(REALM, [(USER, PASSWORD), (USER, "another")]).is_err());
    for token in ["", " ", "=", "a b", "\u{e9}", "a,b"] {
        assert!(
            StaticTokens::new()
                .unwrap()
                .token(token, Principal::new(USER))
                .is_err(),
            "{token}"
        );
    }
    let no_tokens = StaticTokens::<Principal>::new().unwrap();
    assert!(Bearer::new(REALM, no_tokens).is_err());
    let no_secret = DigestAccount::new(REALM, Principal::new(USER));
    assert!(DigestAccounts::from_accounts([(USER.to_owned(), no_secret)]).is_err());
    let tokens = StaticTokens::new()
        .unwrap()
        .token(TOKEN, Principal::new(USER))
        .unwrap();
    assert!(tokens.token(TOKEN, Principal::new(OTHER_USER)).is_err());
    assert!(RequireAuth::new(Schemes::new()).is_err());
    assert!(RequireAuth::new((Schemes::new(),)).is_err());
    assert!(RequireAuth::new((Schemes::new(), Schemes::new())).is_err());
    assert!(RequireAuth::new(Box::new(Schemes::new()) as Boxed).is_err());
    assert!(RequireAuth::new(Schemes::new().map_identity(|caller| caller)).is_err());
    for empty in ["", " ", "  ", "\t"] {
        assert!(policy::scopes(empty).is_err());
    }
    assert!(policy::role("").is_err());
    let nothing: [policy::RequireRole; 0] = [];
    assert!(policy::all_of(nothing.clone()).is_err());
    assert!(policy::any_of(nothing).is_err());
    let open = || |_: &Principal, _: &RequestHead<'_>| true;
    assert!(policy::by_method::<Principal>().build().is_err());
    assert!(policy::by_method().otherwise(open()).build().is_err());
    assert!(policy::by_method().on([], open()).build().is_err());
    assert!(PublicPaths::exactly([], "/health").is_err());
    assert!(PublicPaths::exactly([http::Method::GET], "").is_err());
    assert!(PublicPaths::below([http::Method::GET], "").is_err());
    assert!(PublicPaths::below([http::Method::GET], "/").is_err());
    let digest = || {
        Digest::builder(
            REALM,
            DigestAccounts::new(REALM, TestWorld::accounts()).unwrap(),
        )
    };
    assert!(digest().algorithms([]).build().is_err());
    assert!(digest().algorithms([DigestAlgorithm::Md5]).build().is_err());
    assert!(
        digest()
            .algorithms([DigestAlgorithm::Sha256, DigestAlgorithm::Sha256])
            .build()
            .is_err()
    );
    assert!(
        digest()
            .nonce_lifetime(std::time::Duration::ZERO)
            .build()
            .is_err()
    );
}

/// If a table or a list becomes empty at run time, it admits no caller.
#[test]
fn a107_an_empty_table_admits_no_caller() {
    let empty = || StaticTokens::<Principal>::new().unwrap();
    for token in ["", TOKEN] {
        let found = empty().verify(Secret::new(token)).try_now();
        assert_eq!(found.ok().unwrap().unwrap(), Err(VerifyFailure::default()));
    }
    let emptied = |_: Secret<'_>| None::<Principal>;
    let stand = TestServer::build(
        |_| {
            let bearer = Bearer::new(REALM, emptied).unwrap();
            vec![Box::new(bearer), Box::new(Schemes::new())]
        },
        |layer| layer,
    );
    for token in [TOKEN, "x", "null", "undefined"] {
        stand.ask(get("/").bearer(token)).is_refused();
    }
    let short = || Basic::new(REALM, |_: &str, _: Secret<'_>| Some(Principal::new(USER))).unwrap();
    let stand = TestServer::build(|_| vec![Box::new(short().max_length(0))], |layer| layer);
    assert!(!stand.ask(get("/").basic(USER, PASSWORD)).is_from_inside());
    assert!(!stand.ask(get("/").basic("", "")).is_from_inside());
    let required = policy::scopes("read").unwrap();
    let stand = TestServer::tuned(&[Kind::Bearer], |layer| layer.policy(required));
    stand.ask(get("/").bearer(TOKEN)).is_forbidden();
}

/// Optional credentials may be absent, but the layer refuses bad ones.
#[test]
fn a108_bad_optional_credentials_are_refused() {
    let stands = Kind::orders().into_iter();
    for kinds in stands {
        for stand in [
            TestServer::tuned(&kinds, Layer::optional),
            TestServer::proxy(&kinds, Layer::optional),
        ] {
            stand.ask(get("/")).is_anonymous();
            let mut bad: Vec<Vec<u8>> = [
                "",
                " ",
                "x",
                "x y",
                "Basic",
                "Bearer",
                "Digest",
                ",",
                "=",
                "\"",
                "null",
                "undefined",
                "Basic null",
                "Bearer null",
                "Bearer undefined",
            ]
            .map(|credentials| credentials.as_bytes().to_vec())
            .to_vec();
            bad.extend([
                b"\xFF".to_vec(),
                b"\t".to_vec(),
                vec![b'a'; 20_000],
                b"Basic \xC3\xA9".to_vec(),
            ]);
            bad.extend(
                Kind::ALL
                    .iter()
                    .filter(|kind| **kind != Kind::Digest)
                    .map(|kind| kind.wrong(&stand, &get("/")).into_bytes()),
            );
            bad.extend(
                kinds
                    .iter()
                    .map(|kind| kind.wrong(&stand, &get("/")).into_bytes()),
            );
            bad.extend(
                kinds
                    .iter()
                    .map(|kind| kind.good(&stand, &get("/elsewhere")).into_bytes())
                    .filter(|credentials| credentials.starts_with(b"Digest")),
            );
            for credentials in bad {
                let answer = stand.ask(get("/").authorization(&credentials));
                assert!(!answer.is_from_inside(), "{}", answer.asked);
            }
            let two = get("/").authorization("").authorization("");
            assert!(!stand.ask(two).is_from_inside());
        }
    }
}

/// Fields that some middleware takes for proof of a login.
const MARKERS: [&str; 18] = [
    "x-middleware-subrequest",
    "x-authenticated",
    "x-authenticated-user",
    "x-remote-user",
    "remote-user",
    "remote_user",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-user",
    "x-user-id",
    "x-auth-request-user",
    "x-internal",
    "x-admin",
    "x-goog-authenticated-user-email",
    "x-ms-client-principal",
    "x-webauth-user",
    "authenticated",
    "x-tower-challenge",
];

/// A type that looks like an extension of this crate.
#[derive(Clone, Debug)]
struct Anonymous;

/// No field that a client sends, and no extension of another type, makes a request authenticated.
#[test]
fn a111_no_field_of_a_client_makes_a_request_authenticated() {
    for (kinds, stand) in TestServer::every() {
        for value in ["1", "true", USER, "pages/_middleware", "admin"] {
            let ask = MARKERS
                .iter()
                .fold(get("/"), |ask, name| ask.field(name, value));
            let ask = ask
                .extension(Principal::new(USER))
                .extension(Some(Principal::new(USER)));
            let ask = ask.extension(Anonymous).extension(USER.to_owned());
            let answer = stand.ask(ask.clone().authorization("Unheard-Of"));
            answer.is_challenged();
            let answer = stand.ask(ask);
            assert!(
                answer.seen.iter().all(|seen| seen.identity().is_none()),
                "{kinds:?}"
            );
        }
    }
}

/// The extractor outside the layer answers `500`, because no layer has verified the caller.
#[test]
fn a111_the_extractor_outside_the_layer_answers_500() {
    let app = Router::new()
        .route(
            "/",
            any(|caller: Authenticated<Principal>| async move { caller.name().to_owned() }),
        )
        .route(
            "/maybe",
            any(|caller: Option<Authenticated<Principal>>| async move { format!("{caller:?}") }),
        );
    for path in ["/", "/maybe"] {
        let ask = MARKERS
            .iter()
            .fold(get(path), |ask, name| ask.field(name, USER));
        let ask = ask
            .basic(USER, PASSWORD)
            .extension(Principal::new(USER))
            .extension(Anonymous);
        assert_eq!(status_of(&app, ask), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
