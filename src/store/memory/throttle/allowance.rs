//! What is left to a key that somebody vouches for.

use super::Octets;
use super::counter::moment;
use crate::store::{Budget, Reserved};

/// The attempts of one key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    key: Octets,
    spent: u32,
    /// The number of the last attempt that was forgotten.
    forgotten: u64,
    until: u64,
    renewed_at: u64,
    /// Whether somebody has vouched for it since.
    earned: bool,
}

/// The places that a key may have. One that is vouched for takes the place of the one that will be forgotten first: to be
/// forgotten costs a key its allowance and nothing else.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowances([Allowance; Self::WAYS]);

impl Allowances {
    pub(super) const WAYS: usize = 4;

    pub(super) const EMPTY: Self = Self(
        [Allowance {
            key: [0; 16],
            spent: 0,
            forgotten: 0,
            until: 0,
            renewed_at: 0,
            earned: false,
        }; Self::WAYS],
    );

    pub(super) fn reserve(
        &mut self,
        key: Octets,
        budget: &Budget,
        number: u64,
        now: u64,
    ) -> Reserved {
        let Some(it) = self.find(key).filter(|it| it.until > now) else {
            return Reserved::Unvouched;
        };
        it.renew(budget, number, now);
        if it.spent < budget.limit() {
            it.grant(number)
        } else {
            Reserved::Unvouched
        }
    }

    /// Vouches for `key`. If it had no allowance, what was reserved up to the attempt `last` has nothing to settle.
    pub(super) fn vouch(&mut self, key: Octets, last: u64, until: u64, now: u64) {
        if let Some(it) = self.find(key).filter(|it| it.until > now) {
            (it.until, it.earned) = (until, true);
            return;
        }
        // Its own, if that has ended: there must not be two of a key.
        let rank = |it: &&mut Allowance| (it.key != key, it.until);
        if let Some(place) = self.0.iter_mut().min_by_key(rank) {
            *place = Allowance {
                key,
                spent: 0,
                forgotten: last,
                until,
                renewed_at: now,
                earned: false,
            };
        }
    }

    pub(super) fn give_back(&mut self, key: Octets, number: u64) {
        let counted = self.find(key).filter(|it| number > it.forgotten);
        if let Some(it) = counted {
            it.spent = it.spent.saturating_sub(1);
        }
    }

    fn find(&mut self, key: Octets) -> Option<&mut Allowance> {
        self.0.iter_mut().find(|it| it.key == key && it.until > 0)
    }
}

impl Allowance {
    /// Forgets what was spent, if a success has earned that and the last time is long enough ago.
    fn renew(&mut self, budget: &Budget, number: u64, now: u64) {
        let every = budget.recovers_every().map_or(0, moment);
        if self.earned && now >= self.renewed_at.saturating_add(every) {
            (self.spent, self.forgotten) = (0, number.saturating_sub(1));
            (self.renewed_at, self.earned) = (now, false);
        }
    }

    fn grant(&mut self, number: u64) -> Reserved {
        self.spent += 1;
        Reserved::Granted {
            generation: number,
            failures: self.spent,
        }
    }
}
