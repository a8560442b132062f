//! Tests the MUST sentences of RFC 7616 (Digest) that concern a server, one by one.
//!
//! Sections 3.6 and 4 are in `rfc7616_operation.rs`. `auth-int` is tested in `digest_vectors.rs` and
//! `tests/abuse/c_digest`.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

pub mod support;

use std::collections::HashSet;
use std::time::Duration;

use http::StatusCode;
use tower_challenge::header::{AuthenticationInfo, Challenge, ProxyAuthenticationInfo};
use tower_challenge::scheme::Digest;
use tower_challenge::scheme::digest::{DigestAccounts, DigestAlgorithm};

use self::support::digest_client::{ALGORITHMS, h};
use self::support::{
    Answer, Kind, Login, PASSWORD, REALM, TestRequest, TestServer, TestWorld, USER, WRONG, get,
};

/// A server that offers all algorithms and sends `opaque`.
fn stand() -> TestServer {
    let digest = |world: &TestWorld| {
        vec![world.digest_with(|builder| {
            builder
                .algorithms(DigestAlgorithm::ALL)
                .legacy_md5()
                .opaque("op\"aque")
        })]
    };
    TestServer::build(digest, |layer| layer)
}

fn ask(stand: &TestServer, login: &Login) -> Answer {
    stand.ask(TestRequest::new(&login.method, &login.uri).authorization(login.header()))
}

/// A login for each algorithm, each with a different nonce.
fn logins(stand: &TestServer) -> [Login; 3] {
    [0, 1, 2].map(|i| Login::to(&stand.challenges()[i], USER, PASSWORD))
}

/// The challenges of three refusals: without credentials, with a wrong password, and with `stale=true`.
fn all_challenges() -> Vec<Challenge> {
    let stand = stand();
    let login = stand.login();
    let answers = [
        stand.ask(get("/")).is_challenged(),
        ask(&stand, &login.clone().password(WRONG)).is_refused(),
        ask(&stand, &login.nonce("forged")).is_stale(),
    ];
    let challenges: Vec<_> = answers.iter().flat_map(Answer::challenges).collect();
    assert_eq!(challenges.len(), 9);
    challenges
}

/// Section 3.3: "qop This parameter MUST be used by all implementations."
#[test]
fn section_3_3_every_challenge_has_a_qop() {
    for challenge in all_challenges() {
        assert_eq!(
            challenge.param("qop").unwrap().to_bytes(),
            b"auth".as_slice()
        );
    }
}

/// Section 3.3: "For historical reasons, a sender MUST only generate the quoted string syntax values for the following
/// parameters: realm, domain, nonce, opaque, and qop."
#[test]
fn section_3_3_realm_nonce_opaque_and_qop_are_quoted_in_a_challenge() {
    for challenge in all_challenges() {
        for name in ["realm", "nonce", "opaque", "qop"] {
            assert!(
                challenge.param(name).unwrap().is_quoted(),
                "{name}: {challenge}"
            );
        }
    }
}

/// Section 3.3: "For historical reasons, a sender MUST NOT generate the quoted string syntax values for the following
/// parameters: stale and algorithm."
#[test]
fn section_3_3_stale_and_algorithm_are_not_quoted_in_a_challenge() {
    let mut stale = 0;
    for challenge in all_challenges() {
        assert!(!challenge.param("algorithm").unwrap().is_quoted());
        if let Some(value) = challenge.param("stale") {
            assert!(!value.is_quoted());
            stale += 1;
        }
    }
    assert_eq!(stale, 3);
}

/// Sections 3.3 and 4: of `charset`, "The only allowed value is "UTF-8", to be matched case-insensitively".
#[test]
fn sections_3_3_and_4_the_charset_is_utf_8() {
    for challenge in all_challenges() {
        assert!(
            challenge
                .param("charset")
                .unwrap()
                .eq_ignore_ascii_case("utf-8")
        );
    }
}

