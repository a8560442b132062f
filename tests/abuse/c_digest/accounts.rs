//! Tests which accounts and secrets Digest accepts.

use tower_challenge::password::Lookup;
use tower_challenge::scheme::Digest;
use tower_challenge::scheme::digest::{
    DigestAccount, DigestAccounts, DigestAlgorithm, DigestBuilder,
};
use tower_challenge::{Principal, Secret};

use super::{all_algorithms, ask, logins};
use crate::support::digest_client::{ALGORITHMS, h, ha1};
use crate::support::{
    Kind, OTHER_PASSWORD, OTHER_USER, PASSWORD, REALM, Schemes, TestServer, TestWorld, USER, WRONG,
    get,
};

/// A stand that looks up accounts with `lookup`.
fn looking_up<L>(lookup: L) -> TestServer
where
    L: Lookup<str, Record = DigestAccount>,
{
    looking_up_with(lookup, |digest| digest)
}

fn looking_up_with<L>(
    lookup: L,
    tune: impl FnOnce(DigestBuilder<L>) -> DigestBuilder<L>,
) -> TestServer
where
    L: Lookup<str, Record = DigestAccount>,
{
    let build = |world: &TestWorld| -> Schemes {
        let digest = Digest::builder(REALM, lookup).clock(world.clock.clone());
        vec![Box::new(
            tune(digest.store(world.store.clone())).build().unwrap(),
        )]
    };
    TestServer::build(build, |layer| layer)
}

/// Hashes that a careless server could have for an unknown user.
fn hashes_of_unknown_user(algorithm: &str, user: &str) -> Vec<String> {
    let empty = h(algorithm, "");
    vec![
        String::new(),
        "0".repeat(empty.len()),
        "f".repeat(empty.len()),
        "null".to_owned(),
        "None".to_owned(),
        h(algorithm, "::"),
        h(algorithm, &format!("{user}:{REALM}")),
        h(algorithm, &format!("{user}::")),
        ha1(algorithm, user, REALM, ""),
        ha1(algorithm, "", REALM, ""),
        ha1(algorithm, user, "", ""),
        ha1(algorithm, user, REALM, "null"),
        ha1(algorithm, user, REALM, USER),
        empty,
    ]
}

/// An unknown user, or an account without a secret, has no password at all. So no guess of an attacker can match.
#[test]
fn a029_an_unknown_user_is_refused_with_every_guessed_hash() {
    let no_secret = || DigestAccount::new(REALM, Principal::new("ghost"));
    let empty_password =
        || DigestAccount::from_password(REALM, "ghost", Secret::new(""), Principal::new("ghost"));
    let everything =
        |digest: DigestBuilder<_>| digest.algorithms(DigestAlgorithm::ALL).legacy_md5();
    let stands = [
        all_algorithms(),
        looking_up(|_: &str| None::<DigestAccount>),
        looking_up(move |_: &str| Some(no_secret())),
        looking_up(move |_: &str| Some(empty_password())),
    ];
    for stand in stands {
        for user in ["ghost", "", "null", "Mufasa", "mufasa "] {
            for login in logins(&stand) {
                for hash in hashes_of_unknown_user(&login.algorithm, user) {
                    let login = login.clone().with(|login| {
                        login.user = user.to_owned();
                        login.ha1 = Some(hash);
                    });
                    ask(&stand, &login).is_refused();
                }
            }
        }
    }
    let md5 = looking_up_with(move |_: &str| Some(no_secret()), everything);
    for login in logins(&md5) {
        ask(&md5, &login).is_refused();
    }
}

/// A hash for one algorithm does not work with another.
#[test]
fn a029_a_hash_for_another_algorithm_is_refused() {
    let md5 = ha1("MD5", USER, REALM, PASSWORD);
    let lookup = move |_: &str| {
        let account = DigestAccount::new(REALM, Principal::new(USER));
        account.with_ha1(DigestAlgorithm::Md5, &md5).ok()
    };
    let stand = looking_up_with(lookup, |digest| {
        digest.algorithms(DigestAlgorithm::ALL).legacy_md5()
    });
    for login in logins(&stand) {
        let answer = ask(&stand, &login);
        match login.algorithm.as_str() {
            "MD5" => answer.is_admitted_as(USER),
            _ => answer.is_refused(),
        };
    }
}

/// The scheme refuses an account of another realm, even if a careless table returns it.
#[test]
fn a041_an_account_of_another_realm_is_refused() {
    let lookup = |name: &str| {
        let other = DigestAccounts::new("other", TestWorld::accounts()).ok()?;
        other.lookup(name).try_now().ok()?.ok()?
    };
    let stand = looking_up(lookup);
    for realm in [REALM, "other"] {
        let login = stand.login();
        let login = login
            .clone()
            .with(|login| login.ha1 = Some(ha1(&login.algorithm, USER, realm, PASSWORD)));
        let answer = ask(&stand, &login).is_refused();
        let text = answer.heard[0].text;
        assert_eq!(text, "the account belongs to another realm", "{realm}");
    }
    let unknown = stand.login().with(|login| login.user = "scar".to_owned());
    let answer = ask(&stand, &unknown).is_refused();
    assert_eq!(answer.heard[0].text, "the name or the password is wrong");
}

/// The account belongs to the realm, so the audit names the wrong password.
#[test]
fn a041_a_wrong_password_in_the_right_realm_is_not_called_another_realm() {
    let stand = TestServer::of(&[Kind::Digest]);
    let answer = ask(&stand, &stand.login().password("wrong")).is_refused();
    assert_eq!(answer.heard[0].text, "the name or the password is wrong");
}

/// The stored hash is not a password: a client cannot log in by sending it in place of the password.
#[test]
fn a052_the_stored_hash_is_refused_as_a_password() {
    let stand = TestServer::build(
        |world| {
            vec![
                world.digest_with(|digest| digest.algorithms(DigestAlgorithm::ALL).legacy_md5()),
                world.basic(),
            ]
        },
        |layer| layer,
    );
    for login in logins(&stand) {
        for algorithm in ALGORITHMS {
            let hash = ha1(algorithm, USER, REALM, PASSWORD);
            for password in [
                hash.clone(),
                hash.to_uppercase(),
                format!("{USER}:{REALM}:{hash}"),
            ] {
                ask(&stand, &login.clone().password(&password)).is_refused();
                stand.ask(get("/").basic(USER, &password)).is_refused();
            }
        }
    }
}

/// Each user is admitted under their own name, and only with their own password.
#[test]
fn a029_each_user_is_admitted_as_themselves() {
    let stand = all_algorithms();
    for (user, password) in TestWorld::accounts() {
        for (other, wrong) in [
            (OTHER_USER, PASSWORD),
            (USER, OTHER_PASSWORD),
            (USER, WRONG),
        ] {
            for login in logins(&stand) {
                let login = login.with(|login| login.user = user.to_owned());
                ask(&stand, &login.clone().password(password)).is_admitted_as(user);
                let login = login.with(|login| login.user = other.to_owned());
                ask(&stand, &login.password(wrong)).is_refused();
            }
        }
    }
}
