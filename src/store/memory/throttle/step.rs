//! One step over all records of an attempt, under their locks.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use super::Memory;
use super::shared::{SharedCounts, SharedMoments};
use super::table::Table;
use crate::store::memory::spread::Octets;
use crate::store::memory::stripes::Stripes;
use crate::store::throttle::{NetworkBudget, Touched, reserve_known, settle};
use crate::store::{
    Key, NetworkRecord, Settlement, StrangersRecord, ThrottleAttempt, ThrottleReceipt,
};
use crate::unavailable::Unavailable;

impl Memory {
    pub(super) fn reserve(
        &self,
        attempt: &ThrottleAttempt,
    ) -> Result<ThrottleReceipt, Unavailable> {
        // Read before a lock is taken, so that no caller waits for the clock. By an earlier time less is forgiven.
        let now = self.clock.monotonic();
        let mut places = lock_part(&self.places, attempt.places_key())?;
        let record = places.as_mut().and_then(|(table, key)| table.find(*key));
        if let Some(receipt) = record.and_then(|record| reserve_known(record, attempt, now)) {
            return Ok(receipt);
        }
        let mut locked = self.lock_for_stranger(attempt)?;
        let sharing = locked.make_records(self, attempt, now)?;
        if sharing != Sharing::default() {
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
        let mut places = lock_part(&self.places, attempt.places_key())?;
        let record = places.as_mut().and_then(|(table, key)| match settlement {
            Settlement::Right(_) | Settlement::Vouch => Some(table.find_or_insert(*key)),
            Settlement::Undone(_) | Settlement::Release => table.find(*key),
        });
        let mut locked = self.lock_for_stranger(attempt)?;
        let sharing = Sharing::noted_in(settlement);
        locked.lock_shared(self, sharing)?;
        locked.run(sharing, |touched| {
            settle(record, touched, attempt, settlement, now);
        });
        Ok(())
    }

    fn lock_for_stranger(&self, attempt: &ThrottleAttempt) -> Result<Locked<'_>, Unavailable> {
        // A line is kept where its neighbourhood is, so that one lock guards both.
        let around = lock_part(&self.networks, attempt.neighbourhood_key())?;
        let networks = around.zip(attempt.line_key());
        Ok(Locked {
            networks: networks.map(|((table, around), line)| (table, *line.as_bytes(), around)),
            strangers: lock_part(&self.strangers, attempt.strangers_key())?,
            moments: None,
            counts: None,
        })
    }
}

/// Locks the part of a table in which a key has its place.
#[inline]
fn lock_part<R>(
    tables: &Stripes<Table<R>>,
    key: Option<Key>,
) -> Result<Option<(Part<'_, R>, Octets)>, Unavailable> {
    let Some(key) = key else {
        return Ok(None);
    };
    let key = *key.as_bytes();
    let part = tables.part(key).ok_or_else(broken)?;
    Ok(Some((part, key)))
}

/// The part of a table in which a key has its place.
type Part<'a, R> = MutexGuard<'a, Table<R>>;

