//! Tests attacks on Digest sessions that do not work on the plain form.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use tower_challenge::header::Challenge;
use tower_challenge::password::Lookup;
use tower_challenge::scheme::Digest;
use tower_challenge::scheme::digest::{ClientQuirk, DigestAccounts, DigestAlgorithm};

use super::{ask, logins, tuned};
use crate::support::digest_client::h;
use crate::support::{
    Answer, Login, PASSWORD, REALM, TestRequest, TestServer, TestWorld, USER, WRONG,
};

/// A stand that offers plain forms, session forms, and the form of RFC 2069.
fn offering_everything() -> TestServer {
    tuned(|digest| {
        digest
            .algorithms(DigestAlgorithm::ALL)
            .session_algorithms(DigestAlgorithm::ALL)
            .legacy_md5()
            .legacy_rfc2069()
    })
}

/// Returns a request of an attacker who has observed a response. `seen` is the response, and `followed` is the text
/// that followed the secret and the nonce in its hash. A session key is a hash of the same form, so the attacker uses
/// the response as a session key.
fn forged(login: &Login, seen: String, followed: &str) -> Login {
    login.clone().nc(2).request("DELETE", "/all").with(|login| {
        login.password = String::new();
        login.ha1 = Some(seen);
        login.cnonce = followed.to_owned();
    })
}

/// Sends the forged request under the name of the session algorithm.
fn send(stand: &TestServer, forged: &Login) -> Answer {
    let fields = forged.fields();
    let session = fields.raw("algorithm", &format!("{}-sess", forged.algorithm));
    stand.ask(TestRequest::new(&forged.method, &forged.uri).authorization(session.header()))
}

/// Asserts that the client gets the same challenges as without credentials, that the throttle counts no guess, and that
/// no account is looked up.
fn is_refused_with_all_challenges(stand: &TestServer, answer: Answer) -> Answer {
    let answer = answer.is_refused_uncounted();
    assert_eq!(answer.verified, [""; 0]);
    let names = |challenges: Vec<Challenge>| {
        let algorithm =
            |challenge: &Challenge| challenge.param("algorithm")?.to_str().map(Cow::into_owned);
        challenges.iter().map(algorithm).collect::<Vec<_>>()
    };
    assert_eq!(names(answer.challenges()), names(stand.challenges()));
    assert_eq!(answer.params("Digest", "stale"), [""; 0]);
    answer
}

fn plain_logins(stand: &TestServer) -> impl Iterator<Item = Login> {
    let logins = logins(stand).into_iter();
    logins.filter(|login| !login.algorithm.ends_with("-sess"))
}

#[test]
fn a043_a_client_that_uses_a_response_as_session_key_is_refused() {
    let stand = offering_everything();
    for login in plain_logins(&stand) {
        let ha2 = |a2: &str| h(&login.algorithm, a2);
        let Login { nc, cnonce, .. } = &login;
        let followed = |a2: &str| format!("{nc}:{cnonce}:auth:{}", ha2(a2));
        let response = forged(&login, login.response(), &followed("GET:/"));
        let rspauth = forged(&login, login.rspauth(), &followed(":/"));
        let old = forged(&login, login.response_without_qop(), &ha2("GET:/"));
        ask(&stand, &login).is_admitted_as(USER);
        for forged in [response, rspauth, old] {
            is_refused_with_all_challenges(&stand, send(&stand, &forged));
        }
    }
}

/// Only in a session can a client nonce turn a response into a key, so only sessions restrict it.
#[test]
fn a043_only_sessions_restrict_the_client_nonce() {
    let stand = offering_everything();
    for login in logins(&stand) {
        let hash = "0123456789abcdef".repeat(login.response().len() / 16);
        let is_session = login.algorithm.ends_with("-sess");
        let others = [&hash[1..], &hash.to_uppercase()];
        for (nc, cnonce) in (1..).zip(others) {
            let login = login.clone().nc(nc);
            ask(
                &stand,
                &login.with(|login| login.cnonce = cnonce.to_owned()),
            )
            .is_admitted_as(USER);
        }
        for (nc, cnonce) in (3..).zip([&hash, "a:b", ":"]) {
            let login = login.clone().nc(nc);
            let answer = ask(
                &stand,
                &login.with(|login| login.cnonce = cnonce.to_owned()),
            );
            match is_session {
                true => is_refused_with_all_challenges(&stand, answer),
                false => answer.is_admitted_as(USER),
            };
        }
    }
}

/// Returns a stand that offers this session algorithm alone, as a server has it for Qt or w3m.
fn offering_session(algorithm: DigestAlgorithm, quirk: Option<ClientQuirk>) -> TestServer {
    tuned(|digest| {
        let digest = digest.algorithms([]).session_algorithms([algorithm]);
        let digest = match algorithm {
            DigestAlgorithm::Md5 => digest.legacy_md5(),
            _ => digest,
        };
        quirk
            .into_iter()
            .fold(digest, |digest, quirk| digest.tolerate(quirk))
    })
}

/// Client nonces as long as the hash of the algorithm, in lower-case hexadecimal digits.
fn hash_like(login: &Login) -> [String; 3] {
    let len = login.response().len();
    let hash = |text| h(&login.algorithm, text);
    ["0".repeat(len), "f".repeat(len), hash("now")]
}

