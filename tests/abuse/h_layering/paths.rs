//! Tests which requests the layer passes without credentials.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::{any, get as get_route};
use http::{Method, StatusCode};
use tower_challenge::audit::AuditOutcome;
use tower_challenge::policy::{ByMethod, by_method};
use tower_challenge::require_auth::PublicPaths;
use tower_challenge::{Principal, RequestHead, RequireAuth, RequirePolicy};

use super::status_of;
use crate::support::{
    Answer, Kind, PASSWORD, Schemes, TestRequest, TestServer, TestWorld, USER, get,
};

/// Spellings of a path that some router, proxy or file system reads as `/admin`.
const ADMIN: [&str; 24] = [
    "/admin",
    "/admin/",
    "//admin",
    "/./admin",
    "/x/../admin",
    "/%61dmin",
    "/a%64min",
    "/admin;x",
    "/admin;x=y",
    "/ADMIN",
    "/\\admin",
    "/admin%00",
    "/admin%2F",
    "/%2Fadmin",
    "/admin.",
    "/admin%20",
    "/admin?",
    "/admin?x",
    "/admin%3Fx",
    "/healthz/../admin",
    "/healthz/%2e%2e/admin",
    "/healthz%2f..%2fadmin",
    "/healthz;/../admin",
    "/healthz/..;/admin",
];

/// Spellings that a careless comparison reads as the public path `/healthz`.
const NEARLY_PUBLIC: [&str; 22] = [
    "/healthz/",
    "//healthz",
    "/healthz/../admin",
    "/healthz;x",
    "/healthz%2F",
    "/HEALTHZ",
    "/healthz%00",
    "/healthzz",
    "/x/healthz",
    "/healthz/x",
    "/admin?/healthz",
    "/admin?x=/healthz",
    "/healthz.",
    "/healthz%20",
    "/%68ealthz",
    "/./healthz",
    "/x/../healthz",
    "/admin/healthz",
    "/admin#/healthz",
    "/healthz\\..\\admin",
    "/healthz/.",
    "/healthz;/",
];

/// Returns an application with a public page, guarded pages and nested routes, and a counter of calls to the guarded
/// pages.
fn application(kinds: &[Kind]) -> (Router, Arc<AtomicUsize>) {
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    let admin = move || {
        count.fetch_add(1, Ordering::SeqCst);
        async { "secret" }
    };
    let world = TestWorld::new();
    let schemes: Schemes = kinds.iter().map(|kind| kind.build(&world)).collect();
    let public = PublicPaths::exactly([Method::GET], "/healthz").unwrap();
    let layer = RequireAuth::new(schemes).unwrap().public_paths(public);
    let app = Router::new()
        .route("/healthz", get_route(|| async { "well" }))
        .route("/admin", any(admin.clone()))
        .nest(
            "/nested",
            Router::new()
                .route("/healthz", any(admin.clone()))
                .route("/admin", any(admin)),
        )
        .layer(layer);
    (app, reached)
}

/// The layer guards every spelling of a path. A client without credentials reaches the handler with none of them.
#[test]
fn a102_the_layer_guards_every_spelling_of_a_path() {
    for kinds in Kind::orders() {
        let (app, reached) = application(&kinds);
        for prefix in ["", "/nested"] {
            for path in ADMIN {
                for method in ["GET", "HEAD", "POST", "OPTIONS", "FOO", "get"] {
                    let Ok(_) = format!("{prefix}{path}").parse::<http::Uri>() else {
                        continue;
                    };
                    let status =
                        status_of(&app, TestRequest::new(method, &format!("{prefix}{path}")));
                    assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {prefix}{path}");
                }
            }
        }
        assert_eq!(reached.load(Ordering::SeqCst), 0);
        assert_eq!(status_of(&app, get("/healthz")), StatusCode::OK);
    }
    let (app, _) = application(&[Kind::Basic]);
    assert_eq!(
        status_of(&app, get("/admin").basic(USER, PASSWORD)),
        StatusCode::OK
    );
}

