//! A plain throttle store, and all that can be wrong with one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, SystemTime};

use tower_challenge::clock::{Clock, ManualClock};
use tower_challenge::store::{Budget, Key, Reserved, Settlement, ThrottleStore};
use tower_challenge::{NowOrLater, Unavailable};

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slip {
    None,
    FailsAlways,
    OneLate,
    OneEarly,
    Races,
    RacesAfterAWait,
    NumbersStandStill,
    KeepsHalfOfTheKey,
    SuccessClearsNothing,
    OnlyTheLastSuccessClears,
    SuccessClearsAll,
    LateSuccessClears,
    LateReturnReturns,
    NumbersStartAgain,
    ReturnsNothing,
    ReturnsTwo,
    ReturnKeepsItShut,
    OpensEarly,
    TellsTooMuch,
    TellsTooLittle,
    NeverDoubles,
    NoLongestDelay,
    ForgetsEarly,
    RemembersTheFirstAttempt,
    ForgetsNothing,
    ForgetsWhatIsShut,
    NoHardStop,
    HardStopEnds,
    HardStopCannotBeCleared,
    ForgivesNothing,
    ForgivesAll,
    ForgivesTooSoon,
    LosesPartsOfPeriods,
    VouchesForEverybody,
    VouchesForEver,
    AllowsOneMore,
    NeverRenews,
    RenewsTooOften,
    RenewsByItself,
    GoesByTheWall,
    EvictsWhenFull,
}

#[derive(Debug)]
pub(crate) struct PlainThrottle {
    clock: ManualClock,
    slip: Slip,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    lines: HashMap<Key, Line>,
    last: u64,
}

#[derive(Clone, Debug, Default)]
struct Line {
    failures: u32,
    limit: u32,
    last: u64,
    forgotten: u64,
    shut_until: Duration,
    kept_until: Duration,
    recovered_at: Duration,
    spent: u32,
    vouched_until: Option<Duration>,
    renewed_at: Duration,
    earned: bool,
}

impl PlainThrottle {
    pub(crate) fn new(clock: ManualClock, slip: Slip) -> Self {
        let memory = Mutex::default();
        Self {
            clock,
            slip,
            memory,
        }
    }

    fn has(&self, slip: Slip) -> bool {
        self.slip == slip
    }

