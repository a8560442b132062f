//! The settings of a store, and how it starts.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use redis::RedisResult;
use redis::aio::ConnectionLike;

use super::alone::LocalThrottle;
use super::connection::Connector;
use super::core::StoreCore;
use super::event::RedisEvent;
use super::keys::StoreKeys;
use super::link::Link;
use super::settings::{NodeBound, StoreSettings};
use super::store::RedisStore;
use super::watch::watch;
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::random::random;
use crate::store::{MemoryStore, ReplayStore};

const DEFAULT_BUDGET: Duration = Duration::from_millis(100);
const DEFAULT_SHARE: u32 = 100_000;
const DEFAULT_ACCOUNTS: u32 = 1 << 20;

/// Makes a [`RedisStore`]: see [`RedisStore::builder`].
pub struct RedisStoreBuilder {
    key: [u8; 32],
    connector: Connector,
    settings: StoreSettings,
    processes: Option<u32>,
    is_strict: bool,
    is_node_bound: bool,
}

impl RedisStore {
    /// Begins a store with a secret and a function that connects to the server.
    ///
    /// `key` must be 32 random bytes, the same for all processes that share the store. Every key on the server is a
    /// keyed hash under it, so a reader of the server learns nothing about accounts, addresses or tokens. Two stores
    /// with different keys share nothing, even on the same server.
    ///
    /// `connect` returns a connection that can be cloned and used by several callers at the same time, such as
    /// `MultiplexedConnection`, or the `ClusterConnection` of a cluster. The store calls it at the start and after each
    /// fault of a connection. It must not retry by itself, and its own time limit must be longer than the
    /// [budget](RedisStoreBuilder::budget): the default of the crate `redis` is 500 ms. Use no `ConnectionManager`. It
    /// makes new connections by itself, and the store must look at the server behind a connection before it uses it.
    ///
    /// The `ClusterConnection` of a cluster repeats a command 16 times by default, even one that the server may have
    /// run, and then a client with a good nonce is refused. So build its `ClusterClient` with `retries(0)`. TLS,
    /// passwords and Sentinel are matters of the connection.
    ///
    /// All nodes of a cluster must answer: while one is down, the store uses none of them, until the cluster has
    /// replaced it.
    ///
    /// The times of claims and failures are those of the server's clock. Keep it within 10 seconds of the true time,
    /// and let it run steadily. If it jumps ahead, claims and failures expire early. A used nonce could then be
    /// accepted again before it expires by the clock of this process.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use tower_challenge::audit::{Audit, LineAudit, MaintenanceNote};
    /// use tower_challenge::store::RedisStore;
    ///
    /// # async fn example(key: [u8; 32]) -> Result<(), Box<dyn std::error::Error>> {
    /// let audit = LineAudit::to(std::io::stderr());
    /// let server = redis::Client::open("rediss://10.0.0.5/")?;
    /// let store = RedisStore::builder(key, move || {
    ///     let server = server.clone();
    ///     async move { server.get_multiplexed_async_connection().await }
    /// })
    /// .processes(3)
    /// .on_event(move |event| {
    ///     eprintln!("{event}"); // a sentence for the operator
    ///     audit.note(&MaintenanceNote::new("redis", event.fault()));
    /// })
    /// .start()?;
    /// store.ready().await?; // or serve at once: requests that need the store get 503 until it is there
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder<C, F>(
        key: [u8; 32],
        connect: impl Fn() -> F + Send + Sync + 'static,
    ) -> RedisStoreBuilder
    where
        C: ConnectionLike + Clone + Send + Sync + 'static,
        F: Future<Output = RedisResult<C>> + Send + 'static,
    {
        RedisStoreBuilder {
            key,
            connector: Connector::new(connect),
            settings: StoreSettings {
                budget: DEFAULT_BUDGET,
                accounts: DEFAULT_ACCOUNTS,
                share: DEFAULT_SHARE,
                alone: None,
                node_bound: None,
                throttle_clock: None,
                clock: SystemClock::new(),
                on_event: None,
            },
            processes: None,
            is_strict: false,
            is_node_bound: false,
        }
    }
}

impl RedisStoreBuilder {
    /// Sets how long one request may wait for the server, with all of its steps. The default is 100 ms.
    ///
    /// A claim may take half of this time. The reservation and the settlement share the other half. For example, after
    /// a reservation of 30 ms the request waits 20 ms for the settlement, and then goes on without it. The store still
    /// tries to settle. If that fails, the attempt stays counted.
    ///
    /// So a server that needs more than half of the budget for one answer is too slow. Each layer around a route has a
    /// budget of its own, unless it is a clone of another one.
    #[must_use]
    pub const fn budget(mut self, budget: Duration) -> Self {
        self.settings.budget = budget;
        self
    }

