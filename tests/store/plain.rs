//! A plain store, and all that can be wrong with one.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use tower_challenge::clock::{Clock, ManualClock};
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MAX_COUNT, ReplayStore, StoreEpoch};
use tower_challenge::{NowOrLater, Unavailable};

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    GrantsAll,
    GrantsNone,
    FailsAlways,
    CountsOnlyUpwards,
    CountsFromZero,
    CountsInTwelveBits,
    SpendsWhatItClamps,
    KeepsHalfOfTheKey,
    OverlooksOneBit,
    OnceForgetsCounts,
    CountForgetsOnce,
    RacesForKeys,
    RacesForCounts,
    HalfTheTtl,
    ALittleLessThanTheTtl,
    TtlOfTheFirstClaim,
    TtlOfTheLastClaim,
    TtlInThirtyTwoBits,
    PanicsAtALongTtl,
    RevivesWithTheOldEnd,
    EvictsWhenFull,
    WipesWhenFull,
    AgainWhenFull,
    HoldsOneTooMany,
    HoldsLessThanHalf,
    StaysFull,
    RefusesKnownKeysWhenFull,
    RacesForRoom,
    NoticesNoHolder,
    GivesNobodyHalf,
    RefusesWhoeverHasAKey,
    EpochOfTheMoment,
    NoEpoch,
    SameEpochAfterLoss,
    SameEpochAndNoClaimAfterLoss,
    NoticesNoLoss,
    NoticesNoEpoch,
    DeadAfterLoss,
}

/// Keeps its memory elsewhere, as it were: it knows the epoch that it was told last, and learns of another by a claim.
#[derive(Debug)]
pub(crate) struct Plain {
    pub(crate) clock: ManualClock,
    pub(crate) capacity: usize,
    pub(crate) fault: Fault,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    lines: HashMap<ClaimKey, Line>,
    epoch: u64,
    told: u64,
}

#[derive(Clone, Debug, Default)]
struct Line {
    holder: Option<ClaimHolder>,
    uses: BTreeSet<u32>,
    until: Duration,
}

type Answer = Result<Claim, Unavailable>;

impl Plain {
    pub(crate) fn new(clock: ManualClock, capacity: usize, fault: Fault) -> Self {
        let memory = Mutex::default();
        Self {
            clock,
            capacity,
            fault,
            memory,
        }
    }

    pub(crate) fn lose(&self) -> bool {
        let mut memory = self.memory();
        memory.lines.clear();
        if !self.has(Fault::SameEpochAfterLoss) {
            memory.epoch += 1;
        }
        true
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no claim panics")
    }

    /// Lets others in for a moment.
    fn step_aside<'a>(&'a self, memory: MutexGuard<'a, Memory>) -> MutexGuard<'a, Memory> {
        drop(memory);
        thread::yield_now();
        self.memory()
    }

    fn claim(&self, key: ClaimKey, holder: ClaimHolder, number: u32, ttl: Duration) -> Answer {
        match self.fault {
            Fault::GrantsAll => Ok(Claim::First),
            Fault::GrantsNone => Ok(Claim::NotFirst),
            Fault::FailsAlways => Err(Unavailable::new("down")),
            _ if self.is_of_another_epoch(key) => Ok(Claim::NotFirst),
            _ => self.look(
                self.memory(),
                self.filed(key),
                holder,
                number,
                self.taken(ttl),
            ),
        }
    }

    fn is_of_another_epoch(&self, key: ClaimKey) -> bool {
        let epoch = StoreEpoch::new(self.memory().epoch);
        let another = key.epoch().is_some_and(|it| it != epoch);
        another && !self.has(Fault::NoticesNoEpoch)
    }

    fn filed(&self, key: ClaimKey) -> ClaimKey {
        let bits = u128::from_be_bytes(*key.as_bytes());
        let kept = match self.fault {
            Fault::KeepsHalfOfTheKey => bits >> 64,
            Fault::OverlooksOneBit => bits | 1 << 77,
            _ => bits,
        };
        ClaimKey::new(kept.to_be_bytes())
    }

    fn taken(&self, ttl: Duration) -> Duration {
        match self.fault {
            Fault::HalfTheTtl => ttl / 2,
            Fault::ALittleLessThanTheTtl => ttl.saturating_sub(Duration::from_nanos(1)),
            Fault::TtlInThirtyTwoBits => {
                Duration::from_millis(u64::try_from(ttl.as_millis() % (1 << 32)).expect("it fits"))
            }
            _ => ttl,
        }
    }