/// Section 3.3: a nonce is "uniquely generated each time a 401 response is made".
#[test]
fn section_3_3_each_401_has_a_new_nonce() {
    let stand = stand();
    let nonces: HashSet<_> = (0..1000)
        .map(|_| stand.ask(get("/")).params("Digest", "nonce").remove(0))
        .collect();
    assert_eq!(nonces.len(), 1000);
}

/// Section 3.3: "The server SHOULD only set stale to true if it receives a request for which the nonce is invalid", and
/// without it "the username and/or password are invalid, and new values MUST be obtained".
#[test]
fn section_3_3_stale_means_that_the_password_was_right() {
    let stand = stand();
    let login = stand.login();
    stand.world.clock.advance(Duration::from_secs(301));
    ask(&stand, &login).is_stale();
    ask(&stand, &login.clone().password(WRONG)).is_refused();
    ask(&stand, &stand.login().password(WRONG)).is_refused();
    ask(&stand, &stand.login()).is_admitted_as(USER);
}

/// Section 3.3: opaque "SHOULD be returned by the client unchanged". The server refuses a client that returns another
/// text or none.
#[test]
fn section_3_3_a_client_that_changes_opaque_is_refused() {
    let stand = stand();
    for login in logins(&stand) {
        for other in [None, Some("other".to_owned()), Some(String::new())] {
            ask(&stand, &login.clone().with(|login| login.opaque = other)).is_refused_uncounted();
        }
        ask(&stand, &login).is_admitted_as(USER);
    }
}

/// Section 3.4: "If a parameter or its value is improper, or required parameters are missing, the proper response is a
/// 4xx error code."
#[test]
fn section_3_4_a_missing_or_improper_parameter_gets_a_4xx() {
    let stand = stand();
    for login in logins(&stand) {
        let fields = login.fields();
        for name in [
            "username", "realm", "nonce", "uri", "qop", "nc", "cnonce", "response",
        ] {
            let header = fields.clone().without(name).header();
            stand.ask(get("/").authorization(header)).is_malformed();
        }
        for (name, value) in [
            ("nc", "0"),
            ("nc", "x"),
            ("qop", "x"),
            ("response", "x"),
            ("cnonce", "\"\""),
            ("userhash", "maybe"),
            ("uri", "\"/other\""),
        ] {
            let header = fields.clone().raw(name, value).header();
            stand.ask(get("/").authorization(header)).is_malformed();
        }
        for (name, value) in [
            ("realm", "\"other\""),
            ("algorithm", "SHA-1"),
            ("opaque", "\"x\""),
        ] {
            let header = fields.clone().raw(name, value).header();
            let status = stand
                .ask(get("/").authorization(header))
                .is_refused_uncounted()
                .status;
            assert!(status.is_client_error());
        }
    }
}

/// Section 3.4: "Sending both username and username* in the same header option MUST be treated as an error."
#[test]
fn section_3_4_username_in_both_forms_is_an_error() {
    let stand = stand();
    for login in logins(&stand) {
        for order in 0..11 {
            let fields = login
                .fields()
                .raw("username*", "UTF-8''mufasa")
                .rotated(order);
            stand
                .ask(get("/").authorization(fields.header()))
                .is_malformed();
        }
    }
}

/// Section 3.4: a client sends `username*` "using the extended notation defined in [RFC5987]", if userhash is false.
#[test]
fn section_3_4_a_client_may_send_its_name_in_the_extended_notation() {
    let accounts =
        DigestAccounts::new(REALM, [("J\u{e4}s\u{f8}n Doe", "Secret, or not?")]).unwrap();
    let schemes = |_: &TestWorld| -> support::Schemes {
        vec![Box::new(Digest::new(REALM, accounts).unwrap())]
    };
    let stand = TestServer::build(schemes, |layer| layer);
    let login = || {
        Login::to(
            &stand.challenge(Kind::Digest),
            "J\u{e4}s\u{f8}n Doe",
            "Secret, or not?",
        )
    };
    let extended = |login: Login| {
        let name = "UTF-8''J%C3%A4s%C3%B8n%20Doe";
        login.fields().without("username").raw("username*", name)
    };
    let good = extended(login()).header();
    stand
        .ask(get("/").authorization(good))
        .is_admitted_as("J\u{e4}s\u{f8}n Doe");
    ask(&stand, &login()).is_admitted_as("J\u{e4}s\u{f8}n Doe");
    let hashed = extended(login()).raw("userhash", "true").header();
    stand.ask(get("/").authorization(hashed)).is_malformed();
}

