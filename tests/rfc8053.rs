//! Tests the requirements of RFC 8053 for servers: the offer of a login, and the advice for interactive clients.
//! `rfc8053_fields.rs` tests the syntax. A sentence in quotation marks is a quotation.

#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::time::Duration;

use http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, VARY, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use tower::{ServiceBuilder, ServiceExt};
use tower_challenge::client::SecureTransport;
use tower_challenge::header::{
    AuthStyle, AuthenticationControl, Challenge, ControlEntry, OptionalWwwAuthenticate, SchemeName,
    WwwAuthenticate,
};
use tower_challenge::policy::PolicyDecision;
use tower_challenge::require_auth::Inner401;
use tower_challenge::respond::NotFound;
use tower_challenge::scheme::ApiKey;
use tower_challenge::{Principal, RequestHead, RequireAuth, RequirePolicy};

use self::support::{
    Answer, Body, Kind, Layer, Login, MutualLogin, PASSWORD, Probe, REALM, TOKEN, TestRequest,
    TestServer, TestWorld, USER, WRONG, get, run,
};

const OFFER: &str = "optional-www-authenticate";
const CONTROL: &str = "authentication-control";

fn optional(kinds: &[Kind]) -> TestServer {
    TestServer::tuned(kinds, |layer| layer.optional().offer_login())
}

fn public(kinds: &[Kind]) -> TestServer {
    TestServer::tuned(kinds, |layer| layer.public(|_| true).offer_login())
}

/// Makes a server whose inner service answers with `status` and the field `name`.
fn answering(status: u16, name: &'static str, tune: fn(Layer) -> Layer) -> TestServer {
    let answer = move |_: &_| {
        let mut response = Response::new(Body::default());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        let own = HeaderValue::from_static("Own realm=\"own\", a=b");
        response.headers_mut().insert(name, own);
        response
    };
    let probe = Probe::answering(answer);
    TestServer::over(probe, |world| vec![world.basic()], tune)
}

fn offered(headers: &HeaderMap) -> Vec<Challenge> {
    OptionalWwwAuthenticate::from_headers(headers)
        .unwrap()
        .as_slice()
        .to_vec()
}

/// Returns the challenges without their nonces, which are new in each challenge.
fn without_nonces(challenges: &[Challenge]) -> Vec<String> {
    let nonce = |challenge: &Challenge| {
        let nonce = challenge.param("nonce");
        nonce.map_or_else(String::new, |nonce| nonce.to_str().unwrap().into_owned())
    };
    let texts = challenges.iter();
    texts
        .map(|challenge| challenge.to_string().replace(&nonce(challenge), ""))
        .collect()
}

/// "The challenges contained in the Optional-WWW-Authenticate header are the same as those for a 401 response
/// corresponding to the same request." (section 3)
#[test]
fn an_offer_has_the_challenges_of_a_401() {
    for kinds in Kind::orders() {
        let required = TestServer::of(&kinds).ask(get("/")).is_challenged();
        for server in [optional(&kinds), public(&kinds)] {
            let answer = server.ask(get("/"));
            assert_eq!(answer.status, 200);
            assert!(!answer.headers.contains_key(WWW_AUTHENTICATE));
            let offered = offered(&answer.headers);
            let required = required.challenges();
            assert_eq!(without_nonces(&offered), without_nonces(&required));
        }
    }
}

#[test]
fn a_client_can_answer_the_challenge_of_an_offer() {
    let server = optional(&[Kind::Digest]);
    let answer = server.ask(get("/"));
    let login = Login::to(&offered(&answer.headers)[0], USER, PASSWORD);
    let answer = server.ask(get("/").authorization(login.request("GET", "/").header()));
    let answer = answer.is_admitted_as(USER);
    assert!(!answer.headers.contains_key(OFFER));
}

