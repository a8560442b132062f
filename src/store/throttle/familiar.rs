//! The known places of one account.

use std::time::Duration;

use super::encoding::{RecordReader, VERSION, corrupt, flags, present};
use super::limits::FamiliarLimit;
use super::units::seconds;
use crate::unavailable::Unavailable;

/// How many places an account keeps.
const PLACES: usize = 16;

/// How many attempts at known places an account keeps, so that a repeat is found.
const TRIED: usize = 32;

const HOUR: u32 = 60 * 60;
const DAY: u32 = 24 * 60 * 60;

/// Where one account, under one spelling of its name, was used: up to 16 places.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::store::{FamiliarDecision, FamiliarRecord, ThrottleLimits};
///
/// let known = ThrottleLimits::new().familiar_limit();
/// let (mut record, now, home) = (FamiliarRecord::default(), Duration::ZERO, 1);
/// assert_eq!(record.reserve(home, 0, &known, now), FamiliarDecision::Unknown);
/// assert!(record.success(home, 0, &known, now).is_new);
/// assert!((1..=20).all(|tag| record.reserve(home, tag, &known, now) == FamiliarDecision::Admitted));
/// assert_eq!(record.reserve(home, 21, &known, now), FamiliarDecision::Unknown, "the 20 are used up");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FamiliarRecord {
    /// When a new place last gave its network credit: seconds, as all times here.
    credited: Option<u32>,
    /// When strangers were last told that the owner was seen.
    seen: Option<u32>,
    locations: Vec<FamiliarLocation>,
    /// The passwords that were tried at known places, the oldest first.
    tried: Vec<AttemptedPassword>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FamiliarLocation {
    location: u32,
    /// When it was last used.
    used: u32,
    /// From when on time counts for what is spent.
    since: u32,
    spent: u8,
    /// On how many days it was used.
    days: u8,
}

/// An attempt at the known place which stands in the list under `slot`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AttemptedPassword {
    tag: [u8; 4],
    slot: u8,
    /// Whether another request with the same password was let through meanwhile.
    joined: bool,
}

/// Whether a place lets an attempt through by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamiliarDecision {
    /// It does.
    Admitted,
    /// It is not known, or its failures are used up: the attempt is a stranger's.
    Unknown,
}

/// News of a success, beyond its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FamiliarUpdate {
    /// The place was not known before.
    pub is_new: bool,
    /// The network gets back what the account has failed there: the first new place of the account on a day.
    pub gives_credit: bool,
    /// The record of strangers is to hear that the owner was seen: once an hour.
    pub owner_seen: bool,
}

impl FamiliarRecord {
    /// Counts one attempt at `location` with the password behind `tag`. A repeat of a password is not counted again.
    pub fn reserve(
        &mut self,
        location: u32,
        tag: u32,
        known: &FamiliarLimit,
        now: Duration,
    ) -> FamiliarDecision {
        let found = self.find_familiar(location, known, now);
        let Some(slot) = found.filter(|slot| self.locations[*slot].spent < known.failures()) else {
            return FamiliarDecision::Unknown;
        };
        match self.find_tried(tag, slot) {
            Some(tried) => self.tried[tried].joined = true,
            None => self.count(tag, slot),
        }
        FamiliarDecision::Admitted
    }

    /// The password behind `tag` was right at `location`: the place is known from now on.
    pub fn success(
        &mut self,
        location: u32,
        tag: u32,
        known: &FamiliarLimit,
        now: Duration,
    ) -> FamiliarUpdate {
        self.take_back(location, tag, |_| true);
        let is_new = self.find_familiar(location, known, now).is_none();
        let slot = self.use_location(location, is_new, known, now);
        self.locations[slot].refill(known, seconds(now));
        FamiliarUpdate {
            is_new,
            gives_credit: is_new && passed(&mut self.credited, DAY, seconds(now)),
            owner_seen: passed(&mut self.seen, HOUR, seconds(now)),
        }
    }

    /// No password was compared for an attempt at `location`. It stays counted if another request has had the same password
    /// compared.
    pub fn undo(&mut self, location: u32, tag: u32) {
        self.take_back(location, tag, |tried| !tried.joined);
    }

    /// The application knows that the owner is at `location`: it is known from now on, with all of its failures.
    pub fn mark_familiar(&mut self, location: u32, known: &FamiliarLimit, now: Duration) {
        let is_new = self.find_familiar(location, known, now).is_none();
        let slot = self.use_location(location, is_new, known, now);
        self.locations[slot].spent = 0;
        self.locations[slot].since = seconds(now);
    }

    /// How long it is until no place is known any more and no moment counts, if nothing else happens: the time to live of the
    /// record.
    #[must_use]
    pub fn expires_in(&self, known: &FamiliarLimit, now: Duration) -> Duration {
        let memory = seconds(known.memory());
        let locations = self.locations.iter();
        let locations = locations.map(|location| location.used.saturating_add(memory));
        let credited = self.credited.map(|credited| credited.saturating_add(DAY));
        let seen = self.seen.map(|seen| seen.saturating_add(HOUR));
        let end = locations.chain(credited).chain(seen).max().unwrap_or(0);
        Duration::from_secs(u64::from(end)).saturating_sub(now)
    }

