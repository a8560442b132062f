//! Tests `WebSocketBearer`: tokens in the subprotocols of a WebSocket.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use http::header::{SEC_WEBSOCKET_PROTOCOL, VARY};
use http::{HeaderValue, Response, StatusCode, Version};
use proptest::prelude::*;
use tower::ServiceExt;
use tower_challenge::policy::scopes;
use tower_challenge::scheme::bearer::{Bearer, StaticTokens, WebSocketBearer};
use tower_challenge::throttle::AttemptOutcome;
use tower_challenge::{Principal, RequestHead, RequireAuth, RequirePolicy, Secret};
use tower_layer::Layer as _;

use self::support::{
    Answer, Body, Boxed, Layer, OTHER_TOKEN, PASSWORD, Probe, REALM, Recording, RecordingAudit,
    TOKEN, TestRequest, TestServer, TestWorld, USER, WRONG_TOKEN, get, run,
};

const FIELD: &str = "sec-websocket-protocol";

fn scheme(world: &TestWorld) -> Boxed {
    let list = StaticTokens::new().unwrap().with_clock(world.clock.clone());
    let list = list.token(TOKEN, Principal::new(USER)).unwrap();
    let bearer = Bearer::new(REALM, Recording::new(list, &world.asked)).unwrap();
    Box::new(WebSocketBearer::new(bearer))
}

fn server() -> TestServer {
    TestServer::build(|world| vec![scheme(world)], |layer| layer)
}

fn handshake() -> TestRequest {
    get("/")
        .field("connection", "keep-alive, Upgrade")
        .field("upgrade", "WebSocket")
        .field("sec-websocket-version", "13")
        .field("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==")
}

fn offering(protocols: impl AsRef<[u8]>) -> TestRequest {
    handshake().field(FIELD, protocols)
}

fn pair(token: &str) -> String {
    format!("bearer, {token}")
}

/// The subprotocols that the handler sees.
fn seen(answer: &Answer) -> Vec<&HeaderValue> {
    answer.seen[0].head.headers.get_all(FIELD).iter().collect()
}

#[test]
fn a_known_token_is_admitted_and_another_is_refused() {
    let server = server();
    let admitted = server.ask(offering(pair(TOKEN))).is_admitted_as(USER);
    assert_eq!(seen(&admitted), ["bearer"]);
    assert_eq!(admitted.heard[0].scheme.as_deref(), Some("Bearer"));
    assert_eq!(admitted.settled, [AttemptOutcome::Success]);
    let refused = server.ask(offering(pair(WRONG_TOKEN))).is_refused();
    assert_eq!(refused.params("Bearer", "error"), ["invalid_token"]);
    assert_eq!(refused.heard[0].scheme.as_deref(), Some("Bearer"));
    let challenged = server.ask(handshake()).is_challenged();
    assert_eq!(
        challenged.challenges().len(),
        1,
        "one challenge for both places"
    );
}

#[test]
fn a_token_in_the_field_is_read_in_every_request() {
    let server = server();
    server.ask(get("/").bearer(TOKEN)).is_admitted_as(USER);
    let answer = server.ask(offering("chat").bearer(TOKEN));
    assert_eq!(seen(&answer.is_admitted_as(USER)), ["chat"]);
    server.ask(handshake().bearer(WRONG_TOKEN)).is_refused();
    server
        .ask(get("/").authorization("Bearer a b"))
        .is_malformed();
    server
        .ask(get(&format!("/?access_token={TOKEN}")))
        .is_refused_uncounted();
}

