//! Tests that the server accepts only what it offers.

use tower_challenge::scheme::digest::{ClientQuirk, DigestAlgorithm, DigestBuilder, NonceKeys};

use super::{all_algorithms, ask, logins, tuned};
use crate::support::digest_client::{ALGORITHMS, h};
use crate::support::world::WatchedDigest;
use crate::support::{Kind, Layer, Login, REALM, TestServer, TestWorld, USER, WRONG, get};

/// A response without `qop` has no count. An attacker could replay it as long as its nonce lives, so it is malformed.
#[test]
fn a036_a_client_that_sends_no_qop_gets_400() {
    for stand in [
        all_algorithms(),
        TestServer::proxy(&[Kind::Digest], Layer::optional),
    ] {
        for login in logins(&stand) {
            let old = login
                .fields()
                .quoted("response", &login.response_without_qop());
            for header in [
                old.clone().without("qop").without("nc").without("cnonce"),
                old.clone().without("qop").without("nc"),
                old.clone().without("qop").without("cnonce"),
                old.clone().without("qop"),
                old.clone().without("nc"),
                old.clone().without("cnonce"),
                login.fields().without("qop"),
                login.fields().without("nc"),
                login.fields().without("cnonce"),
                login.fields().without("nc").without("cnonce"),
                old.clone().raw("qop", "\"\""),
                old.raw("qop", "none"),
            ] {
                stand
                    .ask(get("/").authorization(header.header()))
                    .is_malformed();
            }
            ask(&stand, &login).is_admitted_as(USER);
        }
    }
}

/// If the application allows the form of RFC 2069, each nonce works for one request in that form, and the response has
/// the next nonce.
#[test]
fn a036_the_form_of_rfc_2069_works_once_for_each_nonce() {
    for stand in [
        tuned(|digest| {
            digest
                .algorithms(DigestAlgorithm::ALL)
                .legacy_md5()
                .legacy_rfc2069()
        }),
        tuned(|digest| {
            digest
                .algorithms(DigestAlgorithm::ALL)
                .legacy_md5()
                .legacy_rfc2069_alone()
        }),
    ] {
        for login in logins(&stand) {
            let old = |login: &Login| stand.ask(get("/").authorization(login.header_without_qop()));
            old(&login.clone().password(WRONG)).is_refused();
            let answer = old(&login).is_admitted_as(USER);
            let info = answer.header("authentication-info").unwrap();
            let next = info
                .strip_prefix("nextnonce=\"")
                .and_then(|text| text.strip_suffix('"'));
            old(&login).is_stale();
            let next = login.clone().nonce(next.unwrap());
            old(&next).is_admitted_as(USER);
            old(&next).is_stale();
            old(&login.clone().nonce("forged")).is_stale();
            // With a `qop`, the count is required as usual.
            let fresh = login.nonce(&stand.login().nonce);
            for without in ["nc", "cnonce"] {
                let header = fresh.fields().without(without).header();
                stand.ask(get("/").authorization(header)).is_malformed();
            }
            ask(&stand, &fresh).is_admitted_as(USER);
        }
    }
    let silent = tuned(DigestBuilder::legacy_rfc2069_alone);
    assert_eq!(silent.ask(get("/")).params("Digest", "qop"), [""; 0]);
    let beside = tuned(DigestBuilder::legacy_rfc2069);
    assert_eq!(beside.ask(get("/")).params("Digest", "qop"), ["auth"]);
}

/// A session needs a client nonce, which the form of RFC 2069 does not have.
#[test]
fn a043_a_client_that_sends_no_cnonce_in_a_session_gets_400() {
    let stand = tuned(|digest| {
        digest
            .session_algorithms([DigestAlgorithm::Sha256])
            .legacy_rfc2069()
    });
    let login = stand
        .login()
        .with(|login| login.algorithm = "SHA-256-sess".to_owned());
    for header in [
        login.header_without_qop(),
        login.fields().without("cnonce").header(),
        login
            .fields()
            .without("cnonce")
            .without("qop")
            .without("nc")
            .header(),
        login.fields().quoted("cnonce", "").header(),
    ] {
        stand.ask(get("/").authorization(header)).is_malformed();
    }
    ask(&stand, &login).is_admitted_as(USER);
}

