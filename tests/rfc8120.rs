//! Tests the rules of RFC 8120 (Mutual) that concern a server, one by one, in the words of this project. The section is in
//! the name of each test.

#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Response, StatusCode};
use http_body_util::Full;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};
use tower::Layer as _;
use tower_challenge::audit::AuditOutcome;
use tower_challenge::header::Challenge;
use tower_challenge::policy::PolicyDecision;
use tower_challenge::scheme::mutual::{
    HostValidation, MutualAccount, MutualAccounts, MutualAlgorithm, MutualClient,
    MutualClientError, MutualSecret, MutualSpace, NonceKeys,
};
use tower_challenge::scheme::{Mutual, ServerRole};
use tower_challenge::throttle::AttemptOutcome;
use tower_challenge::{ErrorParams, Principal, RequestHead, RequireAuth, RequirePolicy, Secret};

use self::support::mutual_client::{MutualBegin, ORIGIN, changed, from_hex, quoted, written};
use self::support::scram_client::text;
use self::support::world::{TestWorld, WatchedMutual};
use self::support::{
    Answer, Body, MutualLogin, MutualTurns, OTHER_PASSWORD, OTHER_USER, PASSWORD, Probe, REALM,
    TestServer, USER, WRONG, get, run,
};

fn server() -> TestServer {
    tuned(|builder| builder)
}

fn tuned(tune: impl FnOnce(WatchedMutual) -> WatchedMutual) -> TestServer {
    TestServer::build(|world| vec![world.mutual_in(tune)], |layer| layer)
}

fn login() -> MutualLogin {
    MutualLogin::of(USER, PASSWORD)
}

/// The validation `host` of an origin, with or without TLS.
fn named(origin: &str) -> HostValidation {
    let named = HostValidation::host(origin);
    named
        .or_else(|_| HostValidation::https_without_certificate(origin))
        .unwrap()
}

fn ask(server: &TestServer, credentials: &str) -> Answer {
    server.ask(get("/").authorization(credentials))
}

fn answered(server: &TestServer, begun: &MutualBegin) -> MutualTurns {
    let answer = ask(server, &begun.header()).is_continued();
    begun.answer(&answer.challenges()[0])
}

/// Begins a session.
fn begin(server: &TestServer, login: &MutualLogin) -> MutualTurns {
    answered(server, &login.begin())
}

/// The reason in the one challenge of a refusal.
#[track_caller]
fn reason(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}", answer.asked);
    let challenges = answer.challenges();
    let [challenge] = &challenges[..] else {
        panic!("{challenges:?}")
    };
    text(challenge, "reason")
}

#[track_caller]
fn is_invalid(server: &TestServer, credentials: &str) {
    let answer = ask(server, credentials).is_refused_uncounted();
    assert_eq!(reason(&answer), "invalid-parameters", "{credentials}");
    assert_eq!(
        answer.verified, [""; 0],
        "no account was looked up: {credentials}"
    );
}

#[track_caller]
fn is_initial(server: &TestServer, credentials: &str) {
    let answer = ask(server, credentials).is_refused_uncounted();
    assert_eq!(reason(&answer), "initial", "{credentials}");
}

/// A session that is unknown or over. The client begins another one.
#[track_caller]
fn is_over(server: &TestServer, credentials: &str) -> Answer {
    let answer = ask(server, credentials).is_refused_uncounted();
    assert_eq!(reason(&answer), "stale-session", "{credentials}");
    answer
}

/// A right proof in a session that is over.
#[track_caller]
fn is_stale(server: &TestServer, credentials: &str) {
    let answer = ask(server, credentials);
    assert_eq!(
        answer.heard[0].outcome,
        AuditOutcome::Stale,
        "{credentials}"
    );
    assert_eq!(answer.settled, [AttemptOutcome::NotCounted]);
    assert_eq!(reason(&answer), "stale-session", "{credentials}");
}

/// A wrong proof, which is one guess at the user.
#[track_caller]
fn is_wrong(server: &TestServer, credentials: &str) -> Answer {
    let answer = ask(server, credentials).is_refused();
    assert_eq!(reason(&answer), "auth-failed", "{credentials}");
    answer
}

#[test]
fn section_3_values_are_tokens_or_quoted_strings_in_any_order_and_case() {
    let server = server();
    let begun = login().begin();
    let quote = |(name, value): (&'static str, String)| {
        let value = if value.starts_with('"') {
            value
        } else {
            quoted(&value)
        };
        (name, value)
    };
    let mut all_quoted = begun.params().into_iter().map(quote).collect::<Vec<_>>();
    all_quoted.reverse();
    all_quoted.push(("unknown", "\"a, b\"".to_owned()));
    ask(&server, &written(&all_quoted)).is_continued();
    let upper = changed(begun.params(), "algorithm", Some("ISO-KAM3-EC-P256-SHA256"));
    let upper = changed(upper, "validation", Some("HOST"));
    let upper = written(&upper)
        .replace("Mutual version", "MUTUAL Version")
        .replace(" user=", " USER = ");
    ask(&server, &upper).is_continued();
    let number = login().number(begun.key.element()).to_uppercase();
    ask(
        &server,
        &written(&changed(begun.params(), "kc1", Some(&number))),
    )
    .is_continued();
}

#[test]
fn section_3_a_field_that_breaks_the_grammar_is_400() {
    let server = server();
    let header = login().begin().header();
    for bad in [
        format!("{header}, user=\"a\""),
        format!("{header}, Version=1"),
        format!("{header}, x"),
        format!("{header}, x=\"y"),
        "Mutual version=1, ,x".to_owned(),
    ] {
        ask(&server, &bad).is_malformed();
    }
    is_invalid(&server, "Mutual");
    is_invalid(&server, "Mutual dG9rZW4=");
    is_invalid(&server, "Mutual version=");
}