/// Section 3.4 says nothing of other parameters. RFC 2617 section 3.2.2: "Any unrecognized directive MUST be ignored."
#[test]
fn rfc_2617_section_3_2_2_unknown_parameters_are_ignored() {
    let stand = stand();
    for login in logins(&stand) {
        let more = login
            .fields()
            .raw("x-new", "1")
            .quoted("another", "a, b=c")
            .rotated(3);
        stand
            .ask(get("/").authorization(more.header()))
            .is_admitted_as(USER);
    }
}

/// Section 3.4: of `qop`, "Its value MUST be one of the alternatives the server indicated it supports".
#[test]
fn section_3_4_a_qop_that_was_not_offered_gets_400() {
    let stand = stand();
    for qop in ["auth-int", "auth-conf", "auth,auth-int"] {
        let login = stand.login().with(|login| login.qop = qop.to_owned());
        let header = login.fields().quoted("qop", qop).header();
        stand.ask(get("/").authorization(header)).is_malformed();
    }
}

/// Section 3.4: "cnonce This parameter MUST be used by all implementations", and "nc This parameter MUST be used by all
/// implementations". The server refuses a response without them, even if it was computed in the form of RFC 2069.
#[test]
fn section_3_4_credentials_without_cnonce_or_nc_get_400() {
    let stand = stand();
    for login in logins(&stand) {
        let old = login
            .fields()
            .quoted("response", &login.response_without_qop());
        for fields in [
            old.clone().without("cnonce"),
            old.clone().without("nc"),
            old.without("qop").without("nc").without("cnonce"),
        ] {
            stand
                .ask(get("/").authorization(fields.header()))
                .is_malformed();
        }
    }
}

/// Section 3.4: `nc` exists "to allow the server to detect request replays by maintaining its own copy of this count".
/// The server accepts each count once.
#[test]
fn section_3_4_each_nonce_count_is_accepted_once() {
    let stand = stand();
    for login in logins(&stand) {
        for count in [1, 2, 3, 17, 4095] {
            ask(&stand, &login.clone().nc(count)).is_admitted_as(USER);
            ask(&stand, &login.clone().nc(count)).is_stale();
        }
    }
}

/// Section 3.4.1: the client computes `response` over the method, the uri, the nonce, the count, the client's nonce and
/// the qop. A response is refused if one of them, or the name, differs from the credentials.
#[test]
fn section_3_4_1_the_response_covers_method_name_nonce_count_and_cnonce() {
    let stand = stand();
    for login in logins(&stand) {
        let right = login.response();
        let changes: [fn(&mut Login); 4] = [
            |login| login.nonce.push('x'),
            |login| login.nc = "00000002".to_owned(),
            |login| login.cnonce.push('x'),
            |login| login.user.push('x'),
        ];
        for change in changes {
            let header = login
                .clone()
                .with(change)
                .fields()
                .quoted("response", &right)
                .header();
            stand.ask(get("/").authorization(header)).is_refused();
        }
        stand
            .ask(TestRequest::new("PUT", "/").authorization(login.header()))
            .is_refused();
        ask(&stand, &login).is_admitted_as(USER);
    }
}

/// Section 3.4.2 hashes `unq(username)` and `unq(realm)`. By section 3.3, `unq` means "without the surrounding quotes
/// and with quoting slashes removed".
#[test]
fn section_3_4_2_quoting_is_undone_before_hashing() {
    let name = "a\"b\\c";
    let accounts = DigestAccounts::new("re\"al\\m", [(name, PASSWORD)]).unwrap();
    let digest = Digest::new("re\"al\\m", accounts).unwrap();
    let stand = TestServer::build(|_| vec![Box::new(digest)], |layer| layer);
    let login = Login::to(&stand.challenge(Kind::Digest), name, PASSWORD);
    assert_eq!(login.realm, "re\"al\\m");
    ask(&stand, &login).is_admitted_as(name);
}