#[test]
fn the_other_subprotocols_stay_in_their_order() {
    let server = server();
    for (offered, rest) in [
        (format!("bearer, {TOKEN}, chat, mqtt"), "chat, mqtt, bearer"),
        (format!("chat, bearer, {TOKEN}, mqtt"), "chat, mqtt, bearer"),
        (
            format!("chat,bearer,\t{TOKEN} ,, mqtt ,"),
            "chat, mqtt, bearer",
        ),
        (format!("chat, bearer, , {TOKEN}"), "chat, bearer"),
        (
            format!("Bearer, chat, bearer, {TOKEN}"),
            "Bearer, chat, bearer",
        ),
    ] {
        let answer = server.ask(offering(&offered)).is_admitted_as(USER);
        assert_eq!(seen(&answer), [rest], "{offered}");
    }
    let lines = offering("chat, bearer")
        .field(FIELD, TOKEN)
        .field(FIELD, "mqtt");
    let answer = server.ask(lines).is_admitted_as(USER);
    assert_eq!(
        seen(&answer),
        ["chat, mqtt, bearer"],
        "three lines are one list"
    );
}

#[test]
fn only_a_token_behind_the_name_is_one() {
    let server = server();
    for offered in [
        TOKEN.to_owned(),
        "bearer".to_owned(),
        "chat, bearer,".to_owned(),
        format!("{TOKEN}, bearer"),
        format!("Bearer, {TOKEN}"),
        format!("bearer.{TOKEN}"),
        format!("bearer {TOKEN}"),
        format!("xbearer, {TOKEN}"),
    ] {
        server.ask(offering(&offered)).is_challenged();
    }
}

#[test]
fn what_no_page_can_offer_as_a_token_is_malformed() {
    let server = server();
    let long = "t".repeat(16 * 1024 + 1);
    for token in [
        "a b", "a=", "a/b", "\"a\"", "a;b", "{a}", "\u{e9}", "a\\b", "5|kq8Zr0", &long,
    ] {
        let answer = server.ask(offering(pair(token))).is_malformed();
        assert_eq!(
            answer.params("Bearer", "error"),
            ["invalid_request"],
            "{token}"
        );
    }
    server
        .ask(offering([b"bearer, ", &[0xff][..]].concat()))
        .is_malformed();
    // The longest header field of `http` is longer than two tokens.
    let longest = "t".repeat(16 * 1024);
    server.ask(offering(pair(&longest))).is_refused();
}

#[test]
fn a_second_token_anywhere_is_malformed() {
    let server = server();
    let malformed = |ask: TestRequest| {
        let answer = server.ask(ask).is_malformed();
        assert!(answer.verified.is_empty(), "no verifier is asked");
    };
    let offering = || offering(pair(TOKEN));
    malformed(offering().bearer(TOKEN));
    malformed(offering().basic(USER, PASSWORD));
    malformed(offering().authorization("Other x"));
    malformed(offering().authorization(""));
    malformed(offering().field(FIELD, pair(OTHER_TOKEN)));
    malformed(offering().field(FIELD, "bearer"));
    malformed(handshake().field(FIELD, format!("bearer, bearer, {TOKEN}")));
    let mut in_query = get(&format!("/?access_token={TOKEN}"));
    for (name, value) in [("connection", "upgrade"), ("upgrade", "websocket")] {
        in_query = in_query.field(name, value);
    }
    malformed(in_query.field(FIELD, pair(TOKEN)));
}

/// Requests that open no WebSocket. The application may use the field for something else.
#[test]
fn a_request_that_opens_no_websocket_keeps_the_field() {
    let plain = [
        get("/"),
        get("/").field("upgrade", "websocket"),
        get("/").field("connection", "upgrade"),
        get("/")
            .field("connection", "upgrade")
            .field("upgrade", "h2c"),
        get("/")
            .field("connection", "close")
            .field("upgrade", "websocket"),
        TestRequest::new("POST", "/")
            .field("connection", "upgrade")
            .field("upgrade", "websocket"),
        TestRequest::new("CONNECT", "h.example:443").field("sec-websocket-version", "13"),
    ];
    for ask in plain {
        server()
            .ask(ask.clone().field(FIELD, pair(TOKEN)))
            .is_challenged();
        let answer = server().ask(ask.field(FIELD, pair(OTHER_TOKEN)).bearer(TOKEN));
        assert_eq!(seen(&answer.is_admitted_as(USER)), [&*pair(OTHER_TOKEN)]);
    }
}