#[test]
fn a175_a_hash_like_client_nonce_is_refused_with_the_same_challenge() {
    for algorithm in DigestAlgorithm::ALL {
        for quirk in [
            None,
            Some(ClientQuirk::UnescapedUsername),
            Some(ClientQuirk::AndroidUri),
        ] {
            let stand = offering_session(algorithm, quirk);
            let login = stand.login();
            for (nc, cnonce) in (0..).zip(hash_like(&login)) {
                let answer = ask(
                    &stand,
                    &login.clone().nc(nc).with(|login| login.cnonce = cnonce),
                );
                is_refused_with_all_challenges(&stand, answer);
            }
            // The refusals have used up no count.
            ask(&stand, &login.clone().nc(0)).is_admitted_as(USER);
        }
    }
}

/// With the quirk, the client is admitted under the same conditions as every other client.
#[test]
fn a175_a_hash_like_client_nonce_is_accepted_with_its_quirk() {
    for algorithm in DigestAlgorithm::ALL {
        let stand = offering_session(algorithm, Some(ClientQuirk::HashLikeCnonce));
        let login = stand.login();
        for (nc, cnonce) in (0..).zip(hash_like(&login)) {
            let login = login.clone().nc(nc).with(|login| login.cnonce = cnonce);
            ask(&stand, &login.clone().password(WRONG)).is_refused();
            ask(&stand, &login).is_admitted_as(USER);
            ask(&stand, &login).is_stale();
        }
        // A colon is refused with the quirk, too: an eavesdropper knows responses with one.
        for cnonce in [
            "a:b",
            ":",
            &format!("00000001:c:auth:{}", hash_like(&login)[2]),
        ] {
            let login = login
                .clone()
                .nc(9)
                .with(|login| login.cnonce = cnonce.to_owned());
            is_refused_with_all_challenges(&stand, ask(&stand, &login));
        }
    }
}

/// The quirk opens no way for a client that only reads the traffic. It knows responses with `qop`, and it cannot make
/// one of the form of RFC 2069 because the server does not accept that form.
#[test]
fn a175_an_eavesdropper_gains_nothing_from_the_quirk() {
    let stand = tuned(|digest| {
        digest
            .algorithms(DigestAlgorithm::ALL)
            .session_algorithms(DigestAlgorithm::ALL)
            .legacy_md5()
            .tolerate(ClientQuirk::HashLikeCnonce)
    });
    for login in plain_logins(&stand) {
        ask(&stand, &login).is_admitted_as(USER);
        let Login { nc, cnonce, .. } = &login;
        let ha2 = h(&login.algorithm, "GET:/");
        let rspauth = h(&login.algorithm, ":/");
        let followed = |ha2: &str| format!("{nc}:{cnonce}:auth:{ha2}");
        for (seen, followed) in [
            (login.response(), followed(&ha2)),
            (login.rspauth(), followed(&rspauth)),
        ] {
            send(&stand, &forged(&login, seen, &followed)).is_refused_uncounted();
        }
        for (seen, followed) in [(login.response(), ha2), (login.rspauth(), rspauth)] {
            send(&stand, &forged(&login, seen, &followed)).is_refused();
        }
    }
}

/// With the form of RFC 2069, an eavesdropper could use the quirk. So a scheme with both cannot be built.
#[test]
fn a175_the_quirk_cannot_be_combined_with_the_form_of_rfc_2069() {
    let builder = || {
        let accounts = DigestAccounts::new(REALM, TestWorld::accounts()).unwrap();
        let digest = Digest::builder(REALM, accounts).legacy_rfc2069();
        digest.tolerate(ClientQuirk::HashLikeCnonce)
    };
    assert!(
        builder()
            .session_algorithms([DigestAlgorithm::Sha256])
            .build()
            .is_err()
    );
    assert!(
        builder().build().is_ok(),
        "without a session algorithm, the quirk changes nothing"
    );
}

/// After the user has changed the password, sessions from the old password are refused.
#[test]
fn a043_a_session_ends_when_the_password_changes() {
    let accounts = |password: &str| DigestAccounts::new(REALM, [(USER, password)]).unwrap();
    let table = Arc::new(Mutex::new(accounts(PASSWORD)));
    let present = Arc::clone(&table);
    let lookup = move |name: &str| Lookup::<str>::lookup(&*present.lock().unwrap(), name);
    let digest = Digest::builder(REALM, lookup)
        .algorithms([])
        .session_algorithms([DigestAlgorithm::Sha256])
        .build()
        .unwrap();
    let stand = TestServer::build(|_: &TestWorld| vec![Box::new(digest)], |layer| layer);
    let login = stand.login();
    ask(&stand, &login).is_admitted_as(USER);
    ask(&stand, &login.clone().nc(2)).is_admitted_as(USER);
    *table.lock().unwrap() = accounts("another password");
    ask(&stand, &login.clone().nc(3)).is_refused();
    let fresh = stand.login().password("another password");
    ask(&stand, &fresh).is_admitted_as(USER);
    ask(&stand, &fresh.nc(2)).is_admitted_as(USER);
}