#[test]
fn section_3_another_version_is_refused() {
    let server = server();
    let (begun, turns) = (login().begin(), begin(&server, &login()));
    for version in [
        None,
        Some("2"),
        Some("0"),
        Some("01"),
        Some("-wg-draft01"),
        Some("\"\""),
    ] {
        is_invalid(
            &server,
            &written(&changed(begun.params(), "version", version)),
        );
        is_invalid(
            &server,
            &written(&changed(turns.params(1), "version", version)),
        );
    }
    ask(&server, &turns.header(1)).is_admitted_as(USER);
}

#[test]
fn section_3_a_name_that_is_not_ascii_is_an_extended_value() {
    let server = server();
    let begun = login().begin();
    let with_user = |params: &str| {
        let kept = changed(begun.params(), "user", None);
        format!("{}{params}", written(&kept))
    };
    let answer = ask(&server, &with_user(", user*=UTF-8''Ren%C3%A9e")).is_continued();
    assert_eq!(answer.verified, ["Ren\u{e9}e"]);
    assert_eq!(answer.reserved, [Some("Ren\u{e9}e".to_owned())]);
    let answer = ask(&server, &with_user(", user*=UTF-8''mufasa")).is_continued();
    assert_eq!(answer.verified, [USER]);
    let long = format!(", user=\"{}\"", "x".repeat(256));
    for bad in [
        "",
        ", user=\"\"",
        ", user=\"a\", user*=UTF-8''a",
        ", user*=ISO-8859-1''%E9",
        ", user*=UTF-8''%FF",
        ", user*=UTF-8''%07",
        &*long,
    ] {
        is_invalid(&server, &with_user(bad));
    }
}

#[test]
fn section_4_1_the_first_challenge_names_the_protection_space() {
    let answer = server().ask(get("/")).is_challenged();
    let expected = format!(
        "Mutual version=1, algorithm=iso-kam3-ec-p256-sha256, validation=host, auth-scope=\"{ORIGIN}\", realm=\"{REALM}\", reason=initial"
    );
    assert_eq!(answer.header("www-authenticate"), Some(&*expected));
}

#[test]
fn section_4_1_a_401_has_one_challenge_of_mutual_beside_those_of_other_schemes() {
    let schemes = |world: &TestWorld| vec![world.basic(), world.mutual(), world.digest()];
    let server = TestServer::build(schemes, |layer| layer);
    let turns = begin(&server, &login());
    let wrong = MutualLogin::of(USER, WRONG);
    for answer in [
        server.ask(get("/")),
        ask(&server, "Unheard-Of"),
        ask(&server, &begin(&server, &wrong).header(1)),
        ask(
            &server,
            &written(&changed(turns.params(1), "sid", Some("00"))),
        ),
    ] {
        let challenges = answer.challenges();
        let ours = challenges
            .iter()
            .filter(|challenge| challenge.scheme().as_str() == "Mutual");
        assert_eq!(ours.count(), 1, "{}", answer.asked);
        let reasons = challenges
            .iter()
            .filter_map(|challenge| challenge.param("reason"));
        assert_eq!(reasons.count(), 1);
    }
}

#[test]
fn section_4_2_a_message_for_another_protection_space_is_challenged() {
    let server = server();
    let (begun, turns) = (login().begin(), begin(&server, &login()));
    for (name, other) in [
        ("algorithm", "iso-kam3-ec-p521-sha512"),
        ("algorithm", "x"),
        ("validation", "tls-server-end-point"),
        ("auth-scope", "\"https://example.org:8443\""),
        ("auth-scope", "\"https://Example.org\""),
        ("auth-scope", "\"example.org\""),
        ("realm", "\"other\""),
        ("realm", "\"API@example.org\""),
    ] {
        is_initial(
            &server,
            &written(&changed(begun.params(), name, Some(other))),
        );
        is_initial(
            &server,
            &written(&changed(turns.params(1), name, Some(other))),
        );
    }
    for name in ["algorithm", "validation", "auth-scope", "realm"] {
        is_invalid(&server, &written(&changed(begun.params(), name, None)));
        is_invalid(&server, &written(&changed(turns.params(1), name, None)));
    }
    ask(&server, &turns.header(1)).is_admitted_as(USER);
}

#[test]
fn section_4_a_message_is_one_of_the_two_of_a_client() {
    let server = server();
    let (begun, turns) = (login().begin(), begin(&server, &login()));
    let kc1 = login().number(begun.key.element());
    for bad in [
        format!("{}, kc1={kc1}", turns.header(1)),
        format!("{}, ks1={kc1}", begun.header()),
        format!("{}, vks=00", turns.header(1)),
        format!("{}, ks1={kc1}", turns.header(1)),
        format!("{}, vkc=00", begun.header()),
        written(&changed(begun.params(), "kc1", None)),
        written(&changed(turns.params(1), "vkc", None)),
    ] {
        is_invalid(&server, &bad);
    }
    ask(&server, &turns.header(1)).is_admitted_as(USER);
}

#[test]
fn section_4_2_a_key_that_is_no_element_is_refused() {
    let server = server();
    let begun = login().begin();
    let good = login().number(begun.key.element());
    let flipped = |at: usize| {
        let digit = if good.as_bytes()[at] == b'0' {
            "1"
        } else {
            "0"
        };
        format!("{}{digit}{}", &good[..at], &good[at + 1..])
    };
    let zeros = "00".repeat(33);
    for bad in [
        "\"\"",
        "00",
        &*zeros,
        &"ff".repeat(33),
        // The prime of the field, and 1 more: `x` would be 0 and 1 in another spelling.
        "01fffffffe00000002000000000000000000000001fffffffffffffffffffffffe",
        "01fffffffe000000020000000000000000000000020000000000000000000000",
        &good[..64],
        &format!("{good}00"),
        &format!("{good}0"),
        &format!("x{}", &good[1..]),
        &flipped(0),
        &STANDARD.encode([0; 33]),
    ] {
        is_invalid(
            &server,
            &written(&changed(
                begun.params(),
                "kc1",
                Some(&quoted(bad.trim_matches('"'))),
            )),
        );
    }
}