/// Section 3.4.6: "The authenticating server MUST assure that the resource designated by the "uri" parameter is the
/// same as the resource specified in the Request-Line; if they are not, the server SHOULD return a 400 Bad Request
/// error."
#[test]
fn section_3_4_6_a_uri_that_is_not_the_target_gets_400() {
    let stand = stand();
    for (asked, signed) in [
        ("/a", "/"),
        ("/a?b", "/a"),
        ("/a", "/a?b"),
        ("/a%2Fb", "/a/b"),
        ("/A", "/a"),
    ] {
        for login in logins(&stand) {
            let header = login.request("GET", signed).header();
            let answer = stand.ask(get(asked).authorization(header)).is_malformed();
            assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        }
    }
}

/// The parsed `Authentication-Info` of an answer.
fn info(answer: &Answer) -> AuthenticationInfo {
    let value = answer.header("authentication-info").unwrap();
    AuthenticationInfo::parse([value.as_bytes()]).unwrap()
}

/// Section 3.5: "The cnonce value and nc value MUST be the ones for the client request to which this message is the
/// response. The rspauth, cnonce, and nc parameters MUST be present if "qop=auth" [..] is specified."
#[test]
fn section_3_5_the_reply_has_rspauth_and_repeats_cnonce_and_nc() {
    let stand = stand();
    for login in logins(&stand) {
        for nc in [1, 10, 255, 4095] {
            let login = login
                .clone()
                .nc(nc)
                .with(|login| login.cnonce = format!("c\"\\{nc}"));
            let answer = ask(&stand, &login).is_admitted_as(USER);
            let said = info(&answer);
            let said = |name: &str| {
                said.params()
                    .get(name)
                    .map(|value| value.to_str().unwrap().into_owned())
            };
            assert_eq!(said("rspauth"), Some(login.rspauth()));
            assert_eq!(said("cnonce"), Some(login.cnonce.clone()));
            assert_eq!(said("nc"), Some(login.nc.clone()));
            assert_eq!(said("qop").as_deref(), Some("auth"));
        }
    }
}

/// Section 3.5: "For historical reasons, a sender MUST only generate the quoted string syntax for the following
/// parameters: nextnonce, rspauth, and cnonce." and "MUST NOT [..]: qop and nc."
#[test]
fn section_3_5_nextnonce_rspauth_and_cnonce_are_quoted_in_a_reply() {
    let stand = stand();
    for login in logins(&stand) {
        let answer = ask(&stand, &login.nc(4095)).is_admitted_as(USER);
        let said = info(&answer);
        for name in ["nextnonce", "rspauth", "cnonce"] {
            assert!(said.params().get(name).unwrap().is_quoted(), "{name}");
        }
        for name in ["qop", "nc"] {
            assert!(!said.params().get(name).unwrap().is_quoted(), "{name}");
        }
    }
}

/// Section 3.5: "For historical reasons, the nc value MUST be exactly 8 hexadecimal digits."
#[test]
fn section_3_5_a_nonce_count_has_eight_digits() {
    let stand = stand();
    for login in logins(&stand) {
        for nc in ["1", "0000001", "000000001"] {
            let login = login.clone().with(|login| login.nc = nc.to_owned());
            ask(&stand, &login).is_malformed();
        }
        let answer = ask(&stand, &login).is_admitted_as(USER);
        let nc = info(&answer).params().get("nc").unwrap().raw().len();
        assert_eq!(nc, 8);
    }
}