    /// The record in bytes: 12, 14 for each place, and 6 for each attempt. Numbers are big-endian, and times are in seconds.
    ///
    /// | part | bytes |
    /// |---|---|
    /// | version: 1 | 1 |
    /// | flags: 1 if a new place gave its network credit, 2 if strangers were told that the owner was seen | 1 |
    /// | when a new place last gave its network credit, or zeros | 4 |
    /// | when strangers were last told that the owner was seen, or zeros | 4 |
    /// | number of places: at most 16 | 1 |
    /// | number of attempts: at most 32 | 1 |
    /// | for each place: its keyed hash | 4 |
    /// | when it was last used | 4 |
    /// | from when on time counts for its failures | 4 |
    /// | its failures | 1 |
    /// | on how many days it was used | 1 |
    /// | for each attempt: tag | 4 |
    /// | its place, as a number in the list above, from 0 | 1 |
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

    /// The record that [`to_bytes`](Self::to_bytes) has encoded.
    ///
    /// # Errors
    ///
    /// The version is another one, the length is wrong, a flag is unknown, there are more places or attempts than a record
    /// keeps, or an attempt names a place that is not there.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unavailable> {
        let mut reader = RecordReader::new(bytes)?;
        let [has_credited, has_seen] = reader.flags()?;
        let credited = present(has_credited, reader.u32()?)?;
        let seen = present(has_seen, reader.u32()?)?;
        let (locations, tried) = (reader.u8()?, reader.u8()?);
        if usize::from(locations) > PLACES || usize::from(tried) > TRIED {
            return Err(corrupt("too many places or attempts"));
        }
        let listed = (0..locations).map(|_| FamiliarLocation::read(&mut reader));
        let listed = listed.collect::<Result<_, _>>()?;
        let tried = (0..tried).map(|_| AttemptedPassword::read(&mut reader, locations));
        let record = Self {
            credited,
            seen,
            locations: listed,
            tried: tried.collect::<Result<_, _>>()?,
        };
        reader.end()?;
        Ok(record)
    }

    /// When a place was last used, in seconds.
    pub(in crate::store) fn last_use(&self) -> u32 {
        let uses = self.locations.iter().map(|location| location.used);
        uses.max().unwrap_or_default()
    }

    fn find(&self, location: u32) -> Option<usize> {
        self.locations
            .iter()
            .position(|known| known.location == location)
    }

    fn find_familiar(&self, location: u32, known: &FamiliarLimit, now: Duration) -> Option<usize> {
        let slot = self.find(location)?;
        self.locations[slot]
            .is_familiar(known, seconds(now))
            .then_some(slot)
    }

    fn find_tried(&self, tag: u32, slot: usize) -> Option<usize> {
        let tag = tag.to_be_bytes();
        let same = |tried: &AttemptedPassword| tried.tag == tag && usize::from(tried.slot) == slot;
        self.tried.iter().position(same)
    }

    fn count(&mut self, tag: u32, slot: usize) {
        self.locations[slot].spent = self.locations[slot].spent.saturating_add(1);
        if self.tried.len() >= TRIED {
            self.tried.remove(0);
        }
        self.tried.push(AttemptedPassword {
            tag: tag.to_be_bytes(),
            slot: u8::try_from(slot).unwrap_or(u8::MAX),
            joined: false,
        });
    }

    fn take_back(&mut self, location: u32, tag: u32, may: impl Fn(&AttemptedPassword) -> bool) {
        let slot = self.find(location);
        let tried = slot.and_then(|slot| self.find_tried(tag, slot));
        if let (Some(slot), Some(tried)) = (slot, tried.filter(|tried| may(&self.tried[*tried]))) {
            self.tried.remove(tried);
            self.locations[slot].spent = self.locations[slot].spent.saturating_sub(1);
        }
    }

    /// Notes a use of `location`, which takes the slot of another if all are taken.
    fn use_location(
        &mut self,
        location: u32,
        is_new: bool,
        known: &FamiliarLimit,
        now: Duration,
    ) -> usize {
        let now_seconds = seconds(now);
        let slot = self.find(location);
        let slot = slot.unwrap_or_else(|| self.slot_for_another(known, now_seconds));
        if is_new {
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

    /// A free slot, or that of a place which is no longer known; else that of the place which was longest unused, first
    /// among those that were used on one day only.
    fn slot_for_another(&self, known: &FamiliarLimit, now: u32) -> usize {
        if self.locations.len() < PLACES {
            return self.locations.len();
        }
        let worth = |location: &FamiliarLocation| {
            (
                location.is_familiar(known, now),
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

    fn is_familiar(&self, known: &FamiliarLimit, now: u32) -> bool {
        now.saturating_sub(self.used) < seconds(known.memory())
    }

    fn note_use(&mut self, now: u32) {
        if now / DAY != self.used / DAY {
            self.days = self.days.saturating_add(1);
        }
        self.used = now;
    }

    /// Gives back one failure for each period that has passed. The rest of a period counts for the next time.
    fn refill(&mut self, known: &FamiliarLimit, now: u32) {
        let every = known.refill_seconds();
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

impl AttemptedPassword {
    /// An attempt at one of so many places.
    fn read(reader: &mut RecordReader<'_>, locations: u8) -> Result<Self, Unavailable> {
        let (tag, slot) = (reader.bytes()?, reader.u8()?);
        let [joined] = reader.flags()?;
        match slot < locations {
            true => Ok(Self { tag, slot, joined }),
            false => Err(corrupt("an attempt at a place that is not there")),
        }
    }
}

/// Whether so much time has passed since `last`, which is now if it has.
fn passed(last: &mut Option<u32>, time: u32, now: u32) -> bool {
    let passed = last.is_none_or(|last| now.saturating_sub(last) >= time);
    if passed {
        *last = Some(now);
    }
    passed
}
