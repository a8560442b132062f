//! What the session form is open to that the plain one is not.

use std::sync::{Arc, Mutex};

use tower_challenge::password::Lookup;
use tower_challenge::scheme::Digest;
use tower_challenge::scheme::digest::{DigestAccounts, DigestAlgorithm};

use super::{ask, logins, tuned};
use crate::support::digest_client::h;
use crate::support::{Answer, Ask, Login, PASSWORD, REALM, Stand, USER, World};

/// Everything at once: plain forms, session forms, and the form of RFC 2069.
fn everything() -> Stand {
    tuned(|it| {
        it.algorithms(DigestAlgorithm::ALL)
            .session_algorithms(DigestAlgorithm::ALL)
            .legacy_md5()
            .legacy_rfc2069()
    })
}

/// Another request, from somebody who has `seen` a response, and what followed the secret and the nonce when it was hashed.
/// The key of a session is a hash of the same form, so the response would be one.
fn forged(login: &Login, seen: String, followed: &str) -> Login {
    login.clone().nc(2).request("DELETE", "/all").with(|it| {
        it.password = String::new();
        it.ha1 = Some(seen);
        it.cnonce = followed.to_owned();
    })
}

/// The digest is computed from what was seen, and is sent under the name of the session form.
fn send(stand: &Stand, forged: &Login) -> Answer {
    let fields = forged.fields();
    let session = fields.raw("algorithm", &format!("{}-sess", forged.algorithm));
    stand.ask(Ask::new(&forged.method, &forged.uri).authorization(session.header()))
}

fn plain_logins(stand: &Stand) -> impl Iterator<Item = Login> {
    let logins = logins(stand).into_iter();
    logins.filter(|it| !it.algorithm.ends_with("-sess"))
}

#[test]
fn a043_a_response_is_no_key_of_a_session() {
    let stand = everything();
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

/// It is only there that a client's nonce can pass for something else.
#[test]
fn a043_a_client_nonce_may_be_anything_elsewhere() {
    let stand = everything();
    for login in logins(&stand) {
        let hash = "0123456789abcdef".repeat(login.response().len() / 16);
        let is_session = login.algorithm.ends_with("-sess");
        let others = [&hash[1..], &hash.to_uppercase()];
        for (nc, cnonce) in (1..).zip(others) {
            let login = login.clone().nc(nc);
            ask(&stand, &login.with(|it| it.cnonce = cnonce.to_owned())).is_admitted_as(USER);
        }
        for (nc, cnonce) in (3..).zip([&hash, "a:b", ":"]) {
            let login = login.clone().nc(nc);
            let answer = ask(&stand, &login.with(|it| it.cnonce = cnonce.to_owned()));
            match is_session {
                true => answer.is_malformed(),
                false => answer.is_admitted_as(USER),
            };
        }
    }
}

/// Whoever has lost a password to somebody sets another, and then nothing made from the first is worth anything.
#[test]
fn a043_a_session_ends_with_its_password() {
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
