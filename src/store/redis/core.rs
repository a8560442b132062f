//! The parts that all operations of a store share: the link, the keys, the scripts, and the facts about the server.

use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use super::connection::SharedConnection;
use super::epochs::{PartEpoch, ServerFacts, StoreEpochs};
use super::event::{RedisEvent, RedisHealth};
use super::fault::LinkFault;
use super::keys::{PARTS, Part, StoreKeys};
use super::link::{Link, Opened};
use super::script::StoreScripts;
use super::settings::StoreSettings;
use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::unavailable::Unavailable;

/// How long the note about shared slots stays after the last attempt that was counted in them.
const CROWDED: Duration = Duration::from_secs(60);

/// How many reasons the listener hears in one outage.
const MAX_TOLD: usize = 8;

/// How long a look at all parts of a cluster may take.
const LOOK_LIMIT: Duration = Duration::from_secs(1);

pub(super) struct StoreCore {
    pub(super) link: Link,
    pub(super) keys: StoreKeys,
    pub(super) scripts: StoreScripts,
    pub(super) settings: StoreSettings,
    known: RwLock<Known>,
    health: Mutex<RedisHealth>,
    looks: watch::Sender<LookCount>,
    shared_reservations: AtomicU64,
    crowding: Mutex<Crowding>,
    told: Mutex<Vec<ConfigError>>,
}

/// Whether the server lately had no room for the record of an attempt, and counted it in shared slots.
#[derive(Clone, Copy, Default)]
struct Crowding {
    /// How many attempts were counted so when the last look ended.
    counted: u64,
    /// The store is crowded until this time.
    until: Duration,
}

/// How many looks at the server have begun and ended. There is one at a time.
#[derive(Clone, Copy, Default)]
struct LookCount {
    begun: u64,
    ended: u64,
}

/// The findings of the last looks at the server.
#[derive(Default)]
struct Known {
    epochs: Option<Arc<StoreEpochs>>,
    is_single: bool,
    /// When the last look ended that has found epochs.
    at: Duration,
}

impl StoreCore {
    pub(super) fn new(link: Link, keys: StoreKeys, settings: StoreSettings) -> Self {
        let health = RedisHealth {
            fault: Some(ConfigError::new("there is no connection to Redis yet")),
            ..RedisHealth::default()
        };
        Self {
            link,
            keys,
            scripts: StoreScripts::new(),
            settings,
            known: RwLock::default(),
            health: Mutex::new(health),
            looks: watch::Sender::default(),
            shared_reservations: AtomicU64::new(0),
            crowding: Mutex::default(),
            told: Mutex::default(),
        }
    }

