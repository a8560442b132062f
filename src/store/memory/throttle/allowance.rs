//! What is left to a key that somebody vouches for.

use super::Octets;
use crate::store::{Budget, Reserved};

/// The attempts of one key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    key: Octets,
    spent: u32,
    /// The number of the last attempt that was forgotten.
    forgotten: u64,
    until: u64,
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
        }; Self::WAYS],
    );

    pub(super) fn reserve(
        &mut self,
        key: Octets,
        budget: &Budget,
        number: u64,
        now: u64,
    ) -> Reserved {
        match self.find(key) {
            Some(it) if it.until > now && it.spent < budget.limit() => it.grant(number),
            _ => Reserved::Unvouched,
        }
    }

    /// Vouches for `key`. What was reserved up to the attempt `last` has nothing to settle any more.
    pub(super) fn vouch(&mut self, key: Octets, last: u64, until: u64) {
        let known = self.0.iter().position(|it| it.key == key && it.until > 0);
        let earliest = self.0.iter().enumerate().min_by_key(|(_, it)| it.until);
        let place = known.or(earliest.map(|(place, _)| place));
        if let Some(place) = place.and_then(|place| self.0.get_mut(place)) {
            *place = Allowance {
                key,
                spent: 0,
                forgotten: last,
                until,
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
    fn grant(&mut self, number: u64) -> Reserved {
        self.spent += 1;
        Reserved::Granted {
            generation: number,
            failures: self.spent,
        }
    }
}