/// "The Optional-WWW-Authenticate header MUST NOT be sent on 401 responses" (section 3). A `407` and an interim response
/// have none either.
#[test]
fn a_401_has_no_offer() {
    for tune in [
        |layer: Layer| layer.optional().offer_login(),
        |layer: Layer| layer.optional().offer_login().inner_401(Inner401::Append),
        |layer: Layer| layer.public(|_| true).offer_login(),
    ] {
        for status in [401, 407, 101] {
            let answer = answering(status, "x-own", tune).ask(get("/"));
            assert_eq!(answer.status, status);
            assert!(!answer.headers.contains_key(OFFER), "{status}");
        }
        for status in [200, 204, 302, 304, 403, 404, 500] {
            let answer = answering(status, "x-own", tune).ask(get("/"));
            assert_eq!(offered(&answer.headers).len(), 1, "{status}");
        }
    }
    let policy = |layer: Layer| {
        layer
            .optional()
            .offer_login()
            .policy(|_: &Principal, _: &RequestHead<'_>| true)
    };
    let server = TestServer::tuned(&[Kind::Basic], policy);
    let refused = server.ask(get("/")).is_challenged();
    assert!(!refused.headers.contains_key(OFFER));
}

/// "If a response is either an intermediate or a negative response to a client's authentication attempt, the server MUST
/// respond with a 401 status response with a WWW-Authenticate header instead." (section 3)
#[test]
fn a_wrong_or_unfinished_login_gets_a_401_and_no_offer() {
    for kind in Kind::ALL {
        let server = optional(&[kind]);
        let refused = server.ask(get("/").authorization(kind.wrong(&server, &get("/"))));
        assert!(!refused.is_refused().headers.contains_key(OFFER));
    }
    let schemes = |world: &TestWorld| vec![world.scram()];
    let server = TestServer::build(schemes, |layer| layer.optional().offer_login());
    let login = support::ScramLogin::of(USER, PASSWORD);
    let answer = server.ask(get("/").authorization(login.header()));
    assert!(!answer.is_continued().headers.contains_key(OFFER));
}

/// In Mutual (RFC 8120), an offer takes the place of the challenge that begins a login. All other challenges need a `401`.
#[test]
fn an_offer_of_mutual_begins_a_login_and_nothing_else() {
    let schemes = |world: &TestWorld| vec![world.mutual()];
    let server = TestServer::build(schemes, |layer| layer.optional().offer_login());
    let challenge = offered(&server.ask(get("/")).headers).remove(0);
    let reason = challenge.param("reason").unwrap();
    assert!(reason.eq_ignore_ascii_case("initial"), "{challenge}");

    let ask = |credentials: String| server.ask(get("/").authorization(credentials));
    for (password, status) in [(WRONG, 401), (PASSWORD, 200)] {
        let begun = MutualLogin::of(USER, password).begin();
        let continued = ask(begun.header()).is_continued();
        let turns = begun.answer(&continued.challenges()[0]);
        let answer = ask(turns.header(1));
        assert_eq!(answer.status, status);
        let repeated = ask(turns.header(1));
        assert_eq!(repeated.status, 401);
        for answer in [continued, answer, repeated] {
            assert!(!answer.headers.contains_key(OFFER), "{}", answer.asked);
        }
    }
}

/// The server is not recommended to send an offer in a positive response (section 3). On a public path, the layer does not
/// know whether credentials are right, and offers nothing either.
#[test]
fn a_request_with_credentials_gets_no_offer() {
    for kind in Kind::ALL {
        let server = optional(&[kind]);
        let good = kind.good(&server, &get("/"));
        for server in [server, public(&[kind])] {
            let answer = server.ask(get("/").authorization(&good));
            assert_eq!(answer.status, 200);
            assert!(!answer.headers.contains_key(OFFER));
        }
    }
    let server = public(&[Kind::Basic]);
    let asks: [TestRequest; 4] = [
        get("/").basic(USER, WRONG),
        get("/").authorization("Basic !"),
        get("/").authorization("Other a=b"),
        get("/").basic(USER, PASSWORD).bearer(TOKEN),
    ];
    for ask in asks {
        let answer = server.ask(ask);
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.contains_key(OFFER), "{}", answer.asked);
    }
}

