//! Tests the options of a Digest scheme: one-time nonces, `nextnonce`, quirks of clients, and the order of algorithms.

#![cfg(feature = "full")]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

pub mod support;

use std::time::Duration;

use tower_challenge::Principal;
use tower_challenge::header::AuthenticationInfo;
use tower_challenge::scheme::digest::{
    AuthInt, ClientQuirk, DigestAccount, DigestAccounts, DigestAlgorithm, NextNonce,
};
use tower_challenge::scheme::{BodyLimits, Digest};

use self::support::world::WatchedDigest;
use self::support::{
    Answer, Login, PASSWORD, REALM, TestRequest, TestServer, TestWorld, USER, WRONG, get,
};

fn tuned(tune: impl FnOnce(WatchedDigest) -> WatchedDigest) -> TestServer {
    TestServer::build(|world| vec![world.digest_with(tune)], |layer| layer)
}

fn ask(stand: &TestServer, login: &Login) -> Answer {
    stand.ask(TestRequest::new(&login.method, &login.uri).authorization(login.header()))
}

/// The value of a parameter of `Authentication-Info`, if the answer has it.
fn info_param(answer: &Answer, name: &str) -> Option<String> {
    let value = answer.header("authentication-info")?;
    let info = AuthenticationInfo::parse([value.as_bytes()]).unwrap();
    let param = info.params().get(name)?;
    Some(param.to_str().unwrap().into_owned())
}

#[test]
fn a_response_to_a_one_time_nonce_names_the_next_nonce() {
    let stand = tuned(WatchedDigest::one_time_nonces);
    let mut login = stand.login();
    for _ in 0..5 {
        let answer = ask(&stand, &login).is_admitted_as(USER);
        assert_eq!(info_param(&answer, "rspauth"), Some(login.rspauth()));
        ask(&stand, &login.clone().nc(2)).is_stale();
        login = login.nonce(&info_param(&answer, "nextnonce").unwrap());
    }
    // The count does not matter: 7 is accepted, and the nonce is used up.
    ask(&stand, &login.clone().nc(7)).is_admitted_as(USER);
    ask(&stand, &login).is_stale();
}

#[test]
fn a_refused_client_does_not_use_up_a_one_time_nonce() {
    let stand = tuned(WatchedDigest::one_time_nonces);
    let login = stand.login();
    ask(&stand, &login.clone().password(WRONG)).is_refused();
    ask(&stand, &login).is_admitted_as(USER);
}

#[test]
fn the_next_nonce_is_named_as_often_as_configured() {
    let next = |when: NextNonce, late: bool| {
        let stand = tuned(|builder| builder.next_nonce(when));
        let login = stand.login();
        if late {
            stand.world.clock.advance(Duration::from_secs(290));
        }
        info_param(&ask(&stand, &login).is_admitted_as(USER), "nextnonce").is_some()
    };
    let both = |when| [false, true].map(|late| next(when, late));
    assert_eq!(both(NextNonce::Never), [false, false]);
    assert_eq!(both(NextNonce::NearEnd), [false, true]);
    assert_eq!(both(NextNonce::Always), [true, true]);
    // The old nonce stays good, for requests that the client sends at the same time.
    let stand = tuned(|builder| builder.next_nonce(NextNonce::Always));
    let login = stand.login();
    let answer = ask(&stand, &login).is_admitted_as(USER);
    ask(&stand, &login.clone().nc(2)).is_admitted_as(USER);
    ask(
        &stand,
        &login.nonce(&info_param(&answer, "nextnonce").unwrap()),
    )
    .is_admitted_as(USER);
}

/// A server that tolerates `quirk`, and a server that does not.
fn with_and_without(quirk: ClientQuirk) -> [(TestServer, bool); 2] {
    [
        (tuned(|builder| builder.tolerate(quirk)), true),
        (tuned(|builder| builder), false),
    ]
}

#[test]
fn the_count_of_six_digits_of_android_needs_its_quirk() {
    for (stand, tolerated) in with_and_without(ClientQuirk::AndroidNonceCount) {
        for (nc, count) in [("000001", 1), ("0000002", 2), ("00000A", 10), ("000000", 0)] {
            let login = stand.login().with(|login| nc.clone_into(&mut login.nc));
            let answer = ask(&stand, &login);
            if tolerated {
                answer.is_admitted_as(USER);
                ask(&stand, &login).is_stale();
                ask(&stand, &login.nc(count)).is_stale();
            } else {
                answer.is_malformed();
            }
        }
        for nc in ["00001", "000000001", "00000g", "+000001", "", "0x000001"] {
            let login = stand.login().with(|login| nc.clone_into(&mut login.nc));
            ask(&stand, &login).is_malformed();
        }
    }
}