/// Section 3.7: "If the server responds with multiple challenges, then each one of these challenges MUST use a
/// different digest algorithm."
#[test]
fn section_3_7_each_challenge_has_a_different_algorithm() {
    let accounts = || DigestAccounts::new(REALM, TestWorld::accounts()).unwrap();
    let twice = Digest::builder(REALM, accounts())
        .algorithms([DigestAlgorithm::Sha256, DigestAlgorithm::Sha256]);
    assert!(twice.build().is_err());
    let schemes = |world: &TestWorld| vec![world.digest(), world.digest()];
    let stand = TestServer::build(schemes, |layer| layer);
    for ask in [
        get("/"),
        get("/").authorization(stand.login().password(WRONG).header()),
    ] {
        assert_eq!(stand.ask(ask).params("Digest", "algorithm"), ["SHA-256"]);
    }
}

/// Section 3.7: "The server MUST add these challenges to the response in order of preference, starting with the most
/// preferred algorithm, followed by the less preferred algorithm."
#[test]
fn section_3_7_challenges_are_in_the_order_of_preference() {
    let answer = stand().ask(get("/"));
    assert_eq!(answer.params("Digest", "algorithm"), ALGORITHMS);
    let other = |world: &TestWorld| {
        vec![world.digest_with(|builder| {
            builder.algorithms([DigestAlgorithm::Sha256, DigestAlgorithm::Sha512_256])
        })]
    };
    let answer = TestServer::build(other, |layer| layer).ask(get("/"));
    assert_eq!(
        answer.params("Digest", "algorithm"),
        ["SHA-256", "SHA-512-256"]
    );
}

/// Section 3.7: "SHA2-256 (mandatory to implement)", "SHA2-512/256 (as a backup algorithm)", "MD5 (for backward
/// compatibility)".
#[test]
fn section_3_7_the_algorithms_that_are_defined_are_implemented() {
    let stand = stand();
    for (login, algorithm) in logins(&stand).iter().zip(ALGORITHMS) {
        assert_eq!(login.algorithm, algorithm);
        ask(&stand, login).is_admitted_as(USER);
    }
    let by_default = TestServer::of(&[Kind::Digest]).ask(get("/"));
    assert_eq!(by_default.params("Digest", "algorithm"), ["SHA-256"]);
}

/// Section 3.3, of `domain`: "A quoted, space-separated list of URIs, as specified in [RFC3986], that define the
/// protection space." It is "not meaningful in Proxy-Authenticate header fields".
#[test]
fn section_3_3_an_origin_server_sends_domain_and_a_proxy_does_not() {
    let uris = ["/files", "https://example.org/archive"];
    let schemes = |world: &TestWorld| vec![world.digest_with(|builder| builder.domain(uris))];
    let origin = TestServer::build(schemes, |layer| layer);
    let login = origin.login();
    let answers = [
        origin.ask(get("/")).is_challenged(),
        ask(&origin, &login.clone().nonce("old")).is_stale(),
    ];
    for answer in answers {
        let domain = answer.params("Digest", "domain");
        assert_eq!(domain, ["/files https://example.org/archive"]);
        assert!(answer.challenges()[0].param("domain").unwrap().is_quoted());
    }
    let mut proxy = TestServer::build(schemes, support::Layer::proxy);
    proxy.role = tower_challenge::scheme::ServerRole::Proxy;
    for answer in [
        proxy.ask(get("/")).is_challenged(),
        ask(&proxy, &proxy.login().nonce("old")).is_stale(),
    ] {
        assert_eq!(answer.params("Digest", "domain"), [""; 0]);
    }
    for bad in [
        &[][..],
        &[""],
        &["files"],
        &["/a b"],
        &["/a", ""],
        &["/\"x\""],
    ] {
        let accounts = DigestAccounts::new(REALM, TestWorld::accounts()).unwrap();
        let built = Digest::builder(REALM, accounts).domain(bad).build();
        assert!(built.is_err(), "{bad:?}");
    }
}

