//! Tests the MUST sentences of RFC 7616 (Digest) in sections 3.6 and 4: how a server compares responses, how a proxy
//! forwards credentials, and which characters names and passwords may have. The other sections are in `rfc7616.rs`.

#![cfg(feature = "full")]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

pub mod support;

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::header::HeaderMap;
use http::{HeaderValue, Request, Response, StatusCode};
use tower::ServiceExt;
use tower::util::BoxCloneService;
use tower_challenge::RequireAuth;
use tower_challenge::header::{Challenge, WwwAuthenticate};
use tower_challenge::password::precis;
use tower_challenge::require_auth::Inner401;
use tower_challenge::scheme::Digest;
use tower_challenge::scheme::digest::{DigestAccounts, DigestAlgorithm};
use tower_layer::Layer as _;

use self::support::digest_client::{ALGORITHMS, h};
use self::support::{
    Body, Kind, Layer, Login, PASSWORD, REALM, Schemes, TestServer, TestWorld, USER, get, run,
};

/// A server that offers all algorithms.
fn stand() -> TestServer {
    let digest = |world: &TestWorld| {
        vec![world.digest_with(|builder| builder.algorithms(DigestAlgorithm::ALL).legacy_md5())]
    };
    TestServer::build(digest, |layer| layer)
}

/// Section 3.6: "Then, the server MUST perform the same digest operation (e.g., MD5, SHA-256) performed by the client
/// and compare the result to the given response value." The server compares all of the result, and accepts the result
/// of no other algorithm.
#[test]
fn section_3_6_the_server_accepts_only_the_result_of_the_same_hash() {
    let stand = stand();
    for (place, algorithm) in ALGORITHMS.into_iter().enumerate() {
        let login = Login::to(&stand.challenges()[place], USER, PASSWORD);
        assert_eq!(login.algorithm, algorithm);
        let right = login.response();
        for other in wrong_responses(&login, &right) {
            let fields = login.fields().quoted("response", &other);
            let answer = stand.ask(get("/").authorization(fields.header()));
            assert!(answer.status.is_client_error(), "{other}");
            assert_eq!(answer.seen.len(), 0, "{other}");
        }
        stand
            .ask(get("/").authorization(login.header()))
            .is_admitted_as(USER);
    }
}

/// Wrong responses: with another digit at each place, with another length, and of another algorithm.
fn wrong_responses(login: &Login, right: &str) -> Vec<String> {
    let mut others = Vec::new();
    for at in 0..right.len() {
        let mut other = right.as_bytes().to_vec();
        other[at] = if other[at] == b'0' { b'1' } else { b'0' };
        others.push(String::from_utf8(other).unwrap());
    }
    others.extend((0..right.len()).map(|length| right[..length].to_owned()));
    others.push(format!("{right}0"));
    for algorithm in ALGORITHMS {
        others.push(h(algorithm, right));
        if algorithm != login.algorithm {
            let algorithm = algorithm.to_owned();
            others.push(
                login
                    .clone()
                    .with(|login| login.algorithm = algorithm)
                    .response(),
            );
        }
    }
    others.push(login.response_without_qop());
    others.push(login.rspauth());
    others
}

/// The headers that passed between the proxy and the origin server.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<HeaderMap>>>);

impl Log {
    fn note(&self, headers: &HeaderMap) {
        self.0.lock().unwrap().push(headers.clone());
    }

    fn take(&self) -> HeaderMap {
        self.0.lock().unwrap().pop().unwrap()
    }
}

type Sent = Response<Body>;

/// An origin server behind a proxy, both with Digest, and a log of the headers that pass between them.
struct Chain {
    arrived: Log,
    answered: Log,
    service: BoxCloneService<Request<Body>, Sent, Infallible>,
}

impl Chain {
    fn new(tune: fn(Layer) -> Layer) -> Self {
        let (arrived, answered) = (Log::default(), Log::default());
        let (requests, responses) = (arrived.clone(), answered.clone());
        let origin = stand().service();
        let origin = origin.map_request(move |request: Request<Body>| {
            requests.note(request.headers());
            request
        });
        let origin = origin.map_response(move |response: Sent| {
            responses.note(response.headers());
            response
        });
        let layer: Layer = RequireAuth::new(vec![TestWorld::new().digest()]).unwrap();
        let service = BoxCloneService::new(tune(layer.proxy()).layer(origin));
        Self {
            arrived,
            answered,
            service,
        }
    }

    fn ask(&self, fields: &[(&str, &str)]) -> Sent {
        let ask = fields
            .iter()
            .fold(get("/"), |ask, (name, value)| ask.field(name, value));
        let Ok(response) = run(self.service.clone().oneshot(ask.into_request()));
        response
    }

    /// Right credentials for the proxy.
    fn to_proxy(&self) -> String {
        let answer = self.ask(&[("proxy-authorization", "Unheard-Of")]);
        assert_eq!(answer.status(), StatusCode::PROXY_AUTHENTICATION_REQUIRED);
        let challenge = challenges(answer.headers(), "proxy-authenticate").remove(0);
        Login::to(&challenge, USER, PASSWORD).header()
    }

