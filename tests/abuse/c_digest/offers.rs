//! What was offered, and what is taken.

use tower_challenge::scheme::digest::{ClientQuirk, DigestAlgorithm, DigestBuilder, NonceKeys};

use super::{all_algorithms, ask, logins, tuned};
use crate::support::digest_client::{ALGORITHMS, h};
use crate::support::world::WatchedDigest;
use crate::support::{Kind, Layer, Login, REALM, Stand, USER, WRONG, World, get};

/// A response without `qop` is one without a count: it could be replayed for as long as its nonce lives.
#[test]
fn a036_qop_stripped() {
    for stand in [
        all_algorithms(),
        Stand::proxy(&[Kind::Digest], Layer::optional),
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

/// Where the old form is asked for, a nonce is good for one request in it, and names the next.
#[test]
fn a036_the_old_form_where_it_is_asked_for() {
    for stand in [
        tuned(|it| {
            it.algorithms(DigestAlgorithm::ALL)
                .legacy_md5()
                .legacy_rfc2069()
        }),
        tuned(|it| {
            it.algorithms(DigestAlgorithm::ALL)
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
                .and_then(|it| it.strip_suffix('"'));
            old(&login).is_stale();
            let next = login.clone().nonce(next.unwrap());
            old(&next).is_admitted_as(USER);
            old(&next).is_stale();
            old(&login.clone().nonce("forged")).is_stale();
            // With a qop, a count is needed as ever.
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

/// A session has nothing to begin with in the old form.
#[test]
fn a043_sess_without_cnonce() {
    let stand = tuned(|it| {
        it.session_algorithms([DigestAlgorithm::Sha256])
            .legacy_rfc2069()
    });
    let login = stand
        .login()
        .with(|it| it.algorithm = "SHA-256-sess".to_owned());
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

/// The key of a session is made of the nonces that are sent with it: that of another is no key.
#[test]
fn a043_sess_keys_are_not_reused() {
    let stand = tuned(|it| {
        it.algorithms([])
            .session_algorithms(DigestAlgorithm::ALL)
            .legacy_md5()
    });
    for login in logins(&stand) {
        ask(&stand, &login).is_admitted_as(USER);
        let begun = Some((login.nonce.clone(), login.cnonce.clone()));
        let next = login
            .clone()
            .nc(2)
            .with(|it| it.cnonce = "another".to_owned());
        // By the first key, as the text has it; and by one of its own, as clients do.
        ask(&stand, &next.clone().with(|it| it.begun = begun.clone())).is_refused();
        ask(&stand, &next).is_admitted_as(USER);
        let other = login.clone().nonce(&stand.login().nonce);
        ask(&stand, &other.clone().with(|it| it.begun = begun)).is_refused();
        ask(&stand, &other).is_admitted_as(USER);
        let plain = login
            .nc(3)
            .with(|it| it.algorithm = it.algorithm.replace("-sess", ""));
        ask(&stand, &plain).is_refused();
    }
}

/// What was not offered is not taken, whether or not it was computed rightly.
#[test]
fn a037_qop_that_was_not_offered() {
    let stand = all_algorithms();
    assert!(
        stand
            .challenges()
            .iter()
            .all(|it| it.param("qop").is_some_and(|qop| qop.raw() == b"auth"))
    );
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
            let login = login.with(|it| it.qop = qop.to_owned());
            let header = login.fields().quoted("qop", qop).header();
            stand.ask(get("/").authorization(header)).is_malformed();
        }
    }
}

/// Two protection spaces that share users, keys and a store do not share logins.
#[test]
fn a041_realm_mismatch() {
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
            let named = login.clone().with(|it| it.realm = realm.to_owned());
            let answer = ask(&stand, &named);
            match (realm, login.realm.as_str()) {
                (REALM, REALM) => answer.is_admitted_as(USER),
                (REALM, _) => answer.is_stale(),
                _ => answer.is_refused(),
            };
            // Computed for one realm, and sent as if it were for another.
            let disguised = login.fields().quoted("realm", realm).header();
            let answer = stand.ask(get("/").authorization(disguised));
            assert!(!answer.is_from_inside(), "{}", answer.asked);
        }
    }
}

fn two_realms() -> (Stand, Stand) {
    let keys = NonceKeys::new([7; 32]).unwrap();
    let clock = World::new().clock;
    let stand = |realm: &str| {
        let (keys, clock) = (keys.clone(), clock.clone());
        let schemes =
            |world: &World| vec![world.digest_in(realm, |it| it.nonce_keys(keys).clock(clock))];
        Stand::build(schemes, |layer| layer)
    };
    (stand(REALM), stand("other"))
}

/// What an algorithm may be called, by a client that would like a weaker one.
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

/// Only what was offered is taken, under its own name.
#[test]
fn a042_algorithm_downgrade() {
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
        let names: Vec<_> = offer.iter().map(|it| it.name()).collect();
        for computed in ALGORITHMS {
            for named in NAMES {
                let login = stand
                    .login()
                    .with(|it| computed.clone_into(&mut it.algorithm));
                let header = login.fields().quoted("algorithm", named).header();
                let answer = stand.ask(get("/").authorization(header));
                let right = named.eq_ignore_ascii_case(computed) && names.contains(&computed);
                assert_eq!(answer.is_from_inside(), right, "{}", answer.asked);
            }
            let login = stand
                .login()
                .with(|it| computed.clone_into(&mut it.algorithm));
            let header = login.fields().without("algorithm").header();
            let answer = stand.ask(get("/").authorization(header));
            let right = computed == "MD5" && names.contains(&"MD5");
            assert_eq!(
                answer.is_from_inside(),
                right,
                "no name means MD5: {}",
                answer.asked
            );
        }
    }
}

/// A nonce that was offered with a weaker algorithm, or another quality of protection, is none of a server that does not
/// offer them; though they share keys, clocks and a store.
#[test]
fn a042_a_nonce_of_a_weaker_offer() {
    let keys = NonceKeys::new([9; 32]).unwrap();
    let World { clock, store, .. } = World::new();
    let stand = |tune: fn(WatchedDigest) -> WatchedDigest| {
        tuned(|it| {
            let shared = it.nonce_keys(keys.clone()).clock(clock.clone());
            tune(shared.store(store.clone()))
        })
    };
    let strong = stand(|it| it);
    let login = strong.login();
    ask(&strong, &login).is_admitted_as(USER);
    let twin = stand(|it| it).login().nonce;
    ask(&strong, &login.clone().nonce(&twin)).is_admitted_as(USER);
    for weak in [
        stand(WatchedDigest::legacy_md5),
        stand(|it| it.algorithms([DigestAlgorithm::Sha512_256])),
        stand(|it| it.session_algorithms([DigestAlgorithm::Sha256])),
        stand(WatchedDigest::legacy_rfc2069_alone),
    ] {
        let nonce = weak.login().nonce;
        ask(&strong, &login.clone().nonce(&nonce)).is_stale();
        ask(&strong, &login.clone().nonce(&nonce).password(WRONG)).is_refused();
    }
}

/// Servers that share keys and a store, and count the uses of a nonce in different ways, do not take each other's nonces:
/// what one has counted as used, another would grant again.
#[test]
fn a042_a_nonce_that_is_counted_in_another_way() {
    let keys = NonceKeys::new([9; 32]).unwrap();
    let World { clock, store, .. } = World::new();
    let stand = |tune: fn(WatchedDigest) -> WatchedDigest| {
        tuned(|it| {
            let shared = it.nonce_keys(keys.clone()).clock(clock.clone());
            tune(shared.store(store.clone()))
        })
    };
    let stands = [
        stand(|it| it),
        stand(WatchedDigest::one_time_nonces),
        stand(|it| it.tolerate(ClientQuirk::RubyNonceCount)),
        stand(|it| it.tolerate(ClientQuirk::RubyNonceCount).one_time_nonces()),
    ];
    for issuer in &stands {
        let login = issuer.login();
        ask(issuer, &login).is_admitted_as(USER);
        for other in &stands {
            ask(other, &login).is_stale();
        }
    }
}

/// No session is offered, and none is entered.
#[test]
fn a043_sess() {
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
            let login = login.clone().with(|it| it.ha1 = Some(key));
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