#[test]
fn section_4_3_the_answer_has_a_sid_a_key_and_limits() {
    let schemes = |world: &TestWorld| vec![world.basic(), world.mutual()];
    let server = TestServer::build(schemes, |layer| layer);
    let mut sids = std::collections::HashSet::new();
    for _ in 0..3 {
        let answer = ask(&server, &login().begin().header()).is_continued();
        let challenges = answer.challenges();
        let [challenge] = &challenges[..] else {
            panic!("{challenges:?}")
        };
        let names = challenge.params().map(|param| param.name().to_owned());
        let expected =
            "version algorithm validation auth-scope realm sid ks1 nc-max nc-window time";
        assert_eq!(names.collect::<Vec<_>>().join(" "), expected);
        let number = |name| text(challenge, name).parse::<u64>().unwrap();
        assert_eq!(
            [number("nc-max"), number("nc-window"), number("time")],
            [1024, 1024, 300]
        );
        let sid = text(challenge, "sid");
        assert!(
            sid.bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        );
        assert!(
            sid.len() >= 20 && sids.insert(sid),
            "80 bits, and each its own"
        );
    }
}

#[test]
fn section_4_4_counts_come_in_any_order_and_each_is_good_once() {
    let server = server();
    let turns = begin(&server, &login());
    for nc in [1, 3, 2, 1000, 999, 4, 1024] {
        ask(&server, &turns.header(nc)).is_admitted_as(USER);
    }
    // A count that was used ends the session, because one of the two requests is a replay.
    is_stale(&server, &turns.header(3));
    is_over(&server, &turns.header(5));
    assert_eq!(server.world.store.entry_count(), 1);
}

#[test]
fn section_4_4_a_count_is_a_number_from_1_to_nc_max() {
    let server = server();
    let turns = begin(&server, &login());
    for bad in [
        "0", "00", "01", "-1", "+1", "1.0", "x", "0x1", "\"\"", "\" 1\"",
    ] {
        is_invalid(
            &server,
            &written(&changed(turns.params(1), "nc", Some(bad))),
        );
    }
    is_invalid(&server, &written(&changed(turns.params(1), "nc", None)));
    // No number wraps around to a good one.
    let long = "9".repeat(400);
    for high in ["1025", "4294967297", "18446744073709551617", &*long] {
        is_over(
            &server,
            &written(&changed(turns.params(1), "nc", Some(high))),
        );
    }
    is_over(&server, &turns.header(1025));
    ask(&server, &turns.header(1)).is_admitted_as(USER);
}

#[test]
fn section_4_4_a_proof_has_the_length_of_the_hash() {
    let server = server();
    let turns = begin(&server, &login());
    for bad in [
        "00",
        "\"\"",
        &"0".repeat(63),
        &"0".repeat(66),
        &"x".repeat(64),
    ] {
        is_invalid(
            &server,
            &written(&changed(turns.params(1), "vkc", Some(bad))),
        );
    }
    for bad in [None, Some("\"\""), Some("0"), Some("x")] {
        is_invalid(&server, &written(&changed(turns.params(1), "sid", bad)));
    }
    ask(&server, &turns.header(1)).is_admitted_as(USER);
}

#[test]
fn section_4_5_the_server_proves_itself_with_any_status() {
    for status in [200, 204, 304, 400, 403, 404, 500] {
        let reply = move |_: &support::Seen| {
            let response = Response::builder().status(status);
            response.body(Full::default()).unwrap()
        };
        let server = TestServer::over(
            Probe::answering(reply),
            |world| vec![world.mutual()],
            |layer| layer,
        );
        let turns = begin(&server, &login());
        for nc in [1, 2] {
            let answer = ask(&server, &turns.header(nc));
            assert_eq!(answer.status, status);
            assert_eq!(answer.header("authentication-info"), Some(&*turns.info(nc)));
        }
    }
}

#[test]
fn section_4_5_the_server_proves_itself_in_the_refusal_of_a_policy() {
    let server = TestServer::build(
        |world| vec![world.mutual()],
        |layer| layer.policy(|caller: &Principal, _: &RequestHead<'_>| caller.name() != USER),
    );
    let turns = begin(&server, &login());
    let answer = ask(&server, &turns.header(1)).is_forbidden();
    assert_eq!(answer.header("authentication-info"), Some(&*turns.info(1)));
}

/// A policy that asks for a stronger login.
fn asks_for_more(_: &Principal, _: &RequestHead<'_>) -> PolicyDecision {
    let params = ErrorParams::insufficient_user_authentication(Some("mfa"), None);
    PolicyDecision::StepUp(params.unwrap())
}

/// A `401` asks the client to authenticate, so it does not say that the client has done so. The count is used up.
#[test]
fn section_4_5_the_server_does_not_prove_itself_in_a_401() {
    let refuses = |_: &support::Seen| {
        let response = Response::builder().status(401);
        response.body(Full::default()).unwrap()
    };
    let schemes = |world: &TestWorld| vec![world.mutual()];
    let by_handler = TestServer::over(Probe::answering(refuses), schemes, |layer| layer);
    let by_policy = TestServer::build(schemes, |layer| layer.policy(asks_for_more));
    for server in [by_handler, by_policy] {
        let turns = begin(&server, &login());
        let answer = ask(&server, &turns.header(1));
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.header("authentication-info"), None);
        is_stale(&server, &turns.header(1));
    }
}

#[test]
fn section_4_5_the_server_does_not_prove_itself_in_a_step_up_of_a_route() {
    let world = TestWorld::default();
    let layer = RequireAuth::new(world.mutual()).unwrap();
    let inner = tower::service_fn(|_: http::Request<Body>| async {
        Ok::<_, std::convert::Infallible>(Response::new(Body::default()))
    });
    let service = layer.layer(RequirePolicy::new(asks_for_more).layer(inner));
    let send = |credentials: &str| {
        let request = get("/").authorization(credentials).into_request();
        let Ok(response) = run(tower::ServiceExt::oneshot(service.clone(), request));
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        response.headers().clone()
    };
    let begun = login().begin();
    let continued = send(&begun.header())["www-authenticate"].clone();
    let turns = begun.answer(&Challenge::parse(continued.as_bytes()).unwrap());
    let refused = send(&turns.header(1));
    let challenge = Challenge::parse(refused["www-authenticate"].as_bytes()).unwrap();
    // That of the policy: Mutual itself would have another reason.
    assert_eq!(text(&challenge, "reason"), "initial");
    assert!(!refused.contains_key("authentication-info"));
}

