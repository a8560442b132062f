//! A plain throttle store, which keeps its records as a database does, in bytes and until they expire, and what can be wrong
//! with one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, SystemTime};

use tower_challenge::clock::{Clock, ManualClock};
use tower_challenge::store::{
    Key, KnownPlaces, NetworkLimit, NetworkRecord, PlacesRecord, Settlement, Strangers,
    StrangersRecord, ThrottleAttempt, ThrottleDecision, ThrottleLimits, ThrottleReceipt,
    ThrottleRecords, ThrottleStore,
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
    places: Rows,
    networks: Rows,
    strangers: Rows,
    attempts: u32,
}

/// Encoded records under their keys.
type Rows = HashMap<Key, Vec<u8>>;

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
        let strangers = limits.of_strangers();
        let (failures, every) = (strangers.failures(), strangers.forgives_every());
        let (mut share, mut stop) = (strangers.share(), strangers.stops_at().unwrap_or(0));
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
            stop = 0;
        }
        let known = limits.of_known_places();
        let known = match self.slip {
            Slip::KnownForEver => KnownPlaces::new(known.failures(), every, Duration::MAX),
            Slip::NoKnownPlaces => KnownPlaces::new(0, every, known.memory()),
            _ => known,
        };
        let endless = NetworkLimit::new(u32::MAX, Duration::from_millis(1));
        let mut limits = limits
            .strangers(Strangers::new(failures, every, share).stop_after(stop))
            .known(known);
        if self.has(Slip::CountsNoLine) {
            limits = limits.line(endless);
        }
        if self.has(Slip::CountsNoNeighbourhood) {
            limits = limits.neighbourhood(endless);
        }
        let mut slipped = ThrottleAttempt::new(limits);
        if let (Some(key), Some(tag)) = (attempt.strangers_key(), attempt.tag()) {
            let spelled = attempt.places_key().unwrap_or(key);
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
        if let Some(place) = attempt.place() {
            let place = if self.has(Slip::EveryPlaceIsKnown) {
                0
            } else {
                place
            };
            slipped = slipped.at_place(place);
        }
        match attempt.line_key().zip(attempt.neighbourhood_key()) {
            Some((line, around)) => slipped.on_network(line, around),
            None => slipped,
        }
    }

    fn kept(&self, key: Key) -> Key {
        let mut octets = *key.as_bytes();
        if self.has(Slip::KeepsHalfOfTheKey) {
            octets[8..].fill(0);
        }
        Key::new(octets)
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
        if self.has(Slip::EvictsWhenFull) && state.strangers.len() > 5000 {
            state.strangers.clear();
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
        if self.has(Slip::TimeRefillsKnownPlaces) && attempt.place().is_some() {
            let known = attempt.limits().of_known_places();
            let place = attempt.place().unwrap_or_default();
            if records.places != PlacesRecord::default() && now.as_secs() % 7200 > 3600 {
                records.places.vouch(place, &known, now);
            }
        }
        let before = records.clone();
        let receipt = records.reserve(attempt, now);
        let refused = matches!(receipt.decision(), ThrottleDecision::Wait(_));
        let again = receipt.decision() == ThrottleDecision::Again;
        match self.slip {
            Slip::RefusedCountsForTheLine if refused => {
                let _full = records.line.reserve(&attempt.limits().of_a_line(), now);
            }
            Slip::RefusedCountsForTheAccount if refused => {
                let (tag, limits) = (attempt.tag().unwrap_or(0), attempt.limits());
                let _full = records
                    .strangers
                    .reserve(tag, None, &limits.of_strangers(), now);
            }
            Slip::RepeatsAreFree if again => records.line = before.line,
            Slip::FullAccountTellsRepeats if refused => {
                let wider =
                    Strangers::new(255, attempt.limits().of_strangers().forgives_every(), 255);
                let limits = attempt.limits().strangers(wider);
                let mut trial = before.strangers;
                let tag = attempt.tag().unwrap_or(0);
                let decision = trial.reserve(tag, None, &limits.of_strangers(), now);
                if decision == tower_challenge::store::StrangersDecision::Again {
                    return ThrottleReceipt::new(ThrottleDecision::Again, now);
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
        let limits = attempt.limits().of_strangers();
        let tag = attempt.tag().unwrap_or(0);
        records.settle(attempt, settlement, now);
        match (self.slip, settlement) {
            (Slip::SuccessClears, Settlement::Right(_)) => records.strangers.release(),
            (Slip::SuccessGivesNothingBack, Settlement::Right(_))
            | (Slip::VouchEndsNoStop, Settlement::Vouch)
            | (Slip::ReleaseDoesNothing, Settlement::Release) => {
                records.strangers = before.strangers;
            }
            (Slip::UndoneGivesNothingBack, Settlement::Undone(_)) => *records = before,
            (Slip::JoinedIsUndone, Settlement::Undone(receipt)) => {
                records.strangers.right(tag, receipt.at(), &limits, now);
            }
            (Slip::LateIsUndone, Settlement::Undone(_)) => {
                records.strangers.undone(tag, now, &limits, now);
            }
            (Slip::VouchMakesNoPlaceKnown, Settlement::Vouch) => records.places = before.places,
            _ => {}
        }
    }
}

impl State {
    fn load(&self, attempt: &ThrottleAttempt) -> Result<ThrottleRecords, Unavailable> {
        Ok(ThrottleRecords {
            places: load(&self.places, attempt.places_key())?,
            line: load(&self.networks, attempt.line_key())?,
            neighbourhood: load(&self.networks, attempt.neighbourhood_key())?,
            strangers: load(&self.strangers, attempt.strangers_key())?,
        })
    }

    fn save(&mut self, attempt: &ThrottleAttempt, records: &ThrottleRecords) {
        save(&mut self.places, attempt.places_key(), &records.places);
        save(&mut self.networks, attempt.line_key(), &records.line);
        let key = attempt.neighbourhood_key();
        save(&mut self.networks, key, &records.neighbourhood);
        let key = attempt.strangers_key();
        save(&mut self.strangers, key, &records.strangers);
    }
}

fn load<R: Encoded>(rows: &Rows, key: Option<Key>) -> Result<R, Unavailable> {
    let row = key.and_then(|key| rows.get(&key));
    row.map_or_else(|| Ok(R::default()), |bytes| R::decode(bytes))
}

/// What a database would have deleted by now.
fn forget_expired(records: &mut ThrottleRecords, limits: &ThrottleLimits, now: Duration) {
    if records.places.expires_in(&limits.of_known_places(), now) == Duration::ZERO {
        records.places = PlacesRecord::default();
    }
    let strangers = limits.of_strangers();
    if records.strangers.expires_in(&strangers, now) == Some(Duration::ZERO) {
        records.strangers = StrangersRecord::default();
    }
    for network in [&mut records.line, &mut records.neighbourhood] {
        if network.expires_in(now) == Duration::ZERO {
            *network = NetworkRecord::default();
        }
    }
}

fn save(rows: &mut Rows, key: Option<Key>, record: &impl Encoded) {
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
        if self.has(Slip::ReleaseForgetsAll) && settlement == Settlement::Release {
            self.state().strangers.clear();
        }
        NowOrLater::now(self.step(&attempt, now, |records| {
            self.conclude(records, &attempt, settlement, now)
        }))
    }
}
