//! A plain throttle store, which keeps its records as a database does, in bytes and until they expire, and what can be wrong
//! with one.

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

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slip {
    None,
    FailsAlways,
    OneLate,
    OneEarly,
    Races,
    KeepsHalfOfTheKey,
    CountsNoLine,
    CountsNoNeighbourhood,
    RefusedCountsForTheLine,
    RefusedCountsForTheAccount,
    NoShare,
    CountsRepeats,
    RepeatsAreFree,
    FullAccountTellsRepeats,
    SuccessClears,
    SuccessGivesNothingBack,
    UndoneGivesNothingBack,
    JoinedIsUndone,
    LateIsUndone,
    TellsTooMuch,
    TellsTooLittle,
    ForgivesNothing,
    ForgivesTooSoon,
    GoesByTheWall,
    NoKnownPlaces,
    EveryPlaceIsKnown,
    KnownForEver,
    KnownInEverySpelling,
    TimeRefillsKnownPlaces,
    NoStop,
    VouchEndsNoStop,
    VouchMakesNoPlaceKnown,
    ReleaseDoesNothing,
    ReleaseForgetsAll,
    EvictsWhenFull,
}

#[derive(Debug)]
pub(crate) struct PlainThrottle {
    clock: ManualClock,
    slip: Slip,
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
    pub(crate) fn new(clock: ManualClock, slip: Slip) -> Self {
        let state = Mutex::default();
        Self { clock, slip, state }
    }

    fn has(&self, slip: Slip) -> bool {
        self.slip == slip
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no step panics")
    }

    fn now(&self) -> Duration {
        let wall = || self.clock.wall().duration_since(SystemTime::UNIX_EPOCH);
        match self.slip {
            Slip::GoesByTheWall => wall().unwrap_or_default(),
            _ => self.clock.monotonic(),
        }
    }

    /// The attempt with other keys or numbers.
    fn slipped(&self, attempt: &ThrottleAttempt, attempts: u32) -> ThrottleAttempt {
        let limits = *attempt.limits();
        let unfamiliar = limits.unfamiliar_limit();
        let (failures, every) = (unfamiliar.failures(), unfamiliar.forgives_every());
        let (mut share, mut lockout) = (
            unfamiliar.per_subnet(),
            unfamiliar.lockout_at().unwrap_or(0),
        );
        let (failures, every) = match self.slip {
            Slip::OneLate => (failures + 1, every),
            Slip::OneEarly => (failures - 1, every),
            Slip::ForgivesNothing => (failures, every * 1_000_000),
            Slip::ForgivesTooSoon => (failures, every / 2),
            _ => (failures, every),
        };
        if self.has(Slip::NoShare) {
            share = failures;
        }
        if self.has(Slip::NoStop) {
            lockout = 0;
        }
        let known = limits.familiar_limit();
        let known = match self.slip {
            Slip::KnownForEver => FamiliarLimit::new(known.failures(), every, Duration::MAX),
            Slip::NoKnownPlaces => FamiliarLimit::new(0, every, known.memory()),
            _ => known,
        };
        let endless = NetworkLimit::new(u32::MAX, Duration::from_millis(1));
        let mut limits = limits
            .unfamiliar(UnfamiliarLimit::new(failures, every, share).lockout_after(lockout))
            .familiar(known);
        if self.has(Slip::CountsNoLine) {
            limits = limits.subscriber(endless);
        }
        if self.has(Slip::CountsNoNeighbourhood) {
            limits = limits.subnet(endless);
        }
        let mut slipped = ThrottleAttempt::new(limits);
        if let (Some(key), Some(tag)) = (attempt.unfamiliar_key(), attempt.tag()) {
            let spelled = attempt.familiar_key().unwrap_or(key);
            let spelled = if self.has(Slip::KnownInEverySpelling) {
                key
            } else {
                spelled
            };
            let tag = if self.has(Slip::CountsRepeats) {
                attempts
            } else {
                tag
            };
            slipped = slipped.for_account(self.kept(key), spelled, tag);
        }
        if let Some(place) = attempt.location() {
            let place = if self.has(Slip::EveryPlaceIsKnown) {
                0
            } else {
                place
            };
            slipped = slipped.at_location(place);
        }
        match attempt.subscriber_key().zip(attempt.subnet_key()) {
            Some((line, around)) => slipped.on_network(line, around),
            None => slipped,
        }
    }

