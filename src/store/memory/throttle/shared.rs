//! The slots in which accounts and networks without a record of their own are counted.
//!
//! The store counts each account and each network in four slots, which it shares with others, and judges it by the
//! lowest count of the four. So attempts at other accounts can make the store refuse an account too early. The store
//! never refuses it too late, because each of the four slots counts at least the attempts at this account. (This is a
//! count-min sketch.)

use std::time::Duration;

use crate::store::memory::spread::KeyBytes;
use crate::store::throttle::{NetworkBudget, UnfamiliarBudget, UnfamiliarKeys, millis};
use crate::store::{BudgetKind, NetworkLimit, NetworkRecord, UnfamiliarDecision, UnfamiliarLimit};

/// The number of slots for accounts, of one byte each: 2 MB.
const COUNTS: usize = 1 << 21;

/// The number of slots for networks, of 8 bytes each: half a megabyte. The first half is for subscribers, the second
/// for subnets.
const MOMENTS: usize = 1 << 16;

type SketchSlots = [usize; 4];

/// The slots of accounts.
pub(super) struct CountSketch {
    counts: Vec<u8>,
    /// The longest period that an attempt has asked for, in milliseconds. In each such period all slots forget one
    /// attempt.
    every: u64,
    /// The number of the period up to which the slots have forgotten.
    period: u64,
}

impl CountSketch {
    pub(super) fn new() -> Self {
        Self {
            counts: Vec::new(),
            every: 1,
            period: 0,
        }
    }

    /// Whether one of the four slots of an account is empty. Then no slot counts an attempt at this account any more,
    /// and the account may get a record of its own.
    pub(super) fn is_quiet(
        &mut self,
        key: KeyBytes,
        limits: &UnfamiliarLimit,
        now: Duration,
    ) -> bool {
        self.counts.is_empty() || self.of(key).emptiest(limits, now) == 0
    }

    /// The four slots of an account.
    pub(super) fn of(&mut self, key: KeyBytes) -> UnfamiliarSketch<'_> {
        UnfamiliarSketch {
            four: four(key, COUNTS),
            table: self,
        }
    }

    /// Lets all slots forget one attempt for each period that has passed. They forget at the same moment, which is up
    /// to a period too early for some attempts. `reserve` makes up for that with one failure less.
    fn forget(&mut self, limits: &UnfamiliarLimit, now: Duration) {
        let every = millis(limits.forgives_every()).max(1);
        if every > self.every {
            // Periods of the new length have other numbers. Counting starts at the current one, so that no period is
            // forgotten twice.
            (self.every, self.period) = (every, millis(now) / every);
        }
        let period = millis(now) / self.every;
        let passed = period.saturating_sub(self.period);
        if passed > 0 {
            let passed = u8::try_from(passed).unwrap_or(u8::MAX);
            let counts = self.counts.iter_mut();
            counts.for_each(|count| *count = count.saturating_sub(passed));
            self.period = period;
        }
    }
}

/// The four slots of one account. They find no repeat, do not limit a subnet to its share, and begin no lockout.
pub(super) struct UnfamiliarSketch<'a> {
    table: &'a mut CountSketch,
    four: SketchSlots,
}

impl UnfamiliarSketch<'_> {
    fn emptiest(&mut self, limits: &UnfamiliarLimit, now: Duration) -> u8 {
        self.table.forget(limits, now);
        let counts = self.four.iter().map(|slot| self.table.counts[*slot]);
        counts.min().unwrap_or(u8::MAX)
    }

    fn take_back(&mut self, at: Duration, limits: &UnfamiliarLimit, now: Duration) {
        self.table.counts.resize(COUNTS, 0);
        self.table.forget(limits, now);
        // The slots have forgotten an attempt of an earlier period already.
        if millis(at) / self.table.every == self.table.period {
            for slot in self.four {
                self.table.counts[slot] = self.table.counts[slot].saturating_sub(1);
            }
        }
    }

    fn until_next_period(&self, now: Duration) -> Duration {
        let into = millis(now) % self.table.every;
        Duration::from_millis(self.table.every - into)
    }
}