/// The key of a session depends on the nonces of the same request. A key from other nonces is refused.
#[test]
fn a043_a_session_key_of_other_nonces_is_refused() {
    let stand = tuned(|digest| {
        digest
            .algorithms([])
            .session_algorithms(DigestAlgorithm::ALL)
            .legacy_md5()
    });
    for login in logins(&stand) {
        ask(&stand, &login).is_admitted_as(USER);
        let begun = Some((login.nonce.clone(), login.cnonce.clone()));
        let next = login
            .clone()
            .nc(2)
            .with(|login| login.cnonce = "another".to_owned());
        // RFC 7616 says that a client keeps its first key. The server refuses it, and accepts a key of the request's
        // own, as clients send it.
        ask(
            &stand,
            &next.clone().with(|login| login.begun = begun.clone()),
        )
        .is_refused();
        ask(&stand, &next).is_admitted_as(USER);
        let other = login.clone().nonce(&stand.login().nonce);
        ask(&stand, &other.clone().with(|login| login.begun = begun)).is_refused();
        ask(&stand, &other).is_admitted_as(USER);
        let plain = login
            .nc(3)
            .with(|login| login.algorithm = login.algorithm.replace("-sess", ""));
        ask(&stand, &plain).is_refused_uncounted();
    }
}

/// A `qop` that was not offered is malformed, even with a right response.
#[test]
fn a037_a_client_that_sends_another_qop_gets_400() {
    let stand = all_algorithms();
    assert!(stand.challenges().iter().all(|challenge| {
        challenge
            .param("qop")
            .is_some_and(|qop| qop.raw() == b"auth")
    }));
    for qop in [
        "auth-int",
        "AUTH-INT",
        "auth,auth-int",
        "auth-conf",
        "x",
        "auth ",
        " auth",
        "au\\th",
    ] {
        for login in logins(&stand) {
            let login = login.with(|login| login.qop = qop.to_owned());
            let header = login.fields().quoted("qop", qop).header();
            stand.ask(get("/").authorization(header)).is_malformed();
        }
    }
}

/// Two protection spaces that share users and keys do not share logins.
#[test]
fn a041_credentials_for_another_realm_are_refused() {
    let (stand, other) = two_realms();
    for login in [other.login(), stand.login()] {
        for realm in [
            "other",
            "API@example.org",
            "",
            "api@example.org ",
            "api",
            REALM,
        ] {
            let named = login.clone().with(|login| login.realm = realm.to_owned());
            let answer = ask(&stand, &named);
            match (realm, login.realm.as_str()) {
                (REALM, REALM) => answer.is_admitted_as(USER),
                (REALM, _) => answer.is_stale(),
                _ => answer.is_refused_uncounted(),
            };
            // This response is computed for one realm, and sent with the name of another.
            let disguised = login.fields().quoted("realm", realm).header();
            let answer = stand.ask(get("/").authorization(disguised));
            assert!(!answer.is_from_inside(), "{}", answer.asked);
        }
    }
}

fn two_realms() -> (TestServer, TestServer) {
    let keys = NonceKeys::new([7; 32]).unwrap();
    // Both realms share a store. With two stores, the epoch alone would make the nonces of the other realm stale.
    let TestWorld { clock, store, .. } = TestWorld::new();
    let stand = |realm: &str| {
        let (keys, clock, store) = (keys.clone(), clock.clone(), store.clone());
        let schemes = |world: &TestWorld| {
            let tune = |digest: DigestBuilder<_>| digest.nonce_keys(keys).clock(clock).store(store);
            vec![world.digest_in(realm, tune)]
        };
        TestServer::build(schemes, |layer| layer)
    };
    (stand(REALM), stand("other"))
}

/// Names of algorithms that an attacker may send to get a weaker one.
const NAMES: [&str; 15] = [
    "MD5",
    "md5",
    "SHA-256",
    "sha-256",
    "SHA-512-256",
    "MD5-sess",
    "SHA-256-sess",
    "SHA-512-256-sess",
    "SHA-999",
    "SHA",
    "SHA1",
    "SHA-512",
    "SHA-512/256",
    "none",
    "",
];