/// RFC 8441 section 4: the method is `CONNECT`, and the request has a path. A plain `CONNECT` has none.
#[test]
fn a_handshake_over_http_2_is_one() {
    let status = |uri: &str, method: &str, version: Version, offered: &str| {
        let bearer = Bearer::new(REALM, [(USER, TOKEN)]).unwrap();
        let layer = RequireAuth::new(WebSocketBearer::new(bearer)).unwrap();
        let ask = TestRequest::new(method, uri).field("sec-websocket-version", "13");
        let mut request = ask.field(FIELD, offered).into_request();
        *request.version_mut() = version;
        let Ok(response) = run(layer.layer(Probe::new()).oneshot(request));
        response.status().as_u16()
    };
    let (uri, right) = ("https://h.example/notes", pair(TOKEN));
    assert_eq!(status(uri, "CONNECT", Version::HTTP_2, &right), 200);
    assert_eq!(status(uri, "CONNECT", Version::HTTP_3, &right), 200);
    assert_eq!(
        status(uri, "CONNECT", Version::HTTP_2, "bearer, guess"),
        401
    );
    assert_eq!(status(uri, "GET", Version::HTTP_2, &right), 401);
    assert_eq!(status(uri, "CONNECT", Version::HTTP_11, &right), 401);
    assert_eq!(
        status("h.example:443", "CONNECT", Version::HTTP_2, &right),
        401
    );
}

/// A handler that sends back each subprotocol that it sees, and each field.
fn echoing() -> Probe {
    Probe::answering(|seen| {
        let mut response = Response::new(Body::from(format!("{:?}", seen.head.headers)));
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let fields = response.headers_mut();
        for line in seen.head.headers.get_all(FIELD) {
            fields.append(SEC_WEBSOCKET_PROTOCOL, line.clone());
        }
        response
    })
}

#[test]
fn no_response_and_no_audit_has_the_token() {
    let both: [fn(&TestWorld) -> support::Schemes; 2] = [
        |world| vec![scheme(world), world.basic()],
        |world| vec![world.basic(), scheme(world)],
    ];
    for schemes in both {
        let server = TestServer::over(echoing(), schemes, |layer| layer);
        let offered = format!("chat, bearer, {TOKEN}");
        let answer = server.ask(offering(&offered));
        assert_eq!(answer.status, 101);
        let chosen = answer.headers.get_all(FIELD).iter().collect::<Vec<_>>();
        assert_eq!(chosen, ["chat, bearer"]);
        let shown = format!("{:?} {:?}", answer.headers, answer.body);
        assert!(!shown.contains(TOKEN), "{shown}");
    }
}

/// Basic is the first scheme and admits the request. The token beside it does not reach the handler.
#[test]
fn another_scheme_that_admits_the_request_passes_no_token_on() {
    let schemes = |world: &TestWorld| vec![world.basic(), scheme(world)];
    let server = TestServer::build(schemes, |layer| layer);
    for (offered, rest) in [
        (format!("chat, bearer, {TOKEN}"), "chat, bearer"),
        (format!("bearer, {TOKEN}, bearer, {OTHER_TOKEN}"), "bearer"),
        (format!("bearer, bearer, {TOKEN}"), "bearer"),
        ("bearer, a/b=".to_owned(), "bearer"),
        ("chat, bearer".to_owned(), "chat, bearer"),
    ] {
        let answer = server.ask(offering(offered).basic(USER, PASSWORD));
        assert_eq!(seen(&answer.is_admitted_as(USER)), [rest]);
    }
    // In the other order, the two credentials are `400`.
    let schemes = |world: &TestWorld| vec![scheme(world), world.basic()];
    let server = TestServer::build(schemes, |layer| layer);
    server
        .ask(offering(pair(TOKEN)).basic(USER, PASSWORD))
        .is_malformed();
}

