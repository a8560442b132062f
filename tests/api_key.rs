//! Tests the scheme `ApiKey`: which keys it reads, where it stands beside other schemes, and what caches may store.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use http::header::{CACHE_CONTROL, VARY};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use proptest::prelude::*;
use tower::ServiceExt;
use tower_challenge::respond::LoginRedirect;
use tower_challenge::scheme::bearer::{StaticTokens, VerifyToken};
use tower_challenge::scheme::{ApiKey, Bearer};
use tower_challenge::throttle::AttemptOutcome;
use tower_challenge::{
    NowOrLater, Principal, RequestHead, RequireAuth, RequirePolicy, Secret, Unavailable,
};
use tower_layer::Layer as _;

use self::support::{
    Body, Boxed, Kind, OTHER_TOKEN, OTHER_USER, PASSWORD, Probe, REALM, Recording, RecordingAudit,
    TOKEN, TestRequest, TestServer, TestWorld, USER, WRONG_TOKEN, get, run,
};

const FIELD: &str = "x-api-key";
const FORBIDDEN: StatusCode = StatusCode::FORBIDDEN;

fn keys(world: &TestWorld) -> Boxed {
    let list = StaticTokens::new().unwrap().with_clock(world.clock.clone());
    let list = list.token(TOKEN, Principal::new(USER)).unwrap();
    let list = list.token(OTHER_TOKEN, Principal::new(OTHER_USER)).unwrap();
    Box::new(ApiKey::new(REALM, Recording::new(list, &world.asked)).unwrap())
}

fn server() -> TestServer {
    TestServer::build(|world| vec![keys(world)], |layer| layer)
}

fn with_key(key: impl AsRef<[u8]>) -> TestRequest {
    get("/").field(FIELD, key)
}