    /// Counts an attempt that the server has counted in shared slots.
    pub(super) fn count_shared(&self) {
        self.shared_reservations.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn shared_reservations(&self) -> u64 {
        self.shared_reservations.load(Ordering::Relaxed)
    }

    /// The epochs that the last look has found.
    pub(super) fn epochs(&self) -> Option<Arc<StoreEpochs>> {
        self.known().epochs.clone()
    }

    /// Whether one script may touch keys of several parts, because all parts are on one server.
    pub(super) fn is_single(&self) -> bool {
        self.known().is_single
    }

    /// The time since the last look that has found epochs.
    pub(super) fn age(&self) -> Duration {
        let now = self.settings.clock.monotonic();
        now.saturating_sub(self.known().at)
    }

    pub(super) fn health(&self) -> RedisHealth {
        let mut health = self.health_mut().clone();
        health.throttles_alone = self.settings.throttles_alone() && self.link.is_closed();
        health
    }

    /// Runs a step of a request, for half of the request's time at most. If it is the step that opens the circuit breaker,
    /// the listener hears of it.
    pub(super) async fn step<T>(
        &self,
        step: impl Future<Output = Result<T, LinkFault>>,
    ) -> Result<T, Unavailable> {
        self.step_within(self.settings.half(), step).await
    }

    /// Runs a step for `limit` at most.
    pub(super) async fn step_within<T>(
        &self,
        limit: Duration,
        step: impl Future<Output = Result<T, LinkFault>>,
    ) -> Result<T, Unavailable> {
        self.link
            .within(limit, step)
            .await
            .map_err(|(fault, Opened(opened))| {
                if opened {
                    self.report_down(&fault);
                }
                fault.into()
            })
    }

    /// Waits until a look at the server that begins after this call has ended.
    pub(super) async fn look_again(&self) {
        let mut looks = self.looks.subscribe();
        // A look that is under way may have read the epochs before the caller found that they have changed.
        let wanted = looks.borrow().begun + 1;
        self.link.wake_watch();
        let _done = looks.wait_for(|look| look.ended >= wanted).await;
    }

    /// Waits until the next look at the server has ended.
    pub(super) async fn next_look(&self) {
        let mut looks = self.looks.subscribe();
        let wanted = looks.borrow().ended + 1;
        let _done = looks.wait_for(|look| look.ended >= wanted).await;
    }

    /// Looks at the server, and makes a connection first if there is none. It is the probe of the circuit breaker.
    /// Returns whether the server can be used.
    pub(super) async fn look(&self) -> bool {
        self.looks.send_modify(|look| look.begun += 1);
        let is_good = match self.find_epochs().await {
            Ok((connection, facts, epochs)) => {
                self.learn(&connection, &facts, epochs);
                true
            }
            Err(fault) => {
                self.link.probe_failed(&fault);
                if self.link.is_closed() {
                    self.report_down(&fault);
                }
                false
            }
        };
        self.looks.send_modify(|look| look.ended += 1);
        is_good
    }

    async fn find_epochs(
        &self,
    ) -> Result<(Arc<dyn SharedConnection>, ServerFacts, StoreEpochs), LinkFault> {
        let connection = self.link.connection_to_look_at().await?;
        let first: Vec<_> = match self.is_single() {
            true => Part::all().collect(),
            false => Part::all().take(1).collect(),
        };
        let (facts, mut epochs) = self.read_epochs(&connection, &first).await?;
        let rest: Vec<_> = Part::all().skip(first.len()).collect();
        if facts.is_single() && !rest.is_empty() {
            epochs.extend(self.read_epochs(&connection, &rest).await?.1);
        } else {
            let reading = timeout(LOOK_LIMIT, self.read_each(&connection, &rest));
            epochs.extend(reading.await.unwrap_or(Err(LinkFault::Late))?);
        }
        let parts: [PartEpoch; PARTS as usize] =
            epochs.try_into().map_err(|_| LinkFault::Misfit)?;
        Ok((connection, facts, StoreEpochs::new(&self.keys, parts)))
    }

    /// Reads the epochs of parts on different nodes of a cluster.
    async fn read_each(
        &self,
        connection: &Arc<dyn SharedConnection>,
        parts: &[Part],
    ) -> Result<Vec<PartEpoch>, LinkFault> {
        let mut epochs = Vec::new();
        for part in parts {
            epochs.extend(self.read_epochs(connection, &[*part]).await?.1);
        }
        Ok(epochs)
    }

    /// Reads the facts about a server, and the epochs of parts that are on it.
    async fn read_epochs(
        &self,
        connection: &Arc<dyn SharedConnection>,
        parts: &[Part],
    ) -> Result<(ServerFacts, Vec<PartEpoch>), LinkFault> {
        let keys = parts.iter().map(|part| self.keys.epoch(*part)).collect();
        let call = self.scripts.epoch.with_keys(keys);
        let random = self.settings.random_epochs(parts.len())?;
        let call = random
            .into_iter()
            .fold(call, |call, epoch| call.bytes(epoch));
        let (facts, epochs) = ServerFacts::read(self.link.probe(connection, &call).await?)?;
        match facts.evicts() {
            Some(policy) => Err(LinkFault::Evicting(policy.to_owned())),
            None if epochs.len() == parts.len() => Ok((facts, epochs)),
            None => Err(LinkFault::Misfit),
        }
    }

    fn learn(
        &self,
        connection: &Arc<dyn SharedConnection>,
        facts: &ServerFacts,
        epochs: StoreEpochs,
    ) {
        let whole = epochs.whole();
        let before = {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.is_single = facts.is_single();
            known.at = self.settings.clock.monotonic();
            known.epochs.replace(Arc::new(epochs))
        };
        let mut notes = facts.notes();
        notes.extend(self.crowding_note());
        let mut told = self.told();
        let was_closed = self.link.open(connection);
        let (was_down, before_notes) = {
            let mut health = self.health_mut();
            let before = mem::replace(&mut health.notes, notes.clone());
            (health.fault.take().is_some(), before)
        };
        told.clear();
        if was_down || was_closed {
            self.report(&RedisEvent::Works);
        }
        let is_new = |note: &ConfigError| !before_notes.contains(note);
        for note in notes.into_iter().filter(is_new) {
            self.report(&RedisEvent::Note(note));
        }
        if before.is_some_and(|before| before.whole() != whole) {
            self.report(&RedisEvent::NewEpoch(whole));
        }
    }

    /// Returns a note if the server has lately had no room for the record of an attempt.
    fn crowding_note(&self) -> Option<ConfigError> {
        let (counted, now) = (self.shared_reservations(), self.settings.clock.monotonic());
        let mut crowding = self.crowding.lock().unwrap_or_else(PoisonError::into_inner);
        if counted > crowding.counted {
            let until = now.saturating_add(CROWDED);
            *crowding = Crowding { counted, until };
        }
        (now < crowding.until).then(|| {
            ConfigError::new(
                "the capacity of the Redis store is used up, or was a short time ago, so accounts or networks share \
                 counters: raise `capacity` at all processes, or look for failures of many names that do not exist",
            )
        })
    }

    /// Keeps the reason why the server cannot be used. Tells the listener, unless it has heard this reason in this outage.
    fn report_down(&self, fault: &LinkFault) {
        let mut told = self.told();
        // A look that succeeded in the meantime has told that the server works.
        if !self.link.is_closed() {
            return;
        }
        let reason = ConfigError::new(fault.to_string());
        self.health_mut().fault = Some(reason.clone());
        if told.contains(&reason) || told.len() >= MAX_TOLD {
            return;
        }
        told.push(reason);
        let alone = match self.settings.throttles_alone() {
            true => "this process counts failures alone, with its part of the limits",
            false => "requests that a throttle counts get `503`, too",
        };
        let nonces = match self.settings.node_bound.is_some() {
            true => "nonces are bound to this process",
            false => "right logins with a nonce get `503`",
        };
        let fault = ConfigError::new(format!("{fault}; {nonces}; {alone}"));
        self.report(&RedisEvent::Down(fault));
    }

    /// The reasons that the listener has heard in this outage. The store changes its state and calls the listener under this
    /// lock, so the listener hears of the changes in their order.
    fn told(&self) -> MutexGuard<'_, Vec<ConfigError>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls the listener. A listener that panics affects no request.
    fn report(&self, event: &RedisEvent) {
        if let Some(listener) = &self.settings.on_event {
            let _ = catch_unwind(AssertUnwindSafe(|| listener(event)));
        }
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn health_mut(&self) -> MutexGuard<'_, RedisHealth> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
