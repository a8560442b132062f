//! A store on a real server, as the conformance suites need it.

use std::future::Future;
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, SystemTime};

use ::redis::aio::MultiplexedConnection;
use ::redis::cluster::ClusterClient;
use ::redis::cluster_async::ClusterConnection;
use ::redis::{Client, RedisResult};
use tokio::runtime::{self, Runtime};
use tower_challenge::NowOrLater;
use tower_challenge::clock::{Clock, ManualClock, SystemClock};
use tower_challenge::store::conformance::{ReplayBackend, ThrottleBackend};
use tower_challenge::store::{RedisStore, RedisStoreBuilder};

use crate::redis::{RedisCluster, RedisServer};

pub(crate) const KEY: [u8; 32] = [7; 32];

/// Longer than the machine of a test needs for a round trip while other tests run.
pub(crate) const PATIENT: Duration = Duration::from_secs(5);

/// The runtime of the stores. The checks wait from threads of their own.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = runtime::Builder::new_multi_thread();
    builder
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
});

/// A connection that waits longer for a reply than any store does.
pub(crate) async fn connect(client: Client) -> RedisResult<MultiplexedConnection> {
    let config = ::redis::AsyncConnectionConfig::new().set_response_timeout(Some(PATIENT * 2));
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

pub(crate) fn builder(server: &RedisServer) -> RedisStoreBuilder {
    let client = Client::open(server.url()).expect("an address");
    RedisStore::builder(KEY, move || connect(client.clone())).budget(PATIENT)
}

pub(crate) fn cluster_builder(cluster: &RedisCluster) -> RedisStoreBuilder {
    let client = ClusterClient::builder(cluster.urls()).response_timeout(PATIENT * 2);
    // A repeated claim would be refused.
    let client = client.retries(0).build().expect("addresses");
    let connect = move || -> ConnectingToCluster {
        let client = client.clone();
        Box::pin(async move { client.get_async_connection().await })
    };
    RedisStore::builder(KEY, connect).budget(PATIENT)
}

type ConnectingToCluster =
    std::pin::Pin<Box<dyn Future<Output = RedisResult<ClusterConnection>> + Send>>;

/// Starts a store, and waits until it has seen the server.
pub(crate) fn start(builder: RedisStoreBuilder) -> RedisStore {
    RUNTIME.block_on(async {
        let store = builder.start().expect("a good configuration");
        store.ready().await.expect("the server answers");
        store
    })
}

/// Waits for an answer of a store.
pub(crate) fn wait<T>(answer: NowOrLater<T>) -> T {
    RUNTIME.block_on(answer)
}

/// A replay store in real time. `lose` empties all servers.
pub(crate) struct RealTime<'s> {
    pub(crate) store: RedisStore,
    pub(crate) clock: SystemClock,
    pub(crate) servers: Vec<&'s RedisServer>,
}

impl<'s> RealTime<'s> {
    pub(crate) fn new(builder: RedisStoreBuilder, servers: Vec<&'s RedisServer>) -> Self {
        Self {
            store: start(builder),
            clock: SystemClock::new(),
            servers,
        }
    }
}

impl ReplayBackend for RealTime<'_> {
    type Store = RedisStore;

    fn store(&self) -> &RedisStore {
        &self.store
    }

    fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    fn pass(&self, time: Duration) {
        thread::sleep(time);
    }

    fn wait<T>(&self, answer: NowOrLater<T>) -> T {
        wait(answer)
    }

    fn ttl(&self) -> Duration {
        Duration::from_millis(60)
    }

    fn lose(&self) -> bool {
        for server in &self.servers {
            server.command(&["FLUSHALL"]);
        }
        true
    }
}

/// A throttle store whose time the test sets.
pub(crate) struct SetTime {
    pub(crate) store: RedisStore,
    pub(crate) clock: ManualClock,
}

impl SetTime {
    pub(crate) fn new(builder: RedisStoreBuilder) -> Self {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
        Self {
            store: start(builder.throttle_clock(clock.clone())),
            clock,
        }
    }
}

impl ThrottleBackend for SetTime {
    type Store = RedisStore;

    fn store(&self) -> &RedisStore {
        &self.store
    }

    fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    fn wait<T>(&self, answer: NowOrLater<T>) -> T {
        wait(answer)
    }

    fn step_wall(&self, ahead: bool) {
        const DAY: Duration = Duration::from_secs(86_400);
        let wall = self.clock.wall();
        self.clock.step_wall(if ahead {
            wall + DAY * 9
        } else {
            wall - DAY * 9
        });
    }
}
