//! The rules for an attempt over all records that it touches.

use std::time::Duration;

use super::{
    BudgetKind, FamiliarDecision, FamiliarRecord, NetworkLimit, NetworkRecord, Settlement,
    ThrottleAttempt, ThrottleDecision, ThrottleReceipt, UnfamiliarDecision, UnfamiliarLimit,
    UnfamiliarRecord,
};

/// A budget of a network: a record of its own, or slots that several networks share.
pub(in crate::store) trait NetworkBudget {
    fn reserve(&mut self, limit: &NetworkLimit, now: Duration) -> Result<(), Duration>;

    /// Gives back an attempt that was reserved at `at`.
    fn give_back(&mut self, limit: &NetworkLimit, at: Duration, now: Duration);

    /// Forgives one attempt of this network. A budget that several networks share does nothing.
    fn credit(&mut self, limit: &NetworkLimit);
}

/// A budget of unfamiliar locations at an account: a record of its own, or slots that several accounts share.
pub(in crate::store) trait UnfamiliarBudget {
    fn reserve(
        &mut self,
        keys: UnfamiliarKeys,
        limits: &UnfamiliarLimit,
        now: Duration,
    ) -> UnfamiliarDecision;

    fn success(
        &mut self,
        keys: UnfamiliarKeys,
        at: Duration,
        limits: &UnfamiliarLimit,
        now: Duration,
    );

    fn undo(&mut self, keys: UnfamiliarKeys, at: Duration, limits: &UnfamiliarLimit, now: Duration);

    /// Returns how many failures of this account its network gets back, and marks them as returned.
    fn repay(&mut self, keys: UnfamiliarKeys) -> u32;

    /// Resets the count towards a lockout, because the owner has logged in.
    fn owner_seen(&mut self);

    /// Forgets all failures.
    fn unlock(&mut self);
}

impl NetworkBudget for NetworkRecord {
    fn reserve(&mut self, limit: &NetworkLimit, now: Duration) -> Result<(), Duration> {
        self.reserve(limit, now)
    }

    fn give_back(&mut self, limit: &NetworkLimit, at: Duration, now: Duration) {
        self.give_back(limit, at, now);
    }

    fn credit(&mut self, limit: &NetworkLimit) {
        self.credit(limit);
    }
}

impl UnfamiliarBudget for UnfamiliarRecord {
    fn reserve(
        &mut self,
        keys: UnfamiliarKeys,
        limits: &UnfamiliarLimit,
        now: Duration,
    ) -> UnfamiliarDecision {
        self.reserve(keys.tag, keys.subnet, limits, now)
    }

    fn success(
        &mut self,
        keys: UnfamiliarKeys,
        at: Duration,
        limits: &UnfamiliarLimit,
        now: Duration,
    ) {
        self.success(keys.tag, at, limits, now);
    }

    fn undo(
        &mut self,
        keys: UnfamiliarKeys,
        at: Duration,
        limits: &UnfamiliarLimit,
        now: Duration,
    ) {
        self.undo(keys.tag, at, limits, now);
    }

    fn repay(&mut self, keys: UnfamiliarKeys) -> u32 {
        keys.subnet.map_or(0, |subnet| self.repay(subnet))
    }

    fn owner_seen(&mut self) {
        self.seen();
    }

    fn unlock(&mut self) {
        self.unlock();
    }
}

/// The tag of the password and of the subnet of an attempt, for the record of unfamiliar locations.
#[derive(Clone, Copy)]
pub(in crate::store) struct UnfamiliarKeys {
    pub(super) tag: u32,
    pub(super) subnet: Option<[u8; 2]>,
}

/// The records that an attempt from an unfamiliar location touches. A record for which the attempt has no key is
/// `None`.
pub(in crate::store) struct TouchedRecords<'a> {
    pub(in crate::store) subscriber: Option<&'a mut dyn NetworkBudget>,
    pub(in crate::store) subnet: Option<&'a mut dyn NetworkBudget>,
    pub(in crate::store) unfamiliar: Option<&'a mut dyn UnfamiliarBudget>,
}

