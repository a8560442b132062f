//! A simple throttle store in which a test can plant faults. It keeps encoded records until they expire, as a store in
//! a database does.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, SystemTime};

use tower_challenge::clock::{Clock, ManualClock};
use tower_challenge::store::{
    ClaimKey, FamiliarLimit, FamiliarRecord, NetworkLimit, NetworkRecord, Settlement,
    ThrottleAttempt, ThrottleDecision, ThrottleLimits, ThrottleReceipt, ThrottleRecords,
    ThrottleStore, UnfamiliarLimit, UnfamiliarRecord,
};
use tower_challenge::{NowOrLater, Unavailable};

use crate::encoding::Encoded;

/// The planted fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ThrottleFault {
    None,
    FailsAlways,
    GrantsOneTooMany,
    GrantsOneTooFew,
    RaceCondition,
    KeepsHalfOfTheKey,
    IgnoresSubscribers,
    IgnoresSubnets,
    RefusalCountsForTheSubscriber,
    RefusalCountsForTheAccount,
    NoShareForSubnets,
    CountsRepeats,
    RepeatsAreFreeForTheSubscriber,
    ExhaustedAccountAdmitsRepeats,
    SuccessForgetsFailures,
    SuccessReturnsNoAttempt,
    UndoneReturnsNoAttempt,
    ReturnsJoinedAttempt,
    ReturnsLateAttempt,
    WaitIsTooLong,
    WaitIsTooShort,
    TimeForgivesNothing,
    TimeForgivesTooSoon,
    UsesTheWallClock,
    NoFamiliarLocations,
    EveryLocationIsFamiliar,
    FamiliarForEver,
    FamiliarInEverySpelling,
    TimeRefillsFamiliarLocations,
    NoLockout,
    MarkFamiliarKeepsLockout,
    MarkFamiliarAddsNoLocation,
    UnlockDoesNothing,
    UnlockForgetsAllAccounts,
    EvictsWhenFull,
}

#[derive(Debug)]
pub(crate) struct PlainThrottle {
    clock: ManualClock,
    fault: ThrottleFault,
    state: Mutex<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    familiar: Rows,
    networks: Rows,
    unfamiliar: Rows,
    attempts: u32,
}

/// Encoded records under their keys.
type Rows = HashMap<ClaimKey, Vec<u8>>;

impl PlainThrottle {
    pub(crate) fn new(clock: ManualClock, fault: ThrottleFault) -> Self {
        let state = Mutex::default();
        Self {
            clock,
            fault,
            state,
        }
    }

    fn has(&self, fault: ThrottleFault) -> bool {
        self.fault == fault
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no step panics")
    }

    fn now(&self) -> Duration {
        let wall = || self.clock.wall().duration_since(SystemTime::UNIX_EPOCH);
        match self.fault {
            ThrottleFault::UsesTheWallClock => wall().unwrap_or_default(),
            _ => self.clock.monotonic(),
        }
    }

    /// Returns the attempt with the keys or limits that the fault changes.
    fn with_fault(&self, attempt: &ThrottleAttempt, attempts: u32) -> ThrottleAttempt {
        let limits = *attempt.limits();
        let unfamiliar = limits.unfamiliar_limit();
        let (failures, every) = (unfamiliar.failures(), unfamiliar.forgives_every());
        let (mut share, mut lockout) = (
            unfamiliar.per_subnet(),
            unfamiliar.lockout_at().unwrap_or(0),
        );
        let (failures, every) = match self.fault {
            ThrottleFault::GrantsOneTooMany => (failures + 1, every),
            ThrottleFault::GrantsOneTooFew => (failures - 1, every),
            ThrottleFault::TimeForgivesNothing => (failures, every * 1_000_000),
            ThrottleFault::TimeForgivesTooSoon => (failures, every / 2),
            _ => (failures, every),
        };
        if self.has(ThrottleFault::NoShareForSubnets) {
            share = failures;
        }
        if self.has(ThrottleFault::NoLockout) {
            lockout = 0;
        }
        let familiar = limits.familiar_limit();
        let familiar = match self.fault {
            ThrottleFault::FamiliarForEver => {
                FamiliarLimit::new(familiar.failures(), every, Duration::MAX)
            }
            ThrottleFault::NoFamiliarLocations => FamiliarLimit::new(0, every, familiar.memory()),
            _ => familiar,
        };
        let endless = NetworkLimit::new(u32::MAX, Duration::from_millis(1));
        let mut limits = limits
            .unfamiliar(UnfamiliarLimit::new(failures, every, share).lockout_after(lockout))
            .familiar(familiar);
        if self.has(ThrottleFault::IgnoresSubscribers) {
            limits = limits.subscriber(endless);
        }
        if self.has(ThrottleFault::IgnoresSubnets) {
            limits = limits.subnet(endless);
        }
        let mut with_fault = ThrottleAttempt::new(limits);
        if let (Some(key), Some(tag)) = (attempt.unfamiliar_key(), attempt.tag()) {
            let spelled = attempt.familiar_key().unwrap_or(key);
            let spelled = if self.has(ThrottleFault::FamiliarInEverySpelling) {
                key
            } else {
                spelled
            };
            let tag = if self.has(ThrottleFault::CountsRepeats) {
                attempts
            } else {
                tag
            };
            with_fault = with_fault.for_account(self.kept(key), spelled, tag);
        }
        if let Some(location) = attempt.location() {
            let location = if self.has(ThrottleFault::EveryLocationIsFamiliar) {
                0
            } else {
                location
            };
            with_fault = with_fault.at_location(location);
        }
        match attempt.subscriber_key().zip(attempt.subnet_key()) {
            Some((subscriber, subnet)) => with_fault.on_network(subscriber, subnet),
            None => with_fault,
        }
    }

