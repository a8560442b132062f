//! Counts the work that each answer costs. Without the count, a scheme that skips the made-up secret would pass every
//! other test, and its time would tell which users exist.

use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};

use super::decoys::tests::DECOYS;
use super::proof::tests::WORK;
use super::{Scram, ScramAccount, ScramClient, ScramMechanism, ScramSecret, StringPreparation};
use crate::principal::Principal;
use crate::request_head::RequestHead;
use crate::scheme::{Attempt, Scheme, ServerRole, Verdict};
use crate::secret::Secret;

type Accounts = fn(&str) -> Option<ScramAccount>;

const SALT: &[u8; 16] = b"sixteen byte sal";

/// The accounts: one with a secret for the mechanism, and one with a secret for another mechanism.
fn accounts(name: &str) -> Option<ScramAccount> {
    let mechanism = match name {
        "ada" => ScramMechanism::Sha256,
        "old" => ScramMechanism::Sha1,
        _ => return None,
    };
    let secret = ScramSecret::derive(mechanism, Secret::new("lovelace"), SALT, 4096).ok()?;
    Some(ScramAccount::new(secret, Principal::new(name)))
}

/// The costs of a verdict.
#[derive(Debug, PartialEq, Eq)]
struct Costs {
    hmacs: u32,
    decoys: u32,
}

fn judge(scram: &Scram<Accounts>, credentials: &HeaderValue) -> (Verdict<Principal>, Costs) {
    let request = Request::get("/").header(AUTHORIZATION, credentials);
    let request = request.body(()).expect("a request");
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    // The accounts derive their secrets when they are looked up, which computes two HMACs for each of the keys.
    let looked_up = scram.account(&attempt);
    WORK.set(0);
    drop(
        looked_up
            .as_ref()
            .and_then(|claimed| accounts(claimed.name())),
    );
    let of_look_up = WORK.get();
    WORK.set(0);
    DECOYS.set(0);
    let verdict = scram.authenticate(&attempt).expect("SCRAM claims it");
    let verdict = verdict.try_now().expect("a table answers at once");
    let costs = Costs {
        hmacs: WORK.get() - of_look_up,
        decoys: DECOYS.get(),
    };
    (verdict.expect("it decides"), costs)
}

/// Plays an exchange. Returns whether the client is admitted, and the costs of both requests.
fn exchange(scram: &Scram<Accounts>, user: &str, password: &str) -> (bool, [Costs; 2]) {
    let client = ScramClient::prepared_by(
        StringPreparation::opaque_string(),
        ScramMechanism::Sha256,
        user,
        Secret::new(password),
    );
    let client = client.expect("a name and a password");
    let first = client.first(None).expect("random bytes");
    let (verdict, begun) = judge(scram, first.credentials());
    let Verdict::Continue(challenge) = verdict else {
        panic!("{verdict:?}")
    };
    let last = first.answer(challenge.as_value()).expect("a challenge");
    let (verdict, ended) = judge(scram, last.credentials());
    (matches!(verdict, Verdict::Admit(_)), [begun, ended])
}

/// The `sr` of a challenge for everyone, as a field.
fn offered(scram: &Scram<Accounts>) -> HeaderValue {
    let request = Request::get("/").body(()).expect("a request");
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    let mut challenges = Vec::new();
    scram.challenge(&attempt, None, &mut challenges);
    challenges.remove(0).into_value()
}

/// Begins an exchange, and sends a reauthentication for it. Returns whether the client is admitted, and the costs.
fn again(scram: &Scram<Accounts>, user: &str, password: &str) -> (bool, Costs) {
    let preparation = StringPreparation::opaque_string();
    let (sha_256, password) = (ScramMechanism::Sha256, Secret::new(password));
    let client = ScramClient::prepared_by(preparation, sha_256, user, password);
    let client = client.expect("a name and a password");
    let first = client.first(None).expect("random bytes");
    let (Verdict::Continue(challenge), _) = judge(scram, first.credentials()) else {
        panic!("the exchange does not begin")
    };
    let last = first.answer(challenge.as_value()).expect("a challenge");
    let again = last.reauthenticate(&offered(scram)).expect("an offer");
    let (verdict, costs) = judge(scram, again.credentials());
    (matches!(verdict, Verdict::Admit(_)), costs)
}

#[test]
fn every_refused_reauthentication_costs_the_same_for_known_and_unknown_users() {
    let scram = Scram::builder("notes", accounts as Accounts);
    let scram = scram.reauthentication(Duration::from_secs(60)).build();
    let scram = scram.expect("a realm");
    let costs = |hmacs| Costs { hmacs, decoys: 1 };
    assert_eq!(again(&scram, "ada", "lovelace"), (true, costs(2)));
    for user in ["ada", "old", "unknown", "caf\u{e9}"] {
        let wrong = again(&scram, user, "wrong");
        assert_eq!(wrong, (false, costs(1)), "{user}");
    }
}

#[test]
fn every_refusal_costs_the_same_for_known_and_unknown_users() {
    let scram = Scram::builder("notes", accounts as Accounts).build();
    let scram = scram.expect("a realm");
    let costs = |hmacs| Costs { hmacs, decoys: 1 };
    let right = exchange(&scram, "ada", "lovelace");
    assert_eq!(right, (true, [costs(0), costs(2)]));
    for user in ["ada", "old", "unknown", "caf\u{e9}"] {
        let wrong = exchange(&scram, user, "wrong");
        assert_eq!(wrong, (false, [costs(0), costs(1)]), "{user}");
    }
}
