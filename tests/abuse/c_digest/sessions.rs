//! Tests attacks on Digest sessions that do not work on the plain form.

use std::sync::{Arc, Mutex};

use tower_challenge::password::Lookup;
use tower_challenge::scheme::Digest;
use tower_challenge::scheme::digest::{DigestAccounts, DigestAlgorithm};

use super::{ask, logins, tuned};
use crate::support::digest_client::h;
use crate::support::{Answer, Ask, Login, PASSWORD, REALM, Stand, USER, World};

/// A stand that offers plain forms, session forms, and the form of RFC 2069.
fn offering_everything() -> Stand {
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
fn send(stand: &Stand, forged: &Login) -> Answer {
    let fields = forged.fields();
    let session = fields.raw("algorithm", &format!("{}-sess", forged.algorithm));
    stand.ask(Ask::new(&forged.method, &forged.uri).authorization(session.header()))
}

fn plain_logins(stand: &Stand) -> impl Iterator<Item = Login> {
    let logins = logins(stand).into_iter();
    logins.filter(|login| !login.algorithm.ends_with("-sess"))
}

#[test]
fn a043_a_client_that_uses_a_response_as_session_key_gets_400() {
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
            send(&stand, &forged).is_malformed();
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
                true => answer.is_malformed(),
                false => answer.is_admitted_as(USER),
            };
        }
    }
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
    let stand = Stand::build(|_: &World| vec![Box::new(digest)], |layer| layer);
    let login = stand.login();
    ask(&stand, &login).is_admitted_as(USER);
    ask(&stand, &login.clone().nc(2)).is_admitted_as(USER);
    *table.lock().unwrap() = accounts("another password");
    ask(&stand, &login.clone().nc(3)).is_refused();
    let fresh = stand.login().password("another password");
    ask(&stand, &fresh).is_admitted_as(USER);
    ask(&stand, &fresh.nc(2)).is_admitted_as(USER);
}
