//! Runs one step of the throttle store over all records of an attempt, under their locks.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::ThrottleMemory;
use super::shared::{CountSketch, MomentSketch};
use super::table::RecordTable;
use crate::store::memory::spread::KeyBytes;
use crate::store::memory::stripes::LockStripes;
use crate::store::throttle::{NetworkBudget, TouchedRecords, reserve_familiar, settle};
use crate::store::{
    ClaimKey, NetworkRecord, Settlement, ThrottleAttempt, ThrottleReceipt, UnfamiliarRecord,
};
use crate::unavailable::Unavailable;

impl ThrottleMemory {
    pub(super) fn reserve(
        &self,
        attempt: &ThrottleAttempt,
    ) -> Result<ThrottleReceipt, Unavailable> {
        // The clock is read before a lock is taken, so that no caller waits for the clock. An earlier time is safe,
        // because it forgives less.
        let now = self.clock.monotonic();
        let mut familiar = lock_part(&self.familiar, attempt.familiar_key())?;
        let record = familiar.as_mut().and_then(|(table, key)| table.find(*key));
        if let Some(receipt) = record.and_then(|record| reserve_familiar(record, attempt, now)) {
            return Ok(receipt);
        }
        let mut locked = self.lock_for_unfamiliar(attempt)?;
        let sharing = locked.make_records(self, attempt, now)?;
        if sharing != SketchKeys::default() {
            self.shared_reservations.fetch_add(1, Ordering::Relaxed);
        }
        let receipt = locked.run(sharing, |touched| touched.reserve(attempt, now));
        Ok(receipt.with_note(sharing.to_note()))
    }

    pub(super) fn settle(
        &self,
        attempt: &ThrottleAttempt,
        settlement: Settlement,
    ) -> Result<(), Unavailable> {
        let now = self.clock.monotonic();
        let mut familiar = lock_part(&self.familiar, attempt.familiar_key())?;
        let record = familiar.as_mut().and_then(|(table, key)| match settlement {
            Settlement::Success(_) | Settlement::MarkFamiliar => Some(table.find_or_insert(*key)),
            Settlement::Undone(_) | Settlement::Unlock => table.find(*key),
        });
        let mut locked = self.lock_for_unfamiliar(attempt)?;
        let sharing = SketchKeys::noted_in(settlement);
        locked.lock_shared(self, sharing)?;
        locked.run(sharing, |touched| {
            settle(record, touched, attempt, settlement, now);
        });
        Ok(())
    }

    fn lock_for_unfamiliar(
        &self,
        attempt: &ThrottleAttempt,
    ) -> Result<LockedTables<'_>, Unavailable> {
        // The record of a subscriber is in the same part as that of its subnet, so that one lock guards both.
        let subnet = lock_part(&self.networks, attempt.subnet_key())?;
        let networks = subnet.zip(attempt.subscriber_key());
        Ok(LockedTables {
            networks: networks
                .map(|((table, subnet), subscriber)| (table, *subscriber.as_bytes(), subnet)),
            unfamiliar: lock_part(&self.unfamiliar, attempt.unfamiliar_key())?,
            moments: None,
            counts: None,
        })
    }
}

/// Locks the part of a table to which a key belongs.
#[inline]
fn lock_part<R>(
    tables: &LockStripes<RecordTable<R>>,
    key: Option<ClaimKey>,
) -> Result<Option<(LockedTable<'_, R>, KeyBytes)>, Unavailable> {
    let Some(key) = key else {
        return Ok(None);
    };
    let key = *key.as_bytes();
    let part = tables.part(key).ok_or_else(broken)?;
    Ok(Some((part, key)))
}

/// The part of a table to which a key belongs.
type LockedTable<'a, R> = MutexGuard<'a, RecordTable<R>>;