#[test]
fn a_request_with_credentials_outside_of_the_field_gets_no_offer() {
    let key = || ApiKey::new(REALM, [(USER, TOKEN)]).unwrap();
    let server = TestServer::build(
        |_| vec![Box::new(key())],
        |layer| layer.public(|_| true).offer_login(),
    );
    assert_eq!(offered(&server.ask(get("/")).headers).len(), 1);
    let answer = server.ask(get("/").field("x-api-key", WRONG));
    assert_eq!(answer.status, 200);
    assert!(!answer.headers.contains_key(OFFER));
}

#[test]
fn a_request_without_tls_gets_no_offer_of_a_layer_that_requires_tls() {
    let tune = |layer: Layer| layer.public(|_| true).require_tls().offer_login();
    let server = TestServer::tuned(&[Kind::Basic], tune);
    assert!(!server.ask(get("/")).headers.contains_key(OFFER));
    let secure = server.ask(get("/").extension(SecureTransport));
    assert_eq!(offered(&secure.headers).len(), 1);
}

#[test]
fn a_response_with_challenges_of_its_own_gets_no_offer() {
    let tune = |layer: Layer| layer.optional().offer_login();
    let answer = answering(200, "www-authenticate", tune).ask(get("/"));
    assert!(!answer.headers.contains_key(OFFER));
    // Offers of two services are offers of two logins.
    let answer = answering(200, OFFER, tune).ask(get("/"));
    let schemes = offered(&answer.headers);
    let schemes = schemes.iter().map(Challenge::scheme);
    assert!(schemes.eq([SchemeName::parse("Own").unwrap(), SchemeName::BASIC]));
}

#[test]
fn a_layer_offers_nothing_without_being_told_and_a_proxy_nothing_at_all() {
    for kind in Kind::ALL {
        let silent = TestServer::tuned(&[kind], Layer::optional);
        assert!(!silent.ask(get("/")).headers.contains_key(OFFER));
        let proxy = TestServer::proxy(&[kind], |layer| layer.optional().offer_login());
        let answer = proxy.ask(get("/"));
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.contains_key(OFFER));
    }
}

/// A cache must not send an offer to a client that is logged in.
#[test]
fn every_response_of_a_path_with_offers_varies_by_the_credentials() {
    for server in [optional(&[Kind::Basic]), public(&[Kind::Basic])] {
        for ask in [get("/"), get("/").basic(USER, PASSWORD)] {
            let answer = server.ask(ask);
            let vary = answer.headers.get_all(VARY).iter();
            assert!(vary.eq(["authorization"]), "{}", answer.asked);
        }
    }
    let silent = TestServer::tuned(&[Kind::Basic], |layer| layer.public(|_| true));
    assert!(!silent.ask(get("/")).headers.contains_key(VARY));
}

#[test]
fn an_offer_is_joined_and_exposed_as_challenges_are() {
    let tune = |layer: Layer| {
        let layer = layer.optional().offer_login();
        layer.join_challenges().expose_to_scripts()
    };
    let server = TestServer::tuned(&[Kind::Bearer, Kind::Basic], tune);
    let answer = server.ask(get("/"));
    assert_eq!(answer.headers.get_all(OFFER).iter().count(), 1);
    assert_eq!(offered(&answer.headers).len(), 2);
    assert!(exposed(&answer).contains(OFFER));
    let admitted = server.ask(get("/").basic(USER, PASSWORD));
    assert!(!exposed(&admitted).contains(OFFER));
}

fn exposed(answer: &Answer) -> String {
    let lines = answer.headers.get_all(ACCESS_CONTROL_EXPOSE_HEADERS).iter();
    let lines = lines.map(|line| line.to_str().unwrap());
    lines.collect::<Vec<_>>().join(", ")
}

fn basic() -> RequireAuth<impl tower_challenge::PlainScheme> {
    RequireAuth::basic(REALM, [(USER, PASSWORD)]).unwrap()
}