#[test]
fn a_known_key_is_admitted_and_another_is_refused() {
    let server = server();
    let admitted = server.ask(with_key(TOKEN)).is_admitted_as(USER);
    assert_eq!(admitted.heard[0].scheme.as_deref(), Some("ApiKey"));
    assert_eq!(admitted.settled, [AttemptOutcome::Success]);
    let refused = server.ask(with_key(WRONG_TOKEN)).is_refused();
    assert_eq!(refused.heard[0].scheme.as_deref(), Some("ApiKey"));
    let challenges = refused.challenges();
    let challenges: Vec<_> = challenges.iter().map(ToString::to_string).collect();
    assert_eq!(
        challenges,
        [format!(r#"ApiKey realm="{REALM}", field="x-api-key""#)]
    );
    server.ask(get("/")).is_challenged();
    server
        .ask(get("/").field("x-api-keys", TOKEN))
        .is_challenged();
}

#[test]
fn a_key_is_read_from_its_field_alone() {
    let server = server();
    for field in ["Bearer", "ApiKey", "Basic"] {
        let ask = get("/").authorization(format!("{field} {TOKEN}"));
        server.ask(ask).is_challenged();
    }
    server.ask(get("/").authorization(TOKEN)).is_challenged();
    for name in ["x-api-key", "X-Api-Key", "api_key", "access_token", "key"] {
        server
            .ask(get(&format!("/?{name}={TOKEN}")))
            .is_challenged();
    }
    server
        .ask(get("/").field("cookie", format!("x-api-key={TOKEN}")))
        .is_challenged();
    let both = get(&format!("/?x-api-key={TOKEN}")).field(FIELD, WRONG_TOKEN);
    server.ask(both).is_refused();
}

#[test]
fn two_fields_an_empty_one_and_other_characters_are_malformed() {
    let server = server();
    let two = with_key(TOKEN).field(FIELD, TOKEN);
    server.ask(two).is_malformed();
    server
        .ask(with_key(TOKEN).field("X-API-KEY", ""))
        .is_malformed();
    let joined = format!("{TOKEN}, {OTHER_TOKEN}");
    let scheme = format!("Bearer {TOKEN}");
    let inside = format!("{TOKEN}\t{TOKEN}");
    for value in ["", " ", "\t", "k 3y", &joined, &scheme, &inside, "k\u{e9}y"] {
        server.ask(with_key(value)).is_malformed();
    }
    server.ask(with_key([0xff])).is_malformed();
    server
        .ask(with_key(format!(" {TOKEN}\t")))
        .is_admitted_as(USER);
}

#[test]
fn a_key_has_at_most_16_kib() {
    let longest = "k".repeat(16 * 1024);
    let list = [("long", longest.as_str())];
    let scheme = ApiKey::new(REALM, list).unwrap();
    let server = TestServer::build(|_| vec![Box::new(scheme)], |layer| layer);
    server.ask(with_key(&longest)).is_admitted_as("long");
    server.ask(with_key(format!("{longest}k"))).is_malformed();
    server
        .ask(with_key(format!(" {longest} ")))
        .is_admitted_as("long");
}

#[test]
fn keys_of_deployed_services_are_admitted() {
    let list = [
        "5|kq8Zr0",
        "id:secret",
        "a,b",
        "\"quoted\"",
        "SG.x_1-2.y~/+=",
        "{\"k\":1}",
        "!",
        "~",
    ];
    let named: Vec<_> = list.iter().map(|key| (*key, *key)).collect();
    let scheme = ApiKey::new(REALM, named).unwrap();
    let server = TestServer::build(|_| vec![Box::new(scheme)], |layer| layer);
    for key in list {
        server.ask(with_key(key)).is_admitted_as(key);
    }
    assert!(
        Bearer::new(REALM, ["5|kq8Zr0"]).is_err(),
        "Bearer is not weaker"
    );
}

proptest! {
    #[test]
    fn no_other_bytes_pass(value in prop::collection::vec(any::<u8>(), 0..40)) {
        let Some(ask) = get("/").try_field(FIELD, &value) else {
            return Ok(());
        };
        let scheme = ApiKey::new(REALM, |key: Secret<'_>| {
            assert!(!key.expose().is_empty());
            assert!(key.expose().bytes().all(|byte| byte.is_ascii_graphic()));
            None::<Principal>
        });
        let server = TestServer::build(|_| vec![Box::new(scheme.unwrap())], |layer| layer);
        let answer = server.ask(ask);
        let trimmed = value.trim_ascii();
        let is_key = !trimmed.is_empty() && trimmed.iter().all(u8::is_ascii_graphic);
        prop_assert_eq!(answer.status.as_u16(), if is_key { 401 } else { 400 });
    }
}

#[test]
fn an_expired_key_is_refused_and_a_verifier_that_cannot_tell_is_503() {
    let world = TestWorld::new();
    let expiry = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_720_000_000);
    let list = StaticTokens::new().unwrap().with_clock(world.clock.clone());
    let list = list
        .token_until(TOKEN, Principal::new(USER), expiry)
        .unwrap();
    let scheme = ApiKey::new(REALM, list).unwrap();
    let server = TestServer::build(|_| vec![Box::new(scheme)], |layer| layer);
    let refused = server.ask(with_key(TOKEN)).is_refused_uncounted();
    assert_eq!(refused.heard[0].text, "the token has expired");

    let broken = |_: Secret<'_>| Err::<Option<Principal>, _>(Unavailable::new("no database"));
    let scheme = ApiKey::new(REALM, broken).unwrap();
    let server = TestServer::build(|_| vec![Box::new(scheme)], |layer| layer);
    server.ask(with_key(TOKEN)).is_unavailable();
    server.ask(with_key("a b")).is_malformed();
}

/// A verifier that answers later, as a database does.
#[derive(Clone)]
struct Later(StaticTokens);

impl VerifyToken for Later {
    type Identity = Principal;

    fn verify(&self, token: Secret<'_>) -> tower_challenge::VerifiedNowOrLater<Principal> {
        let answer = self.0.verify(token);
        NowOrLater::later(async move {
            tokio::task::yield_now().await;
            answer.await
        })
    }
}

