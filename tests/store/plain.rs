//! A simple replay store in which a test can plant faults.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use tower_challenge::clock::{Clock, ManualClock};
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MAX_COUNT, ReplayStore, StoreEpoch};
use tower_challenge::{NowOrLater, Unavailable};

/// The planted fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    GrantsAll,
    GrantsNone,
    FailsAlways,
    CountsOnlyUpwards,
    CountsFromZero,
    CountsInTwelveBits,
    ClaimsTheClampedCount,
    KeepsHalfOfTheKey,
    IgnoresOneBit,
    OnceForgetsCounts,
    CountForgetsOnce,
    RaceConditionForKeys,
    RaceConditionForCounts,
    HalfTheTtl,
    ALittleLessThanTheTtl,
    TtlOfTheFirstClaim,
    TtlOfTheLastClaim,
    TtlInThirtyTwoBits,
    PanicsAtALongTtl,
    RevivesWithTheOldEnd,
    EvictsWhenFull,
    WipesWhenFull,
    NotFirstWhenFull,
    HoldsOneTooMany,
    HoldsLessThanHalf,
    StaysFull,
    RefusesHeldKeysWhenFull,
    RaceConditionForRoom,
    IgnoresHolders,
    GrantsOneAccountTooLittle,
    GrantsOneKeyPerAccount,
    EpochOfTheMoment,
    NoEpoch,
    SameEpochAfterLoss,
    SameEpochAndNoClaimAfterLoss,
    IgnoresLoss,
    IgnoresTheEpochOfAKey,
    DeadAfterLoss,
}

/// A store that acts as if it kept its data in another process. It knows the epoch that it saw last, and learns of a
/// new one during a claim.
#[derive(Debug)]
pub(crate) struct Plain {
    pub(crate) clock: ManualClock,
    pub(crate) capacity: usize,
    pub(crate) fault: Fault,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    entries: HashMap<ClaimKey, Entry>,
    epoch: u64,
    seen: u64,
}

#[derive(Clone, Debug, Default)]
struct Entry {
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
        memory.entries.clear();
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

    /// Releases the lock for a moment, so that another thread can take it.
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
        let another = key.epoch().is_some_and(|of_key| of_key != epoch);
        another && !self.has(Fault::IgnoresTheEpochOfAKey)
    }

    fn filed(&self, key: ClaimKey) -> ClaimKey {
        let bits = u128::from_be_bytes(*key.as_bytes());
        let kept = match self.fault {
            Fault::KeepsHalfOfTheKey => bits >> 64,
            Fault::IgnoresOneBit => bits | 1 << 77,
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
        if memory.epoch != memory.seen && !self.has(Fault::IgnoresLoss) {
            return self.notice(&mut memory);
        }
        let lazy = self.has(Fault::RevivesWithTheOldEnd) && !self.is_full(&memory);
        if !lazy && !self.has(Fault::StaysFull) {
            memory.entries.retain(|_, entry| entry.until > now);
        }
        let known = memory.entries.contains_key(&key);
        if self.is_full(&memory) && (!known || self.has(Fault::RefusesHeldKeysWhenFull)) {
            if self.has(Fault::NotFirstWhenFull) {
                return Ok(Claim::NotFirst);
            }
            self.make_room(&mut memory)?;
        }
        if !known && self.has_its_share(&memory, holder) {
            return Err(Unavailable::new("the account has its share"));
        }
        if self.has(Fault::RaceConditionForRoom) {
            memory = self.step_aside(memory);
        }
        Ok(self.mark(memory, key, holder, number, now, ttl))
    }

    /// Learns that the epoch is another one, because the data were lost.
    fn notice(&self, memory: &mut Memory) -> Answer {
        match self.fault {
            Fault::DeadAfterLoss if memory.seen == 0 => memory.seen = u64::MAX,
            Fault::DeadAfterLoss | Fault::SameEpochAndNoClaimAfterLoss => {}
            _ => memory.seen = memory.epoch,
        }
        Err(Unavailable::new("the store lost its data"))
    }

    const fn capacity(&self) -> usize {
        match self.fault {
            Fault::HoldsOneTooMany => self.capacity + 1,
            Fault::HoldsLessThanHalf => self.capacity / 2 - 1,
            _ => self.capacity,
        }
    }

    fn is_full(&self, memory: &Memory) -> bool {
        memory.entries.len() >= self.capacity()
    }

    /// Whether an account holds as many keys as there are free places.
    fn has_its_share(&self, memory: &Memory, holder: ClaimHolder) -> bool {
        let now = self.clock.monotonic();
        let live: Vec<_> = memory
            .entries
            .values()
            .filter(|entry| entry.until > now)
            .collect();
        let left = self.capacity().saturating_sub(live.len());
        let held = live
            .iter()
            .filter(|entry| entry.holder == Some(holder))
            .count();
        match self.fault {
            Fault::IgnoresHolders => false,
            Fault::GrantsOneAccountTooLittle => held * 3 >= left,
            Fault::GrantsOneKeyPerAccount => held > 0,
            _ => held >= left,
        }
    }

    fn make_room(&self, memory: &mut Memory) -> Result<(), Unavailable> {
        let victim = memory.entries.keys().next().copied();
        match (self.fault, victim) {
            (Fault::EvictsWhenFull, Some(key)) => {
                memory.entries.remove(&key);
                return Ok(());
            }
            (Fault::WipesWhenFull, Some(key)) => {
                memory.entries.entry(key).or_default().uses.clear();
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
        let known = memory.entries.contains_key(&key);
        let entry = memory.entries.entry(key).or_default();
        entry.holder.get_or_insert(holder);
        let revived = entry.until <= now && self.has(Fault::RevivesWithTheOldEnd);
        let races = match number {
            0 => self.has(Fault::RaceConditionForKeys),
            _ => self.has(Fault::RaceConditionForCounts),
        };
        if revived {
            entry.uses.clear();
        }
        let claimed = self.is_claimed(entry, number);
        if races {
            memory = self.step_aside(memory);
        }
        let entry = memory.entries.entry(key).or_default();
        self.forget_the_other_kind(entry, number);
        entry.uses.insert(number);
        if !(revived && known) {
            entry.until = self.end(entry.until, now, ttl);
        }
        if claimed {
            Claim::NotFirst
        } else {
            Claim::First
        }
    }

    fn is_claimed(&self, entry: &Entry, number: u32) -> bool {
        let upwards = self.has(Fault::CountsOnlyUpwards) && number > 0;
        entry.uses.contains(&number) || upwards && entry.uses.last() > Some(&number)
    }

    fn forget_the_other_kind(&self, entry: &mut Entry, number: u32) {
        match (number, self.fault) {
            (0, Fault::OnceForgetsCounts) => entry.uses.retain(|number| *number == 0),
            (1.., Fault::CountForgetsOnce) => entry.uses.retain(|number| *number != 0),
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
            (_, Fault::ClaimsTheClampedCount) => {
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
            _ => Ok(StoreEpoch::new(self.memory().seen)),
        })
    }
}
