//! What a Digest scheme can be told: when it names the next nonce, and whose habits it tolerates.

#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::time::Duration;

use tower_challenge::header::AuthenticationInfo;
use tower_challenge::scheme::Digest;
use tower_challenge::scheme::digest::{ClientQuirk, DigestAccounts, DigestAlgorithm, NextNonce};

use self::support::world::WatchedDigest;
use self::support::{Answer, Ask, Login, PASSWORD, REALM, Stand, USER, WRONG, World, get};

fn tuned(tune: impl FnOnce(WatchedDigest) -> WatchedDigest) -> Stand {
    Stand::build(|world| vec![world.digest_with(tune)], |layer| layer)
}

fn ask(stand: &Stand, login: &Login) -> Answer {
    stand.ask(Ask::new(&login.method, &login.uri).authorization(login.header()))
}

/// What `Authentication-Info` says, if it is there.
fn said(answer: &Answer, name: &str) -> Option<String> {
    let value = answer.header("authentication-info")?;
    let info = AuthenticationInfo::parse([value.as_bytes()]).unwrap();
    let param = info.params().get(name)?;
    Some(param.to_str().unwrap().into_owned())
}

#[test]
fn a_nonce_that_is_good_once_names_its_successor() {
    let stand = tuned(WatchedDigest::one_time_nonces);
    let mut login = stand.login();
    for _ in 0..5 {
        let answer = ask(&stand, &login).is_admitted_as(USER);
        assert_eq!(said(&answer, "rspauth"), Some(login.rspauth()));
        ask(&stand, &login.clone().nc(2)).is_stale();
        login = login.nonce(&said(&answer, "nextnonce").unwrap());
    }
    // Whatever the count is.
    ask(&stand, &login.clone().nc(7)).is_admitted_as(USER);
    ask(&stand, &login).is_stale();
}

#[test]
fn a_nonce_that_is_good_once_is_not_used_up_by_who_is_refused() {
    let stand = tuned(WatchedDigest::one_time_nonces);
    let login = stand.login();
    ask(&stand, &login.clone().password(WRONG)).is_refused();
    ask(&stand, &login).is_admitted_as(USER);
}

#[test]
fn the_next_nonce_is_named_as_often_as_is_asked_for() {
    let next = |when: NextNonce, late: bool| {
        let stand = tuned(|it| it.next_nonce(when));
        let login = stand.login();
        if late {
            stand.world.clock.advance(Duration::from_secs(290));
        }
        said(&ask(&stand, &login).is_admitted_as(USER), "nextnonce").is_some()
    };
    let both = |when| [false, true].map(|late| next(when, late));
    assert_eq!(both(NextNonce::Never), [false, false]);
    assert_eq!(both(NextNonce::NearEnd), [false, true]);
    assert_eq!(both(NextNonce::Always), [true, true]);
    // Others may still use the old one, at the same time.
    let stand = tuned(|it| it.next_nonce(NextNonce::Always));
    let login = stand.login();
    let answer = ask(&stand, &login).is_admitted_as(USER);
    ask(&stand, &login.clone().nc(2)).is_admitted_as(USER);
    ask(&stand, &login.nonce(&said(&answer, "nextnonce").unwrap())).is_admitted_as(USER);
}

/// A stand that tolerates `quirk`, and one that does not.
fn with_and_without(quirk: ClientQuirk) -> [(Stand, bool); 2] {
    [
        (tuned(|it| it.tolerate(quirk)), true),
        (tuned(|it| it), false),
    ]
}

#[test]
fn a_count_of_six_digits_is_androids() {
    for (stand, tolerated) in with_and_without(ClientQuirk::AndroidNonceCount) {
        for (nc, count) in [("000001", 1), ("0000002", 2), ("0000000A", 10)] {
            let login = stand.login().with(|it| nc.clone_into(&mut it.nc));
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
            let login = stand.login().with(|it| nc.clone_into(&mut it.nc));
            ask(&stand, &login).is_malformed();
        }
    }
}

#[test]
fn a_count_from_zero_is_rubys() {
    for (stand, tolerated) in with_and_without(ClientQuirk::RubyNonceCount) {
        let login = stand.login();
        let zero = ask(&stand, &login.clone().nc(0));
        if !tolerated {
            zero.is_malformed();
            continue;
        }
        zero.is_admitted_as(USER);
        for count in [1, 2, 4095] {
            ask(&stand, &login.clone().nc(count)).is_admitted_as(USER);
        }
        for count in [0, 1, 2, 4095, 4096, u32::MAX] {
            ask(&stand, &login.clone().nc(count)).is_stale();
        }
    }
}

#[test]
fn an_absolute_uri_for_a_path_is_androids() {
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

#[test]
fn a_uri_without_its_query_is_internet_explorers() {
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
        let connect = Ask::new("CONNECT", "h:443").authorization(login.header());
        stand.ask(connect).is_malformed();
    }
}

#[test]
fn a_name_in_latin1_is_of_pythons_requests() {
    let name = "J\u{e4}s\u{f8}n Doe";
    for (tolerated, quirk) in [
        (true, ClientQuirk::RequestsUsername),
        (false, ClientQuirk::RubyNonceCount),
    ] {
        let accounts = DigestAccounts::new(REALM, [(name, PASSWORD)]).unwrap();
        let digest = Digest::builder(REALM, accounts)
            .tolerate(quirk)
            .build()
            .unwrap();
        let stand = Stand::build(|_| vec![Box::new(digest)], |layer| layer);
        let login = stand.login().with(|it| it.user = name.to_owned());
        let header = login.header();
        let latin1: Vec<u8> = header
            .chars()
            .map(|it| u8::try_from(u32::from(it)).unwrap())
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
fn an_rspauth_is_kept_from_jdk_17() {
    for (stand, tolerated) in with_and_without(ClientQuirk::JavaRspauth) {
        let login = stand.login();
        let answer = ask(&stand, &login).is_admitted_as(USER);
        let rspauth = (!tolerated).then(|| login.rspauth());
        assert_eq!(said(&answer, "rspauth"), rspauth);
        assert_eq!(
            answer.headers.contains_key("authentication-info"),
            !tolerated
        );
        let last = ask(&stand, &login.nc(4096)).is_admitted_as(USER);
        assert!(said(&last, "nextnonce").is_some());
    }
}

#[test]
fn quotes_where_none_belong_are_taken_unless_they_are_not() {
    for (stand, strict) in [
        (tuned(|it| it), false),
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
fn what_cannot_be_is_an_error_when_it_is_built() {
    let builder = || {
        let accounts = DigestAccounts::new(REALM, World::accounts()).unwrap();
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
    assert!(
        builder()
            .session_algorithms([DigestAlgorithm::Sha256])
            .build()
            .is_ok()
    );
}

#[test]
fn md5_is_offered_last_and_sessions_after_all() {
    let stand = tuned(|it| {
        it.algorithms([
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