    fn now(&self) -> Duration {
        match self.slip {
            Slip::GoesByTheWall => {
                let wall = self.clock.wall().duration_since(SystemTime::UNIX_EPOCH);
                wall.expect("after 1970")
            }
            _ => self.clock.monotonic(),
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no step panics")
    }

    fn filed(&self, key: Key) -> Key {
        let mut octets = *key.as_bytes();
        if self.has(Slip::KeepsHalfOfTheKey) {
            octets[8..].fill(0);
        }
        Key::new(octets)
    }

    fn reserve(&self, key: Key, budget: &Budget) -> Reserved {
        let (now, key) = (self.now(), self.filed(key));
        let mut memory = self.memory();
        if self.has(Slip::EvictsWhenFull) && memory.lines.len() > 1000 {
            memory.lines.clear();
        }
        memory.last += 1;
        let mut number = memory.last;
        let mut line = memory.lines.get(&key).cloned().unwrap_or_default();
        if budget.is_allowance() {
            return self.spend(memory, key, budget, now);
        }
        self.forget(&mut line, number, now);
        if self.has(Slip::NumbersStartAgain) {
            number = line.last + 1;
        }
        if line.shut_until > now {
            return Reserved::Shut(self.told(line.shut_until, now));
        }
        self.forgive(&mut line, budget, now);
        let waited = line.failures >= budget.limit();
        if self.has(Slip::Races) || self.has(Slip::RacesAfterAWait) && waited {
            drop(memory);
            thread::yield_now();
            memory = self.memory();
        }
        line.failures += 1;
        line.limit = budget.limit();
        line.last = number;
        line.shut_until = self.end(budget, line.failures, now);
        let kept = self.kept(budget.remembered_for());
        if line.failures == 1 || !self.has(Slip::RemembersTheFirstAttempt) {
            let open = match self.slip {
                Slip::ForgetsWhatIsShut => now,
                _ => line.shut_until.max(now),
            };
            line.kept_until = open.saturating_add(kept);
        }
        let failures = line.failures;
        memory.lines.insert(key, line);
        Reserved::Granted {
            generation: if self.has(Slip::NumbersStandStill) {
                1
            } else {
                number
            },
            failures,
        }
    }

    fn forget(&self, line: &mut Line, number: u64, now: Duration) {
        let shut = line.shut_until > now && !self.has(Slip::ForgetsWhatIsShut);
        if line.kept_until >= now || shut || self.has(Slip::ForgetsNothing) {
            return;
        }
        *line = Line {
            forgotten: number - 1,
            recovered_at: now,
            ..Line::default()
        };
        if self.has(Slip::NumbersStartAgain) {
            line.forgotten = 0;
        }
    }

    fn told(&self, until: Duration, now: Duration) -> Duration {
        match (self.slip, until) {
            (_, Duration::MAX) => Duration::MAX,
            (Slip::TellsTooMuch, until) => (until - now) * 2,
            (Slip::TellsTooLittle, until) => (until - now) / 2,
            _ => until - now,
        }
    }

    fn forgive(&self, line: &mut Line, budget: &Budget, now: Duration) {
        let Some(every) = budget.recovers_every() else {
            return;
        };
        let passed = now.saturating_sub(line.recovered_at).as_nanos();
        let periods = match self.slip {
            Slip::ForgivesTooSoon => passed.div_ceil(every.as_nanos()),
            _ => passed / every.as_nanos(),
        };
        let periods = u32::try_from(periods).expect("few");
        match self.slip {
            Slip::ForgivesNothing => return,
            Slip::ForgivesAll if periods > 0 => line.failures = 0,
            _ => line.failures = line.failures.saturating_sub(periods),
        }
        line.recovered_at = match self.slip {
            Slip::LosesPartsOfPeriods => now,
            _ => line.recovered_at + every * periods,
        };
    }

    fn end(&self, budget: &Budget, failures: u32, now: Duration) -> Duration {
        let counted = match self.slip {
            Slip::OneLate => failures - 1,
            Slip::OneEarly => failures + 1,
            Slip::NeverDoubles => failures.min(budget.limit()),
            _ => failures,
        };
        let mut delay = budget.delay_after(counted);
        let longest = budget.longest_delay();
        match (self.slip, delay) {
            (_, Duration::ZERO) => return Duration::ZERO,
            (Slip::NoHardStop, Duration::MAX) => return Duration::ZERO,
            (Slip::HardStopEnds, Duration::MAX) => delay = longest,
            (Slip::NoLongestDelay, it) if it == longest => delay = longest * 2,
            (Slip::OpensEarly, it) if it < Duration::MAX => delay = it * 2 / 3,
            _ => {}
        }
        now.saturating_add(delay)
    }

    fn kept(&self, memory: Duration) -> Duration {
        match self.slip {
            Slip::ForgetsEarly => memory * 9 / 10 - Duration::from_nanos(1),
            _ => memory,
        }
    }

    fn spend(
        &self,
        mut memory: MutexGuard<'_, Memory>,
        key: Key,
        budget: &Budget,
        now: Duration,
    ) -> Reserved {
        let number = memory.last;
        let line = memory.lines.entry(key).or_default();
        let every = budget.recovers_every().unwrap_or_default();
        let may = now >= line.renewed_at + every || self.has(Slip::RenewsTooOften);
        let earned = line.earned || every > Duration::ZERO && self.has(Slip::RenewsByItself);
        if earned && may && !self.has(Slip::NeverRenews) {
            (line.spent, line.renewed_at, line.earned) = (0, now, false);
        }
        let ends = line.vouched_until;
        let ends = ends.or(self.has(Slip::VouchesForEverybody).then_some(Duration::MAX));
        let limit = budget.limit() + u32::from(self.has(Slip::AllowsOneMore));
        let vouched = ends.is_some_and(|it| it > now || self.has(Slip::VouchesForEver));
        if !vouched || line.spent >= limit {
            return Reserved::Unvouched;
        }
        line.spent += 1;
        Reserved::Granted {
            generation: number,
            failures: line.spent,
        }
    }

    fn settle(&self, key: Key, number: u64, settlement: Settlement) {
        let (now, key) = (self.now(), self.filed(key));
        let mut memory = self.memory();
        if self.has(Slip::SuccessClearsAll) && settlement == Settlement::Clear {
            memory.lines.clear();
        }
        let line = memory.lines.entry(key).or_default();
        let counted = number > line.forgotten;
        match settlement {
            Settlement::Vouch(time) => {
                line.earned = line.vouched_until.is_some_and(|it| it > now);
                if !line.earned {
                    (line.spent, line.renewed_at) = (0, now);
                }
                line.vouched_until = Some(now + time);
            }
            Settlement::Clear if counted || self.has(Slip::LateSuccessClears) => {
                self.clear(line, number);
            }
            Settlement::Return if counted || self.has(Slip::LateReturnReturns) => {
                self.give_back(line, number);
            }
            Settlement::Clear | Settlement::Return => {}
        }
    }

    fn clear(&self, line: &mut Line, number: u64) {
        let refused = match self.slip {
            Slip::SuccessClearsNothing => number < u64::MAX,
            Slip::OnlyTheLastSuccessClears => number < line.last,
            Slip::HardStopCannotBeCleared => line.shut_until == Duration::MAX,
            _ => false,
        };
        if !refused {
            *line = Line {
                forgotten: line.last,
                last: line.last,
                ..Line::default()
            };
        }
    }

    fn give_back(&self, line: &mut Line, number: u64) {
        line.spent = line.spent.saturating_sub(1);
        let returned = match self.slip {
            Slip::ReturnsNothing => return,
            Slip::ReturnsTwo => 2,
            _ => 1,
        };
        line.failures = line.failures.saturating_sub(returned);
        let opens = number == line.last || line.failures < line.limit;
        if opens && !self.has(Slip::ReturnKeepsItShut) {
            line.shut_until = Duration::ZERO;
        }
    }
}

impl ThrottleStore for PlainThrottle {
    fn reserve(&self, key: Key, budget: &Budget) -> NowOrLater<Result<Reserved, Unavailable>> {
        NowOrLater::now(match self.slip {
            Slip::FailsAlways => Err(Unavailable::new("down")),
            _ => Ok(self.reserve(key, budget)),
        })
    }

    fn settle(
        &self,
        key: Key,
        generation: u64,
        settlement: Settlement,
    ) -> NowOrLater<Result<(), Unavailable>> {
        self.settle(key, generation, settlement);
        NowOrLater::now(Ok(()))
    }
}
