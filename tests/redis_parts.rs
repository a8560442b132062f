//! Tests the parts of other tests that stand for Redis and for a bad network.

pub mod support;

use std::io;
use std::thread;
use std::time::Duration;

use tower_challenge::clock::{Clock, SystemClock};

use self::support::redis::RedisConnection;
use self::support::{FaultProxy, NetworkFault, RedisCluster, RedisServer, Reply, Watchdog};

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

fn get(connection: &mut RedisConnection) -> io::Result<Reply> {
    connection.ask(&["GET", "key"])
}

#[test]
fn the_proxy_delays_replies_together() {
    let _watchdog = Watchdog::start("the replies have arrived");
    let server = RedisServer::start();
    let proxy = FaultProxy::start(server.port());
    let mut connections = [(); 4].map(|()| RedisConnection::open(proxy.port()).unwrap());
    for connection in &mut connections {
        assert_eq!(get(connection).unwrap(), Reply::Nil);
    }
    let (clock, delay) = (SystemClock::new(), Duration::from_millis(100));
    proxy.set(NetworkFault::Delay(delay));
    let before = clock.monotonic();
    assert_eq!(get(&mut connections[0]).unwrap(), Reply::Nil);
    assert!(clock.monotonic().saturating_sub(before) >= delay);
    assert!(proxy.received() > 0);
}

#[test]
fn the_proxy_cuts_connections_before_or_after_the_request() {
    let _watchdog = Watchdog::start("the connections are cut");
    let server = RedisServer::start();
    let proxy = FaultProxy::start(server.port());
    let mut connection = RedisConnection::open(proxy.port()).unwrap();
    assert_eq!(get(&mut connection).unwrap(), Reply::Nil);
    proxy.set(NetworkFault::Cut);
    assert!(get(&mut connection).is_err());
    let again = RedisConnection::open(proxy.port());
    assert!(again.and_then(|mut again| get(&mut again)).is_err());

    proxy.set(NetworkFault::None);
    let mut connection = RedisConnection::open(proxy.port()).unwrap();
    proxy.set(NetworkFault::CutReplies);
    assert!(connection.ask(&["SET", "key", "1"]).is_err());
    assert_eq!(server.ask(&["GET", "key"]), Reply::Text("1".to_owned()));
}

#[test]
fn the_proxy_changes_repeats_and_swallows_replies() {
    let _watchdog = Watchdog::start("the replies have arrived");
    let server = RedisServer::start();
    let proxy = FaultProxy::start(server.port());
    let open = || RedisConnection::open(proxy.port()).unwrap();
    proxy.set(NetworkFault::Garbage(b"HTTP/1.1 200 OK\r\n"));
    assert!(get(&mut open()).is_err());

    proxy.set(NetworkFault::Repeat);
    let mut connection = open();
    assert_eq!(get(&mut connection).unwrap(), Reply::Nil);
    let shifted = connection.ask(&["PING"]).unwrap();
    assert_eq!(shifted, Reply::Nil, "this is the reply to GET, again");

    proxy.set(NetworkFault::None);
    let mut connection = open().with_limit(Duration::from_millis(100));
    assert_eq!(get(&mut connection).unwrap(), Reply::Nil);
    proxy.set(NetworkFault::HalfOpen);
    assert!(get(&mut connection).is_err());
    proxy.set(NetworkFault::None);
    assert!(get(&mut connection).is_err(), "this connection stays dead");
    assert_eq!(get(&mut open()).unwrap(), Reply::Nil);
}

#[test]
fn the_proxy_moves_an_open_connection_to_another_server() {
    let _watchdog = Watchdog::start("the other server replies");
    let (mut one, other) = (RedisServer::start(), RedisServer::start());
    one.command(&["SET", "key", "one"]);
    other.command(&["SET", "key", "other"]);
    let proxy = FaultProxy::start(one.port());
    proxy.hold_clients();
    let mut connection = RedisConnection::open(proxy.port()).unwrap();
    let text = |text: &str| Reply::Text(text.to_owned());
    assert_eq!(get(&mut connection).unwrap(), text("one"));
    one.kill();
    other.wait_until("the proxy has noticed", || proxy.has_no_server());
    let before = proxy.received();
    let waiting = thread::spawn(move || (get(&mut connection), connection));
    other.wait_until("the command is sent", || proxy.received() > before);
    proxy.switch(other.port());
    let (reply, mut connection) = waiting.join().unwrap();
    assert_eq!(
        reply.unwrap(),
        text("other"),
        "sent while there was no server"
    );
    assert_eq!(get(&mut connection).unwrap(), text("other"));
    assert_eq!(proxy.accepted(), 1);
    let mut later = RedisConnection::open(proxy.port()).unwrap();
    assert_eq!(get(&mut later).unwrap(), text("other"));
}