#[test]
fn section_6_a_first_proof_that_is_wrong_ends_the_session() {
    let server = server();
    let right = begin(&server, &login());
    let mut vkc = right
        .secret
        .client_proof(1, right.login.host.value())
        .as_bytes()
        .to_vec();
    vkc[31] ^= 1;
    let wrong = written(&changed(
        right.params(1),
        "vkc",
        Some(&login().number(&vkc)),
    ));
    let answer = is_wrong(&server, &wrong);
    assert_eq!(answer.reserved, [Some(USER.to_owned())]);
    // The right proof comes too late, and a second guess is not counted: its answer does not depend on it.
    is_over(&server, &right.header(1));
    is_over(&server, &wrong);
    is_wrong(
        &server,
        &begin(&server, &MutualLogin::of(USER, WRONG)).header(1),
    );
    assert_eq!(
        server.world.store.entry_count(),
        0,
        "a wrong proof claims nothing"
    );
}

#[test]
fn section_6_a_wrong_proof_in_a_session_that_is_proved_changes_nothing() {
    let server = server();
    let turns = begin(&server, &login());
    ask(&server, &turns.header(1)).is_admitted_as(USER);
    let zeros = "0".repeat(64);
    is_wrong(
        &server,
        &written(&changed(turns.params(2), "vkc", Some(&zeros))),
    );
    is_wrong(
        &server,
        &written(&changed(turns.params(1), "nc", Some("2"))),
    );
    ask(&server, &turns.header(2)).is_admitted_as(USER);
}

#[test]
fn section_6_a_sid_of_no_session_is_stale() {
    let server = server();
    let turns = begin(&server, &login());
    let other = begin(&tuned(|builder| builder), &login());
    let mut short = turns.sid.clone();
    short.truncate(short.len() - 2);
    for sid in [
        "00",
        &"ab".repeat(200),
        &other.sid,
        &short,
        &format!("{}00", turns.sid),
    ] {
        let answer = ask(
            &server,
            &written(&changed(turns.params(1), "sid", Some(sid))),
        );
        assert_eq!(reason(&answer), "stale-session");
        assert_eq!(answer.reserved, [None], "the sid names no user");
    }
    // Every digit of a sid counts.
    for at in (0..turns.sid.len()).step_by(7) {
        let digit = if turns.sid.as_bytes()[at] == b'0' {
            "1"
        } else {
            "0"
        };
        let sid = format!("{}{digit}{}", &turns.sid[..at], &turns.sid[at + 1..]);
        is_over(
            &server,
            &written(&changed(turns.params(1), "sid", Some(&sid))),
        );
    }
    ask(&server, &turns.header(1)).is_admitted_as(USER);
}

#[test]
fn section_6_a_session_ends_after_its_time() {
    let server = tuned(|builder| builder.session_lifetime(Duration::from_secs(60)));
    let (turns, pending) = (begin(&server, &login()), begin(&server, &login()));
    ask(&server, &turns.header(1)).is_admitted_as(USER);
    server.world.clock.advance(Duration::from_secs(60));
    ask(&server, &turns.header(2)).is_admitted_as(USER);
    server.world.clock.advance(Duration::from_secs(1));
    // A late guess learns nothing: the server answers it like the right proof, and looks no account up.
    let zeros = "0".repeat(64);
    let guess = written(&changed(pending.params(1), "vkc", Some(&zeros)));
    for late in [turns.header(3), pending.header(1), guess] {
        assert_eq!(is_over(&server, &late).verified, [""; 0], "{late}");
    }
}

/// A replay whose look-up ends after the store has forgotten the count.
#[test]
fn section_6_a_session_that_ends_during_the_look_up_admits_no_client() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tower_challenge::scheme::mutual::MutualAccount;

    let is_slow = Arc::new(AtomicBool::new(false));
    let secret = MutualSecret::from_password(&login().space, USER, Secret::new(PASSWORD)).unwrap();
    let account = MutualAccount::new(secret, Principal::new(USER));
    let mutual = |world: &TestWorld| {
        let (clock, is_slow) = (world.clock.clone(), Arc::clone(&is_slow));
        let lookup = move |_: &str| {
            if is_slow.load(Ordering::Relaxed) {
                clock.advance(Duration::from_secs(71));
            }
            Some(account.clone())
        };
        let mutual = Mutual::builder(&login().space, login().host, lookup)
            .session_lifetime(Duration::from_secs(60))
            .store(world.store.clone())
            .clock(world.clock.clone());
        vec![Box::new(mutual.build().unwrap()) as _]
    };
    let server = TestServer::build(mutual, |layer| layer);
    let turns = begin(&server, &login());
    ask(&server, &turns.header(1)).is_admitted_as(USER);
    is_slow.store(true, Ordering::Relaxed);
    is_stale(&server, &turns.header(1));
}

#[test]
fn section_6_the_requests_of_a_session_can_be_limited() {
    let server = tuned(|builder| builder.requests_of_session(128));
    let turns = begin(&server, &login());
    ask(&server, &turns.header(128)).is_admitted_as(USER);
    is_over(&server, &turns.header(129));
}

#[test]
fn section_7_a_proof_is_for_one_host() {
    let server = server();
    for other in [
        "https://example.com",
        "https://example.org:8443",
        "http://example.org",
    ] {
        let mut login = login();
        login.host = named(other);
        is_wrong(&server, &begin(&server, &login).header(1));
    }
    let with_port = format!("{ORIGIN}:443");
    assert_eq!(
        login().host.value(),
        with_port.as_bytes(),
        "the port is always there"
    );
}

