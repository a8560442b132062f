//! Tests what several machines promise that share a store, that share keys alone, and that share nothing.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "../support/mod.rs"]
pub mod support;

mod clients;

use std::time::Duration;

use tower_challenge::audit::AuditOutcome;
use tower_challenge::scheme::digest::NonceKeys;

use self::clients::{Balancer, Client, Kind};
use self::support::request::TestRequest;
use self::support::{Answer, TestServer, USER};

const KEY: [u8; 32] = [7; 32];
const NEXT_KEY: [u8; 32] = [8; 32];
const SECOND: Duration = Duration::from_secs(1);

fn at_each_machine() -> NonceKeys {
    NonceKeys::new(KEY).unwrap().allow_replay_at_each_machine()
}

fn machines(client: &Client, keys: impl Fn() -> NonceKeys) -> Vec<TestServer> {
    (0..3)
        .map(|_| client.machine(keys(), Duration::ZERO))
        .collect()
}

/// Sends a request to each machine, `rounds` times, and returns how often it was admitted.
fn admitted(machines: &[TestServer], request: &TestRequest, rounds: usize) -> usize {
    let all = machines.iter().cycle().take(machines.len() * rounds);
    all.filter(|machine| machine.ask(request.clone()).status == 200)
        .count()
}

/// Fails unless the client is told to try again with another nonce, and is not blamed.
fn is_not_blamed(answer: &Answer) {
    let outcome = answer.heard[0].outcome;
    let is_known = matches!(outcome, AuditOutcome::Stale | AuditOutcome::Uncounted);
    assert!(answer.status == 401 && is_known, "{answer:?}");
}

#[test]
fn with_shared_keys_alone_each_machine_accepts_a_proof_once() {
    for kind in Kind::ALL {
        let client = Client::new(kind);
        let machines = machines(&client, at_each_machine);
        let balancer = Balancer::over(&machines);
        for _ in 0..3 {
            let request = client.proof(&balancer);
            balancer.ask(request).is_admitted_as(USER);
        }
        let request = client.proof(&balancer);
        let count = admitted(&machines, &request, 5);
        println!("{kind:?}: 15 tries at 3 machines with shared keys: {count} admitted");
        assert_eq!(count, machines.len(), "{kind:?}: once at each machine");
    }
}

#[test]
fn without_that_setting_only_the_machine_that_issued_a_nonce_accepts_it() {
    let keys: [fn() -> NonceKeys; 2] = [
        || NonceKeys::new(KEY).unwrap(),
        || NonceKeys::random().unwrap(),
    ];
    for kind in Kind::ALL {
        for keys in keys {
            let client = Client::new(kind);
            let machines = machines(&client, keys);
            let request = client.proof(&Balancer::over(&machines[..1]));
            for other in &machines[1..] {
                is_not_blamed(&other.ask(request.clone()));
            }
            let count = admitted(&machines, &request, 5);
            println!("{kind:?}: 15 tries at 3 machines, nonces bound to one: {count} admitted");
            assert_eq!(count, 1, "{kind:?}");
        }
    }
}

/// A setting on one machine must not make it accept the nonces of a machine without it.
#[test]
fn machines_with_and_without_the_setting_do_not_accept_each_others_nonces() {
    for kind in Kind::ALL {
        let client = Client::new(kind);
        let with = client.machine(at_each_machine(), Duration::ZERO);
        let without = client.machine(NonceKeys::new(KEY).unwrap(), Duration::ZERO);
        for (one, other) in [(&with, &without), (&without, &with)] {
            let request = client.proof(&Balancer::over([one]));
            is_not_blamed(&other.ask(request.clone()));
            one.ask(request).is_admitted_as(USER);
        }
    }
}

/// A restart forgets the used nonces. The machine knows no nonce of that time any more.
#[test]
fn a_machine_accepts_no_nonce_from_before_its_start() {
    let ago = Duration::from_secs(20);
    for kind in Kind::ALL {
        let client = Client::new(kind);
        let first = client.machine(at_each_machine(), Duration::ZERO);
        let request = client.proof(&Balancer::over([&first]));
        first.ask(request.clone()).is_admitted_as(USER);

        first.world.clock.advance(ago);
        let restarted = client.machine(at_each_machine(), ago);
        is_not_blamed(&restarted.ask(request));
        // The nonce of another machine may have been used here before the start, if the clock there is ahead.
        let request = client.proof(&Balancer::over([&first]));
        is_not_blamed(&restarted.ask(request));
        // Its own nonces are good from the first second on, also at the other machine.
        let request = client.proof(&Balancer::over([&restarted]));
        restarted.ask(request.clone()).is_admitted_as(USER);
        first.ask(request).is_admitted_as(USER);

        for machine in [&first, &restarted] {
            machine.world.clock.advance(6 * SECOND);
        }
        let request = client.proof(&Balancer::over([&first]));
        restarted.ask(request).is_admitted_as(USER);
    }
}

/// The keys of one machine after another are changed, and no nonce is stale.
#[test]
fn keys_are_changed_on_one_machine_after_another() {
    let keys = |first, second: Option<[u8; 32]>| {
        let keys = NonceKeys::new(first).unwrap();
        let keys = match second {
            Some(second) => keys.accept(second).unwrap(),
            None => keys,
        };
        keys.allow_replay_at_each_machine()
    };
    let [old, accepts, issues, done] = [
        (KEY, None),
        (KEY, Some(NEXT_KEY)),
        (NEXT_KEY, Some(KEY)),
        (NEXT_KEY, None),
    ];
    for kind in Kind::ALL {
        let client = Client::new(kind);
        for ((one, other), is_good) in [
            ((old, accepts), true),
            ((accepts, issues), true),
            ((issues, done), true),
            ((done, issues), true),
            ((old, issues), true),
            ((issues, old), false),
            ((old, done), false),
        ] {
            // The nonce is issued by the first machine. From `issues` to `done`, it is one of the new key.
            let machines = [one, other]
                .map(|(first, second)| client.machine(keys(first, second), Duration::ZERO));
            let request = client.proof(&Balancer::over(&machines[..1]));
            assert_eq!(machines[1].ask(request).status == 200, is_good, "{kind:?}");
        }
    }
}

#[test]
fn a_ring_of_keys_is_bounded_and_checked() {
    let keys = NonceKeys::new(KEY).unwrap();
    assert!(keys.clone().accept([0; 32]).is_err());
    let keys = (1..=4).try_fold(keys, |keys, byte| keys.accept([byte; 32]));
    let too_many = keys.unwrap().accept([9; 32]).unwrap_err();
    assert_eq!(too_many.to_string(), "there are too many nonce keys");
}