/// Asks the record of familiar locations. `None`: it does not admit the attempt, so the attempt counts as one from an
/// unfamiliar location.
pub(in crate::store) fn reserve_familiar(
    familiar: &mut FamiliarRecord,
    attempt: &ThrottleAttempt,
    now: Duration,
) -> Option<ThrottleReceipt> {
    let limit = attempt.limits().familiar_limit();
    let (location, tag) = attempt.location().zip(attempt.tag())?;
    let admitted = familiar.reserve(location, tag, &limit, now) == FamiliarDecision::Admitted;
    admitted.then(|| ThrottleReceipt::new(ThrottleDecision::Admitted, now))
}

/// Settles an attempt in all of its records. A settlement whose receipt refused the attempt changes nothing.
pub(in crate::store) fn settle(
    familiar: Option<&mut FamiliarRecord>,
    touched: &mut TouchedRecords<'_>,
    attempt: &ThrottleAttempt,
    settlement: Settlement,
    now: Duration,
) {
    match settlement {
        Settlement::Success(receipt) if receipt.is_granted() => {
            touched.success(attempt, &receipt, now);
            if let Some((familiar, location, tag)) = at_location(familiar, attempt) {
                let limit = attempt.limits().familiar_limit();
                let update = familiar.success(location, tag, &limit, now);
                touched.apply_success(attempt, update.gives_credit, update.owner_seen);
            }
        }
        Settlement::Undone(receipt) if receipt.is_granted() => {
            touched.undo(attempt, &receipt, now);
            // The record of familiar locations counts only attempts that it admitted. So it must not return another
            // attempt, even if that had the same password.
            let familiar = familiar.filter(|_| receipt.decision() == ThrottleDecision::Admitted);
            if let Some((familiar, location, tag)) = at_location(familiar, attempt) {
                familiar.undo(location, tag);
            }
        }
        Settlement::Success(_) | Settlement::Undone(_) => {}
        Settlement::MarkFamiliar => {
            touched.apply_success(attempt, false, true);
            if let Some((familiar, location, _)) = at_location(familiar, attempt) {
                familiar.mark_familiar(location, &attempt.limits().familiar_limit(), now);
            }
        }
        Settlement::Unlock => {
            if let Some(unfamiliar) = &mut touched.unfamiliar {
                unfamiliar.unlock();
            }
        }
    }
}

fn at_location<'a>(
    familiar: Option<&'a mut FamiliarRecord>,
    attempt: &ThrottleAttempt,
) -> Option<(&'a mut FamiliarRecord, u32, u32)> {
    Some((familiar?, attempt.location()?, attempt.tag()?))
}