    fn kept(&self, key: ClaimKey) -> ClaimKey {
        let mut octets = *key.as_bytes();
        if self.has(Slip::KeepsHalfOfTheKey) {
            octets[8..].fill(0);
        }
        ClaimKey::new(octets)
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
        if self.has(Slip::Races) {
            drop(state);
            thread::yield_now();
            let done = run(&mut records);
            self.state().save(attempt, &records);
            return Ok(done);
        }
        let done = run(&mut records);
        if self.has(Slip::EvictsWhenFull) && state.unfamiliar.len() > 5000 {
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
        if self.has(Slip::TimeRefillsKnownPlaces) && attempt.location().is_some() {
            let known = attempt.limits().familiar_limit();
            let place = attempt.location().unwrap_or_default();
            if records.familiar != FamiliarRecord::default() && now.as_secs() % 7200 > 3600 {
                records.familiar.mark_familiar(place, &known, now);
            }
        }
        let before = records.clone();
        let receipt = records.reserve(attempt, now);
        let refused = matches!(receipt.decision(), ThrottleDecision::Wait(_));
        let again = receipt.decision() == ThrottleDecision::Repeated;
        match self.slip {
            Slip::RefusedCountsForTheLine if refused => {
                let _full = records
                    .subscriber
                    .reserve(&attempt.limits().subscriber_limit(), now);
            }
            Slip::RefusedCountsForTheAccount if refused => {
                let (tag, limits) = (attempt.tag().unwrap_or(0), attempt.limits());
                let _full = records
                    .unfamiliar
                    .reserve(tag, None, &limits.unfamiliar_limit(), now);
            }
            Slip::RepeatsAreFree if again => records.subscriber = before.subscriber,
            Slip::FullAccountTellsRepeats if refused => {
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
            ThrottleDecision::Wait(wait) if self.has(Slip::TellsTooMuch) => {
                ThrottleReceipt::new(ThrottleDecision::Wait(wait * 2), now)
            }
            ThrottleDecision::Wait(wait) if self.has(Slip::TellsTooLittle) => {
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
        match (self.slip, settlement) {
            (Slip::SuccessClears, Settlement::Success(_)) => records.unfamiliar.unlock(),
            (Slip::SuccessGivesNothingBack, Settlement::Success(_))
            | (Slip::VouchEndsNoStop, Settlement::MarkFamiliar)
            | (Slip::ReleaseDoesNothing, Settlement::Unlock) => {
                records.unfamiliar = before.unfamiliar;
            }
            (Slip::UndoneGivesNothingBack, Settlement::Undone(_)) => *records = before,
            (Slip::JoinedIsUndone, Settlement::Undone(receipt)) => {
                records.unfamiliar.success(tag, receipt.at(), &limits, now);
            }
            (Slip::LateIsUndone, Settlement::Undone(_)) => {
                records.unfamiliar.undo(tag, now, &limits, now);
            }
            (Slip::VouchMakesNoPlaceKnown, Settlement::MarkFamiliar) => {
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

/// What a database would have deleted by now.
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
        if self.has(Slip::FailsAlways) {
            return NowOrLater::now(Err(Unavailable::new("down")));
        }
        let number = {
            let mut state = self.state();
            state.attempts += 1;
            state.attempts
        };
        let (attempt, now) = (self.slipped(attempt, number), self.now());
        NowOrLater::now(self.step(&attempt, now, |records| self.decide(records, &attempt, now)))
    }

    fn settle(
        &self,
        attempt: &ThrottleAttempt,
        settlement: Settlement,
    ) -> NowOrLater<Result<(), Unavailable>> {
        let (attempt, now) = (self.slipped(attempt, 0), self.now());
        if self.has(Slip::ReleaseForgetsAll) && settlement == Settlement::Unlock {
            self.state().unfamiliar.clear();
        }
        NowOrLater::now(self.step(&attempt, now, |records| {
            self.conclude(records, &attempt, settlement, now)
        }))
    }
}