/// RFC 8120 wants the certificate over TLS, so a caller has to ask for the weaker validation by its name.
#[test]
fn section_7_host_is_for_servers_without_tls() {
    assert!(HostValidation::host("http://example.org").is_ok());
    assert!(HostValidation::host("https://example.org").is_err());
    assert!(HostValidation::https_without_certificate("https://example.org").is_ok());
    assert!(HostValidation::https_without_certificate("http://example.org").is_err());
}

/// The first certificate of a file in PEM.
fn der(pem: &str) -> Vec<u8> {
    let lines = pem.lines().skip_while(|line| !line.contains("BEGIN CERT"));
    let base64 = lines.skip(1).take_while(|line| !line.starts_with('-'));
    STANDARD.decode(base64.collect::<String>()).unwrap()
}

#[test]
fn section_7_a_login_through_tls_is_for_one_certificate() {
    let certificate = der(include_str!("vectors/tls/loopback.pem"));
    let host = HostValidation::certificate(ORIGIN, &certificate).unwrap();
    let space = login().space;
    let accounts = MutualAccounts::new(&space, [(USER, PASSWORD)]).unwrap();
    let mutual = Mutual::new(&space, host.clone(), accounts).unwrap();
    let server = TestServer::build(|_| vec![Box::new(mutual)], |layer| layer);

    let client = MutualClient::new(USER, Secret::new(PASSWORD)).unwrap();
    let challenged = server.ask(get("/")).is_challenged();
    assert_eq!(
        text(&challenged.challenges()[0], "validation"),
        "tls-server-end-point"
    );
    let sign_in = |host: &HostValidation| {
        let exchange = client.begin(host, &challenged.headers["www-authenticate"])?;
        let answer = ask(&server, exchange.credentials().to_str().unwrap()).is_continued();
        let proof = exchange
            .answer(&answer.headers["www-authenticate"])?
            .next()?;
        Ok::<_, MutualClientError>((ask(&server, proof.credentials().to_str().unwrap()), proof))
    };
    let (answer, proof) = sign_in(&host).unwrap();
    let answer = answer.is_admitted_as(USER);
    let info = answer.header("authentication-info").unwrap();
    proof.verify(&info.parse().unwrap()).unwrap();

    // An attacker with another certificate passes the messages on.
    let other = HostValidation::certificate_hash(ORIGIN, &[7; 32]).unwrap();
    let (answer, _) = sign_in(&other).unwrap();
    assert_eq!(reason(&answer.is_refused()), "auth-failed");
    assert!(
        sign_in(&login().host).is_err(),
        "the client wants the validation `host`"
    );
}

/// A structure of DER that is shorter than 128 bytes.
fn tagged(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    [&[tag, u8::try_from(contents.len()).unwrap()], &contents[..]].concat()
}

/// The frame of a certificate, with this algorithm of the signature.
fn signed_with(oid: &[u8]) -> Vec<u8> {
    let algorithm = tagged(0x30, &[&tagged(6, &[oid]), &[5, 0]]);
    let (certificate, signature) = (tagged(0x30, &[]), tagged(3, &[&[0]]));
    tagged(0x30, &[&certificate, &algorithm, &signature])
}

/// MD5 and SHA-1 are too weak, so SHA-256 takes their place.
#[test]
fn section_7_each_signature_has_the_hash_of_rfc_5929() {
    const RSA: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
    const ECDSA: [u8; 6] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4];
    let value = |oid: &[&[u8]]| {
        let certificate = signed_with(&oid.concat());
        let host = HostValidation::certificate(ORIGIN, &certificate);
        host.map(|host| (host.value().to_vec(), certificate))
    };
    let sha256 = |der: &[u8]| Sha256::digest(der).to_vec();
    let sha224 = |der: &[u8]| Sha224::digest(der).to_vec();
    let sha384 = |der: &[u8]| Sha384::digest(der).to_vec();
    let sha512 = |der: &[u8]| Sha512::digest(der).to_vec();
    type Hash = fn(&[u8]) -> Vec<u8>;
    let table: [(&[&[u8]], Hash); 11] = [
        (&[&RSA, &[4]], sha256), // MD5
        (&[&RSA, &[5]], sha256), // SHA-1
        (&[&RSA, &[14]], sha224),
        (&[&RSA, &[11]], sha256),
        (&[&RSA, &[12]], sha384),
        (&[&RSA, &[13]], sha512),
        (&[&ECDSA, &[1]], sha256), // SHA-1
        (&[&ECDSA, &[3, 1]], sha224),
        (&[&ECDSA, &[3, 2]], sha256),
        (&[&ECDSA, &[3, 3]], sha384),
        (&[&ECDSA, &[3, 4]], sha512),
    ];
    for (oid, hash) in table {
        let (value, certificate) = value(oid).unwrap();
        assert_eq!(value, hash(&certificate), "{oid:?}");
    }
    // MD2, RSASSA-PSS, the public key in place of a signature, Ed25519, Ed448, and an ECDSA without a hash.
    let refused: [&[&[u8]]; 6] = [
        &[&RSA, &[2]],
        &[&RSA, &[10]],
        &[&RSA, &[1]],
        &[&[0x2b, 0x65, 0x70]],
        &[&[0x2b, 0x65, 0x71]],
        &[&ECDSA, &[3]],
    ];
    for oid in refused {
        assert!(value(oid).is_err(), "{oid:?}");
    }
}

/// The hash is that of the signature. Ed25519 has none that RFC 5929 section 4.1 could mean.
#[test]
fn section_7_a_certificate_is_hashed_as_rfc_5929_says() {
    let certificate = der(include_str!("vectors/tls/loopback.pem"));
    let host = HostValidation::certificate(ORIGIN, &certificate).unwrap();
    assert_eq!(host.name(), "tls-server-end-point");
    assert_eq!(host.value(), Sha256::digest(&certificate).as_slice());
    let without_hash = der(include_str!("vectors/pem/certificate.pem"));
    let error = HostValidation::certificate(ORIGIN, &without_hash).unwrap_err();
    assert!(error.to_string().contains("1.3.101.112"), "{error}");
    for bad in [
        &[][..],
        b"x",
        &certificate[..100],
        &[&certificate[..], &[0]].concat(),
    ] {
        assert!(HostValidation::certificate(ORIGIN, bad).is_err());
    }
    assert!(HostValidation::certificate_hash(ORIGIN, &[0; 20]).is_err());
}

