//! Tests a fail-over behind a connection that stays open, as that of a cluster or of a proxy for Redis does.

use std::net::Ipv4Addr;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tower_challenge::store::{RedisStore, ReplayStore};

use crate::my_turn;
use crate::node::{Node, NodeAnswer};
use crate::support::{FaultProxy, PASSWORD, RedisServer, USER, Watchdog};
use crate::way::{Client, Credentials, Way};

const HOME: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);

/// Longer than the machine of a test needs for a round trip. A look at the server may take longer than by default,
/// too, so that no look fails while the proxy has no server.
const PATIENT: Duration = Duration::from_secs(5);

const ROUNDS: u32 = 4;

/// A primary and its replica behind a proxy that keeps the connections of clients open, and a node.
struct HiddenFailOver {
    primary: RedisServer,
    replica: RedisServer,
    proxy: FaultProxy,
    node: Node,
    runtime: Runtime,
}

impl HiddenFailOver {
    /// Begins. `may_call_info`: whether the user of the store may call `INFO`.
    fn start(may_call_info: bool) -> Self {
        let primary = RedisServer::start();
        let replica = primary.start_replica();
        if !may_call_info {
            // The user of all connections, because the proxy does not log in at the replica.
            for server in [&primary, &replica] {
                server.command(&["ACL", "SETUSER", "default", "-info"]);
            }
        }
        let proxy = FaultProxy::start(primary.port());
        proxy.hold_clients();
        let runtime = Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(2).enable_all().build().unwrap();
        let client = redis::Client::open(proxy.redis_url()).unwrap();
        let node = runtime.block_on(async {
            let store = RedisStore::builder([1; 32], move || {
                let client = client.clone();
                async move {
                    let config = redis::AsyncConnectionConfig::new();
                    let config = config.set_response_timeout(Some(PATIENT * 2));
                    client
                        .get_multiplexed_async_connection_with_config(&config)
                        .await
                }
            });
            let store = store.budget(PATIENT).start().unwrap();
            store.ready().await.unwrap();
            Node::of(store)
        });
        Self {
            primary,
            replica,
            proxy,
            node,
            runtime,
        }
    }

    /// Credentials that no request has used yet.
    fn unused(&self, way: Way) -> Credentials {
        let client = Client::new(USER, PASSWORD, HOME);
        let mut answers = Vec::new();
        let made = client.credentials(way, &self.node, &mut answers);
        self.runtime.block_on(made).swap_remove(0)
    }

    /// Logs in once in each way, with claims that the replica misses.
    fn log_in(&self) -> Vec<(Way, Credentials)> {
        self.replica.wait_until("the replica has the epochs", || {
            self.replica.command(&["DBSIZE"]) == self.primary.command(&["DBSIZE"])
        });
        self.replica.command(&["REPLICAOF", "127.0.0.1", "1"]);
        let client = Client::new(USER, PASSWORD, HOME);
        self.runtime.block_on(async {
            let mut used = Vec::new();
            for way in Way::ALL {
                for made in client.credentials(way, &self.node, &mut Vec::new()).await {
                    assert_eq!(self.node.ask(way, HOME, &made).await.status, 200, "{way:?}");
                    used.push((way, made));
                }
            }
            used
        })
    }

    /// Replaces the primary by the replica, which no client can see.
    fn fail_over(&mut self) {
        self.primary.kill();
        self.replica
            .wait_until("the proxy has noticed", || self.proxy.has_no_server());
        self.replica.promote();
        self.proxy.switch(self.replica.port());
    }