    /// Sets how many accounts with failures the store has room for. It has room for as many networks. The default is
    /// 1,048,576. All processes that share the store must set the same number.
    ///
    /// [How much memory attackers can take](RedisStore#how-much-memory-attackers-can-take) tells what happens when
    /// there is no room. An account with one failure at an unfamiliar location has a record for two days, and for two
    /// days more with each further failure. Choose twice the number of such accounts, and at least some thousands: the
    /// store has 64 parts, and each has its part of the room.
    #[must_use]
    pub const fn capacity(mut self, accounts: u32) -> Self {
        self.settings.accounts = accounts;
        self
    }

    /// Sets how many keys one account may claim within the time that a claim lives. The default is 100,000.
    ///
    /// The store has 64 parts, and each has its part of the share. So choose at least some thousands: with 640, an
    /// account could be refused when it holds 300 keys, because they spread unevenly. Long-lived keys use up the share
    /// for short-lived ones, too: an account that holds a tenth of its share in keys of an hour must wait some minutes
    /// before it may claim keys of a minute.
    #[must_use]
    pub const fn share(mut self, keys: u32) -> Self {
        self.settings.share = keys;
        self
    }

    /// Sets the number of processes that share the store. The default is 1.
    ///
    /// While the server is out of reach, each process counts failures alone, and each limit is divided by this number
    /// and rounded up. For example, with 3 processes an account has 7 failures at each of them instead of 20 at all
    /// together, and one is forgiven every three days. Familiar locations are not known then.
    #[must_use]
    pub const fn processes(mut self, processes: u32) -> Self {
        self.processes = Some(processes);
        self
    }

    /// Answers `503` to each request that the throttle would count, while the server is out of reach. Without this,
    /// each process counts alone.
    #[must_use]
    pub const fn strict(mut self) -> Self {
        self.is_strict = true;
        self
    }

    /// Issues nonces that are bound to this process while the server is out of reach, and remembers them in memory.
    /// Another process finds them stale, which costs its client one more round trip. Without this, requests that need a
    /// nonce get `503` then.
    ///
    /// Keys that this server has not issued cannot be bound, for example the signature of `SigV4`, and the `jti` of a
    /// DPoP proof without a nonce. They get `503` all the same.
    #[must_use]
    pub const fn bind_nonces_to_process(mut self) -> Self {
        self.is_node_bound = true;
        self
    }

    /// Calls `listener` with each event. For example, it passes the event to the audit as a
    /// [`MaintenanceNote`](crate::audit::MaintenanceNote). The call must not block.
    #[must_use]
    pub fn on_event(mut self, listener: impl Fn(&RedisEvent) + Send + Sync + 'static) -> Self {
        self.settings.on_event = Some(Box::new(listener));
        self
    }

    /// Takes the time of throttling from `clock` instead of the server, for tests. All processes that share the store
    /// must use the same clock.
    #[must_use]
    pub fn throttle_clock(mut self, clock: impl Clock) -> Self {
        self.settings.throttle_clock = Some(Arc::new(clock));
        self
    }

    /// Starts the store. It connects to the server in a task of the current tokio runtime, and goes on looking at the
    /// server once a second until the last clone of the store is dropped. Keep that runtime running.
    ///
    /// # Errors
    ///
    /// All bytes of the key are zero, the budget or the number of processes is 0, there is no tokio runtime, or the
    /// system random number generator failed.
    pub fn start(mut self) -> Result<RedisStore, ConfigError> {
        self.check()?;
        let runtime = tokio::runtime::Handle::try_current()
            .map_err(|_| ConfigError::new("start the Redis store in a tokio runtime"))?;
        if !self.is_strict {
            self.settings.alone = Some(LocalThrottle::new(self.processes.unwrap_or(1)));
        }
        if self.is_node_bound {
            self.settings.node_bound = Some(node_bound()?);
        }
        let [a, b, c, d, ..] = random()?;
        let first_tag = u32::from_be_bytes([a, b, c, d]).into();
        let link = Link::new(self.connector, self.settings.budget, first_tag);
        let wake = link.waker();
        let core = Arc::new(StoreCore::new(
            link,
            StoreKeys::new(self.key),
            self.settings,
        ));
        runtime.spawn(watch(Arc::downgrade(&core), wake));
        Ok(RedisStore(core))
    }

    fn check(&self) -> Result<(), ConfigError> {
        let fault = if self.key == [0; 32] {
            "the key of the Redis store is all zeros: load 32 random bytes"
        } else if self.settings.budget.is_zero() {
            "the budget of the Redis store is 0: give each request some time"
        } else if self.processes == Some(0) {
            "the Redis store is shared by 0 processes: count this one"
        } else {
            return Ok(());
        };
        Err(ConfigError::new(fault))
    }
}

fn node_bound() -> Result<NodeBound, ConfigError> {
    let store = MemoryStore::new();
    let epoch = match store.epoch().try_now() {
        Ok(Ok(epoch)) => epoch,
        _ => return Err(ConfigError::new("a store in memory has no epoch")),
    };
    Ok(NodeBound { store, epoch })
}

shows! { impl[] RedisStoreBuilder[] as self { budget: self.settings.budget, processes: self.processes } }