/// requests, httpx and urllib send `username="GUILD\ada"` for the name `GUILD\ada`, and curl sends
/// `username="GUILD\\ada"`.
#[test]
fn a_backslash_without_an_escape_needs_its_quirk() {
    let (name, shorter) = (r"GUILD\ada", "GUILDada");
    for quirk in [
        ClientQuirk::UnescapedUsername,
        ClientQuirk::RequestsUsername,
    ] {
        let accounts = [(name, PASSWORD), (shorter, "shorter"), ("a\"b", PASSWORD)];
        let accounts = DigestAccounts::new(REALM, accounts).unwrap();
        let digest = Digest::builder(REALM, accounts.clone()).userhash(accounts);
        let digest = digest.tolerate(quirk).build().unwrap();
        let stand = TestServer::build(|_| vec![Box::new(digest)], |layer| layer);
        let send = |login: Login, written: &str| {
            let header = login.fields().raw("username", written).header();
            stand.ask(get("/").authorization(header))
        };
        let login = |user: &str| stand.login().with(|login| login.user = user.to_owned());
        let tolerated = quirk == ClientQuirk::UnescapedUsername;

        let answer = send(login(name), r#""GUILD\ada""#);
        match tolerated {
            true => answer.is_admitted_as(name),
            false => answer.is_refused(),
        };
        // The other account is meant only where the backslash is read as an escape.
        let answer = send(login(shorter).password("shorter"), r#""GUILD\ada""#);
        match tolerated {
            true => answer.is_refused(),
            false => answer.is_admitted_as(shorter),
        };
        // The right forms stay right.
        send(login(name), r#""GUILD\\ada""#).is_admitted_as(name);
        send(login("a\"b"), r#""a\"b""#).is_admitted_as("a\"b");
        send(login(shorter).password("shorter"), r#""GUILDada""#).is_admitted_as(shorter);
        // Wrong neighbours, with and without the quirk.
        send(login(name).password(WRONG), r#""GUILD\ada""#).is_refused();
        send(login(name), r#""GUILD/ada""#).is_refused();
        send(login(name), r#""GUILD\Ada""#).is_refused();
        let answer = send(login(name), r#""GUILD\\\ada""#);
        match tolerated {
            true => answer.is_refused(),
            false => answer.is_admitted_as(name),
        };
        send(login(name), r#""\GUILD\ada""#).is_refused();
        send(login(name), r#""GUILD\ada\""#).is_malformed();
    }
}

/// These clients read the escapes of a challenge, and write none.
#[test]
fn a_realm_and_an_opaque_with_a_backslash_need_the_same_quirk() {
    let (realm, opaque) = (r"CORP\files", r"a\b");
    for quirk in [
        ClientQuirk::UnescapedUsername,
        ClientQuirk::RequestsUsername,
    ] {
        let accounts = DigestAccounts::new(realm, [(USER, PASSWORD)]).unwrap();
        let digest = Digest::builder(realm, accounts).opaque(opaque);
        let digest = digest.tolerate(quirk).build().unwrap();
        let stand = TestServer::build(|_| vec![Box::new(digest)], |layer| layer);
        let send = |realm: &str, opaque: &str| {
            let fields = stand.login().fields().raw("realm", realm);
            let header = fields.raw("opaque", opaque).header();
            stand.ask(get("/").authorization(header))
        };
        let (right_realm, right_opaque) = (r#""CORP\\files""#, r#""a\\b""#);
        send(right_realm, right_opaque).is_admitted_as(USER);
        for (realm, opaque) in [
            (r#""CORP\files""#, right_opaque),
            (right_realm, r#""a\b""#),
            (r#""CORP\files""#, r#""a\b""#),
        ] {
            let answer = send(realm, opaque);
            match quirk {
                ClientQuirk::UnescapedUsername => answer.is_admitted_as(USER),
                _ => answer.is_refused_uncounted(),
            };
        }
        send(r#""CORPfiles""#, right_opaque).is_refused_uncounted();
        send(r#""CORP/files""#, right_opaque).is_refused_uncounted();
        send(right_realm, r#""ab""#).is_refused_uncounted();
    }
}

/// The throttle counts both spellings of a name together.
#[test]
fn both_forms_of_a_backslash_are_the_same_claimed_account() {
    let stand = tuned(|builder| builder.tolerate(ClientQuirk::UnescapedUsername));
    for written in [r#""GUILD\ada""#, r#""GUILD\\ada""#] {
        let header = stand.login().fields().raw("username", written).header();
        let answer = stand.ask(get("/").authorization(header)).is_refused();
        assert_eq!(answer.reserved, [Some(r"GUILD\ada".to_owned())]);
        assert_eq!(answer.verified, [r"GUILD\ada"]);
    }
}

#[test]
fn the_absolute_uri_of_android_needs_its_quirk() {
    for (stand, tolerated) in with_and_without(ClientQuirk::AndroidUri) {
        let send = |uri: &str, host: &[&str]| {
            let login = stand.login().request("GET", uri);
            let ask = host
                .iter()
                .fold(get("/a?b=1"), |ask, host| ask.field("host", *host));
            stand.ask(ask.authorization(login.header()))
        };
        for uri in ["http://example.org/a?b=1", "https://Example.org/a?b=1"] {
            let answer = send(uri, &["example.org"]);
            match tolerated {
                true => answer.is_admitted_as(USER),
                false => answer.is_malformed(),
            };
            send(uri, &[]).is_malformed();
            send(uri, &["other.example"]).is_malformed();
            send(uri, &["example.org", "other.example"]).is_malformed();
            send("http:///a?b=1", &[""]).is_malformed();
        }
        for uri in [
            "http://example.org/a",
            "http://example.org@evil/a?b=1",
            "http://example.org:80/a?b=1",
            "http://example.orga?b=1",
            "ftp://example.org/a?b=1",
            "http:///a?b=1",
            "//example.org/a?b=1",
            "http://example.org/a?b=1#c",
        ] {
            send(uri, &["example.org"]).is_malformed();
        }
    }
}

/// A proxy and HTTP/2 have targets in absolute form. The quirk accepts the other of the schemes `http` and `https`, too.
#[test]
fn the_absolute_uri_of_android_may_name_another_scheme_than_the_target() {
    for (stand, tolerated) in with_and_without(ClientQuirk::AndroidUri) {
        let send = |uri: &str| {
            let login = stand.login().request("GET", uri);
            stand.ask(get("http://example.org/a?b=1").authorization(login.header()))
        };
        send("http://example.org/a?b=1").is_admitted_as(USER);
        let answer = send("https://example.org/a?b=1");
        match tolerated {
            true => answer.is_admitted_as(USER),
            false => answer.is_malformed(),
        };
        send("https://other.example/a?b=1").is_malformed();
        // The target of CONNECT has no path (RFC 9110 section 9.3.6).
        let login = stand.login().request("CONNECT", "https://example.org:443/");
        let connect = TestRequest::new("CONNECT", "example.org:443");
        stand
            .ask(connect.authorization(login.header()))
            .is_malformed();
    }
}

#[test]
fn the_uri_without_query_of_internet_explorer_needs_its_quirk() {
    for (stand, tolerated) in with_and_without(ClientQuirk::InternetExplorerUri) {
        let send = |target: &str, uri: &str| {
            let header = stand.login().request("GET", uri).header();
            stand.ask(get(target).authorization(header))
        };
        for target in ["/a?b=1", "/a?"] {
            let answer = send(target, "/a");
            match tolerated {
                true => answer.is_admitted_as(USER),
                false => answer.is_malformed(),
            };
        }
        for (target, uri) in [
            ("/a?b", "/"),
            ("/a?b", "/a?"),
            ("/a?b", "/a?c"),
            ("/a", "/a?"),
            ("/a/b?c", "/a"),
        ] {
            send(target, uri).is_malformed();
        }
        let login = stand.login().request("CONNECT", "");
        let connect = TestRequest::new("CONNECT", "h:443").authorization(login.header());
        stand.ask(connect).is_malformed();
    }
}

#[test]
fn the_latin1_name_of_python_requests_needs_its_quirk() {
    let name = "J\u{e4}s\u{f8}n Doe";
    for (tolerated, quirk) in [
        (true, ClientQuirk::RequestsUsername),
        (false, ClientQuirk::JavaRspauth),
    ] {
        let accounts = DigestAccounts::new(REALM, [(name, PASSWORD)]).unwrap();
        let digest = Digest::builder(REALM, accounts)
            .tolerate(quirk)
            .build()
            .unwrap();
        let stand = TestServer::build(|_| vec![Box::new(digest)], |layer| layer);
        let login = stand.login().with(|login| login.user = name.to_owned());
        let header = login.header();
        let latin1: Vec<u8> = header
            .chars()
            .map(|character| u8::try_from(u32::from(character)).unwrap())
            .collect();
        let answer = stand.ask(get("/").authorization(latin1));
        match tolerated {
            true => answer.is_admitted_as(name),
            false => answer.is_refused(),
        };
        ask(&stand, &login.nc(2)).is_admitted_as(name);
    }
}

#[test]
fn with_the_quirk_for_jdk_17_no_client_gets_an_rspauth() {
    for (stand, tolerated) in with_and_without(ClientQuirk::JavaRspauth) {
        let login = stand.login();
        let answer = ask(&stand, &login).is_admitted_as(USER);
        let rspauth = (!tolerated).then(|| login.rspauth());
        assert_eq!(info_param(&answer, "rspauth"), rspauth);
        assert_eq!(
            answer.headers.contains_key("authentication-info"),
            !tolerated
        );
        let last = ask(&stand, &login.nc(4095)).is_admitted_as(USER);
        assert!(info_param(&last, "nextnonce").is_some());
    }
}

#[test]
fn forbidden_quotes_are_accepted_unless_quoting_is_strict() {
    for (stand, strict) in [
        (tuned(|builder| builder), false),
        (tuned(WatchedDigest::strict_quoting), true),
    ] {
        for (name, value) in [
            ("algorithm", "\"SHA-256\""),
            ("qop", "\"auth\""),
            ("nc", "\"00000001\""),
        ] {
            let header = stand.login().fields().raw(name, value).header();
            let answer = stand.ask(get("/").authorization(header));
            match strict {
                true => answer.is_malformed(),
                false => answer.is_admitted_as(USER),
            };
        }
        ask(&stand, &stand.login()).is_admitted_as(USER);
    }
}

#[test]
fn a_builder_refuses_a_contradictory_configuration() {
    let builder = || {
        let accounts = DigestAccounts::new(REALM, TestWorld::accounts()).unwrap();
        Digest::builder(REALM, accounts)
    };
    let errors = [
        builder().algorithms([]).build(),
        builder().session_algorithms([DigestAlgorithm::Md5]).build(),
        builder()
            .session_algorithms([DigestAlgorithm::Sha256; 2])
            .build(),
        builder()
            .session_algorithms([DigestAlgorithm::Sha256])
            .legacy_rfc2069_alone()
            .build(),
        builder().nonce_lifetime(Duration::ZERO).build(),
    ];
    for error in errors {
        assert!(error.is_err());
    }
    // The form of RFC 2069 covers no body.
    let limits = || BodyLimits::new(TestWorld::new().clock);
    assert!(AuthInt::required(builder().legacy_rfc2069(), limits()).is_err());
    assert!(AuthInt::offered(builder().legacy_rfc2069(), limits()).is_ok());
    assert!(AuthInt::required(builder(), limits()).is_ok());
    assert!(
        builder()
            .session_algorithms([DigestAlgorithm::Sha256])
            .build()
            .is_ok()
    );
}

#[test]
fn a_hash_of_the_wrong_length_is_refused_with_the_right_length() {
    for (algorithm, digits) in [
        (DigestAlgorithm::Md5, 32),
        (DigestAlgorithm::Sha256, 64),
        (DigestAlgorithm::Sha512_256, 64),
    ] {
        let account = || DigestAccount::new(REALM, Principal::new(USER));
        for length in [0, digits - 1, digits + 1] {
            let error = account().with_ha1(algorithm, &"a".repeat(length));
            let error = error.map(drop).unwrap_err().to_string();
            assert!(
                error.ends_with(&format!(" needs {digits} hexadecimal digits")),
                "{error}"
            );
        }
        assert!(account().with_ha1(algorithm, &"a".repeat(digits)).is_ok());
    }
}

#[test]
fn md5_is_offered_last_and_session_algorithms_after_plain_ones() {
    let stand = tuned(|builder| {
        builder
            .algorithms([
                DigestAlgorithm::Md5,
                DigestAlgorithm::Sha256,
                DigestAlgorithm::Sha512_256,
            ])
            .session_algorithms([DigestAlgorithm::Md5, DigestAlgorithm::Sha256])
            .legacy_md5()
    });
    let names = stand.ask(get("/")).params("Digest", "algorithm");
    assert_eq!(
        names,
        ["SHA-256", "SHA-512-256", "MD5", "SHA-256-sess", "MD5-sess"]
    );
}