#[test]
fn a_verifier_may_answer_later_and_the_audit_still_learns_the_scheme() {
    let list = StaticTokens::new().unwrap();
    let list = list.token(TOKEN, Principal::new(USER)).unwrap();
    let scheme = ApiKey::new(REALM, Later(list)).unwrap();
    let server = TestServer::build(|_| vec![Box::new(scheme)], |layer| layer);
    let admitted = server.ask(with_key(TOKEN)).is_admitted_as(USER);
    assert_eq!(admitted.heard[0].scheme.as_deref(), Some("ApiKey"));
    assert_eq!(admitted.seen[0].head.headers.get(FIELD), None);
    let refused = server.ask(with_key(WRONG_TOKEN)).is_refused();
    assert_eq!(refused.heard[0].scheme.as_deref(), Some("ApiKey"));
}

/// Every order of the other schemes with the scheme for API keys at each place.
fn orders() -> Vec<Vec<Option<Kind>>> {
    let mut orders = Vec::new();
    for others in Kind::orders() {
        for place in 0..=others.len() {
            let mut order: Vec<_> = others.iter().copied().map(Some).collect();
            order.insert(place, None);
            orders.push(order);
        }
    }
    orders
}

fn server_of(order: &[Option<Kind>]) -> TestServer {
    let build = |world: &TestWorld| {
        let scheme =
            |kind: &Option<Kind>| kind.map_or_else(|| keys(world), |kind| kind.build(world));
        order.iter().map(scheme).collect()
    };
    TestServer::build(build, |layer| layer)
}

#[test]
fn the_first_scheme_with_credentials_decides_in_every_order() {
    for order in orders() {
        let server = server_of(&order);
        server.ask(with_key(TOKEN)).is_admitted_as(USER);
        let answer = server.ask(with_key(WRONG_TOKEN)).is_refused();
        assert_eq!(
            answer
                .challenges()
                .iter()
                .filter(|one| one.scheme().as_str() == "ApiKey")
                .count(),
            1
        );
        let place = order.iter().position(Option::is_none).unwrap();
        for (index, kind) in order.iter().enumerate() {
            let Some(kind) = kind else { continue };
            let good = kind.good(&server, &get("/"));
            server
                .ask(get("/").authorization(&good))
                .is_admitted_as(USER);
            let beside = |key: &str| get("/").authorization(&good).field(FIELD, key);
            let wrong = server.ask(beside(WRONG_TOKEN));
            let right = server.ask(
                get("/")
                    .authorization("Other x:y")
                    .field(FIELD, OTHER_TOKEN),
            );
            right.is_admitted_as(OTHER_USER);
            match place < index {
                true => drop(wrong.is_refused()),
                false if *kind != Kind::Digest => drop(wrong.is_admitted_as(USER)),
                false => {}
            }
        }
        let broken = get("/").authorization("Basic a b").field(FIELD, TOKEN);
        // The layer may have asked the verifier of the key before it finds the broken field.
        let status = server.ask(broken).status.as_u16();
        let expected = if order.contains(&Some(Kind::Basic)) {
            400
        } else {
            200
        };
        assert_eq!(status, expected, "{order:?}");
    }
}

#[test]
fn a_key_names_no_account_beside_a_name_of_basic() {
    let server = server_of(&[None, Some(Kind::Basic)]);
    let answer = server
        .ask(with_key(TOKEN).basic("victim", "x"))
        .is_admitted_as(USER);
    assert_eq!(answer.heard[0].scheme.as_deref(), Some("ApiKey"));
    assert!(!format!("{:?}", answer.reserved).contains("victim"));
    let server = server_of(&[Some(Kind::Basic), None]);
    let answer = server
        .ask(with_key(WRONG_TOKEN).basic(USER, PASSWORD))
        .is_admitted_as(USER);
    assert_eq!(answer.heard[0].scheme.as_deref(), Some("Basic"));
}

#[test]
fn the_handler_does_not_see_the_key_and_a_clone_inside_still_knows_the_caller() {
    let answer = server().ask(with_key(TOKEN)).is_admitted_as(USER);
    assert_eq!(answer.seen[0].head.headers.get(FIELD), None);

    let layer = RequireAuth::api_key(REALM, [(USER, TOKEN)]).unwrap();
    let probe = Probe::new();
    let service = layer.clone().layer(layer.layer(probe.clone()));
    let Ok(response) = run(service.oneshot(with_key(TOKEN).into_request()));
    assert_eq!(response.status(), 200);
    assert_eq!(probe.take()[0].identity().unwrap().name(), USER);
    let lines = |name: HeaderName| response.headers().get_all(name).iter().count();
    assert_eq!((lines(CACHE_CONTROL), lines(VARY)), (1, 1));
}

