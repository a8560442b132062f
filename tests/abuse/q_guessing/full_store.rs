//! A replay store that one account fills.

use http::StatusCode;
use tower_challenge::scheme::Digest;
use tower_challenge::scheme::digest::{DigestAccounts, DigestAlgorithm};
use tower_challenge::store::MemoryStore;
use tower_challenge::throttle::AttemptOutcome;
use tower_challenge::{Principal, RequestHead};

use crate::support::digest_client::h;
use crate::support::{Kind, Layer, Login, REALM, Stand, World, get};

const GUEST: &str = "guest";

/// The guest, and some others.
fn accounts() -> DigestAccounts {
    let others = (0..100).map(|number| format!("user{number}"));
    let names = others.chain([GUEST.to_owned()]);
    let accounts: Vec<_> = names.map(|name| (name.clone(), password(&name))).collect();
    DigestAccounts::new(REALM, accounts).unwrap()
}

fn password(name: &str) -> String {
    format!("the password of {name}")
}

fn stand(store: &MemoryStore, tune: fn(Layer) -> Layer) -> Stand {
    let digest = |world: &World| -> Vec<crate::support::Boxed> {
        let digest = Digest::builder(REALM, accounts()).userhash(accounts());
        let digest = digest.algorithms([DigestAlgorithm::Sha256, DigestAlgorithm::Sha512_256]);
        let digest = digest.store(store.clone()).clock(world.clock.clone());
        vec![Box::new(digest.build().unwrap())]
    };
    Stand::build(digest, tune)
}

fn log_in(stand: &Stand, name: &str) -> StatusCode {
    let challenge = stand.challenge(Kind::Digest);
    let login = Login::to(&challenge, name, &password(name));
    stand.ask(get("/").authorization(login.header())).status
}

/// An account that may do nothing logs in as often as it can, each time with a new nonce.
#[test]
fn a166_an_account_that_fills_the_store_keeps_nobody_out() {
    let store = MemoryStore::new().with_capacity(1000);
    let forbid = |layer: Layer| layer.policy(|_: &Principal, _: &RequestHead<'_>| false);
    let stand = stand(&store, forbid);
    let answers: Vec<_> = (0..1200).map(|_| log_in(&stand, GUEST)).collect();
    let forbidden = answers.iter().filter(|it| **it == StatusCode::FORBIDDEN);
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

/// What the guest was refused is no guess of theirs, and is given back.
#[test]
fn a166_a_right_login_without_a_place_uses_up_no_attempt() {
    let store = MemoryStore::new().with_capacity(0);
    let stand = stand(&store, |layer| layer);
    let login = Login::to(&stand.challenge(Kind::Digest), GUEST, &password(GUEST));
    let answer = stand.ask(get("/").authorization(login.header()));
    let answer = answer.is_unavailable();
    assert_eq!(answer.settled, [AttemptOutcome::NotCounted]);
}

/// Many clients with one account have all places that they need, and each nonce its counts.
#[test]
fn a166_one_account_with_many_clients_goes_on() {
    let store = MemoryStore::new().with_capacity(1000);
    let stand = stand(&store, |layer| layer);
    let challenges: Vec<_> = (0..500).map(|_| stand.challenge(Kind::Digest)).collect();
    let clients = challenges.iter();
    let clients: Vec<_> = clients
        .map(|it| Login::to(it, GUEST, &password(GUEST)))
        .collect();
    for count in 1..=3 {
        for login in &clients {
            let ask = get("/").authorization(login.clone().nc(count).header());
            stand.ask(ask).is_admitted_as(GUEST);
        }
    }
    assert_eq!(store.entry_count(), clients.len());
}

/// Another spelling of the account, by its hash or by another algorithm, has no share of its own.
#[test]
fn a166_one_account_under_its_hash_has_one_share() {
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
