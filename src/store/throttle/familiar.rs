//! The record of the familiar locations of one account, and its rules.

use std::time::Duration;

use super::encoding::{RecordReader, VERSION, corrupt, flags, present};
use super::limits::FamiliarLimit;
use super::units::seconds;
use crate::unavailable::Unavailable;

/// How many locations an account keeps.
const MAX_LOCATIONS: usize = 16;

/// How many attempts at familiar locations an account keeps, so that it finds a repeat.
const MAX_TRIED: usize = 32;

const HOUR: u32 = 60 * 60;
const DAY: u32 = 24 * 60 * 60;

/// The familiar locations of one account under one spelling of its name: up to 16.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::store::{FamiliarDecision, FamiliarRecord, ThrottleLimits};
///
/// let limit = ThrottleLimits::new().familiar_limit();
/// let (mut record, now, home) = (FamiliarRecord::default(), Duration::ZERO, 1);
/// assert_eq!(record.reserve(home, 0, &limit, now), FamiliarDecision::Unknown);
/// assert!(record.success(home, 0, &limit, now).is_new);
/// assert!((1..=20).all(|tag| record.reserve(home, tag, &limit, now) == FamiliarDecision::Admitted));
/// assert_eq!(record.reserve(home, 21, &limit, now), FamiliarDecision::Unknown, "the 20 are exhausted");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FamiliarRecord {
    /// When a new location last returned failures to its network. All times here are in seconds.
    credited: Option<u32>,
    /// When the record of unfamiliar locations last learned of a login by the owner.
    seen: Option<u32>,
    locations: Vec<FamiliarLocation>,
    /// The passwords that clients tried at familiar locations, the oldest first.
    tried: Vec<RememberedPassword>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FamiliarLocation {
    location: u32,
    /// When the owner last logged in here, or the application last marked the location as familiar.
    used: u32,
    /// Since when time counts towards returning the failures in `spent`.
    since: u32,
    spent: u8,
    /// On how many days that happened.
    days: u8,
}

/// An attempt at the familiar location with the index `slot` in `locations`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RememberedPassword {
    tag: [u8; 4],
    slot: u8,
    /// Whether the throttle let another request with the same password through in the meantime.
    joined: bool,
}

/// The answer of a familiar location to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamiliarDecision {
    /// The location is familiar and has failures left. It admits the attempt, and no other budget is asked.
    Admitted,
    /// The location is not familiar, or its failures are exhausted. The attempt counts as one from an unfamiliar
    /// location.
    Unknown,
}

/// The effects of a success on other records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FamiliarUpdate {
    /// The location was not familiar before.
    pub is_new: bool,
    /// The network gets back the failures that the account has had in that subnet. This happens at a login at a new
    /// location, and at most once in 24 hours for each account.
    pub gives_credit: bool,
    /// The record of unfamiliar locations must learn that the owner logged in. This happens at most once an hour, so
    /// that a client which sends the password with each request does not make the store write that record each time.
    pub owner_seen: bool,
}

impl FamiliarRecord {
    /// Counts one attempt at `location` with the password behind `tag`. It does not count a repeat of a password
    /// again.
    pub fn reserve(
        &mut self,
        location: u32,
        tag: u32,
        limit: &FamiliarLimit,
        now: Duration,
    ) -> FamiliarDecision {
        let found = self.find_familiar(location, limit, now);
        let Some(slot) = found.filter(|slot| self.locations[*slot].spent < limit.failures()) else {
            return FamiliarDecision::Unknown;
        };
        match self.find_tried(tag, slot) {
            Some(tried) => self.tried[tried].joined = true,
            None => self.count(tag, slot),
        }
        FamiliarDecision::Admitted
    }

    /// Records that the password behind `tag` was right at `location`. The location is familiar from now on.
    pub fn success(
        &mut self,
        location: u32,
        tag: u32,
        limit: &FamiliarLimit,
        now: Duration,
    ) -> FamiliarUpdate {
        self.take_back(location, tag, |_| true);
        let is_new = self.find_familiar(location, limit, now).is_none();
        let slot = self.use_location(location, is_new, limit, now);
        self.locations[slot].refill(limit, seconds(now));
        FamiliarUpdate {
            is_new,
            gives_credit: is_new && passed(&mut self.credited, DAY, seconds(now)),
            owner_seen: passed(&mut self.seen, HOUR, seconds(now)),
        }
    }

    /// Gives back an attempt at `location` for which no password was compared. The attempt stays counted if another
    /// request has had the same password compared.
    pub fn undo(&mut self, location: u32, tag: u32) {
        self.take_back(location, tag, |tried| !tried.joined);
    }

