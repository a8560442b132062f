//! Tests a replay store that one account tries to fill.

use http::StatusCode;
use tower_challenge::scheme::Digest;
use tower_challenge::scheme::digest::{DigestAccounts, DigestAlgorithm};
use tower_challenge::store::MemoryStore;
use tower_challenge::throttle::AttemptOutcome;
use tower_challenge::{Principal, RequestHead};

use crate::support::digest_client::h;
use crate::support::{Kind, Layer, Login, REALM, TestServer, TestWorld, get};

const GUEST: &str = "guest";

/// The accounts of the guest and of 100 other users.
fn accounts() -> DigestAccounts {
    let others = (0..100).map(|number| format!("user{number}"));
    let names = others.chain([GUEST.to_owned()]);
    let accounts: Vec<_> = names.map(|name| (name.clone(), password(&name))).collect();
    DigestAccounts::new(REALM, accounts).unwrap()
}

fn password(name: &str) -> String {
    format!("the password of {name}")
}

fn stand(store: &MemoryStore, tune: fn(Layer) -> Layer) -> TestServer {
    let digest = |world: &TestWorld| -> Vec<crate::support::Boxed> {
        let digest = Digest::builder(REALM, accounts()).userhash(accounts());
        let digest = digest.algorithms([DigestAlgorithm::Sha256, DigestAlgorithm::Sha512_256]);
        let digest = digest.store(store.clone()).clock(world.clock.clone());
        vec![Box::new(digest.build().unwrap())]
    };
    TestServer::build(digest, tune)
}

fn log_in(stand: &TestServer, name: &str) -> StatusCode {
    let challenge = stand.challenge(Kind::Digest);
    let login = Login::to(&challenge, name, &password(name));
    stand.ask(get("/").authorization(login.header())).status
}

/// The guest may do nothing, but logs in as often as the store lets it, each time with a new nonce. Other accounts
/// still get in.
#[test]
fn a166_an_account_that_fills_its_share_of_the_store_keeps_no_other_account_out() {
    let store = MemoryStore::new().with_capacity(1000);
    let forbid = |layer: Layer| layer.policy(|_: &Principal, _: &RequestHead<'_>| false);
    let stand = stand(&store, forbid);
    let answers: Vec<_> = (0..1200).map(|_| log_in(&stand, GUEST)).collect();
    let forbidden = answers
        .iter()
        .filter(|status| **status == StatusCode::FORBIDDEN);
    assert_eq!(forbidden.count(), 500, "half of the places");
    assert_eq!(answers.last(), Some(&StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(store.entry_count(), 500);
    for round in 0..4 {
        for number in 0..100 {
            let status = log_in(&stand, &format!("user{number}"));
            assert_eq!(status, StatusCode::FORBIDDEN, "user{number}, {round}");
        }
    }
    assert_eq!(log_in(&stand, GUEST), StatusCode::SERVICE_UNAVAILABLE);
}

/// The store has no room, so it refuses a right login. That is not a guess, so the throttle returns the attempt.
#[test]
fn a166_a_right_login_that_a_full_store_refuses_does_not_count() {
    let store = MemoryStore::new().with_capacity(0);
    let stand = stand(&store, |layer| layer);
    let login = Login::to(&stand.challenge(Kind::Digest), GUEST, &password(GUEST));
    let answer = stand.ask(get("/").authorization(login.header()));
    let answer = answer.is_unavailable();
    assert_eq!(answer.settled, [AttemptOutcome::NotCounted]);
}

/// 500 clients with one account get the places that they need, and each of them uses several counts of its nonce.
#[test]
fn a166_many_clients_with_one_account_get_in() {
    let store = MemoryStore::new().with_capacity(1000);
    let stand = stand(&store, |layer| layer);
    let challenges: Vec<_> = (0..500).map(|_| stand.challenge(Kind::Digest)).collect();
    let clients = challenges.iter();
    let clients: Vec<_> = clients
        .map(|challenge| Login::to(challenge, GUEST, &password(GUEST)))
        .collect();
    for count in 1..=3 {
        for login in &clients {
            let ask = get("/").authorization(login.clone().nc(count).header());
            stand.ask(ask).is_admitted_as(GUEST);
        }
    }
    assert_eq!(store.entry_count(), clients.len());
}

/// An account has one share of the store, also if the client sends the hash of its name or uses another algorithm.
#[test]
fn a166_an_account_and_the_hash_of_its_name_have_one_share() {
    let store = MemoryStore::new().with_capacity(100);
    let stand = stand(&store, |layer| layer);
    let ask = |hashed: bool| {
        let challenges = stand.challenges();
        let challenge = challenges.last().unwrap();
        let login = Login::to(challenge, GUEST, &password(GUEST));
        let name = h(&login.algorithm, &format!("{GUEST}:{REALM}"));
        let fields = match hashed {
            true => login
                .fields()
                .quoted("username", &name)
                .raw("userhash", "true"),
            false => login.fields(),
        };
        stand.ask(get("/").authorization(fields.header())).status
    };
    let granted = (0..200).filter(|number| ask(number % 2 == 0) == StatusCode::OK);
    assert_eq!(granted.count(), 50);
    assert_eq!(log_in(&stand, "user1"), StatusCode::OK);
}