    fn look<'a>(
        &'a self,
        mut memory: MutexGuard<'a, Memory>,
        key: ClaimKey,
        holder: ClaimHolder,
        number: u32,
        ttl: Duration,
    ) -> Answer {
        let now = self.clock.monotonic();
        if memory.epoch != memory.told && !self.has(Fault::NoticesNoLoss) {
            return self.notice(&mut memory);
        }
        let lazy = self.has(Fault::RevivesWithTheOldEnd) && !self.is_full(&memory);
        if !lazy && !self.has(Fault::StaysFull) {
            memory.lines.retain(|_, line| line.until > now);
        }
        let known = memory.lines.contains_key(&key);
        if self.is_full(&memory) && (!known || self.has(Fault::RefusesKnownKeysWhenFull)) {
            if self.has(Fault::AgainWhenFull) {
                return Ok(Claim::NotFirst);
            }
            self.make_room(&mut memory)?;
        }
        if !known && self.has_its_share(&memory, holder) {
            return Err(Unavailable::new("the account has its share"));
        }
        if self.has(Fault::RacesForRoom) {
            memory = self.step_aside(memory);
        }
        Ok(self.mark(memory, key, holder, number, now, ttl))
    }

    /// Learns that the memory is another.
    fn notice(&self, memory: &mut Memory) -> Answer {
        match self.fault {
            Fault::DeadAfterLoss if memory.told == 0 => memory.told = u64::MAX,
            Fault::DeadAfterLoss | Fault::SameEpochAndNoClaimAfterLoss => {}
            _ => memory.told = memory.epoch,
        }
        Err(Unavailable::new("what was known is lost"))
    }

    const fn capacity(&self) -> usize {
        match self.fault {
            Fault::HoldsOneTooMany => self.capacity + 1,
            Fault::HoldsLessThanHalf => self.capacity / 2 - 1,
            _ => self.capacity,
        }
    }

    fn is_full(&self, memory: &Memory) -> bool {
        memory.lines.len() >= self.capacity()
    }

    /// Whether an account holds as many keys as there are places left.
    fn has_its_share(&self, memory: &Memory, holder: ClaimHolder) -> bool {
        let now = self.clock.monotonic();
        let live: Vec<_> = memory.lines.values().filter(|it| it.until > now).collect();
        let left = self.capacity().saturating_sub(live.len());
        let held = live.iter().filter(|it| it.holder == Some(holder)).count();
        match self.fault {
            Fault::NoticesNoHolder => false,
            Fault::GivesNobodyHalf => held * 3 >= left,
            Fault::RefusesWhoeverHasAKey => held > 0,
            _ => held >= left,
        }
    }

    fn make_room(&self, memory: &mut Memory) -> Result<(), Unavailable> {
        let victim = memory.lines.keys().next().copied();
        match (self.fault, victim) {
            (Fault::EvictsWhenFull, Some(key)) => {
                memory.lines.remove(&key);
                return Ok(());
            }
            (Fault::WipesWhenFull, Some(key)) => {
                memory.lines.entry(key).or_default().uses.clear();
            }
            _ => {}
        }
        Err(Unavailable::new("full"))
    }

    fn mark<'a>(
        &'a self,
        mut memory: MutexGuard<'a, Memory>,
        key: ClaimKey,
        holder: ClaimHolder,
        number: u32,
        now: Duration,
        ttl: Duration,
    ) -> Claim {
        let known = memory.lines.contains_key(&key);
        let line = memory.lines.entry(key).or_default();
        line.holder.get_or_insert(holder);
        let revived = line.until <= now && self.has(Fault::RevivesWithTheOldEnd);
        let races = match number {
            0 => self.has(Fault::RacesForKeys),
            _ => self.has(Fault::RacesForCounts),
        };
        if revived {
            line.uses.clear();
        }
        let claimed = self.is_claimed(line, number);
        if races {
            memory = self.step_aside(memory);
        }
        let line = memory.lines.entry(key).or_default();
        self.forget_the_other_kind(line, number);
        line.uses.insert(number);
        if !(revived && known) {
            line.until = self.end(line.until, now, ttl);
        }
        if claimed {
            Claim::NotFirst
        } else {
            Claim::First
        }
    }

    fn is_claimed(&self, line: &Line, number: u32) -> bool {
        let upwards = self.has(Fault::CountsOnlyUpwards) && number > 0;
        line.uses.contains(&number) || upwards && line.uses.last() > Some(&number)
    }

    fn forget_the_other_kind(&self, line: &mut Line, number: u32) {
        match (number, self.fault) {
            (0, Fault::OnceForgetsCounts) => line.uses.retain(|number| *number == 0),
            (1.., Fault::CountForgetsOnce) => line.uses.retain(|number| *number != 0),
            _ => {}
        }
    }

    fn end(&self, end: Duration, now: Duration, ttl: Duration) -> Duration {
        let asked = match self.fault {
            Fault::PanicsAtALongTtl => now + ttl,
            _ => now.saturating_add(ttl),
        };
        match self.fault {
            Fault::TtlOfTheFirstClaim if end > Duration::ZERO => end,
            Fault::TtlOfTheLastClaim => asked,
            _ => asked.max(end),
        }
    }
}

impl ReplayStore for Plain {
    fn claim_once(&self, key: ClaimKey, holder: ClaimHolder, ttl: Duration) -> NowOrLater<Answer> {
        NowOrLater::now(self.claim(key, holder, 0, ttl))
    }

    fn claim_count(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        count: u32,
        ttl: Duration,
    ) -> NowOrLater<Answer> {
        NowOrLater::now(match (count, self.fault) {
            (1..=MAX_COUNT, _) => self.claim(key, holder, count, ttl),
            (0, Fault::CountsFromZero) => self.claim(key, holder, MAX_COUNT + 1, ttl),
            (1.., Fault::CountsInTwelveBits) => self.claim(key, holder, count % MAX_COUNT, ttl),
            (_, Fault::SpendsWhatItClamps) => {
                let _spent = self.claim(key, holder, count.clamp(1, MAX_COUNT), ttl);
                Ok(Claim::NotFirst)
            }
            _ => Ok(Claim::NotFirst),
        })
    }

    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>> {
        NowOrLater::now(match self.fault {
            Fault::NoEpoch => Err(Unavailable::new("never seen")),
            Fault::EpochOfTheMoment => Ok(StoreEpoch::new(self.clock.monotonic().as_secs())),
            _ => Ok(StoreEpoch::new(self.memory().told)),
        })
    }
}
