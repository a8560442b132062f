//! Tests a fail-over of a cluster: one of three masters is killed, and the cluster promotes its replica.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use tower_challenge::store::{
    Claim, ClaimHolder, ClaimKey, RedisStore, ReplayStore, ThrottleAttempt, ThrottleLimits,
    ThrottleStore,
};

use crate::backend::{cluster_builder, start, wait};
use crate::operations::{claim, key};
use crate::redis::{RedisCluster, RedisServer};

const MINUTE: Duration = Duration::from_secs(60);
const ACCOUNTS: u32 = 6;

/// The limit of an account.
const LIMIT: u32 = 20;

/// Two stores that share a cluster, and the claims and attempts that they have granted.
struct ClusterLoad {
    stores: [RedisStore; 2],
    has_ended: AtomicBool,
    next: AtomicU32,
    /// How often a claim was granted. The second part is its count, or 0.
    claims: Mutex<HashMap<(ClaimKey, u32), u32>>,
    /// How many attempts of each account were granted.
    attempts: Mutex<HashMap<u32, u32>>,
    granted: AtomicU32,
    unavailable: AtomicU32,
}

impl ClusterLoad {
    /// Claims keys at both stores at the same time, and keys that were claimed before.
    fn claim(&self) {
        while !self.has_ended.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let Ok(epoch) = wait(self.stores[0].epoch()) else {
                continue;
            };
            let nonce = key(number).issued_in(epoch);
            let count = if number % 2 == 0 {
                0
            } else {
                number % 4000 + 1
            };
            self.claims
                .lock()
                .unwrap()
                .entry((nonce, count))
                .or_default();
            thread::scope(|scope| {
                for store in &self.stores {
                    scope.spawn(|| self.claim_at(store, nonce, count));
                }
            });
            let earlier = self.some_claim(number);
            self.claim_at(&self.stores[1], earlier.0, earlier.1);
        }
    }

    fn claim_at(&self, store: &RedisStore, nonce: ClaimKey, count: u32) {
        let holder = ClaimHolder::new(self.next.load(Ordering::SeqCst).into());
        let claimed = match count {
            0 => claim(store, nonce, holder),
            _ => wait(store.claim_count(nonce, holder, count, MINUTE)),
        };
        match claimed {
            Ok(Claim::First) => {
                *self
                    .claims
                    .lock()
                    .unwrap()
                    .get_mut(&(nonce, count))
                    .unwrap() += 1;
                self.granted.fetch_add(1, Ordering::SeqCst);
            }
            Ok(Claim::NotFirst) => {}
            Err(_) => self.was_refused(),
        }
    }

    fn some_claim(&self, number: u32) -> (ClaimKey, u32) {
        let claims = self.claims.lock().unwrap();
        let skipped = number as usize * 31 % claims.len();
        *claims.keys().nth(skipped).unwrap()
    }

    /// Guesses passwords of all accounts, each one from another network.
    fn guess(&self) {
        while !self.has_ended.load(Ordering::SeqCst) {
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let account = number % ACCOUNTS;
            let attempt = ThrottleAttempt::new(ThrottleLimits::new())
                .for_account(key(account), key(account + 1_000_000), number)
                .at_location(number)
                .on_network(key(number + 2_000_000), subnet(number));
            match wait(self.stores[number as usize % 2].reserve(&attempt)) {
                Ok(receipt) if receipt.is_granted() => {
                    *self.attempts.lock().unwrap().entry(account).or_default() += 1;
                }
                Ok(_) => {}
                Err(_) => self.was_refused(),
            }
        }
    }

    fn most_attempts(&self) -> u32 {
        let attempts = self.attempts.lock().unwrap();
        attempts.values().max().copied().unwrap_or(0)
    }

    fn was_refused(&self) {
        self.unavailable.fetch_add(1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(2));
    }

    fn are_good(&self) -> bool {
        self.stores.iter().all(|store| store.health().is_good())
    }

    /// Asks a store that knows that its cluster is down. Returns whether it still knew it afterwards.
    fn is_refused(&self, number: u32) -> bool {
        let store = &self.stores[0];
        let is_down = || !store.health().is_good();
        let was_down = is_down();
        let claimed = claim(store, key(number), ClaimHolder::new(7));
        let attempt = ThrottleAttempt::new(ThrottleLimits::new());
        let attempt = attempt.for_account(key(number), key(number + 1), number);
        let reserved = wait(store.reserve(&attempt));
        let was_down = was_down && is_down();
        assert!(!was_down || claimed.is_err() && reserved.is_err());
        was_down
    }

    fn wait_for_grants(&self, cluster: &RedisCluster, count: u32) {
        let wanted = self.granted.load(Ordering::SeqCst) + count;
        cluster.masters[1].wait_until("claims are granted", || {
            self.granted.load(Ordering::SeqCst) >= wanted
        });
    }
}