/// The inner one of two clones sees no credentials field if the outer one has removed it.
#[test]
fn a_clone_inside_another_offers_nothing_if_the_outer_one_has_removed_credentials() {
    let auth = basic().strip_credentials().public(|_| true);
    let ask = |password: Option<&str>| {
        let service = ServiceBuilder::new()
            .layer(auth.clone())
            .layer(auth.clone().offer_login())
            .service(Probe::new());
        let ask = password.map_or_else(|| get("/"), |password| get("/").basic(USER, password));
        let Ok(response) = run(service.oneshot(ask.into_request()));
        offered(response.headers()).len()
    };
    assert_eq!(ask(None), 1);
    assert_eq!(ask(Some(WRONG)), 0);

    let admitting = basic().strip_credentials();
    let service = ServiceBuilder::new()
        .layer(admitting.clone())
        .layer(admitting.public(|_| true).offer_login())
        .service(Probe::new());
    let Ok(response) = run(service.oneshot(get("/").basic(USER, PASSWORD).into_request()));
    assert_eq!(response.status(), 200);
    assert!(!response.headers().contains_key(OFFER));
}

#[test]
fn two_clones_inside_each_other_offer_the_login_once() {
    let auth = basic().optional().offer_login();
    let service = ServiceBuilder::new()
        .layer(auth.clone())
        .layer(auth)
        .service(Probe::new());
    let Ok(response) = run(service.oneshot(get("/").into_request()));
    assert_eq!(offered(response.headers()).len(), 1);
}

#[test]
fn the_refusal_of_a_route_inside_has_challenges_and_no_offer() {
    let service = ServiceBuilder::new()
        .layer(basic().optional().offer_login())
        .layer(RequirePolicy::new(|_: &Principal, _: &RequestHead<'_>| {
            true
        }))
        .service(Probe::new());
    let Ok(response) = run(service.oneshot(get("/").into_request()));
    assert_eq!(response.status(), 401);
    assert!(!response.headers().contains_key(OFFER));
    let challenges = WwwAuthenticate::from_headers(response.headers()).unwrap();
    assert_eq!(challenges.as_slice().len(), 1);
}

/// An entry with every parameter.
fn advice() -> ControlEntry {
    let entry = ControlEntry::builder(SchemeName::BASIC).realm(REALM);
    let entry = entry.auth_style(AuthStyle::Modal).no_auth().username(USER);
    let entry = entry.location_when_unauthenticated("/login");
    let entry = entry.location_when_logout("/bye");
    entry.logout_timeout(Duration::ZERO).build().unwrap()
}

fn advising(tune: impl FnOnce(Layer) -> Layer) -> TestServer {
    let tune = |layer: Layer| tune(layer.authentication_control(advice()).unwrap());
    TestServer::tuned(&[Kind::Basic], tune)
}

/// Returns the names of the advised parameters except the realm.
fn advised(headers: &HeaderMap) -> String {
    let control = AuthenticationControl::from_headers(headers).unwrap();
    let params = control.iter().flat_map(ControlEntry::params);
    let names = params.map(|param| param.name());
    let names = names.filter(|name| *name != "realm");
    names.collect::<Vec<_>>().join(" ")
}

const ASKING: &str = "auth-style no-auth username location-when-unauthenticated";
const ADMITTED: &str = "location-when-logout logout-timeout";

/// "The clients MUST ignore this parameter when a response is either successfully authenticated or intermediately
/// authenticated." (sections 4.3, 4.4 and 4.7)
#[test]
fn each_response_has_the_parameters_that_count_in_it() {
    let server = advising(|layer| layer.optional().offer_login());
    let refused = server.ask(get("/").basic(USER, WRONG)).is_refused();
    assert_eq!(advised(&refused.headers), ASKING);
    let admitted = server.ask(get("/").basic(USER, PASSWORD));
    assert_eq!(advised(&admitted.headers), ADMITTED);
    assert_eq!(advised(&server.ask(get("/")).headers), "username");

    let required = advising(|layer| layer);
    let challenged = required.ask(get("/")).is_challenged();
    assert_eq!(advised(&challenged.headers), ASKING);
    let silent = advising(Layer::optional);
    assert_eq!(advised(&silent.ask(get("/")).headers), "");
}