/// The parts of the tables that an attempt from an unfamiliar location touches.
struct LockedTables<'a> {
    /// The table, the key of the subscriber, and the key of the subnet.
    networks: Option<(LockedTable<'a, NetworkRecord>, KeyBytes, KeyBytes)>,
    unfamiliar: Option<(LockedTable<'a, UnfamiliarRecord>, KeyBytes)>,
    moments: Option<MutexGuard<'a, MomentSketch>>,
    counts: Option<MutexGuard<'a, CountSketch>>,
}

impl<'a> LockedTables<'a> {
    /// Makes a record for each key that has none, and returns which keys must use shared slots instead.
    ///
    /// A key gets a record only after its shared slots have forgotten it, because they may count its own attempts.
    /// Otherwise a new record would forgive these.
    fn make_records(
        &mut self,
        memory: &'a ThrottleMemory,
        attempt: &ThrottleAttempt,
        now: Duration,
    ) -> Result<SketchKeys, Unavailable> {
        let mut sharing = SketchKeys::default();
        if let Some((table, subscriber, subnet)) = &mut self.networks {
            if !table.holds(*subscriber) || !table.holds(*subnet) {
                let moments = lock(&memory.shared_moments)?;
                let quiet = moments.subscriber_is_quiet(*subscriber, now);
                let is_idle = |_, record: &NetworkRecord| record.is_idle(now);
                sharing.subscriber = !table.make(*subscriber, quiet, now, is_idle);
                let quiet = moments.subnet_is_quiet(*subnet, now);
                // The record of the subscriber is idle until the attempt is counted in it. The table must not forget it
                // before that.
                let is_idle =
                    |key, record: &NetworkRecord| key != *subscriber && record.is_idle(now);
                sharing.subnet = !table.make(*subnet, quiet, now, is_idle);
                self.moments = Some(moments);
            }
        }
        if let Some((table, key)) = &mut self.unfamiliar {
            if !table.holds(*key) {
                let limits = attempt.limits().unfamiliar_limit();
                let mut counts = lock(&memory.shared_counts)?;
                let quiet = counts.is_quiet(*key, &limits, now);
                sharing.unfamiliar =
                    !table.make(*key, quiet, now, |_, record| record.is_idle(&limits, now));
                self.counts = Some(counts);
            }
        }
        Ok(sharing)
    }

    fn lock_shared(
        &mut self,
        memory: &'a ThrottleMemory,
        sharing: SketchKeys,
    ) -> Result<(), Unavailable> {
        if sharing.subscriber || sharing.subnet {
            self.moments = Some(lock(&memory.shared_moments)?);
        }
        if sharing.unfamiliar {
            self.counts = Some(lock(&memory.shared_counts)?);
        }
        Ok(())
    }

    /// Runs the rules over the records, or over the shared slots of those keys that have no record.
    fn run<T>(
        &mut self,
        sharing: SketchKeys,
        rules: impl FnOnce(&mut TouchedRecords<'_>) -> T,
    ) -> T {
        let (mut own_subscriber, mut own_subnet) = self.own_networks();
        let keys = self
            .networks
            .as_ref()
            .map(|(_, subscriber, subnet)| (*subscriber, *subnet));
        let shared = self.moments.as_mut().zip(keys);
        let shared = shared.map(|(moments, (subscriber, subnet))| moments.of(subscriber, subnet));
        let (mut shared_subscriber, mut shared_subnet) = shared.unzip();
        let key = self.unfamiliar.as_ref().map(|(_, key)| *key);
        let counts = self.counts.as_mut().zip(key);
        let mut shared_unfamiliar = counts.map(|(counts, key)| counts.of(key));
        let own_unfamiliar = self.unfamiliar.as_mut();
        let own_unfamiliar = own_unfamiliar.and_then(|(table, key)| table.find(*key));
        let done = rules(&mut TouchedRecords {
            subscriber: either(
                sharing.subscriber,
                &mut shared_subscriber,
                &mut own_subscriber,
            ),
            subnet: either(sharing.subnet, &mut shared_subnet, &mut own_subnet),
            unfamiliar: if sharing.unfamiliar {
                shared_unfamiliar.as_mut().map(|shared| shared as _)
            } else {
                own_unfamiliar.map(|own| own as _)
            },
        });
        self.keep_networks(own_subscriber, own_subnet);
        done
    }

    /// Returns copies of both records, because a table does not lend two records at a time.
    fn own_networks(&mut self) -> (Option<NetworkRecord>, Option<NetworkRecord>) {
        let Some((table, subscriber, subnet)) = &mut self.networks else {
            return (None, None);
        };
        let subscriber = table.find(*subscriber).copied();
        (subscriber, table.find(*subnet).copied())
    }

    fn keep_networks(
        &mut self,
        own_subscriber: Option<NetworkRecord>,
        own_subnet: Option<NetworkRecord>,
    ) {
        if let Some((table, subscriber, subnet)) = &mut self.networks {
            for (key, record) in [(*subscriber, own_subscriber), (*subnet, own_subnet)] {
                if let (Some(kept), Some(record)) = (table.find(key), record) {
                    *kept = record;
                }
            }
        }
    }
}

fn either<'t>(
    is_shared: bool,
    shared: &'t mut Option<impl NetworkBudget>,
    own: &'t mut Option<NetworkRecord>,
) -> Option<&'t mut dyn NetworkBudget> {
    if is_shared {
        shared
            .as_mut()
            .map(|shared| shared as &mut dyn NetworkBudget)
    } else {
        own.as_mut().map(|own| own as &mut dyn NetworkBudget)
    }
}

/// Which keys of an attempt are counted in shared slots: the note in its receipt.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct SketchKeys {
    subscriber: bool,
    subnet: bool,
    unfamiliar: bool,
}

impl SketchKeys {
    const SUBSCRIBER: u8 = 1;
    const SUBNET: u8 = 2;
    const UNFAMILIAR: u8 = 4;

    fn to_note(self) -> u8 {
        u8::from(self.subscriber) * Self::SUBSCRIBER
            + u8::from(self.subnet) * Self::SUBNET
            + u8::from(self.unfamiliar) * Self::UNFAMILIAR
    }

    const fn noted_in(settlement: Settlement) -> Self {
        let note = match settlement {
            Settlement::Success(receipt) | Settlement::Undone(receipt) => receipt.note(),
            Settlement::MarkFamiliar | Settlement::Unlock => 0,
        };
        Self {
            subscriber: note & Self::SUBSCRIBER != 0,
            subnet: note & Self::SUBNET != 0,
            unfamiliar: note & Self::UNFAMILIAR != 0,
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> Result<MutexGuard<'_, T>, Unavailable> {
    shared.lock().map_err(|_| broken())
}

#[cold]
fn broken() -> Unavailable {
    Unavailable::new("the throttle store is broken: a step panicked")
}