/// The key of a subnet that differs from those before in its first two bytes, by which a record distinguishes subnets.
fn subnet(number: u32) -> ClaimKey {
    ClaimKey::new([number.to_le_bytes(); 4].as_flattened().try_into().unwrap())
}

/// Lets the replica of the first master get no more writes, so that the last claims are lost when the master is killed.
fn cut_off_replica(cluster: &RedisCluster) {
    let (master, replica) = (&cluster.masters[0], &cluster.replicas[0]);
    master.command(&["ACL", "SETUSER", "default", "-psync", "-sync"]);
    master.command(&["CLIENT", "KILL", "TYPE", "replica"]);
    replica.wait_until("the replica is cut off", || {
        replica.info("master_link_status").as_deref() == Some("down")
    });
}

fn keys(server: &RedisServer) -> u64 {
    server.command(&["DBSIZE"]).to_string().parse().unwrap()
}

#[test]
fn a_cluster_replaces_a_master_and_no_claim_is_granted_twice() {
    let mut cluster = RedisCluster::start_with_replicas();
    // A strict store never counts alone, so the cluster counts each attempt that it grants.
    let new = || {
        start(
            cluster_builder(&cluster)
                .budget(Duration::from_secs(1))
                .strict(),
        )
    };
    let load = ClusterLoad {
        stores: [new(), new()],
        has_ended: AtomicBool::new(false),
        next: AtomicU32::new(0),
        claims: Mutex::default(),
        attempts: Mutex::default(),
        granted: AtomicU32::new(0),
        unavailable: AtomicU32::new(0),
    };
    let before = wait(load.stores[0].epoch()).unwrap();
    let refused = thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| load.claim());
        }
        scope.spawn(|| load.guess());
        load.wait_for_grants(&cluster, 200);
        cut_off_replica(&cluster);
        load.wait_for_grants(&cluster, 200);
        cluster.masters[1].wait_until("an account is exhausted", || load.most_attempts() >= LIMIT);
        let sizes = [&cluster.masters[0], &cluster.replicas[0]].map(keys);
        assert!(sizes[0] > sizes[1], "the replica misses claims: {sizes:?}");
        cluster.masters[0].kill();
        let mut refused = 0;
        cluster.replicas[0].wait_until("the cluster has promoted the replica", || {
            refused += u32::from(load.is_refused(90_000_000 + refused));
            cluster.replicas[0].info("role").as_deref() == Some("master")
        });
        cluster.replicas[0].wait_until("the stores use the cluster again", || {
            refused += u32::from(load.is_refused(90_000_000 + refused));
            load.are_good()
        });
        load.wait_for_grants(&cluster, 200);
        load.has_ended.store(true, Ordering::SeqCst);
        refused
    });
    assert!(refused > 0 && load.unavailable.load(Ordering::SeqCst) > 0);
    assert_ne!(wait(load.stores[0].epoch()).unwrap(), before);

    let claims = load.claims.lock().unwrap().clone();
    for (nonce, count) in claims.keys() {
        for store in &load.stores {
            load.claim_at(store, *nonce, *count);
        }
    }
    let claims = load.claims.lock().unwrap();
    let most = claims.values().max().copied().unwrap();
    let most_attempts = load.most_attempts();
    println!(
        "{} claims, {} granted, each at most {most} times; {} answers without a verdict, {refused} while the store \
         knew; at most {most_attempts} guesses at an account",
        claims.len(),
        load.granted.load(Ordering::SeqCst),
        load.unavailable.load(Ordering::SeqCst),
    );
    assert_eq!(most, 1);
    // The replica may lack attempts, and an account has its whole limit again at most.
    assert!((LIMIT..=2 * LIMIT).contains(&most_attempts));
}