#[test]
fn section_11_the_server_proves_itself_only_to_a_client_with_the_password() {
    let server = server();
    let wrong = begin(&server, &MutualLogin::of(USER, WRONG));
    let answer = is_wrong(&server, &wrong.header(1));
    assert_eq!(answer.header("authentication-info"), None);
}

#[test]
fn section_11_an_unknown_user_gets_an_exchange_and_then_a_refusal() {
    let server = server();
    let unknown = MutualLogin::of("rafiki", PASSWORD);
    let turns = begin(&server, &unknown);
    let answer = is_wrong(&server, &turns.header(1));
    assert_eq!(answer.verified, ["rafiki"]);
    assert_eq!(answer.reserved, [Some("rafiki".to_owned())]);
    is_over(&server, &turns.header(1));
}

#[test]
fn a_client_that_knows_what_the_server_keeps_is_refused() {
    let server = server();
    let secret = MutualSecret::from_password(&login().space, USER, Secret::new(PASSWORD)).unwrap();
    let line = secret.to_line(USER).unwrap();
    let j = line.expose().split(':').nth(3).unwrap().to_owned();
    for password in [&*j, line.expose()] {
        is_wrong(
            &server,
            &begin(&server, &MutualLogin::of(USER, password)).header(1),
        );
    }
}

#[test]
fn a_session_of_one_user_is_no_session_of_another() {
    let server = server();
    let own = begin(&server, &MutualLogin::of(OTHER_USER, OTHER_PASSWORD));
    let foreign = begin(&server, &MutualLogin::of(USER, WRONG));
    let mixed = written(&changed(own.params(1), "sid", Some(&foreign.sid)));
    let answer = is_wrong(&server, &mixed);
    assert_eq!(
        answer.reserved,
        [Some(USER.to_owned())],
        "a guess at the user of the sid"
    );
    ask(&server, &own.header(1)).is_admitted_as(OTHER_USER);
}

/// The numbers nearest to the elements of a group that are no elements. In a group of integers modulo the prime `q`, these
/// are 0, 1, `q - 1` and `q`. On a curve, they are those of the points with `x = 0` and `x = q`, where `q` is the prime of the
/// field: a point is the number `2x + (y mod 2)`.
fn no_elements(algorithm: MutualAlgorithm) -> [Vec<u8>; 4] {
    let above = match algorithm {
        MutualAlgorithm::P256 => {
            from_hex("01fffffffe00000002000000000000000000000001ffffffffffffffffffffffff")
        }
        MutualAlgorithm::P521 => [&[3][..], &[0xff; 65]].concat(),
        _ => {
            let vectors = include_str!("vectors/mutual_selfgen.json");
            let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
            from_hex(
                vectors["groups"][algorithm.name()]["q_hex"]
                    .as_str()
                    .unwrap(),
            )
        }
    };
    let zero = vec![0; algorithm.element_len()];
    let ending = |number: &[u8], last| [&number[..number.len() - 1], &[last]].concat();
    // The last byte of each prime, and of the number of each point with `x = q`, is 0xff.
    let all = [(&zero, 0), (&zero, 1), (&above, 0xfe), (&above, 0xff)];
    all.map(|(number, last)| ending(number, last))
}

#[test]
fn all_algorithms_admit_the_right_password_alone() {
    for algorithm in MutualAlgorithm::ALL {
        let login = MutualLogin::with(algorithm, USER, PASSWORD);
        let accounts = MutualAccounts::new(&login.space, [(USER, PASSWORD)]).unwrap();
        let mutual = Mutual::builder(&login.space, login.host.clone(), accounts);
        let mutual = mutual.compute_inline().build().unwrap();
        let server = TestServer::build(|_| vec![Box::new(mutual)], |layer| layer);
        let begun = login.begin();
        let answer = ask(&server, &begun.header()).is_continued();
        // nginx accepts 4 KiB for all fields of a response by default.
        let (len, most) = (answer.header("www-authenticate").unwrap().len(), 1500);
        assert!(len < most, "{algorithm}: {len}");
        let turns = begun.answer(&answer.challenges()[0]);
        for nc in [1, 2] {
            let answer = ask(&server, &turns.header(nc)).is_admitted_as(USER);
            assert_eq!(answer.header("authentication-info"), Some(&*turns.info(nc)));
        }
        let wrong = MutualLogin::with(algorithm, USER, WRONG);
        is_wrong(&server, &begin(&server, &wrong).header(1));
        for bad in no_elements(algorithm) {
            assert_eq!(bad.len(), algorithm.element_len());
            let bad = login.number(&bad);
            let bad = changed(login.begin().params(), "kc1", Some(&bad));
            is_invalid(&server, &written(&bad));
        }
    }
}

#[test]
fn section_14_a_proxy_has_its_own_fields() {
    let mut server = TestServer::build(|world| vec![world.mutual()], |layer| layer.proxy());
    server.role = ServerRole::Proxy;
    let turns = begin(&server, &login());
    let answer = ask(&server, &turns.header(1)).is_admitted_as(USER);
    assert_eq!(
        answer.header("proxy-authentication-info"),
        Some(&*turns.info(1))
    );
    assert_eq!(answer.header("authentication-info"), None);
}

#[test]
fn a_new_password_ends_the_sessions_of_the_old_one() {
    use std::sync::{Arc, Mutex};
    use tower_challenge::scheme::mutual::MutualAccount;

    let login = login();
    let account = |password: &str| {
        let secret = MutualSecret::from_password(&login.space, USER, Secret::new(password));
        Some(MutualAccount::new(secret.unwrap(), Principal::new(USER)))
    };
    let stored = Arc::new(Mutex::new(account(PASSWORD)));
    let lookup = {
        let stored = Arc::clone(&stored);
        move |_: &str| stored.lock().unwrap().clone()
    };
    let mutual = Mutual::new(&login.space, login.host.clone(), lookup).unwrap();
    let server = TestServer::build(|_| vec![Box::new(mutual)], |layer| layer);
    for change in [account(WRONG), None] {
        *stored.lock().unwrap() = account(PASSWORD);
        let turns = begin(&server, &login);
        ask(&server, &turns.header(1)).is_admitted_as(USER);
        *stored.lock().unwrap() = change;
        is_stale(&server, &turns.header(2));
        is_over(&server, &turns.header(3));
    }
}

