//! D. Tokens in the subprotocols of a WebSocket.

use http::{HeaderValue, Response, StatusCode};
use tower_challenge::scheme::bearer::{Bearer, StaticTokens, WebSocketBearer};
use tower_challenge::{Principal, Secret};

use crate::support::{
    Body, Boxed, PASSWORD, Probe, REALM, Recording, Schemes, TOKEN, TestRequest, TestServer,
    TestWorld, USER, WRONG_TOKEN, get,
};

const FIELD: &str = "sec-websocket-protocol";

fn tokens(world: &TestWorld) -> Boxed {
    let list = StaticTokens::new().unwrap();
    let list = list.token(TOKEN, Principal::new(USER)).unwrap();
    let bearer = Bearer::new(REALM, Recording::new(list, &world.asked)).unwrap();
    Box::new(WebSocketBearer::new(bearer))
}

/// The scheme alone, and in every order with two others.
fn servers() -> Vec<TestServer> {
    let orders: [fn(&TestWorld) -> Schemes; 4] = [
        |world| vec![tokens(world)],
        |world| vec![tokens(world), world.basic(), world.digest()],
        |world| vec![world.basic(), tokens(world), world.digest()],
        |world| vec![world.digest(), world.basic(), tokens(world)],
    ];
    let servers = orders.into_iter();
    servers
        .map(|schemes| TestServer::build(schemes, |layer| layer))
        .collect()
}

fn handshake() -> TestRequest {
    get("/")
        .field("connection", "upgrade")
        .field("upgrade", "websocket")
        .field("sec-websocket-version", "13")
}

fn offering(token: &str) -> TestRequest {
    handshake().field(FIELD, format!("bearer, {token}"))
}

/// A token in each place, the right one first and last.
#[test]
fn a001_a_websocket_with_two_tokens_gets_400_and_neither_is_tried() {
    for server in servers() {
        for (offered, sent) in [(TOKEN, WRONG_TOKEN), (WRONG_TOKEN, TOKEN), (TOKEN, TOKEN)] {
            let answer = server.ask(offering(offered).bearer(sent)).is_malformed();
            assert_eq!(answer.verified, [""; 0]);
            let twice = offering(offered).field(FIELD, format!("bearer, {sent}"));
            assert_eq!(server.ask(twice).is_malformed().verified, [""; 0]);
        }
    }
}

#[test]
fn a015_a_token_in_a_subprotocol_counts_for_no_other_request() {
    for server in servers() {
        for (method, connection, upgrade) in [
            ("GET", "keep-alive", "websocket"),
            ("GET", "upgrade", "h2c"),
            ("GET", "upgrade", "websocket2"),
            ("GET", "x-upgrade", "websocket"),
            ("POST", "upgrade", "websocket"),
            ("HEAD", "upgrade", "websocket"),
            ("OPTIONS", "upgrade", "websocket"),
        ] {
            let ask = TestRequest::new(method, "/").field("connection", connection);
            let ask = ask.field("upgrade", upgrade);
            let answer = server.ask(ask.field(FIELD, format!("bearer, {TOKEN}")));
            assert_eq!(answer.is_challenged().verified, [""; 0], "{method}");
        }
    }
}

/// A verifier gets only tokens of RFC 9110.
#[test]
fn a054_a_subprotocol_with_foreign_characters_reaches_no_verifier() {
    let bad = [
        "\"tok\"",
        "tok en",
        "tok;en",
        "tok:en",
        "tok{en}",
        "tok<en>",
        "tok\\en",
        "tok=",
        "a/b",
        "tok@en",
        "(tok)",
        "tok?x",
        "tok'OR'1'='1",
        "tok%20",
        "tok!",
        "$tok",
        "tok\ten",
    ];
    for server in servers() {
        for token in bad {
            let answer = server.ask(offering(token)).is_malformed();
            assert_eq!(answer.verified, [""; 0], "{token}");
        }
    }
}

/// A handler that sends back all that it sees.
fn echoing() -> Probe {
    Probe::answering(|seen| {
        let mut response = Response::new(Body::from(format!("{:?}", seen.head.headers)));
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        for line in seen.head.headers.get_all(FIELD) {
            let name = http::header::SEC_WEBSOCKET_PROTOCOL;
            response
                .headers_mut()
                .append(name, HeaderValue::clone(line));
        }
        response
    })
}

/// A handler that sends back each field sends no token back. It does not matter which scheme has admitted the request.
#[test]
fn a099_an_upgrade_echoes_no_token_and_is_refused_without_one() {
    let schemes = |world: &TestWorld| -> Schemes { vec![world.basic(), tokens(world)] };
    let server = TestServer::over(echoing(), schemes, |layer| layer);
    for ask in [
        offering(TOKEN),
        offering(TOKEN).field(FIELD, "chat"),
        offering(TOKEN).basic(USER, PASSWORD),
        offering(WRONG_TOKEN).basic(USER, PASSWORD),
    ] {
        let answer = server.ask(ask);
        assert_eq!(answer.status, 101);
        let shown = format!("{:?} {:?}", answer.headers, answer.body);
        assert!(
            !shown.contains(TOKEN) && !shown.contains(WRONG_TOKEN),
            "{shown}"
        );
    }
    for ask in [
        handshake(),
        handshake().field(FIELD, "bearer"),
        handshake().field(FIELD, TOKEN),
    ] {
        assert!(server.ask(ask).is_challenged().seen.is_empty());
    }
    assert!(
        server
            .ask(offering(WRONG_TOKEN))
            .is_refused()
            .seen
            .is_empty()
    );
}

/// The verifier gets the token, and nothing beside it.
#[test]
fn a054_the_verifier_receives_the_whole_subprotocol() {
    let admit = |token: Secret<'_>| Some(Principal::new(token.expose()));
    let bearer = Bearer::new(REALM, admit).unwrap();
    let server = TestServer::build(
        |_| vec![Box::new(WebSocketBearer::new(bearer))],
        |layer| layer,
    );
    for token in [
        "a",
        "a.b-c_d~e+f",
        "eyJhbGciOiJFUzI1NiJ9.e30.c2ln",
        "Bearer",
        "chat",
    ] {
        server.ask(offering(token)).is_admitted_as(token);
        let beside = format!("x, bearer, {token}, y");
        server
            .ask(handshake().field(FIELD, beside))
            .is_admitted_as(token);
    }
}
