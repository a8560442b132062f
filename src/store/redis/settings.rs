//! The settings of a store.

use std::sync::Arc;
use std::time::Duration;

use super::alone::LocalThrottle;
use super::epochs::{EPOCH_BYTES, PartEpoch};
use super::event::RedisEvent;
use super::fault::LinkFault;
use super::keys::PARTS;
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::random::random;
use crate::store::{MemoryStore, StoreEpoch};

pub(super) type EventListener = dyn Fn(&RedisEvent) + Send + Sync;

pub(super) struct StoreSettings {
    /// How long one request may wait for the server.
    pub(super) budget: Duration,
    /// For how many accounts with failures the store has room, and as many networks.
    pub(super) accounts: u32,
    /// How many keys one account may hold.
    pub(super) share: u32,
    /// Counts failures while the server is out of reach. With `None` the store is strict.
    pub(super) alone: Option<LocalThrottle>,
    pub(super) node_bound: Option<NodeBound>,
    /// Replaces the clock of the server for throttling.
    pub(super) throttle_clock: Option<Arc<dyn Clock>>,
    pub(super) clock: SystemClock,
    pub(super) on_event: Option<Box<EventListener>>,
}

/// The memory of this process for nonces that only this process accepts.
pub(super) struct NodeBound {
    pub(super) store: MemoryStore,
    pub(super) epoch: StoreEpoch,
}

impl StoreSettings {
    /// How long a step of a request may take. A request makes one claim at most, which may take half of its time. The
    /// reservation and the settlement share the other half.
    pub(super) fn half(&self) -> Duration {
        self.budget / 2
    }

    /// For how many accounts each part has room, and as many networks.
    pub(super) const fn accounts_of_part(&self) -> u32 {
        self.accounts.div_ceil(PARTS as u32)
    }

    pub(super) const fn throttles_alone(&self) -> bool {
        self.alone.is_some()
    }

    /// Makes random bytes for so many epochs.
    pub(super) fn random_epochs(&self, count: usize) -> Result<Vec<PartEpoch>, LinkFault> {
        let refused = |error: ConfigError| LinkFault::Refused(error.to_string());
        let seed = random().map_err(refused)?;
        let mut stream = blake3::Hasher::new_keyed(&seed).finalize_xof();
        let mut epochs = vec![[0; EPOCH_BYTES]; count];
        for epoch in &mut epochs {
            stream.fill(epoch);
        }
        Ok(epochs)
    }
}
