//! The rules over all records that one attempt touches.

use std::time::Duration;

use super::{
    BudgetKind, NetworkLimit, NetworkRecord, PlaceDecision, PlacesRecord, Settlement, Strangers,
    StrangersDecision, StrangersRecord, ThrottleAttempt, ThrottleDecision, ThrottleReceipt,
};

/// A budget of a network: a record of its own, or places that several networks share.
pub(in crate::store) trait NetworkBudget {
    fn reserve(&mut self, limit: &NetworkLimit, now: Duration) -> Result<(), Duration>;

    /// Gives back an attempt that was reserved at `at`.
    fn give_back(&mut self, limit: &NetworkLimit, at: Duration, now: Duration);

    /// Forgives an attempt of this network alone.
    fn credit(&mut self, limit: &NetworkLimit);
}

/// A budget of strangers at an account: a record of its own, or places that several accounts share.
pub(in crate::store) trait StrangersBudget {
    fn reserve(
        &mut self,
        keys: StrangersKeys,
        limits: &Strangers,
        now: Duration,
    ) -> StrangersDecision;

    fn right(&mut self, keys: StrangersKeys, at: Duration, limits: &Strangers, now: Duration);

    fn undone(&mut self, keys: StrangersKeys, at: Duration, limits: &Strangers, now: Duration);

    /// How many failures of this account the network gets back.
    fn repay(&mut self, keys: StrangersKeys) -> u32;

    fn seen(&mut self);

    fn release(&mut self);
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

impl StrangersBudget for StrangersRecord {
    fn reserve(
        &mut self,
        keys: StrangersKeys,
        limits: &Strangers,
        now: Duration,
    ) -> StrangersDecision {
        self.reserve(keys.tag, keys.neighbourhood, limits, now)
    }

    fn right(&mut self, keys: StrangersKeys, at: Duration, limits: &Strangers, now: Duration) {
        self.right(keys.tag, at, limits, now);
    }

    fn undone(&mut self, keys: StrangersKeys, at: Duration, limits: &Strangers, now: Duration) {
        self.undone(keys.tag, at, limits, now);
    }

    fn repay(&mut self, keys: StrangersKeys) -> u32 {
        keys.neighbourhood.map_or(0, |it| self.repay(it))
    }

    fn seen(&mut self) {
        self.seen();
    }

    fn release(&mut self) {
        self.release();
    }
}

/// The tag and the neighbourhood of an attempt, for the record of strangers.
#[derive(Clone, Copy)]
pub(in crate::store) struct StrangersKeys {
    pub(super) tag: u32,
    pub(super) neighbourhood: Option<[u8; 2]>,
}

/// The records that a stranger's attempt touches. A record for which the attempt has no key is `None`.
pub(in crate::store) struct Touched<'a> {
    pub(in crate::store) line: Option<&'a mut dyn NetworkBudget>,
    pub(in crate::store) neighbourhood: Option<&'a mut dyn NetworkBudget>,
    pub(in crate::store) strangers: Option<&'a mut dyn StrangersBudget>,
}

/// Asks the known place, which is asked first. `None`: the attempt is a stranger's.
pub(in crate::store) fn reserve_known(
    places: &mut PlacesRecord,
    attempt: &ThrottleAttempt,
    now: Duration,
) -> Option<ThrottleReceipt> {
    let known = attempt.limits().of_known_places();
    let (place, tag) = attempt.place().zip(attempt.tag())?;
    let admitted = places.reserve(place, tag, &known, now) == PlaceDecision::Admitted;
    admitted.then(|| ThrottleReceipt::new(ThrottleDecision::Admitted, now))
}

/// Settles an attempt in all of its records.
pub(in crate::store) fn settle(
    places: Option<&mut PlacesRecord>,
    touched: &mut Touched<'_>,
    attempt: &ThrottleAttempt,
    settlement: Settlement,
    now: Duration,
) {
    match settlement {
        Settlement::Right(receipt) if receipt.is_granted() => {
            touched.right(attempt, &receipt, now);
            if let Some((places, place, tag)) = at_place(places, attempt) {
                let known = attempt.limits().of_known_places();
                let news = places.right(place, tag, &known, now);
                touched.hear(attempt, news.gives_credit, news.owner_seen);
            }
        }
        Settlement::Undone(receipt) if receipt.is_granted() => {
            touched.undone(attempt, &receipt, now);
            // An attempt that a known place did not admit is none of its attempts, even if the same password is one.
            let places = places.filter(|_| receipt.decision() == ThrottleDecision::Admitted);
            if let Some((places, place, tag)) = at_place(places, attempt) {
                places.undone(place, tag);
            }
        }
        Settlement::Right(_) | Settlement::Undone(_) => {}
        Settlement::Vouch => {
            touched.hear(attempt, false, true);
            if let Some((places, place, _)) = at_place(places, attempt) {
                places.vouch(place, &attempt.limits().of_known_places(), now);
            }
        }
        Settlement::Release => {
            if let Some(strangers) = &mut touched.strangers {
                strangers.release();
            }
        }
    }
}

fn at_place<'a>(
    places: Option<&'a mut PlacesRecord>,
    attempt: &ThrottleAttempt,
) -> Option<(&'a mut PlacesRecord, u32, u32)> {
    Some((places?, attempt.place()?, attempt.tag()?))
}