/// The server accepts only the algorithms that it offers, under their own names.
#[test]
fn a042_an_algorithm_that_was_not_offered_is_refused() {
    let offers: [&[DigestAlgorithm]; 6] = [
        &[DigestAlgorithm::Sha256],
        &[DigestAlgorithm::Sha512_256],
        &[DigestAlgorithm::Md5],
        &[DigestAlgorithm::Sha512_256, DigestAlgorithm::Sha256],
        &[DigestAlgorithm::Sha256, DigestAlgorithm::Md5],
        &DigestAlgorithm::ALL,
    ];
    for offer in offers {
        let stand = tuned(|digest| match offer.contains(&DigestAlgorithm::Md5) {
            true => digest.algorithms(offer.iter().copied()).legacy_md5(),
            false => digest.algorithms(offer.iter().copied()),
        });
        let names: Vec<_> = offer.iter().map(|algorithm| algorithm.name()).collect();
        for computed in ALGORITHMS {
            for named in NAMES {
                let login = stand
                    .login()
                    .with(|login| computed.clone_into(&mut login.algorithm));
                let header = login.fields().quoted("algorithm", named).header();
                let answer = stand.ask(get("/").authorization(header));
                let right = named.eq_ignore_ascii_case(computed) && names.contains(&computed);
                assert_eq!(answer.is_from_inside(), right, "{}", answer.asked);
            }
            let login = stand
                .login()
                .with(|login| computed.clone_into(&mut login.algorithm));
            let header = login.fields().without("algorithm").header();
            let answer = stand.ask(get("/").authorization(header));
            let right = computed == "MD5" && names.contains(&"MD5");
            assert_eq!(
                answer.is_from_inside(),
                right,
                "a missing algorithm means MD5: {}",
                answer.asked
            );
        }
    }
}

/// Two servers share keys, a clock and a store. A nonce that one of them issued with a weaker offer is stale at the
/// other.
#[test]
fn a042_a_nonce_of_a_weaker_offer_is_stale() {
    let keys = NonceKeys::new([9; 32]).unwrap();
    let TestWorld { clock, store, .. } = TestWorld::new();
    let stand = |tune: fn(WatchedDigest) -> WatchedDigest| {
        tuned(|digest| {
            let shared = digest.nonce_keys(keys.clone()).clock(clock.clone());
            tune(shared.store(store.clone()))
        })
    };
    let strong = stand(|digest| digest);
    let login = strong.login();
    ask(&strong, &login).is_admitted_as(USER);
    let twin = stand(|digest| digest).login().nonce;
    ask(&strong, &login.clone().nonce(&twin)).is_admitted_as(USER);
    for weak in [
        stand(WatchedDigest::legacy_md5),
        stand(|digest| digest.algorithms([DigestAlgorithm::Sha512_256])),
        stand(|digest| digest.session_algorithms([DigestAlgorithm::Sha256])),
        stand(WatchedDigest::legacy_rfc2069_alone),
    ] {
        let nonce = weak.login().nonce;
        ask(&strong, &login.clone().nonce(&nonce)).is_stale();
        ask(&strong, &login.clone().nonce(&nonce).password(WRONG)).is_refused();
    }
}

/// Servers that share keys and a store, but have different rules for the use of a nonce, do not accept each other's
/// nonces. Otherwise one server would accept a count that another has recorded as used, or a session that another
/// refuses.
#[test]
fn a042_a_nonce_with_other_rules_for_its_use_is_stale() {
    let keys = NonceKeys::new([9; 32]).unwrap();
    let TestWorld { clock, store, .. } = TestWorld::new();
    let stand = |tune: fn(WatchedDigest) -> WatchedDigest| {
        tuned(|digest| {
            let shared = digest.nonce_keys(keys.clone()).clock(clock.clone());
            tune(shared.store(store.clone()))
        })
    };
    let stands = [
        stand(|digest| digest),
        stand(WatchedDigest::one_time_nonces),
        stand(|digest| digest.tolerate(ClientQuirk::HashLikeCnonce)),
        stand(|digest| {
            digest
                .tolerate(ClientQuirk::HashLikeCnonce)
                .one_time_nonces()
        }),
    ];
    for issuer in &stands {
        let login = issuer.login();
        ask(issuer, &login).is_admitted_as(USER);
        for other in &stands {
            ask(other, &login).is_stale();
        }
    }
}

/// A server without session algorithms refuses session credentials.
#[test]
fn a043_session_credentials_are_refused_without_an_offer() {
    let stand = all_algorithms();
    for login in logins(&stand) {
        let named = format!("{}-sess", login.algorithm);
        let session = |cnonce: &str| {
            h(
                &login.algorithm,
                &format!("{}:{}:{cnonce}", login.ha1(), login.nonce),
            )
        };
        for key in [session(&login.cnonce), session(""), login.ha1()] {
            let login = login.clone().with(|login| login.ha1 = Some(key));
            for header in [
                login.fields().raw("algorithm", &named),
                login.fields().raw("algorithm", &named).without("cnonce"),
                login
                    .fields()
                    .raw("algorithm", &named)
                    .quoted("cnonce", "another"),
            ] {
                let answer = stand.ask(get("/").authorization(header.header()));
                assert!(!answer.is_from_inside(), "{}", answer.asked);
            }
        }
    }
}