    /// Asks until the store answers. If it cannot answer, for example on a busy machine, the node refuses with `503`, and
    /// the client tries again.
    fn answer(&self, way: Way, credentials: &Credentials) -> NodeAnswer {
        loop {
            let answer = self.node.ask(way, HOME, credentials);
            let answer = self.runtime.block_on(answer);
            if answer.status != 503 {
                return answer;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn status(&self, way: Way, credentials: &Credentials) -> u16 {
        let answer = self.node.ask(way, HOME, credentials);
        self.runtime.block_on(answer).status.as_u16()
    }

    /// Whether a new login gets in.
    fn admits(&self, way: Way) -> bool {
        let client = Client::new(USER, PASSWORD, HOME);
        self.runtime.block_on(client.gets_in(way, &self.node))
    }
}

#[test]
fn a_replica_behind_an_open_connection_accepts_no_nonce_whose_claim_it_missed() {
    let _turn = my_turn();
    let _watchdog = Watchdog::start("the replica has taken the place of the primary");
    for round in 0..ROUNDS {
        let mut stage = HiddenFailOver::start(true);
        let before = stage.runtime.block_on(stage.node.store.epoch()).unwrap();
        let used = stage.log_in();
        let connections = stage.proxy.accepted();
        stage.fail_over();
        let mut again = Vec::new();
        for (way, credentials) in &used {
            for _ in 0..3 {
                let status = stage.status(*way, credentials);
                assert!([200, 401, 503].contains(&status), "{way:?}: {status}");
                again.extend((status == 200).then_some(*way));
            }
        }
        println!(
            "round {round}: {} requests, accepted again: {again:?}",
            used.len() * 3
        );
        // The documented exception: the proofs of DPoP without a nonce, at most once more each.
        let exceptions = used.iter().filter(|(way, _)| !way.is_fenced()).count();
        assert!(again.iter().all(|way| !way.is_fenced()), "{again:?}");
        assert!(again.len() <= exceptions, "{again:?}");
        stage.replica.wait_until("clients get in again", || {
            Way::ALL.into_iter().all(|way| stage.admits(way))
        });
        let after = stage.runtime.block_on(stage.node.store.epoch()).unwrap();
        assert_ne!(before, after);
        for (way, credentials) in used.iter().filter(|(way, _)| way.is_fenced()) {
            assert_ne!(stage.status(*way, credentials), 200, "{way:?}");
        }
        assert_eq!(
            stage.proxy.accepted(),
            connections,
            "the connection stayed open"
        );
    }
}

/// The first request after the fail-over has credentials that were never used. Its client has done nothing wrong.
fn is_told_to_begin_again(way: Way) {
    let _turn = my_turn();
    let _watchdog = Watchdog::start("the replica has taken the place of the primary");
    let mut stage = HiddenFailOver::start(true);
    let credentials = stage.unused(way);
    stage.fail_over();
    let answer = stage.answer(way, &credentials);
    assert_eq!(answer.status, 401, "{way:?}");
    assert!(answer.is_stale(), "{way:?}: {:?}", answer.challenge);
    assert!(stage.admits(way), "{way:?}");
}

#[test]
fn a_client_of_digest_or_mutual_begins_again_after_a_fail_over() {
    for way in [Way::Digest, Way::DigestOnce, Way::Mutual] {
        is_told_to_begin_again(way);
    }
}

#[test]
fn a_client_of_dpop_begins_again_after_a_fail_over() {
    is_told_to_begin_again(Way::DpopNonce);
}

/// The other documented exception: a store whose user may not call `INFO` cannot tell a promoted replica, and says so.
#[test]
fn a_store_that_may_not_call_info_accepts_a_nonce_again_and_says_so() {
    let _turn = my_turn();
    let _watchdog = Watchdog::start("the replica has taken the place of the primary");
    let mut stage = HiddenFailOver::start(false);
    let notes = stage.node.store.health().notes().to_vec();
    let is_warning = |note: &str| {
        note.contains("Redis refuses INFO") && note.contains("nonces may be accepted again")
    };
    assert!(
        notes.iter().any(|note| is_warning(&note.to_string())),
        "{notes:?}"
    );
    let used = stage.log_in();
    stage.fail_over();
    let again = |(way, credentials): &(Way, Credentials)| {
        let status = stage.answer(*way, credentials).status;
        assert!([200, 401].contains(&status.as_u16()), "{way:?}: {status}");
        status == 200
    };
    let accepted = used.iter().filter(|one| again(one)).count();
    assert!(accepted > 0, "the note is no longer true");
    assert!(
        !used.iter().any(again),
        "the replica remembers the second use"
    );
    println!("{accepted} of {} requests were accepted again", used.len());
}