    fn kept(&self, key: ClaimKey) -> ClaimKey {
        let mut bytes = *key.as_bytes();
        if self.has(ThrottleFault::KeepsHalfOfTheKey) {
            bytes[8..].fill(0);
        }
        ClaimKey::new(bytes)
    }

    fn step<T>(
        &self,
        attempt: &ThrottleAttempt,
        now: Duration,
        run: impl FnOnce(&mut ThrottleRecords) -> T,
    ) -> Result<T, Unavailable> {
        let mut state = self.state();
        let mut records = state.load(attempt)?;
        forget_expired(&mut records, attempt.limits(), now);
        if self.has(ThrottleFault::RaceCondition) {
            drop(state);
            thread::yield_now();
            let done = run(&mut records);
            self.state().save(attempt, &records);
            return Ok(done);
        }
        let done = run(&mut records);
        if self.has(ThrottleFault::EvictsWhenFull) && state.unfamiliar.len() > 5000 {
            state.unfamiliar.clear();
        }
        state.save(attempt, &records);
        Ok(done)
    }

    fn decide(
        &self,
        records: &mut ThrottleRecords,
        attempt: &ThrottleAttempt,
        now: Duration,
    ) -> ThrottleReceipt {
        if self.has(ThrottleFault::TimeRefillsFamiliarLocations) && attempt.location().is_some() {
            let familiar = attempt.limits().familiar_limit();
            let location = attempt.location().unwrap_or_default();
            if records.familiar != FamiliarRecord::default() && now.as_secs() % 7200 > 3600 {
                records.familiar.mark_familiar(location, &familiar, now);
            }
        }
        let before = records.clone();
        let receipt = records.reserve(attempt, now);
        let refused = matches!(receipt.decision(), ThrottleDecision::Wait(_));
        let is_repeat = receipt.decision() == ThrottleDecision::Repeated;
        match self.fault {
            ThrottleFault::RefusalCountsForTheSubscriber if refused => {
                let _full = records
                    .subscriber
                    .reserve(&attempt.limits().subscriber_limit(), now);
            }
            ThrottleFault::RefusalCountsForTheAccount if refused => {
                let (tag, limits) = (attempt.tag().unwrap_or(0), attempt.limits());
                let _full = records
                    .unfamiliar
                    .reserve(tag, None, &limits.unfamiliar_limit(), now);
            }
            ThrottleFault::RepeatsAreFreeForTheSubscriber if is_repeat => {
                records.subscriber = before.subscriber
            }
            ThrottleFault::ExhaustedAccountAdmitsRepeats if refused => {
                let wider = UnfamiliarLimit::new(
                    255,
                    attempt.limits().unfamiliar_limit().forgives_every(),
                    255,
                );
                let limits = attempt.limits().unfamiliar(wider);
                let mut trial = before.unfamiliar;
                let tag = attempt.tag().unwrap_or(0);
                let decision = trial.reserve(tag, None, &limits.unfamiliar_limit(), now);
                if decision == tower_challenge::store::UnfamiliarDecision::Repeated {
                    return ThrottleReceipt::new(ThrottleDecision::Repeated, now);
                }
            }
            _ => {}
        }
        match receipt.decision() {
            ThrottleDecision::Wait(wait) if self.has(ThrottleFault::WaitIsTooLong) => {
                ThrottleReceipt::new(ThrottleDecision::Wait(wait * 2), now)
            }
            ThrottleDecision::Wait(wait) if self.has(ThrottleFault::WaitIsTooShort) => {
                ThrottleReceipt::new(ThrottleDecision::Wait(wait / 2), now)
            }
            _ => receipt,
        }
    }