    /// Asserts that `answer` has the authentication fields of the origin server's latest response, unchanged.
    fn is_handed_on(&self, answer: &Sent) {
        let said = self.answered.take();
        for name in ["www-authenticate", "authentication-info"] {
            let here = answer.headers().get_all(name).iter();
            assert!(here.eq(said.get_all(name).iter()), "{name}");
        }
    }
}

/// Section 3.6: "Proxies MUST be completely transparent in the Digest access authentication scheme. That is, they MUST
/// forward the WWW-Authenticate, Authentication-Info, and Authorization header fields untouched. If a proxy wants to
/// authenticate a client before a request is forwarded to the server, it can be done using the Proxy-Authenticate and
/// Proxy-Authorization header fields".
#[test]
fn section_3_6_a_proxy_is_transparent_and_may_authenticate_clients_itself() {
    let tunes: [fn(Layer) -> Layer; 4] = [
        |layer| layer,
        |layer| layer.inner_401(Inner401::Append),
        |layer| layer.inner_401(Inner401::Replace).strip_credentials(),
        Layer::optional,
    ];
    for tune in tunes {
        let chain = Chain::new(tune);
        let refused = chain.ask(&[("proxy-authorization", &chain.to_proxy())]);
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        chain.is_handed_on(&refused);
        let offered = challenges(refused.headers(), "www-authenticate");
        assert_eq!(offered.len(), ALGORITHMS.len());
        for (challenge, count) in offered.iter().zip(1..) {
            // All challenges have the same nonce, so each login needs its own count.
            let login = Login::to(challenge, USER, PASSWORD).nc(count).header();
            is_admitted_by_both(&chain, &login);
        }
    }
}

/// Sends credentials for the proxy and for the origin server in one request, and asserts that both admit it.
fn is_admitted_by_both(chain: &Chain, to_origin: &str) {
    let to_proxy = chain.to_proxy();
    let both = [
        ("authorization", to_origin),
        ("proxy-authorization", &to_proxy),
    ];
    let answer = chain.ask(&both);
    assert_eq!(answer.status(), StatusCode::OK);
    chain.is_handed_on(&answer);
    for name in ["authentication-info", "proxy-authentication-info"] {
        assert!(answer.headers().contains_key(name), "{name}");
    }
    let arrived = chain.arrived.take();
    assert_eq!(arrived["authorization"], to_origin);
    assert!(
        !arrived["authorization"].is_sensitive(),
        "the proxy does not mark the field as sensitive"
    );
}

fn challenges(headers: &HeaderMap, field: &str) -> Vec<Challenge> {
    let lines = headers.get_all(field).iter().map(HeaderValue::as_bytes);
    let read = WwwAuthenticate::parse(lines).unwrap();
    read.iter().cloned().collect()
}

/// Section 4: "For the username, recipients MUST support all characters defined in the "UsernameCasePreserved" profile
/// defined in [RFC7613], Section 3.3, with the exception of the colon (":") character."
#[test]
fn section_4_every_character_that_precis_allows_in_names_is_supported() {
    each_character(|character| {
        let name = precis::username(character)?;
        (!name.contains(':')).then_some((name, PASSWORD.to_owned()))
    });
}

/// Section 4: "For the password, recipients MUST support all characters defined in the "OpaqueString" profile defined
/// in [RFC7613], Section 4.2."
#[test]
fn section_4_every_character_that_precis_allows_in_passwords_is_supported() {
    each_character(|character| {
        let password = precis::password(character)?.expose().to_owned();
        Some((USER.to_owned(), password))
    });
}

/// For every character of some Unicode blocks: makes a server with the account that `account` makes of the character,
/// and logs in with `username` and with `username*`.
fn each_character(account: impl Fn(&str) -> Option<(String, String)>) {
    let blocks = [
        0x20..0x250,
        0x370..0x530,
        0x5D0..0x600,
        0x900..0x980,
        0x3040..0x3100,
        0x4E00..0x4E80,
        0x1F500..0x1F520,
    ];
    let mut tried = 0;
    for code in blocks.into_iter().flatten() {
        let character = char::from_u32(code).unwrap().to_string();
        let Some((user, password)) = account(&character) else {
            continue;
        };
        let accounts = DigestAccounts::new(REALM, [(user.as_str(), password.as_str())]).unwrap();
        let digest =
            |_: &TestWorld| -> Schemes { vec![Box::new(Digest::new(REALM, accounts).unwrap())] };
        let stand = TestServer::build(digest, |layer| layer);
        let login = || Login::to(&stand.challenge(Kind::Digest), &user, &password);
        stand
            .ask(get("/").authorization(login().header()))
            .is_admitted_as(&user);
        let encoded: String = user.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let extended = login().fields().without("username");
        let extended = extended
            .raw("username*", &format!("UTF-8''{encoded}"))
            .header();
        stand
            .ask(get("/").authorization(extended))
            .is_admitted_as(&user);
        let wrong = login().password(&format!("{password}x")).header();
        stand.ask(get("/").authorization(wrong)).is_refused();
        tried += 1;
    }
    println!("tried {tried} characters");
    assert!(tried > 900, "only {tried} characters were tried");
}