/// `HEAD` of a public `GET` is public: it asks for the same head (RFC 9110 section 9.3.2). A guarded path stays guarded.
#[test]
fn a177_head_of_a_public_get_is_public() {
    for kinds in Kind::orders() {
        let (app, reached) = application(&kinds);
        assert_eq!(
            status_of(&app, TestRequest::new("HEAD", "/healthz")),
            StatusCode::OK
        );
        for path in ["/admin", "/healthz/", "/nested/healthz"] {
            let status = status_of(&app, TestRequest::new("HEAD", path));
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
        }
        assert_eq!(reached.load(Ordering::SeqCst), 0);
    }
}

/// Only the listed methods are public. No other method passes, and no field that overrides the method.
#[test]
fn a103_only_the_listed_methods_are_public() {
    let (app, reached) = application(&[Kind::Basic]);
    for method in [
        "get", "Get", "head", "POST", "OPTIONS", "TRACE", "CONNECT", "FOO", "GETX", "PROPFIND",
    ] {
        let ask = TestRequest::new(method, "/healthz").field("x-http-method-override", "GET");
        let ask = ask
            .field("x-http-method", "GET")
            .field("x-method-override", "GET");
        assert_eq!(status_of(&app, ask), StatusCode::UNAUTHORIZED, "{method}");
    }
    for target in ["/admin?_method=GET", "/admin?method=GET"] {
        let ask = TestRequest::new("POST", target).field("x-http-method-override", "GET");
        assert_eq!(status_of(&app, ask), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

/// A caller who may only `GET` can use no other method, and no field that overrides the method, whether the layer or
/// the route has the policy.
#[test]
fn a103_a_method_that_the_policy_does_not_list_is_forbidden() {
    let may_read = |_: &Principal, _: &RequestHead<'_>| true;
    let policy = by_method().on([Method::GET], may_read).build().unwrap();
    let layer = |policy: ByMethod<Principal>, by_route: bool| {
        let layer = RequireAuth::new(TestWorld::new().basic()).unwrap();
        let route = any(|| async { "reached" });
        if by_route {
            Router::new()
                .route("/", route.layer(RequirePolicy::new(policy)))
                .layer(layer)
        } else {
            Router::new().route("/", route).layer(layer.policy(policy))
        }
    };
    for app in [false, true].map(|by_route| layer(policy.clone(), by_route)) {
        for method in ["GET", "HEAD"] {
            let ask = TestRequest::new(method, "/").basic(USER, PASSWORD);
            assert_eq!(status_of(&app, ask), StatusCode::OK, "{method}");
        }
        for method in [
            "get", "Get", "head", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "FOO",
            "GETX", "PROPFIND", "QUERY", "PATCH",
        ] {
            for target in ["/", "/?_method=GET&method=GET"] {
                let ask = TestRequest::new(method, target).basic(USER, PASSWORD);
                let ask = ask
                    .field("x-http-method-override", "GET")
                    .field("x-http-method", "GET")
                    .field("x-method-override", "GET");
                assert_eq!(status_of(&app, ask), StatusCode::FORBIDDEN, "{method}");
            }
        }
    }
}

const PREFLIGHT: [(&str, &str); 2] = [
    ("origin", "https://app.example"),
    ("access-control-request-method", "PUT"),
];

/// The layer passes no preflight. It asks a request that looks like one for credentials, as every other request.
#[test]
fn a104_a_request_that_looks_like_a_preflight_gets_401() {
    let with = |ask: TestRequest, fields: &[(&str, &str)]| {
        fields
            .iter()
            .fold(ask, |ask, (name, value)| ask.field(name, value))
    };
    let preflight = || with(TestRequest::new("OPTIONS", "/"), &PREFLIGHT);
    for (kinds, stand) in TestServer::every() {
        let answer = stand.ask(preflight());
        let anonymous = answer.seen.iter().all(|seen| seen.identity().is_none());
        assert!(anonymous, "{kinds:?}");
        let likenesses = [
            preflight(),
            preflight().field("content-length", "0"),
            preflight().field("transfer-encoding", "chunked"),
            TestRequest::new("OPTIONS", "/"),
            TestRequest::new("OPTIONS", "*"),
            with(TestRequest::new("options", "/"), &PREFLIGHT),
            with(TestRequest::new("POST", "/"), &PREFLIGHT)
                .field("x-http-method-override", "OPTIONS"),
        ];
        for ask in likenesses {
            stand.ask(ask.authorization("Unheard-Of")).is_challenged();
        }
        for kind in &kinds {
            let wrong = kind.wrong(&stand, &preflight());
            stand.ask(preflight().authorization(wrong)).is_refused();
        }
    }
    for kinds in Kind::orders() {
        let stands = [
            TestServer::of(&kinds),
            TestServer::proxy(&kinds, |layer| layer),
        ];
        for stand in stands {
            stand.ask(preflight()).is_challenged();
        }
    }
}

/// Asserts that the inner service was called without an identity.
fn assert_anonymous_inside(answer: &Answer) {
    assert!(answer.is_from_inside(), "{}", answer.asked);
    assert_eq!(answer.seen[0].identity(), None);
}

/// Only the exact path and method are public. No field of the client changes that.
#[test]
fn a105_only_the_exact_path_and_method_are_public() {
    let (app, reached) = application(&Kind::ALL);
    for path in NEARLY_PUBLIC {
        if path.parse::<http::Uri>().is_err() {
            continue;
        }
        for method in ["GET", "HEAD", "POST"] {
            let ask = TestRequest::new(method, path).field("user-agent", "kube-probe/1.31");
            let ask = ask
                .field("x-original-url", "/healthz")
                .field("x-rewrite-url", "/healthz");
            let ask = ask
                .field("x-forwarded-uri", "/healthz")
                .field("x-forwarded-for", "127.0.0.1");
            assert_eq!(
                status_of(&app, ask),
                StatusCode::UNAUTHORIZED,
                "{method} {path}"
            );
        }
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

/// Only paths below the public prefix are public, and no path that only looks like one of them.
#[test]
fn a105_a_path_that_leaves_the_public_prefix_is_guarded() {
    let reached = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&reached);
    let guarded = any(move || {
        count.fetch_add(1, Ordering::SeqCst);
        async { "secret" }
    });
    let public = PublicPaths::below([Method::GET], "/assets/").unwrap();
    let layer = RequireAuth::new(TestWorld::new().basic()).unwrap();
    let app = Router::new()
        .route("/assets/{*file}", get_route(|| async { "public" }))
        .fallback(guarded)
        .layer(layer.public_paths(public));
    assert_eq!(status_of(&app, get("/assets/css/a.css")), StatusCode::OK);
    let admin = ADMIN.iter().map(|path| format!("/assets{path}"));
    let left = [
        "/assets",
        "/assets/",
        "/assets/../admin",
        "/assets/x/../../admin",
        "/assets/%2e%2e/admin",
        "/assets/..%2fadmin",
        "/assets/..%5cadmin",
        "/assets/..\\admin",
        "/assets/..;/admin",
        "/assets;/../admin",
        "/assets%2f..%2fadmin",
        "//assets/../admin",
        "/Assets/a.css",
        "/assets/a.css/",
        "/assets//a.css",
        "/x/assets/a.css",
    ];
    let plain = [
        "/assets/admin",
        "/assets/ADMIN",
        "/assets/admin.",
        "/assets/admin?",
        "/assets/admin?x",
    ];
    for path in admin.chain(left.map(str::to_owned)) {
        if path.parse::<http::Uri>().is_err() || plain.contains(&&*path) {
            continue;
        }
        let ask = get(&path).field("x-original-url", "/assets/a.css");
        assert_eq!(status_of(&app, ask), StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

/// The layer ignores all credentials on a public path, so the request has no identity.
#[test]
fn a105_the_layer_ignores_credentials_on_a_public_path() {
    for kinds in Kind::orders() {
        let stand = TestServer::tuned(&kinds, |layer| layer.public(|_| true));
        for credentials in [
            "",
            "x",
            "Basic QQ==",
            "Bearer x",
            "Digest x",
            "\u{e9}",
            "Basic bXVmYXNhOng=",
        ] {
            let answer = stand.ask(get("/").authorization(credentials));
            assert_anonymous_inside(&answer);
            assert_eq!(answer.verified, [""; 0]);
            assert_eq!(answer.heard[0].outcome, AuditOutcome::Passed);
        }
    }
}
