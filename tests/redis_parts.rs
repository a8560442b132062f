//! Tests the parts of other tests that stand for Redis and for a bad network.

pub mod support;

use self::support::{RedisCluster, RedisServer, Reply, Watchdog};

#[test]
fn a_server_is_stopped_resumed_killed_and_restarted_empty() {
    let _watchdog = Watchdog::start("Redis has restarted");
    let mut server = RedisServer::start();
    server.command(&["SET", "key", "value"]);
    assert_eq!(server.ask(&["GET", "key"]), Reply::Text("value".to_owned()));
    let run = server.info("run_id");
    assert_eq!(run.as_ref().map(String::len), Some(40));
    server.stop();
    server.resume();
    assert_eq!(server.ask(&["GET", "key"]), Reply::Text("value".to_owned()));
    server.restart();
    assert_eq!(server.ask(&["GET", "key"]), Reply::Nil);
    assert_ne!(server.info("run_id"), run);
    assert_eq!((server.calls("get"), server.calls("set")), (1, 0));
}

#[test]
fn a_promoted_replica_may_lack_a_write() {
    let _watchdog = Watchdog::start("the replica is connected");
    let mut primary = RedisServer::start();
    let replica = primary.start_replica();
    primary.command(&["SET", "early", "1"]);
    replica.wait_until("it has the key", || {
        replica.ask(&["GET", "early"]) == Reply::Text("1".to_owned())
    });
    let before = replica.info("master_replid");
    replica.command(&["REPLICAOF", "127.0.0.1", "1"]);
    primary.command(&["SET", "late", "1"]);
    primary.kill();
    replica.promote();
    assert_eq!(replica.ask(&["GET", "late"]), Reply::Nil);
    assert_ne!(replica.info("master_replid"), before);
}

#[test]
fn a_cluster_divides_its_keys() {
    let _watchdog = Watchdog::start("the cluster is whole");
    let cluster = RedisCluster::start();
    let replies = cluster
        .masters
        .iter()
        .map(|master| master.ask(&["SET", "key", "1"]));
    let replies: Vec<Reply> = replies.collect();
    let moved = replies
        .iter()
        .filter(|reply| reply.to_string().contains("MOVED"));
    assert_eq!(moved.count(), 2, "{replies:?}");
}

#[test]
fn a_server_without_memory_refuses_writes() {
    let _watchdog = Watchdog::start("Redis has started");
    let server = RedisServer::start();
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    assert!(
        server
            .ask(&["SET", "key", "1"])
            .to_string()
            .starts_with("(error) OOM")
    );
}
