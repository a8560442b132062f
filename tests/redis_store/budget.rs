//! Tests of the time that one request may wait for the server, with all of its steps.

use std::time::Duration;

use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::store::{
    ClaimHolder, RedisStore, ReplayStore, Settlement, ThrottleAttempt, ThrottleLimits,
    ThrottleStore,
};

use crate::backend::{KEY, builder, connect, start, wait};
use crate::fault_proxy::{FaultProxy, NetworkFault};
use crate::operations::key;
use crate::redis::{RedisCluster, RedisServer};

const BUDGET: Duration = Duration::from_secs(1);

/// The longest time that a request may take: its budget, and 50 ms.
const LONGEST: Duration = Duration::from_millis(1050);

fn attempt(number: u32) -> ThrottleAttempt {
    ThrottleAttempt::new(ThrottleLimits::new())
        .for_account(key(number), key(number + 1_000_000), number)
        .at_location(number)
        .on_network(key(number + 2_000_000), key(number + 3_000_000))
}

/// Which steps of a request had an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answered {
    reservation: bool,
    claim: bool,
    settlement: bool,
}

/// Takes the steps of a request that logs in. Like the layer, it goes on after a settlement without an answer, and not after
/// another step without one. Returns what had an answer, and how long it took.
fn log_in(store: &RedisStore, number: u32) -> (Answered, Duration) {
    let clock = SystemClock::new();
    let mut answered = Answered {
        reservation: false,
        claim: false,
        settlement: false,
    };
    let begun = clock.monotonic();
    let reserved = wait(store.reserve(&attempt(number)));
    if let Ok(receipt) = reserved {
        answered.reservation = true;
        let holder = ClaimHolder::new(number.into());
        let claim = store.claim_once(key(number), holder, Duration::from_secs(60));
        answered.claim = wait(claim).is_ok();
        let settlement = match answered.claim {
            true => Settlement::Success(receipt),
            false => Settlement::Undone(receipt),
        };
        answered.settlement = wait(store.settle(&attempt(number), settlement)).is_ok();
    }
    (answered, clock.monotonic() - begun)
}

#[test]
fn all_steps_of_a_request_share_one_budget() {
    let server = RedisServer::start();
    let proxy = FaultProxy::start(server.port());
    let client = ::redis::Client::open(proxy.redis_url()).unwrap();
    let store = RedisStore::builder(KEY, move || connect(client.clone())).budget(BUDGET);
    let store = start(store);
    let all = |answered| Answered {
        reservation: answered,
        claim: answered,
        settlement: answered,
    };
    let mut table = Vec::new();
    for (millis, expected) in [
        (0, all(true)),
        (150, all(true)),
        // The reservation leaves less than its own time for the settlement.
        (
            330,
            Answered {
                settlement: false,
                ..all(true)
            },
        ),
        (700, all(false)),
        (3000, all(false)),
    ] {
        proxy.set(NetworkFault::Delay(Duration::from_millis(millis.into())));
        // The test passes if one request of eight does as expected, because other programs use the machine, too.
        let mut requests = (0..8).map(|number| log_in(&store, 100 * (millis + 1) + number));
        let mut is_good = |(answered, time): &(Answered, Duration)| {
            table.push((millis, *answered, *time));
            *answered == expected && *time <= LONGEST
        };
        assert!(requests.any(|request| is_good(&request)), "{table:?}");
        proxy.set(NetworkFault::None);
        server.wait_until("the store uses its server again", || {
            store.health().is_good() && log_in(&store, 90_000_000).0.reservation
        });
    }
    println!("delay in ms, answered steps, time of the request: {table:?}");
}

/// A settlement without an answer has reached the server: the next login is at a familiar location.
#[test]
fn a_settlement_for_which_no_time_is_left_is_made_all_the_same() {
    let server = RedisServer::start();
    let cluster = RedisCluster::start();
    let stores = [builder(&server), crate::backend::cluster_builder(&cluster)];
    for store in stores {
        let store = start(store.budget(Duration::from_secs(4)));
        let receipt = wait(store.reserve(&attempt(1))).unwrap();
        // As after a reservation that took all of the time.
        let late = receipt.with_note(receipt.note() | 0x78);
        let _no_answer = wait(store.settle(&attempt(1), Settlement::Success(late)));
        server.wait_until("the location is familiar", || {
            let again = wait(store.reserve(&attempt(1))).unwrap();
            again.decision() == tower_challenge::store::ThrottleDecision::Admitted
        });
        assert!(store.health().is_good(), "it is no fault of the server");
    }
}