impl UnfamiliarBudget for UnfamiliarSketch<'_> {
    fn reserve(
        &mut self,
        _: UnfamiliarKeys,
        limits: &UnfamiliarLimit,
        now: Duration,
    ) -> UnfamiliarDecision {
        self.table.counts.resize(COUNTS, 0);
        // This allows one failure less than the limit, because `forget` may forgive an attempt almost a period early.
        if self.emptiest(limits, now) >= limits.failures().saturating_sub(1) {
            let wait = self.until_next_period(now);
            return UnfamiliarDecision::Wait(wait, BudgetKind::Unfamiliar);
        }
        for slot in self.four {
            self.table.counts[slot] = self.table.counts[slot].saturating_add(1);
        }
        UnfamiliarDecision::Counted {
            exhausts: false,
            locks_out: false,
        }
    }

    fn success(
        &mut self,
        _: UnfamiliarKeys,
        at: Duration,
        limits: &UnfamiliarLimit,
        now: Duration,
    ) {
        self.take_back(at, limits, now);
    }

    fn undo(&mut self, _: UnfamiliarKeys, at: Duration, limits: &UnfamiliarLimit, now: Duration) {
        self.take_back(at, limits, now);
    }

    /// The slots do not tell from which subnet a failure came.
    fn repay(&mut self, _: UnfamiliarKeys) -> u32 {
        0
    }

    /// The slots keep no count towards a lockout.
    fn owner_seen(&mut self) {}

    /// Does nothing: the operator unlocks one account, and the slots also count attempts at others.
    fn unlock(&mut self) {}
}

/// The slots of networks. Each slot is a moment: that at which time has forgiven all attempts that are counted in it.
pub(super) struct MomentSketch {
    subscribers: Vec<NetworkRecord>,
    subnets: Vec<NetworkRecord>,
}

impl MomentSketch {
    pub(super) const fn new() -> Self {
        Self {
            subscribers: Vec::new(),
            subnets: Vec::new(),
        }
    }

    pub(super) fn subscriber_is_quiet(&self, key: KeyBytes, now: Duration) -> bool {
        is_quiet(&self.subscribers, key, now)
    }

    pub(super) fn subnet_is_quiet(&self, key: KeyBytes, now: Duration) -> bool {
        is_quiet(&self.subnets, key, now)
    }

    /// The four slots of a subscriber, and the four of a subnet.
    pub(super) fn of(
        &mut self,
        subscriber: KeyBytes,
        subnet: KeyBytes,
    ) -> (NetworkSketch<'_>, NetworkSketch<'_>) {
        let network = |moments, key| NetworkSketch {
            moments,
            four: four(key, MOMENTS / 2),
        };
        (
            network(&mut self.subscribers, subscriber),
            network(&mut self.subnets, subnet),
        )
    }
}

fn is_quiet(moments: &[NetworkRecord], key: KeyBytes, now: Duration) -> bool {
    let four = four(key, MOMENTS / 2);
    let mut four = four.iter().filter_map(|slot| moments.get(*slot));
    moments.is_empty() || four.any(|moment| moment.is_idle(now))
}

/// The four slots of one network.
pub(super) struct NetworkSketch<'a> {
    moments: &'a mut Vec<NetworkRecord>,
    four: SketchSlots,
}

impl NetworkBudget for NetworkSketch<'_> {
    fn reserve(&mut self, limit: &NetworkLimit, now: Duration) -> Result<(), Duration> {
        self.moments.resize(MOMENTS / 2, NetworkRecord::default());
        let four = self.four.iter().map(|slot| self.moments[*slot]);
        let mut earliest = four.min().unwrap_or_default();
        earliest.reserve(limit, now)?;
        for slot in self.four {
            self.moments[slot].count(limit, now);
        }
        Ok(())
    }

    fn give_back(&mut self, limit: &NetworkLimit, at: Duration, now: Duration) {
        for slot in self.four {
            if let Some(moment) = self.moments.get_mut(slot) {
                moment.give_back_rest(limit, at, now);
            }
        }
    }

    /// Does nothing: it would forgive attempts of other networks in the same slots.
    fn credit(&mut self, _: &NetworkLimit) {}
}

/// Returns four slots for a key, each in a quarter of its own, so that no two are the same. Keys are keyed hashes, so
/// an attacker cannot choose accounts that share slots.
fn four(key: KeyBytes, slots: usize) -> SketchSlots {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = key;
    let parts = [[a, b, c, d], [e, f, g, h], [i, j, k, l], [m, n, o, p]];
    let quarter = slots / 4;
    let mut first = 0;
    parts.map(|part| {
        let part = usize::try_from(u32::from_be_bytes(part)).unwrap_or_default();
        let slot = first + part % quarter;
        first += quarter;
        slot
    })
}