/// The parts of the tables that a stranger's attempt touches.
struct Locked<'a> {
    networks: Option<(Part<'a, NetworkRecord>, Octets, Octets)>,
    strangers: Option<(Part<'a, StrangersRecord>, Octets)>,
    moments: Option<MutexGuard<'a, SharedMoments>>,
    counts: Option<MutexGuard<'a, SharedCounts>>,
}

impl<'a> Locked<'a> {
    /// Sees to it that each key has a record, or says which have to share places.
    ///
    /// A key gets a record only while the places that it would share have forgotten it: its own attempts may be counted
    /// there.
    fn make_records(
        &mut self,
        memory: &'a Memory,
        attempt: &ThrottleAttempt,
        now: Duration,
    ) -> Result<Sharing, Unavailable> {
        let mut sharing = Sharing::default();
        if let Some((table, line, neighbourhood)) = &mut self.networks {
            if !table.holds(*line) || !table.holds(*neighbourhood) {
                let moments = lock(&memory.shared_moments)?;
                let quiet = moments.line_is_quiet(*line, now);
                let is_idle = |_, record: &NetworkRecord| record.is_idle(now);
                sharing.line = !table.make(*line, quiet, now, is_idle);
                let quiet = moments.neighbourhood_is_quiet(*neighbourhood, now);
                // The record of the line is idle until the attempt is counted in it, and must not be forgotten before.
                let is_idle = |key, record: &NetworkRecord| key != *line && record.is_idle(now);
                sharing.neighbourhood = !table.make(*neighbourhood, quiet, now, is_idle);
                self.moments = Some(moments);
            }
        }
        if let Some((table, key)) = &mut self.strangers {
            if !table.holds(*key) {
                let limits = attempt.limits().of_strangers();
                let mut counts = lock(&memory.shared_counts)?;
                let quiet = counts.is_quiet(*key, &limits, now);
                sharing.strangers =
                    !table.make(*key, quiet, now, |_, record| record.is_idle(&limits, now));
                self.counts = Some(counts);
            }
        }
        Ok(sharing)
    }

    fn lock_shared(&mut self, memory: &'a Memory, sharing: Sharing) -> Result<(), Unavailable> {
        if sharing.line || sharing.neighbourhood {
            self.moments = Some(lock(&memory.shared_moments)?);
        }
        if sharing.strangers {
            self.counts = Some(lock(&memory.shared_counts)?);
        }
        Ok(())
    }

    /// Runs the rules over the records, or over the shared places of those keys that have none.
    fn run<T>(&mut self, sharing: Sharing, rules: impl FnOnce(&mut Touched<'_>) -> T) -> T {
        let (mut own_line, mut own_neighbourhood) = self.own_networks();
        let keys = self
            .networks
            .as_ref()
            .map(|(_, line, other)| (*line, *other));
        let shared = self.moments.as_mut().zip(keys);
        let shared = shared.map(|(moments, (line, other))| moments.of(line, other));
        let (mut shared_line, mut shared_neighbourhood) = shared.unzip();
        let key = self.strangers.as_ref().map(|(_, key)| *key);
        let counts = self.counts.as_mut().zip(key);
        let mut shared_strangers = counts.map(|(counts, key)| counts.of(key));
        let own_strangers = self.strangers.as_mut();
        let own_strangers = own_strangers.and_then(|(table, key)| table.find(*key));
        let (shared_around, own_around) = (&mut shared_neighbourhood, &mut own_neighbourhood);
        let done = rules(&mut Touched {
            line: either(sharing.line, &mut shared_line, &mut own_line),
            neighbourhood: either(sharing.neighbourhood, shared_around, own_around),
            strangers: if sharing.strangers {
                shared_strangers.as_mut().map(|shared| shared as _)
            } else {
                own_strangers.map(|own| own as _)
            },
        });
        self.keep_networks(own_line, own_neighbourhood);
        done
    }

    /// Copies of both records: a table does not lend two at a time.
    fn own_networks(&mut self) -> (Option<NetworkRecord>, Option<NetworkRecord>) {
        let Some((table, line, neighbourhood)) = &mut self.networks else {
            return (None, None);
        };
        let line = table.find(*line).copied();
        (line, table.find(*neighbourhood).copied())
    }

    fn keep_networks(
        &mut self,
        own_line: Option<NetworkRecord>,
        own_neighbourhood: Option<NetworkRecord>,
    ) {
        if let Some((table, line, neighbourhood)) = &mut self.networks {
            for (key, record) in [(*line, own_line), (*neighbourhood, own_neighbourhood)] {
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

/// Which keys of an attempt are counted in shared places: the note in its receipt.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Sharing {
    line: bool,
    neighbourhood: bool,
    strangers: bool,
}

impl Sharing {
    const LINE: u8 = 1;
    const NEIGHBOURHOOD: u8 = 2;
    const STRANGERS: u8 = 4;

    fn to_note(self) -> u8 {
        u8::from(self.line) * Self::LINE
            + u8::from(self.neighbourhood) * Self::NEIGHBOURHOOD
            + u8::from(self.strangers) * Self::STRANGERS
    }

    const fn noted_in(settlement: Settlement) -> Self {
        let note = match settlement {
            Settlement::Right(receipt) | Settlement::Undone(receipt) => receipt.note(),
            Settlement::Vouch | Settlement::Release => 0,
        };
        Self {
            line: note & Self::LINE != 0,
            neighbourhood: note & Self::NEIGHBOURHOOD != 0,
            strangers: note & Self::STRANGERS != 0,
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