/// The layer has removed the key before the policy of a route, or a clone inside, refuses the caller.
#[test]
fn the_audit_of_a_route_names_the_scheme_too() {
    let audit = RecordingAudit::default();
    let layer = RequireAuth::api_key(REALM, [(USER, TOKEN)]).unwrap();
    let layer = layer.audit(audit.clone());
    let forbid = |_: &Principal, _: &RequestHead<'_>| false;
    let route = RequirePolicy::new(forbid).layer(Probe::new());
    let inside = layer.clone().policy(forbid).layer(Probe::new());
    let Ok(by_route) = run(layer.layer(route).oneshot(with_key(TOKEN).into_request()));
    let Ok(by_clone) = run(layer.layer(inside).oneshot(with_key(TOKEN).into_request()));
    assert_eq!(
        (by_route.status(), by_clone.status()),
        (FORBIDDEN, FORBIDDEN)
    );
    let events = audit.take();
    assert_eq!(events.len(), 4);
    for event in events {
        assert_eq!(
            event.scheme.as_deref(),
            Some("ApiKey"),
            "{:?}",
            event.outcome
        );
    }
}

#[test]
fn another_field_replaces_the_first_one() {
    let scheme = || ApiKey::new(REALM, [(USER, TOKEN)]).unwrap();
    let name = HeaderName::from_static("x-functions-key");
    let own = scheme().in_field(name).unwrap();
    let server = TestServer::build(|_| vec![Box::new(own)], |layer| layer);
    server.ask(with_key(TOKEN)).is_challenged();
    let answer = server
        .ask(get("/").field("x-functions-key", TOKEN))
        .is_admitted_as(USER);
    assert_eq!(answer.header("vary"), Some("x-functions-key"));
    let refused = server.ask(get("/"));
    assert_eq!(refused.params("ApiKey", "field"), ["x-functions-key"]);
    assert_eq!(refused.params("ApiKey", "realm"), [REALM]);

    let refusal = |name: &'static str| scheme().in_field(HeaderName::from_static(name)).err();
    for (names, says) in [
        (&["authorization", "proxy-authorization"][..], "use Bearer"),
        (&["cookie"], "write a scheme for sessions"),
        (
            &[
                "host",
                "content-type",
                "x-forwarded-for",
                "sec-fetch-site",
                "user-agent",
            ],
            "use a field of your own",
        ),
    ] {
        for name in names {
            let text = refusal(name).unwrap().to_string();
            assert!(text.contains(says), "{name}: {text}");
        }
    }
}

#[test]
fn lists_without_a_usable_key_are_errors() {
    let error = |keys: &[&str]| ApiKey::new(REALM, keys.to_vec()).err().unwrap().to_string();
    assert!(error(&[]).starts_with("no API key is configured"));
    assert!(error(&[""]).starts_with("a token must not be empty"));
    assert!(error(&["a", "a"]).starts_with("duplicate token"));
    assert!(error(&["a b"]).starts_with("invalid API key"));
    assert!(error(&["k\u{e9}y"]).starts_with("invalid API key"));
    assert!(ApiKey::new("line\nbreak", ["k3y"]).is_err());
}

/// Returns the lines of `Cache-Control` and of `Vary` in the response to `ask`, joined by `; `.
fn for_caches(server: &TestServer, ask: TestRequest) -> [String; 2] {
    let answer = server.ask(ask);
    assert_eq!(answer.status, 200);
    [CACHE_CONTROL, VARY].map(|name| {
        let lines = answer.headers.get_all(name).iter();
        let lines: Vec<_> = lines.map(|line| line.to_str().unwrap()).collect();
        lines.join("; ")
    })
}