/// Section 3.4.2: `A1 = H( unq(username) ":" unq(realm) ":" passwd ) ":" unq(nonce-prime) ":" unq(cnonce-prime)`. So a
/// login with a session algorithm is refused under the name of the plain one.
#[test]
fn section_3_4_2_a_session_algorithm_has_its_own_secret() {
    let schemes = |world: &TestWorld| {
        vec![world.digest_with(|builder| {
            builder
                .algorithms([])
                .session_algorithms(DigestAlgorithm::ALL)
                .legacy_md5()
        })]
    };
    let stand = TestServer::build(schemes, |layer| layer);
    let names = stand.ask(get("/")).params("Digest", "algorithm");
    assert_eq!(names, ["SHA-512-256-sess", "SHA-256-sess", "MD5-sess"]);
    for login in logins(&stand) {
        let plain = login.algorithm.replace("-sess", "");
        let named = login.clone().with(|login| login.algorithm = plain);
        ask(&stand, &named).is_refused_uncounted();
        let answer = ask(&stand, &login).is_admitted_as(USER);
        let said = info(&answer);
        let rspauth = said.params().get("rspauth").unwrap();
        assert_eq!(rspauth.to_bytes(), login.rspauth().as_bytes());
        ask(&stand, &login).is_stale();
    }
}

/// Section 3.4.4: if the challenge has it set to true, "then the client MUST calculate a hash of the username", as
/// `H( unq(username) ":" unq(realm) )`.
#[test]
fn section_3_4_4_a_client_may_send_a_hash_in_place_of_its_name() {
    let accounts = DigestAccounts::new(REALM, TestWorld::accounts()).unwrap();
    let schemes = |world: &TestWorld| {
        vec![world.digest_with(|builder| {
            builder
                .algorithms(DigestAlgorithm::ALL)
                .legacy_md5()
                .userhash(accounts)
        })]
    };
    let stand = TestServer::build(schemes, |layer| layer);
    for challenge in stand.challenges() {
        let userhash = challenge.param("userhash").unwrap();
        assert_eq!(
            (userhash.raw(), userhash.is_quoted()),
            (b"true".as_slice(), false)
        );
    }
    for login in logins(&stand) {
        let hash = h(&login.algorithm, &format!("{USER}:{REALM}"));
        let hashed = login
            .fields()
            .quoted("username", &hash)
            .raw("userhash", "true");
        let answer = stand.ask(get("/").authorization(hashed.header()));
        assert_eq!(answer.is_admitted_as(USER).verified, [USER]);
        // A client may still send its name in place of the hash.
        ask(&stand, &login.nc(2)).is_admitted_as(USER);
    }
}

/// Section 3.8: "the proxy/server MUST issue the "407 Proxy Authentication Required" response with a
/// "Proxy-Authenticate" header field", with parameters as for WWW-Authenticate. An admitted client gets
/// `Proxy-Authentication-Info`.
#[test]
fn section_3_8_a_proxy_challenges_and_answers_in_its_own_fields() {
    let stand = TestServer::proxy(&[Kind::Digest], |layer| layer);
    let answer = stand.ask(get("/")).is_challenged();
    assert_eq!(answer.status, StatusCode::PROXY_AUTHENTICATION_REQUIRED);
    assert_eq!(answer.challenges().len(), 1);
    let login = stand.login();
    let answer = ask(&stand, &login).is_admitted_as(USER);
    let value = answer.header("proxy-authentication-info").unwrap();
    let said = ProxyAuthenticationInfo::parse([value.as_bytes()]).unwrap();
    let rspauth = said.params().get("rspauth").unwrap();
    assert_eq!(rspauth.to_bytes(), login.rspauth().as_bytes());
    assert_eq!(answer.header("authentication-info"), None);
    let for_origin = get("/").field("authorization", stand.login().header());
    stand.send(for_origin.into_request()).is_challenged();
}

/// Section 5.4, on limited-use nonce values: a nonce is good for its lifetime, 5 minutes by default, and no longer.
#[test]
fn section_5_4_a_nonce_expires() {
    let stand = stand();
    let login = stand.login();
    for _ in 0..5 {
        stand.world.clock.advance(Duration::from_secs(59));
    }
    ask(&stand, &login).is_admitted_as(USER);
    stand.world.clock.advance(Duration::from_secs(6));
    ask(&stand, &login.nc(2)).is_stale();
}