    fn conclude(
        &self,
        records: &mut ThrottleRecords,
        attempt: &ThrottleAttempt,
        settlement: Settlement,
        now: Duration,
    ) {
        let before = records.clone();
        let limits = attempt.limits().unfamiliar_limit();
        let tag = attempt.tag().unwrap_or(0);
        records.settle(attempt, settlement, now);
        match (self.fault, settlement) {
            (ThrottleFault::SuccessForgetsFailures, Settlement::Success(_)) => {
                records.unfamiliar.unlock()
            }
            (ThrottleFault::SuccessReturnsNoAttempt, Settlement::Success(_))
            | (ThrottleFault::MarkFamiliarKeepsLockout, Settlement::MarkFamiliar)
            | (ThrottleFault::UnlockDoesNothing, Settlement::Unlock) => {
                records.unfamiliar = before.unfamiliar;
            }
            (ThrottleFault::UndoneReturnsNoAttempt, Settlement::Undone(_)) => *records = before,
            (ThrottleFault::ReturnsJoinedAttempt, Settlement::Undone(receipt)) => {
                records.unfamiliar.success(tag, receipt.at(), &limits, now);
            }
            (ThrottleFault::ReturnsLateAttempt, Settlement::Undone(_)) => {
                records.unfamiliar.undo(tag, now, &limits, now);
            }
            (ThrottleFault::MarkFamiliarAddsNoLocation, Settlement::MarkFamiliar) => {
                records.familiar = before.familiar
            }
            _ => {}
        }
    }
}

impl State {
    fn load(&self, attempt: &ThrottleAttempt) -> Result<ThrottleRecords, Unavailable> {
        Ok(ThrottleRecords {
            familiar: load(&self.familiar, attempt.familiar_key())?,
            subscriber: load(&self.networks, attempt.subscriber_key())?,
            subnet: load(&self.networks, attempt.subnet_key())?,
            unfamiliar: load(&self.unfamiliar, attempt.unfamiliar_key())?,
        })
    }

    fn save(&mut self, attempt: &ThrottleAttempt, records: &ThrottleRecords) {
        save(
            &mut self.familiar,
            attempt.familiar_key(),
            &records.familiar,
        );
        save(
            &mut self.networks,
            attempt.subscriber_key(),
            &records.subscriber,
        );
        let key = attempt.subnet_key();
        save(&mut self.networks, key, &records.subnet);
        let key = attempt.unfamiliar_key();
        save(&mut self.unfamiliar, key, &records.unfamiliar);
    }
}

fn load<R: Encoded>(rows: &Rows, key: Option<ClaimKey>) -> Result<R, Unavailable> {
    let row = key.and_then(|key| rows.get(&key));
    row.map_or_else(|| Ok(R::default()), |bytes| R::decode(bytes))
}

/// Replaces expired records by new ones, as a database deletes expired rows.
fn forget_expired(records: &mut ThrottleRecords, limits: &ThrottleLimits, now: Duration) {
    if records.familiar.expires_in(&limits.familiar_limit(), now) == Duration::ZERO {
        records.familiar = FamiliarRecord::default();
    }
    let unfamiliar = limits.unfamiliar_limit();
    if records.unfamiliar.expires_in(&unfamiliar, now) == Some(Duration::ZERO) {
        records.unfamiliar = UnfamiliarRecord::default();
    }
    for network in [&mut records.subscriber, &mut records.subnet] {
        if network.expires_in(now) == Duration::ZERO {
            *network = NetworkRecord::default();
        }
    }
}

fn save(rows: &mut Rows, key: Option<ClaimKey>, record: &impl Encoded) {
    if let Some(key) = key {
        rows.insert(key, record.encode());
    }
}

impl ThrottleStore for PlainThrottle {
    fn reserve(
        &self,
        attempt: &ThrottleAttempt,
    ) -> NowOrLater<Result<ThrottleReceipt, Unavailable>> {
        if self.has(ThrottleFault::FailsAlways) {
            return NowOrLater::now(Err(Unavailable::new("down")));
        }
        let number = {
            let mut state = self.state();
            state.attempts += 1;
            state.attempts
        };
        let (attempt, now) = (self.with_fault(attempt, number), self.now());
        NowOrLater::now(self.step(&attempt, now, |records| self.decide(records, &attempt, now)))
    }

    fn settle(
        &self,
        attempt: &ThrottleAttempt,
        settlement: Settlement,
    ) -> NowOrLater<Result<(), Unavailable>> {
        let (attempt, now) = (self.with_fault(attempt, 0), self.now());
        if self.has(ThrottleFault::UnlockForgetsAllAccounts) && settlement == Settlement::Unlock {
            self.state().unfamiliar.clear();
        }
        NowOrLater::now(self.step(&attempt, now, |records| {
            self.conclude(records, &attempt, settlement, now)
        }))
    }
}