/// A server with `ApiKey` and Bearer, whose handler answers with this `Cache-Control` and with `Vary: accept`.
fn answering(caching: &'static str) -> TestServer {
    let probe = Probe::answering(move |_| {
        let mut response = Response::new(Body::default());
        let headers = response.headers_mut();
        headers.insert(VARY, HeaderValue::from_static("accept"));
        if !caching.is_empty() {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(caching));
        }
        response
    });
    let schemes = |world: &TestWorld| vec![keys(world), world.bearer()];
    TestServer::over(probe, schemes, |layer| layer)
}

#[test]
fn a_shared_cache_stores_the_response_only_if_the_handler_allows_it() {
    let (alone, both) = ("accept; x-api-key", "accept; x-api-key; authorization");
    for (from_handler, sent, vary) in [
        ("", "private", alone),
        ("max-age=60", "max-age=60; private", alone),
        ("no-cache", "no-cache; private", alone),
        ("private, max-age=60", "private, max-age=60", alone),
        ("No-Store", "No-Store; private", alone),
        // RFC 9111 section 5.2.2.3: beside `must-understand`, a cache may ignore `no-store`.
        (
            "must-understand, no-store, max-age=60",
            "must-understand, no-store, max-age=60; private",
            alone,
        ),
        // Section 5.2.2.7: this is about the field `Set-Cookie` alone.
        (
            "private=\"set-cookie\", max-age=60",
            "private=\"set-cookie\", max-age=60; private",
            alone,
        ),
        ("public, max-age=60", "public, max-age=60", both),
        ("max-age=1, s-maxage=60", "max-age=1, s-maxage=60", both),
    ] {
        let got = for_caches(&answering(from_handler), with_key(TOKEN));
        assert_eq!(got, [sent, vary], "{from_handler}");
    }
    // A cache knows `Authorization` by itself, so the layer adds nothing.
    let got = for_caches(&answering("max-age=60"), get("/").bearer(TOKEN));
    assert_eq!(got, ["max-age=60", "accept"]);
}

#[test]
fn optional_authentication_keeps_answers_to_callers_private() {
    let server = TestServer::build(|world| vec![keys(world)], |layer| layer.optional());
    let got = for_caches(&server, with_key(TOKEN));
    assert_eq!(got, ["private", "x-api-key; authorization"]);
    server.ask(get("/")).is_anonymous();
    let anonymous = for_caches(&server, get("/"));
    assert_eq!(anonymous, ["", "x-api-key; authorization"]);
    server.ask(with_key(WRONG_TOKEN)).is_refused();
}

#[test]
fn a_layer_without_a_throttle_decides_the_same() {
    let keys = ApiKey::new(REALM, [(USER, TOKEN)]).unwrap();
    let bearer = Bearer::new(REALM, [(OTHER_USER, OTHER_TOKEN)]).unwrap();
    let service = RequireAuth::new((keys, bearer))
        .unwrap()
        .layer(Probe::new());
    let status = |ask: TestRequest| {
        let Ok(response) = run(service.clone().oneshot(ask.into_request()));
        response.status().as_u16()
    };
    assert_eq!(status(with_key(TOKEN)), 200);
    assert_eq!(status(with_key(OTHER_TOKEN)), 401);
    assert_eq!(status(with_key("")), 400);
    assert_eq!(status(get("/").bearer(OTHER_TOKEN)), 200);
    assert_eq!(status(get("/")), 401);
}

/// A person who opens a page has no key, and a program that sends a key has no use for a login page.
#[test]
fn a_request_with_a_key_is_not_redirected_to_a_login_page() {
    let layer = RequireAuth::api_key(REALM, [(USER, TOKEN)]).unwrap();
    let layer = layer.respond_with(LoginRedirect::to("/login").unwrap());
    let service = layer.layer(Probe::new());
    let status = |ask: TestRequest| {
        let ask = ask.field("accept", "text/html").into_request();
        let Ok(response) = run(service.clone().oneshot(ask));
        response.status().as_u16()
    };
    assert_eq!(status(get("/")), 303);
    assert_eq!(status(with_key(WRONG_TOKEN)), 401);
}
