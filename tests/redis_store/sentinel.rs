//! Tests a fail-over that a Sentinel makes: the application asks it for the primary whenever the store connects.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{Client, RedisResult};
use tower_challenge::store::{
    Claim, ClaimHolder, ClaimKey, RedisStore, RedisStoreBuilder, ReplayStore,
};

use crate::backend::{KEY, connect, start, wait};
use crate::operations::{claim, key};
use crate::redis::RedisServer;

const ADA: ClaimHolder = ClaimHolder::new(0xada);

/// Connects to the primary that the Sentinel names. An application can also use the feature `sentinel` of the crate
/// `redis`.
async fn connect_to_primary(sentinel: Client) -> RedisResult<MultiplexedConnection> {
    let mut sentinel = sentinel.get_multiplexed_async_connection().await?;
    let mut question = ::redis::cmd("SENTINEL");
    question.arg("get-master-addr-by-name").arg("app");
    let (host, port): (String, u16) = question.query_async(&mut sentinel).await?;
    connect(Client::open(format!("redis://{host}:{port}"))?).await
}

fn sentinel_builder(sentinel: &RedisServer) -> RedisStoreBuilder {
    let sentinel = Client::open(sentinel.url()).unwrap();
    let connect = move || connect_to_primary(sentinel.clone());
    RedisStore::builder(KEY, connect).budget(Duration::from_secs(2))
}

#[test]
fn a_sentinel_replaces_the_primary_and_no_claim_is_granted_twice() {
    let mut primary = RedisServer::start();
    let replica = primary.start_replica();
    let sentinel = primary.start_sentinel();
    let stores = [(); 2].map(|()| start(sentinel_builder(&sentinel)));
    let [old, same] = epochs(&stores);
    assert_eq!(old, same);
    replica.wait_until("it has the epoch", || {
        replica.command(&["DBSIZE"]) == primary.command(&["DBSIZE"])
    });
    // So the replica misses the claims.
    replica.command(&["REPLICAOF", "127.0.0.1", "1"]);
    let nonces: Vec<ClaimKey> = (0..200).map(|number| key(number).issued_in(old)).collect();
    for (number, nonce) in nonces.iter().enumerate() {
        assert_eq!(
            claim(&stores[number % 2], *nonce, ADA).unwrap(),
            Claim::First
        );
    }

    let (has_ended, refused) = (AtomicBool::new(false), AtomicU32::new(0));
    thread::scope(|scope| {
        let replay = |store| {
            let mut accepted = 0;
            while !has_ended.load(Ordering::SeqCst) {
                for nonce in &nonces {
                    match claim(store, *nonce, ADA) {
                        Ok(Claim::First) => accepted += 1,
                        Ok(Claim::NotFirst) => {}
                        Err(_) => drop(refused.fetch_add(1, Ordering::SeqCst)),
                    }
                }
            }
            accepted
        };
        let replays: Vec<_> = { 0..4 }
            .map(|number| {
                scope.spawn({
                    let store = &stores[number % 2];
                    move || replay(store)
                })
            })
            .collect();
        primary.kill();
        replica.wait_until("the stores use the replica", || {
            let is_new = epochs(&stores).iter().all(|epoch| *epoch != old);
            is_new && stores.iter().all(|store| store.health().is_good())
        });
        thread::sleep(Duration::from_millis(200));
        has_ended.store(true, Ordering::SeqCst);
        let accepted = replays.into_iter().map(|replay| replay.join().unwrap());
        assert_eq!(accepted.sum::<u32>(), 0, "replays were accepted");
    });
    assert!(
        refused.into_inner() > 0,
        "without a server, a claim has no verdict"
    );
    assert_eq!(replica.info("role").as_deref(), Some("master"));

    let [new, same] = epochs(&stores);
    assert_eq!(new, same);
    for number in 200..300 {
        let nonce = key(number).issued_in(new);
        assert_eq!(claim(&stores[0], nonce, ADA).unwrap(), Claim::First);
        assert_eq!(claim(&stores[1], nonce, ADA).unwrap(), Claim::NotFirst);
    }
    let stale = nonces
        .iter()
        .map(|nonce| claim(&stores[1], *nonce, ADA).unwrap());
    assert!(stale.into_iter().all(|claim| claim == Claim::NotFirst));
}

fn epochs(stores: &[RedisStore; 2]) -> [tower_challenge::store::StoreEpoch; 2] {
    [&stores[0], &stores[1]].map(|store| wait(store.epoch()).unwrap())
}