#[test]
fn a_refusal_that_is_no_answer_to_a_login_has_no_advice() {
    let malformed = advising(|layer| layer).ask(get("/").authorization("Basic !"));
    assert_eq!(advised(&malformed.is_malformed().headers), "");
    let insecure = advising(Layer::require_tls).ask(get("/"));
    assert_eq!(advised(&insecure.is_insecure().headers), "");
    let forbid = |_: &Principal, _: &RequestHead<'_>| PolicyDecision::Forbid;
    let forbidding = advising(|layer| layer.policy(forbid));
    let forbidden = forbidding
        .ask(get("/").basic(USER, PASSWORD))
        .is_forbidden();
    assert_eq!(advised(&forbidden.headers), ADMITTED);
}

#[test]
fn a_401_in_the_middle_of_an_exchange_has_no_advice() {
    let entry = ControlEntry::builder(SchemeName::SCRAM_SHA_256).realm(REALM);
    let entry = entry.username(USER).build().unwrap();
    let tune = |layer: Layer| layer.authentication_control(entry).unwrap();
    let server = TestServer::build(|world| vec![world.scram()], tune);
    let login = support::ScramLogin::of(USER, PASSWORD);
    let answer = server.ask(get("/").authorization(login.header()));
    assert_eq!(advised(&answer.is_continued().headers), "");
    assert_eq!(advised(&server.ask(get("/")).headers), "username");
}

#[test]
fn the_layer_leaves_the_advice_of_the_application_and_its_401_alone() {
    let advise = |layer: Layer| layer.authentication_control(advice()).unwrap();
    let server = answering(200, CONTROL, advise);
    assert_eq!(
        advised(&server.ask(get("/").basic(USER, PASSWORD)).headers),
        "a"
    );
    let server = answering(401, "x-own", advise);
    assert_eq!(
        advised(&server.ask(get("/").basic(USER, PASSWORD)).headers),
        ""
    );
    let server = answering(401, "x-own", |layer| {
        let layer = layer.authentication_control(advice()).unwrap();
        layer.inner_401(Inner401::Append)
    });
    assert_eq!(
        advised(&server.ask(get("/").basic(USER, PASSWORD)).headers),
        ASKING
    );
}

#[test]
fn a_proxy_and_a_response_that_conceals_the_refusal_have_no_advice() {
    let tune = |layer: Layer| layer.authentication_control(advice()).unwrap();
    let proxy = TestServer::proxy(&[Kind::Basic], tune);
    assert_eq!(advised(&proxy.ask(get("/")).headers), "");
    assert_eq!(
        advised(&proxy.ask(get("/").basic(USER, PASSWORD)).headers),
        ""
    );

    let not_found = |_: &RequestHead<'_>| Response::new(Body::default());
    let hidden = basic().authentication_control(advice()).unwrap();
    let hidden = hidden.respond_with(NotFound::new(not_found));
    let service = ServiceBuilder::new().layer(hidden).service(Probe::new());
    let Ok(response) = run(service.oneshot(get("/").into_request()));
    assert!(!response.headers().contains_key(CONTROL));
}

#[test]
fn advice_is_exposed_to_scripts_with_the_other_fields() {
    let server = advising(|layer| layer.optional().offer_login().expose_to_scripts());
    for ask in [
        get("/"),
        get("/").basic(USER, WRONG),
        get("/").basic(USER, PASSWORD),
    ] {
        assert!(exposed(&server.ask(ask)).contains(CONTROL));
    }
}

/// The relevant entries are "those corresponding to an auth-scheme and a realm" of the login (section 4).
#[test]
fn an_entry_for_another_scheme_or_realm_is_a_wrong_configuration() {
    let entry = |scheme, realm| ControlEntry::builder(scheme).realm(realm).no_auth();
    for entry in [
        entry(SchemeName::BASIC, "other"),
        entry(SchemeName::DIGEST, REALM),
    ] {
        let entry = entry.build().unwrap();
        let error = basic().authentication_control(entry.clone()).unwrap_err();
        let text = format!(
            "no challenge of the layer has the scheme and the realm of the entry `{entry}` of Authentication-Control"
        );
        assert_eq!(error.to_string(), text);
    }
    let lower = SchemeName::parse("basic").unwrap();
    let lower = entry(lower, REALM).build().unwrap();
    assert!(basic().authentication_control(lower).is_ok());
}