impl TouchedRecords<'_> {
    /// Asks subscriber, subnet and account together. Either all of them count the attempt, or none does.
    pub(in crate::store) fn reserve(
        &mut self,
        attempt: &ThrottleAttempt,
        now: Duration,
    ) -> ThrottleReceipt {
        if let Err((wait, budget)) = self.reserve_network(attempt, now) {
            return refused(ThrottleDecision::Wait(wait), budget, now);
        }
        let limits = attempt.limits().unfamiliar_limit();
        let unfamiliar = self.unfamiliar.as_mut().zip(keys_of(attempt));
        let decision = unfamiliar.map(|(unfamiliar, keys)| unfamiliar.reserve(keys, &limits, now));
        match decision {
            None => ThrottleReceipt::new(ThrottleDecision::Counted, now),
            Some(UnfamiliarDecision::Counted {
                exhausts,
                locks_out,
            }) => {
                ThrottleReceipt::new(ThrottleDecision::Counted, now).with_ends(exhausts, locks_out)
            }
            Some(UnfamiliarDecision::Repeated) => {
                ThrottleReceipt::new(ThrottleDecision::Repeated, now)
            }
            Some(UnfamiliarDecision::Wait(wait, budget)) => {
                self.return_to_network(attempt, now, now);
                refused(ThrottleDecision::Wait(wait), budget, now)
            }
            Some(UnfamiliarDecision::LockedOut) => {
                self.return_to_network(attempt, now, now);
                refused(ThrottleDecision::LockedOut, BudgetKind::Unfamiliar, now)
            }
        }
    }

    fn reserve_network(
        &mut self,
        attempt: &ThrottleAttempt,
        now: Duration,
    ) -> Result<(), (Duration, BudgetKind)> {
        let (subscriber, subnet) = network_limits(attempt);
        if let Some(record) = &mut self.subscriber {
            record
                .reserve(&subscriber, now)
                .map_err(|wait| (wait, BudgetKind::Subscriber))?;
        }
        let Some(record) = &mut self.subnet else {
            return Ok(());
        };
        record.reserve(&subnet, now).map_err(|wait| {
            if let Some(record) = &mut self.subscriber {
                record.give_back(&subscriber, now, now);
            }
            (wait, BudgetKind::Subnet)
        })
    }

    fn return_to_network(&mut self, attempt: &ThrottleAttempt, at: Duration, now: Duration) {
        let (subscriber, subnet) = network_limits(attempt);
        if let Some(record) = &mut self.subscriber {
            record.give_back(&subscriber, at, now);
        }
        if let Some(record) = &mut self.subnet {
            record.give_back(&subnet, at, now);
        }
    }

    fn credit_network(&mut self, attempt: &ThrottleAttempt) {
        let (subscriber, subnet) = network_limits(attempt);
        if let Some(record) = &mut self.subscriber {
            record.credit(&subscriber);
        }
        if let Some(record) = &mut self.subnet {
            record.credit(&subnet);
        }
    }

    fn success(&mut self, attempt: &ThrottleAttempt, receipt: &ThrottleReceipt, now: Duration) {
        if receipt.decision() == ThrottleDecision::Admitted {
            return;
        }
        self.return_to_network(attempt, receipt.at(), now);
        let limits = attempt.limits().unfamiliar_limit();
        if let (Some(unfamiliar), Some(keys)) = (&mut self.unfamiliar, keys_of(attempt)) {
            unfamiliar.success(keys, receipt.at(), &limits, now);
        }
    }

    fn undo(&mut self, attempt: &ThrottleAttempt, receipt: &ThrottleReceipt, now: Duration) {
        if receipt.decision() == ThrottleDecision::Admitted {
            return;
        }
        self.return_to_network(attempt, receipt.at(), now);
        // The account has not counted this repeat. The attempt under the same tag belongs to another request.
        if receipt.decision() != ThrottleDecision::Counted {
            return;
        }
        let limits = attempt.limits().unfamiliar_limit();
        if let (Some(unfamiliar), Some(keys)) = (&mut self.unfamiliar, keys_of(attempt)) {
            unfamiliar.undo(keys, receipt.at(), &limits, now);
        }
    }

    /// Applies the effects of a success at a location to the network and to the record of unfamiliar locations.
    fn apply_success(&mut self, attempt: &ThrottleAttempt, credit: bool, owner_seen: bool) {
        let unfamiliar = self.unfamiliar.as_mut().filter(|_| credit);
        let owed = unfamiliar.zip(keys_of(attempt));
        for _ in 0..owed.map_or(0, |(unfamiliar, keys)| unfamiliar.repay(keys)) {
            self.credit_network(attempt);
        }
        if let Some(unfamiliar) = self.unfamiliar.as_mut().filter(|_| owner_seen) {
            unfamiliar.owner_seen();
        }
    }
}

const fn refused(decision: ThrottleDecision, budget: BudgetKind, now: Duration) -> ThrottleReceipt {
    ThrottleReceipt::new(decision, now).with_refusing(budget)
}

fn network_limits(attempt: &ThrottleAttempt) -> (NetworkLimit, NetworkLimit) {
    let limits = attempt.limits();
    (limits.subscriber_limit(), limits.subnet_limit())
}

fn keys_of(attempt: &ThrottleAttempt) -> Option<UnfamiliarKeys> {
    Some(UnfamiliarKeys {
        tag: attempt.tag()?,
        subnet: attempt.subnet_tag(),
    })
}