    /// Makes `location` familiar, with all of its failures, because the application knows that the owner is there.
    pub fn mark_familiar(&mut self, location: u32, limit: &FamiliarLimit, now: Duration) {
        let is_new = self.find_familiar(location, limit, now).is_none();
        let slot = self.use_location(location, is_new, limit, now);
        self.locations[slot].spent = 0;
        self.locations[slot].since = seconds(now);
    }

    /// The time to live of the record: how long it takes until no location is familiar any more and no other time
    /// in it matters, if no attempt follows.
    #[must_use]
    pub fn expires_in(&self, limit: &FamiliarLimit, now: Duration) -> Duration {
        let memory = seconds(limit.memory());
        let locations = self.locations.iter();
        let locations = locations.map(|location| location.used.saturating_add(memory));
        let credited = self.credited.map(|credited| credited.saturating_add(DAY));
        let seen = self.seen.map(|seen| seen.saturating_add(HOUR));
        let end = locations.chain(credited).chain(seen).max().unwrap_or(0);
        Duration::from_secs(u64::from(end)).saturating_sub(now)
    }

    /// Encodes the record: 12 bytes, 14 for each location, and 6 for each attempt. Numbers are big-endian, and
    /// times are in seconds.
    ///
    /// | part | bytes |
    /// |---|---|
    /// | version: 1 | 1 |
    /// | flags: 1 if a new location returned failures to its network, 2 if a login of the owner was reported | 1 |
    /// | when a new location last returned failures to its network, or zeros | 4 |
    /// | when a login of the owner was last reported to the record of unfamiliar locations, or zeros | 4 |
    /// | number of locations: at most 16 | 1 |
    /// | number of attempts: at most 32 | 1 |
    /// | for each location: its keyed hash | 4 |
    /// | when it was last used | 4 |
    /// | since when time counts towards returning its failures | 4 |
    /// | its failures | 1 |
    /// | on how many days it was used | 1 |
    /// | for each attempt: tag | 4 |
    /// | its location, as an index in the list above, from 0 | 1 |
    /// | 1 if a repeat has joined it, otherwise 0 | 1 |
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = |length| u8::try_from(length).unwrap_or(u8::MAX);
        let (locations, tried) = (self.locations.len(), self.tried.len());
        let mut bytes = Vec::with_capacity(12 + 14 * locations + 6 * tried);
        bytes.push(VERSION);
        bytes.push(flags([self.credited.is_some(), self.seen.is_some()]));
        bytes.extend(self.credited.unwrap_or_default().to_be_bytes());
        bytes.extend(self.seen.unwrap_or_default().to_be_bytes());
        bytes.extend([count(locations), count(tried)]);
        for location in &self.locations {
            bytes.extend(location.location.to_be_bytes());
            bytes.extend(location.used.to_be_bytes());
            bytes.extend(location.since.to_be_bytes());
            bytes.extend([location.spent, location.days]);
        }
        for tried in &self.tried {
            bytes.extend(tried.tag);
            bytes.extend([tried.slot, flags([tried.joined])]);
        }
        bytes
    }

    /// Decodes a record that [`to_bytes`](Self::to_bytes) has encoded.
    ///
    /// # Errors
    ///
    /// An error if the version is not the current one, the length is wrong, a flag is unknown, there are more
    /// locations or attempts than a record keeps, or an attempt names a location that does not exist.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unavailable> {
        let mut reader = RecordReader::new(bytes)?;
        let [has_credited, has_seen] = reader.flags()?;
        let credited = present(has_credited, reader.u32()?)?;
        let seen = present(has_seen, reader.u32()?)?;
        let (locations, tried) = (reader.u8()?, reader.u8()?);
        if usize::from(locations) > MAX_LOCATIONS || usize::from(tried) > MAX_TRIED {
            return Err(corrupt("too many locations or attempts"));
        }
        let listed = (0..locations).map(|_| FamiliarLocation::read(&mut reader));
        let listed = listed.collect::<Result<_, _>>()?;
        let tried = (0..tried).map(|_| RememberedPassword::read(&mut reader, locations));
        let record = Self {
            credited,
            seen,
            locations: listed,
            tried: tried.collect::<Result<_, _>>()?,
        };
        reader.end()?;
        Ok(record)
    }

    /// When the account was last used at any of its locations, in seconds.
    pub(in crate::store) fn last_use(&self) -> u32 {
        let uses = self.locations.iter().map(|location| location.used);
        uses.max().unwrap_or_default()
    }

    fn find(&self, location: u32) -> Option<usize> {
        self.locations
            .iter()
            .position(|kept| kept.location == location)
    }

    fn find_familiar(&self, location: u32, limit: &FamiliarLimit, now: Duration) -> Option<usize> {
        let slot = self.find(location)?;
        self.locations[slot]
            .is_familiar(limit, seconds(now))
            .then_some(slot)
    }

    fn find_tried(&self, tag: u32, slot: usize) -> Option<usize> {
        let tag = tag.to_be_bytes();
        let same = |tried: &RememberedPassword| tried.tag == tag && usize::from(tried.slot) == slot;
        self.tried.iter().position(same)
    }

    fn count(&mut self, tag: u32, slot: usize) {
        self.locations[slot].spent = self.locations[slot].spent.saturating_add(1);
        if self.tried.len() >= MAX_TRIED {
            self.tried.remove(0);
        }
        self.tried.push(RememberedPassword {
            tag: tag.to_be_bytes(),
            slot: u8::try_from(slot).unwrap_or(u8::MAX),
            joined: false,
        });
    }

    fn take_back(&mut self, location: u32, tag: u32, may: impl Fn(&RememberedPassword) -> bool) {
        let slot = self.find(location);
        let tried = slot.and_then(|slot| self.find_tried(tag, slot));
        if let (Some(slot), Some(tried)) = (slot, tried.filter(|tried| may(&self.tried[*tried]))) {
            self.tried.remove(tried);
            self.locations[slot].spent = self.locations[slot].spent.saturating_sub(1);
        }
    }

    /// Records a use of `location`. If all slots are taken, it replaces another location.
    fn use_location(
        &mut self,
        location: u32,
        is_new: bool,
        limit: &FamiliarLimit,
        now: Duration,
    ) -> usize {
        let now_seconds = seconds(now);
        let slot = self.find(location);
        let slot = slot.unwrap_or_else(|| self.slot_for_another(limit, now_seconds));
        if is_new {
            // The attempts in this slot belong to the location that was in it before.
            self.tried.retain(|tried| usize::from(tried.slot) != slot);
            let first = FamiliarLocation::first_used(location, now_seconds);
            match self.locations.get_mut(slot) {
                Some(taken) => *taken = first,
                None => self.locations.push(first),
            }
        }
        self.locations[slot].note_use(now_seconds);
        slot
    }

    /// Chooses the slot of a new location: a free one, or that of a location which is no longer familiar. If there
    /// is none, it takes the location that was unused for the longest time, first among those that were used on one
    /// day only. So a traveller's hotels do not replace the home.
    fn slot_for_another(&self, limit: &FamiliarLimit, now: u32) -> usize {
        if self.locations.len() < MAX_LOCATIONS {
            return self.locations.len();
        }
        let worth = |location: &FamiliarLocation| {
            (
                location.is_familiar(limit, now),
                location.days >= 2,
                location.used,
            )
        };
        let slots = self.locations.iter().enumerate();
        let least = slots.min_by_key(|(_, location)| worth(location));
        least.map_or(0, |(slot, _)| slot)
    }
}