#[test]
fn a_public_handshake_keeps_the_field_marked_as_sensitive_unless_the_layer_strips_it() {
    let public = |layer: Layer| layer.public(|_: &RequestHead<'_>| true);
    let server = TestServer::build(|world| vec![scheme(world)], public);
    let answer = server.ask(offering(pair(TOKEN)));
    assert!(seen(&answer)[0].is_sensitive());
    let strip = |layer: Layer| public(layer).strip_credentials();
    let server = TestServer::build(|world| vec![scheme(world)], strip);
    assert_eq!(seen(&server.ask(offering(pair(TOKEN)))), ["bearer"]);
}

#[test]
fn a_clone_inside_knows_the_caller_and_reads_no_other_name_as_a_token() {
    let bearer = Bearer::new(REALM, [(USER, TOKEN)]).unwrap();
    let layer = RequireAuth::new(WebSocketBearer::new(bearer)).unwrap();
    let probe = Probe::new();
    let service = layer.clone().layer(layer.layer(probe.clone()));
    let request = offering(format!("bearer, {TOKEN}, chat")).into_request();
    let Ok(response) = run(service.oneshot(request));
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers().get(VARY), None);
    let seen = probe.take();
    assert_eq!(seen[0].identity().unwrap().name(), USER);
    assert_eq!(seen[0].head.headers[FIELD], "chat, bearer");
}

#[test]
fn a_policy_names_the_scope_that_a_token_lacks() {
    let audit = RecordingAudit::default();
    let bearer = Bearer::new(REALM, [(USER, TOKEN)]).unwrap();
    let layer = RequireAuth::new(WebSocketBearer::new(bearer)).unwrap();
    let policy = || scopes("write").unwrap();
    let route = layer
        .clone()
        .audit(audit.clone())
        .layer(RequirePolicy::new(policy()).layer(Probe::new()));
    let own = layer.policy(policy()).layer(Probe::new());
    let expected = format!(r#"Bearer realm="{REALM}", error="insufficient_scope", scope="write""#);
    let Ok(by_route) = run(route.oneshot(offering(pair(TOKEN)).into_request()));
    let Ok(by_layer) = run(own.oneshot(offering(pair(TOKEN)).into_request()));
    for response in [by_route, by_layer] {
        assert_eq!(response.status(), 403);
        assert_eq!(response.headers()["www-authenticate"], expected);
    }
    assert!(
        audit
            .take()
            .iter()
            .all(|event| event.scheme.as_deref() == Some("Bearer"))
    );
}

#[test]
fn more_characters_are_allowed_where_bearer_allows_them() {
    let list = StaticTokens::new().unwrap().allow_visible_ascii();
    let list = list.token("5|kq8Zr0", Principal::new(USER)).unwrap();
    let bearer = Bearer::new(REALM, list).unwrap().allow_visible_ascii();
    let scheme = WebSocketBearer::new(bearer);
    let server = TestServer::build(|_| vec![Box::new(scheme)], |layer| layer);
    server
        .ask(offering("bearer, 5|kq8Zr0"))
        .is_admitted_as(USER);
    server.ask(offering("bearer, 6|kq8Zr0")).is_refused();
    server.ask(offering("bearer, a;b")).is_malformed();
}

proptest! {
    /// The verifier gets subprotocol tokens alone, and the handler never sees the name behind `bearer`.
    #[test]
    fn the_layer_reads_every_list_of_names(names in prop::collection::vec("bearer|chat|t[a-z.~+=/ ]{0,3}", 0..6)) {
        let scheme = WebSocketBearer::new(Bearer::new(REALM, |token: Secret<'_>| {
            assert!(!token.expose().contains(['=', '/', ' ', ',']));
            Some(Principal::new(token.expose()))
        }).unwrap());
        let server = TestServer::build(|_| vec![Box::new(scheme)], |layer| layer);
        let answer = server.ask(offering(names.join(", ")));
        if answer.status == 200 {
            let shown = seen(&answer)[0].to_str().unwrap();
            prop_assert!(shown.ends_with("bearer"));
            prop_assert_eq!(shown.split(", ").count() + 1, names.len());
        }
    }
}