impl Touched<'_> {
    /// Asks line, neighbourhood and account together: all count the attempt, or none does.
    pub(in crate::store) fn reserve(
        &mut self,
        attempt: &ThrottleAttempt,
        now: Duration,
    ) -> ThrottleReceipt {
        if let Err((wait, budget)) = self.reserve_network(attempt, now) {
            return refused(ThrottleDecision::Wait(wait), budget, now);
        }
        let limits = attempt.limits().of_strangers();
        let strangers = self.strangers.as_mut().zip(keys_of(attempt));
        let decision = strangers.map(|(strangers, keys)| strangers.reserve(keys, &limits, now));
        match decision {
            None => ThrottleReceipt::new(ThrottleDecision::Counted, now),
            Some(StrangersDecision::Counted { uses_up, stops }) => {
                ThrottleReceipt::new(ThrottleDecision::Counted, now).with_ends(uses_up, stops)
            }
            Some(StrangersDecision::Again) => ThrottleReceipt::new(ThrottleDecision::Again, now),
            Some(StrangersDecision::Wait(wait, budget)) => {
                self.return_to_network(attempt, now, now);
                refused(ThrottleDecision::Wait(wait), budget, now)
            }
            Some(StrangersDecision::Stopped) => {
                self.return_to_network(attempt, now, now);
                refused(ThrottleDecision::Stopped, BudgetKind::Strangers, now)
            }
        }
    }

    fn reserve_network(
        &mut self,
        attempt: &ThrottleAttempt,
        now: Duration,
    ) -> Result<(), (Duration, BudgetKind)> {
        let (line, neighbourhood) = network_limits(attempt);
        if let Some(record) = &mut self.line {
            record
                .reserve(&line, now)
                .map_err(|wait| (wait, BudgetKind::Line))?;
        }
        let Some(record) = &mut self.neighbourhood else {
            return Ok(());
        };
        record.reserve(&neighbourhood, now).map_err(|wait| {
            if let Some(record) = &mut self.line {
                record.give_back(&line, now, now);
            }
            (wait, BudgetKind::Neighbourhood)
        })
    }

    fn return_to_network(&mut self, attempt: &ThrottleAttempt, at: Duration, now: Duration) {
        let (line, neighbourhood) = network_limits(attempt);
        if let Some(record) = &mut self.line {
            record.give_back(&line, at, now);
        }
        if let Some(record) = &mut self.neighbourhood {
            record.give_back(&neighbourhood, at, now);
        }
    }

    fn credit_network(&mut self, attempt: &ThrottleAttempt) {
        let (line, neighbourhood) = network_limits(attempt);
        if let Some(record) = &mut self.line {
            record.credit(&line);
        }
        if let Some(record) = &mut self.neighbourhood {
            record.credit(&neighbourhood);
        }
    }

    fn right(&mut self, attempt: &ThrottleAttempt, receipt: &ThrottleReceipt, now: Duration) {
        if receipt.decision() == ThrottleDecision::Admitted {
            return;
        }
        self.return_to_network(attempt, receipt.at(), now);
        let limits = attempt.limits().of_strangers();
        if let (Some(strangers), Some(keys)) = (&mut self.strangers, keys_of(attempt)) {
            strangers.right(keys, receipt.at(), &limits, now);
        }
    }

    fn undone(&mut self, attempt: &ThrottleAttempt, receipt: &ThrottleReceipt, now: Duration) {
        if receipt.decision() == ThrottleDecision::Admitted {
            return;
        }
        self.return_to_network(attempt, receipt.at(), now);
        // A repeat has no attempt of its own at the account. That of its password belongs to another request.
        if receipt.decision() != ThrottleDecision::Counted {
            return;
        }
        let limits = attempt.limits().of_strangers();
        if let (Some(strangers), Some(keys)) = (&mut self.strangers, keys_of(attempt)) {
            strangers.undone(keys, receipt.at(), &limits, now);
        }
    }

    /// Tells the network and the strangers of a success at a place.
    fn hear(&mut self, attempt: &ThrottleAttempt, credit: bool, owner_seen: bool) {
        let strangers = self.strangers.as_mut().filter(|_| credit);
        let owed = strangers.zip(keys_of(attempt));
        for _ in 0..owed.map_or(0, |(strangers, keys)| strangers.repay(keys)) {
            self.credit_network(attempt);
        }
        if let Some(strangers) = self.strangers.as_mut().filter(|_| owner_seen) {
            strangers.seen();
        }
    }
}

const fn refused(decision: ThrottleDecision, budget: BudgetKind, now: Duration) -> ThrottleReceipt {
    ThrottleReceipt::new(decision, now).with_refusing(budget)
}

fn network_limits(attempt: &ThrottleAttempt) -> (NetworkLimit, NetworkLimit) {
    let limits = attempt.limits();
    (limits.of_a_line(), limits.of_a_neighbourhood())
}

fn keys_of(attempt: &ThrottleAttempt) -> Option<StrangersKeys> {
    Some(StrangersKeys {
        tag: attempt.tag()?,
        neighbourhood: attempt.neighbourhood_tag(),
    })
}