impl FamiliarLocation {
    fn read(reader: &mut RecordReader<'_>) -> Result<Self, Unavailable> {
        Ok(Self {
            location: reader.u32()?,
            used: reader.u32()?,
            since: reader.u32()?,
            spent: reader.u8()?,
            days: reader.u8()?,
        })
    }

    const fn first_used(location: u32, now: u32) -> Self {
        Self {
            location,
            used: now,
            since: now,
            spent: 0,
            days: 1,
        }
    }

    fn is_familiar(&self, limit: &FamiliarLimit, now: u32) -> bool {
        now.saturating_sub(self.used) < seconds(limit.memory())
    }

    fn note_use(&mut self, now: u32) {
        if now / DAY != self.used / DAY {
            self.days = self.days.saturating_add(1);
        }
        self.used = now;
    }

    /// Gives back one failure for each period that has passed. The rest of a period counts for the next time.
    fn refill(&mut self, limit: &FamiliarLimit, now: u32) {
        let every = limit.refill_seconds();
        let periods = now.saturating_sub(self.since) / every;
        if self.spent == 0 {
            self.since = now;
        } else {
            let spent = u32::from(self.spent).saturating_sub(periods);
            self.spent = u8::try_from(spent).unwrap_or(self.spent);
            self.since = self.since.saturating_add(periods.saturating_mul(every));
        }
    }
}

impl RememberedPassword {
    /// Reads an attempt at one of `locations` locations.
    fn read(reader: &mut RecordReader<'_>, locations: u8) -> Result<Self, Unavailable> {
        let (tag, slot) = (reader.bytes()?, reader.u8()?);
        let [joined] = reader.flags()?;
        match slot < locations {
            true => Ok(Self { tag, slot, joined }),
            false => Err(corrupt("an attempt at a location that does not exist")),
        }
    }
}

/// Whether `time` has passed since `last`. If so, sets `last` to `now`.
fn passed(last: &mut Option<u32>, time: u32, now: u32) -> bool {
    let passed = last.is_none_or(|last| now.saturating_sub(last) >= time);
    if passed {
        *last = Some(now);
    }
    passed
}