#[test]
fn servers_with_the_same_keys_and_store_share_sessions() {
    let keys = NonceKeys::new([3; 32]).unwrap();
    let one = tuned(|builder| builder.nonce_keys(keys.clone()));
    let store = one.world.store.clone();
    let two = tuned(|builder| builder.nonce_keys(keys.clone()).store(store));
    let alone = tuned(|builder| builder.nonce_keys(keys.clone()));
    let turns = begin(&one, &login());
    ask(&two, &turns.header(1)).is_admitted_as(USER);
    ask(&one, &turns.header(2)).is_admitted_as(USER);
    is_stale(&two, &turns.header(2));
    // Another store has another epoch, as a store in memory has after a restart.
    is_stale(&alone, &turns.header(9));
    let turns = begin(&one, &login());
    keys.rotate([4; 32]).unwrap();
    ask(&one, &turns.header(1)).is_admitted_as(USER);
    keys.rotate([5; 32]).unwrap();
    is_over(&one, &turns.header(2));
}

#[test]
fn configurations_that_could_admit_no_client_are_refused() {
    let space = |scope: &str| MutualSpace::new(MutualAlgorithm::P256, scope, "r");
    for good in [
        "https://example.com",
        "http://example.com:8080",
        "example.com",
        "*.example.com",
        "https://[::1]:8443",
        "127.0.0.1",
    ] {
        assert!(space(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "*",
        "*.",
        "Example.com",
        "https://example.com/",
        "https://example.com:443",
        "http://example.com:80",
        "ftp://example.com",
        "example.com:80",
        "https://*.example.com",
        "a.*.example.com",
        "https://a@example.com",
        "ex ample.com",
    ] {
        assert!(space(bad).is_err(), "{bad}");
    }
    let host = named("https://www.example.com:8443");
    let accounts = |scope: &str| MutualAccounts::new(&space(scope).unwrap(), [("a", "b")]).unwrap();
    for (scope, covers) in [
        ("https://www.example.com:8443", true),
        ("www.example.com", true),
        ("*.example.com", true),
        ("*.com", true),
        ("https://www.example.com", false),
        ("http://www.example.com:8443", false),
        ("example.com", false),
        ("*.www.example.com", false),
        ("*.xample.com", false),
    ] {
        let built = Mutual::new(&space(scope).unwrap(), host.clone(), accounts(scope));
        assert_eq!(built.is_ok(), covers, "{scope}");
    }
    let build = |tune: fn(WatchedBuilder) -> WatchedBuilder| {
        let scope = "www.example.com";
        let builder = Mutual::builder(&space(scope).unwrap(), host.clone(), accounts(scope));
        tune(builder).build().is_ok()
    };
    assert!(build(|builder| builder
        .requests_of_session(4096)
        .session_lifetime(Duration::from_secs(1))));
    assert!(build(|builder| builder.session_marks(1)));
    assert!(!build(|builder| builder.session_marks(0)));
    assert!(!build(|builder| builder.requests_of_session(127)));
    assert!(!build(|builder| builder.requests_of_session(4097)));
    assert!(!build(
        |builder| builder.session_lifetime(Duration::from_millis(999))
    ));
}

/// An exchange takes 10 to 100 milliseconds, so strangers could hold up all requests.
#[test]
fn a_group_of_integers_needs_a_pool_or_a_word() {
    use tower_challenge::password::HashingPool;
    for algorithm in MutualAlgorithm::ALL {
        let login = MutualLogin::with(algorithm, USER, PASSWORD);
        let accounts = MutualAccounts::new(&login.space, [(USER, PASSWORD)]).unwrap();
        let builder = || Mutual::builder(&login.space, login.host.clone(), accounts.clone());
        let needs = matches!(algorithm, MutualAlgorithm::Dl2048 | MutualAlgorithm::Dl4096);
        let error = builder().build().err().map(|error| error.to_string());
        let expected = "the groups of integers of Mutual need a pool, or compute_inline";
        assert_eq!(error.as_deref(), needs.then_some(expected), "{algorithm}");
        assert!(builder().compute_inline().build().is_ok());
        assert!(builder().pool(HashingPool::new().unwrap()).build().is_ok());
    }
}

type WatchedBuilder = tower_challenge::scheme::mutual::MutualBuilder<MutualAccounts>;

/// A client cannot send such a name, so an account with it could never log in.
#[test]
fn section_4_an_account_has_a_name_that_a_message_can_name() {
    let secret = |user: &str| MutualSecret::from_password(&login().space, user, Secret::new("b"));
    let longest = "a".repeat(255);
    let line = secret(&longest).unwrap().to_line(&longest).unwrap();
    let line = line.expose();
    assert!(MutualSecret::parse_line(line).is_ok());
    assert!(MutualSecret::parse_line(&format!("a{line}")).is_err());
    let account = MutualAccount::new(secret("a").unwrap(), Principal::new("a"));
    for bad in [&*format!("a{longest}"), "a\tb", "a\u{85}", ""] {
        assert!(secret(bad).is_err(), "{bad:?}");
        let accounts = [(bad.to_owned(), account.clone())];
        assert!(MutualAccounts::from_accounts(accounts).is_err(), "{bad:?}");
        assert!(MutualClient::new(bad, Secret::new("b")).is_err(), "{bad:?}");
    }
}

/// What a client must refuse, so that an attacker who poses as the server gets nothing.
#[test]
fn section_10_a_client_refuses_what_is_not_from_its_server() {
    let server = server();
    let (host, space) = (login().host, login().space);
    let client = MutualClient::new(USER, Secret::new(PASSWORD)).unwrap();
    let exchange = || client.begin_in(&host, &space).unwrap();
    let send = |credentials: &http::HeaderValue| ask(&server, credentials.to_str().unwrap());
    let field = |answer: &Answer| answer.headers["www-authenticate"].clone();

    let begun = exchange();
    let answer = send(begun.credentials()).is_continued();
    let good = field(&answer).to_str().unwrap().to_owned();
    let refuses = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        let changed = good.replacen(from, to, 1).parse().unwrap();
        exchange()
            .answer(&changed)
            .expect_err("a changed challenge")
            .to_string()
    };
    let ks1 = text(&Challenge::parse(good.as_bytes()).unwrap(), "ks1");
    assert_eq!(
        refuses(&ks1, &"00".repeat(33)),
        "the key of the server is no element of the group"
    );
    assert_eq!(
        refuses("version=1", "version=2"),
        "the server uses another version of Mutual"
    );
    let elsewhere = "the server answers for another protection space";
    assert_eq!(refuses("ec-p256-sha256", "ec-p521-sha512"), elsewhere);
    assert_eq!(
        refuses("validation=host", "validation=tls-unique"),
        elsewhere
    );
    assert_eq!(refuses(ORIGIN, "https://evil.example"), elsewhere);
    assert_eq!(refuses(REALM, "other"), elsewhere);
    assert_eq!(
        refuses("sid=", "s="),
        "the challenge has no sid or no limits of the session"
    );
    assert_eq!(
        refuses("nc-max=", "x="),
        "the challenge has no sid or no limits of the session"
    );
    assert_eq!(
        refuses("ks1=", "x="),
        "the challenge has no key of the server"
    );

    let mut session = begun.answer(&good.parse().unwrap()).unwrap();
    let proof = session.next().unwrap();
    let answer = send(proof.credentials()).is_admitted_as(USER);
    let info = answer.header("authentication-info").unwrap();
    proof.verify(&info.parse().unwrap()).unwrap();
    // A figure of the RFC has the word `Mutual` in front.
    proof
        .verify(&format!("Mutual {info}").parse().unwrap())
        .unwrap();
    let next = session.next().unwrap();
    assert_eq!(
        next.verify(&info.parse().unwrap()).unwrap_err().to_string(),
        "the proof of the server is wrong"
    );
    for (bad, why) in [
        (
            "version=1".to_owned(),
            "the proof of the server is for another session",
        ),
        (
            info.replacen("version=1", "version=2", 1),
            "the proof of the server is for another session",
        ),
        (
            info.replacen("sid=", "sid=00", 1),
            "the proof of the server is for another session",
        ),
        (
            info.split(", vks").next().unwrap().to_owned(),
            "the response has no proof of the server",
        ),
        (
            format!("{info}00"),
            "the response has no proof of the server",
        ),
        (
            "Basic x=\"".to_owned(),
            "the response breaks the grammar of Authentication-Info",
        ),
    ] {
        assert_eq!(
            proof.verify(&bad.parse().unwrap()).unwrap_err().to_string(),
            why,
            "{bad}"
        );
    }
}

/// A server without the secret of the user cannot prove that it knows it, whatever it answers.
#[test]
fn section_10_a_client_refuses_a_server_that_does_not_know_the_password() {
    let (host, space) = (login().host, login().space);
    let accounts = MutualAccounts::new(&space, [(USER, "another password")]).unwrap();
    let mutual = Mutual::new(&space, host.clone(), accounts).unwrap();
    let thief = TestServer::build(|_| vec![Box::new(mutual)], |layer| layer);
    let client = MutualClient::new(USER, Secret::new(PASSWORD)).unwrap();
    let exchange = client.begin_in(&host, &space).unwrap();
    let answer = ask(&thief, exchange.credentials().to_str().unwrap()).is_continued();
    let mut session = exchange
        .answer(&answer.headers["www-authenticate"])
        .unwrap();
    let proof = session.next().unwrap();
    let sid = text(&answer.challenges()[0], "sid");
    let forged = format!("version=1, sid={sid}, vks={}", "0".repeat(64));
    let error = proof.verify(&forged.parse().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "the proof of the server is wrong");
}

#[test]
fn section_10_a_client_begins_only_where_the_auth_scope_covers_the_host() {
    let client = MutualClient::new(USER, Secret::new(PASSWORD)).unwrap();
    let challenge = server().ask(get("/")).is_challenged().headers["www-authenticate"].clone();
    let begin = |origin: &str, challenge: &http::HeaderValue| {
        let host = named(origin);
        client
            .begin(&host, challenge)
            .map(drop)
            .map_err(|error| error.to_string())
    };
    assert_eq!(begin(ORIGIN, &challenge), Ok(()));
    let uncovered = Err("the auth-scope does not cover the host".to_owned());
    assert_eq!(begin("https://evil.example", &challenge), uncovered);
    let text = challenge.to_str().unwrap();
    let changed = |from: &str, to: &str| text.replacen(from, to, 1).parse().unwrap();
    let wrong = |why: &str| Err(why.to_owned());
    assert_eq!(
        begin(ORIGIN, &changed("p256", "p999")),
        wrong("the algorithm is unknown")
    );
    assert_eq!(
        begin(ORIGIN, &changed("=host", "=tls-unique")),
        wrong("the server validates the host in another way")
    );
    assert_eq!(
        begin(ORIGIN, &changed("auth-scope", "x")),
        wrong("the auth-scope or the realm is missing or wrong")
    );
    assert_eq!(
        begin(ORIGIN, &changed("Mutual", "Mutual2")),
        wrong("the field has no challenge of Mutual")
    );
    let twice = format!("{text}, {text}").parse().unwrap();
    assert_eq!(
        begin(ORIGIN, &twice),
        wrong("the field has several challenges of Mutual")
    );
    let beside = format!("Basic realm=\"x\", {text}").parse().unwrap();
    assert_eq!(begin(ORIGIN, &beside), Ok(()));
    for user in ["", "\u{7}", &"x".repeat(256)] {
        assert!(MutualClient::new(user, Secret::new("x")).is_err());
    }
}
