//! The record of unfamiliar locations at one account, and its rules.

use std::time::Duration;

use super::encoding::{RecordReader, VERSION, flags, present};
use super::limits::UnfamiliarLimit;
use super::receipt::BudgetKind;
use super::units::{millis, period, seconds};
use crate::unavailable::Unavailable;

/// The failed attempts of unfamiliar locations at one account, the oldest first.
///
/// Each whole period since the oldest attempt began to count forgives one attempt. The record keeps each attempt as a
/// tag of its password, so that it finds a repeat and does not count it twice.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::store::{UnfamiliarLimit, UnfamiliarDecision, UnfamiliarRecord};
///
/// let (mut record, now) = (UnfamiliarRecord::default(), Duration::ZERO);
/// let limits = UnfamiliarLimit::new(1, Duration::from_secs(60), 1);
/// let mut reserve = |tag| record.reserve(tag, None, &limits, now);
/// assert!(matches!(reserve(1), UnfamiliarDecision::Counted { exhausts: true, .. }));
/// assert!(matches!(reserve(1), UnfamiliarDecision::Wait(..)), "an exhausted budget refuses repeats too");
/// record.undo(1, now, &limits, now);
/// assert!(matches!(record.reserve(2, None, &limits, now), UnfamiliarDecision::Counted { .. }));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnfamiliarRecord {
    /// Since when time counts towards forgiving the oldest attempt, in milliseconds.
    since: u64,
    /// When the latest attempt was counted, in seconds.
    last: u32,
    /// The failures since the owner last logged in, as far as rest has not reset them. A lockout begins when they reach
    /// its limit.
    streak: u8,
    attempts: Vec<RememberedAttempt>,
}

/// An attempt. Its fields are bytes, so that 20 attempts take 140 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RememberedAttempt {
    tag: [u8; 4],
    subnet: Option<SubnetTag>,
    /// Whether the throttle let another request with the same password through in the meantime.
    joined: bool,
    /// Whether the network has got this attempt back.
    repaid: bool,
}

type SubnetTag = [u8; 2];

/// The answer of the record of unfamiliar locations to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnfamiliarDecision {
    /// The budget has room for the attempt, and the record has counted it.
    Counted {
        /// The attempt takes the last failure.
        exhausts: bool,
        /// The attempt begins a lockout, unless it succeeds.
        locks_out: bool,
    },
    /// The record has counted the same password before.
    Repeated,
    /// This budget refuses the attempt for this long.
    Wait(Duration, BudgetKind),
    /// The account is locked out for unfamiliar locations, and time does not end that.
    LockedOut,
}

impl UnfamiliarRecord {
    /// Counts one attempt with the password behind `tag`, from the subnet `subnet` if that is known.
    ///
    /// An exhausted budget refuses repeats too. Otherwise its answers would tell, without limit, which passwords the
    /// owner has mistyped.
    pub fn reserve(
        &mut self,
        tag: u32,
        subnet: Option<[u8; 2]>,
        limits: &UnfamiliarLimit,
        now: Duration,
    ) -> UnfamiliarDecision {
        self.forgive(limits, now);
        if let Some(refused) = self.refuse(subnet, limits, now) {
            return refused;
        }
        if let Some(tried) = self.find(tag) {
            self.attempts[tried].joined = true;
            return UnfamiliarDecision::Repeated;
        }
        self.count(tag, subnet, limits, now)
    }

    /// Gives back the attempt with the password behind `tag`, reserved at `at`, because the password was right. The
    /// owner has logged in, so the count towards a lockout begins again.
    pub fn success(&mut self, tag: u32, at: Duration, limits: &UnfamiliarLimit, now: Duration) {
        self.take_back(tag, at, limits, now, |_| true);
        self.seen();
    }

    /// Gives back the attempt that was reserved at `at`, because no password was compared. The attempt stays counted if
    /// another request has had the same password compared. It also stays counted if it is so old that the tag may
    /// belong to a later attempt.
    pub fn undo(&mut self, tag: u32, at: Duration, limits: &UnfamiliarLimit, now: Duration) {
        self.take_back(tag, at, limits, now, |tried| !tried.joined);
    }

    /// Returns how many attempts a network gets back because the account has logged in at a new location in this
    /// subnet. They are the failures from the same subnet that the account counts, such as typing errors. Each of them
    /// is returned once.
    pub fn repay(&mut self, subnet: [u8; 2]) -> u32 {
        let is_owed =
            |tried: &&mut RememberedAttempt| tried.subnet == Some(subnet) && !tried.repaid;
        let owed = self.attempts.iter_mut().filter(is_owed);
        owed.map(|tried| tried.repaid = true)
            .fold(0, |sum, ()| sum + 1)
    }

    /// Resets the count towards a lockout, and so ends a lockout, because the owner has logged in.
    pub const fn seen(&mut self) {
        self.streak = 0;
    }

    /// Forgets all attempts and the count towards a lockout.
    pub fn unlock(&mut self) {
        *self = Self::default();
    }

    /// Whether time has forgiven all attempts and rest has reset the count towards a lockout, so that the store may
    /// forget the record.
    #[must_use]
    pub fn is_idle(&self, limits: &UnfamiliarLimit, now: Duration) -> bool {
        let forgiven = self.forgiven(limits, now).0 >= self.attempts.len();
        forgiven && (self.streak == 0 || self.rested(limits, now))
    }

    /// The time to live of the record: how long it takes until the record [is idle](Self::is_idle), if no attempt
    /// follows. `None` during a lockout, because time does not end it.
    #[must_use]
    pub fn expires_in(&self, limits: &UnfamiliarLimit, now: Duration) -> Option<Duration> {
        if self.is_idle(limits, now) {
            return Some(Duration::ZERO);
        }
        if self.is_locked_out(limits) {
            return None;
        }
        let attempts = u64::try_from(self.attempts.len()).ok()?;
        let every = period(limits.forgives_every());
        let forgiven = every.checked_mul(attempts)?.checked_add(self.since)?;
        let rested = match self.streak {
            0 => 0,
            _ => self.rest(limits).checked_add(self.last_in_millis())?,
        };
        let left = forgiven.max(rested).saturating_sub(millis(now));
        Some(Duration::from_millis(left))
    }

    /// Encodes the record: 15 bytes, and 7 for each attempt. Numbers are big-endian.
    ///
    /// | part | bytes |
    /// |---|---|
    /// | version: 1 | 1 |
    /// | since when time counts towards forgiving the oldest attempt, in milliseconds | 8 |
    /// | when the latest attempt was counted, in seconds | 4 |
    /// | failures since the owner last logged in | 1 |
    /// | number of attempts | 1 |
    /// | for each attempt: tag | 4 |
    /// | flags: 1 if a repeat has joined it, 2 if its subnet is known, 4 if the network has it back | 1 |
    /// | subnet, or zeros | 2 |
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = u8::try_from(self.attempts.len()).unwrap_or(u8::MAX);
        let kept = &self.attempts[..usize::from(count)];
        let mut bytes = Vec::with_capacity(15 + 7 * kept.len());
        bytes.push(VERSION);
        bytes.extend(self.since.to_be_bytes());
        bytes.extend(self.last.to_be_bytes());
        bytes.extend([self.streak, count]);
        for tried in kept {
            bytes.extend(tried.tag);
            bytes.push(flags([tried.joined, tried.subnet.is_some(), tried.repaid]));
            bytes.extend(tried.subnet.unwrap_or_default());
        }
        bytes
    }

    /// Decodes a record that [`to_bytes`](Self::to_bytes) has encoded.
    ///
    /// # Errors
    ///
    /// An error if the version is not the current one, the length is wrong, or a flag is unknown.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unavailable> {
        let mut reader = RecordReader::new(bytes)?;
        let (since, last, streak) = (reader.u64()?, reader.u32()?, reader.u8()?);
        let count = reader.u8()?;
        let attempts = (0..count).map(|_| RememberedAttempt::read(&mut reader));
        let record = Self {
            since,
            last,
            streak,
            attempts: attempts.collect::<Result<_, _>>()?,
        };
        reader.end()?;
        Ok(record)
    }

    /// Forgets the attempts that time forgives. Resets the streak after two periods of rest for each failure in it.
    fn forgive(&mut self, limits: &UnfamiliarLimit, now: Duration) {
        let (forgiven, since) = self.forgiven(limits, now);
        self.attempts.drain(..forgiven.min(self.attempts.len()));
        self.since = if self.attempts.is_empty() {
            millis(now)
        } else {
            since
        };
        if self.attempts.is_empty() && self.rested(limits, now) {
            self.streak = 0;
        }
    }

    /// How many attempts whole periods have forgiven, and when the current period began.
    fn forgiven(&self, limits: &UnfamiliarLimit, now: Duration) -> (usize, u64) {
        let every = period(limits.forgives_every());
        let periods = millis(now).saturating_sub(self.since) / every;
        let since = self.since.saturating_add(periods.saturating_mul(every));
        (usize::try_from(periods).unwrap_or(usize::MAX), since)
    }

    fn rested(&self, limits: &UnfamiliarLimit, now: Duration) -> bool {
        let end = self.last_in_millis().saturating_add(self.rest(limits));
        !self.is_locked_out(limits) && millis(now) >= end
    }

    /// How long unfamiliar locations must rest until the streak is reset, in milliseconds: two periods for each
    /// failure.
    fn rest(&self, limits: &UnfamiliarLimit) -> u64 {
        let every = period(limits.forgives_every());
        every.saturating_mul(2 * u64::from(self.streak))
    }

    fn last_in_millis(&self) -> u64 {
        u64::from(self.last) * 1000
    }

    fn is_locked_out(&self, limits: &UnfamiliarLimit) -> bool {
        limits
            .lockout_at()
            .is_some_and(|lockout| self.streak >= lockout)
    }

    fn refuse(
        &self,
        subnet: Option<SubnetTag>,
        limits: &UnfamiliarLimit,
        now: Duration,
    ) -> Option<UnfamiliarDecision> {
        if self.is_locked_out(limits) {
            return Some(UnfamiliarDecision::LockedOut);
        }
        if self.attempts.len() >= usize::from(limits.failures()) {
            let wait = self.until_forgiven(1, limits, now);
            return Some(UnfamiliarDecision::Wait(wait, BudgetKind::Unfamiliar));
        }
        let own = |tried: &RememberedAttempt| tried.subnet.is_some() && tried.subnet == subnet;
        let held = self.attempts.iter().filter(|tried| own(tried)).count();
        let oldest = self.attempts.iter().position(own)?;
        (held >= usize::from(limits.per_subnet())).then(|| {
            let wait = self.until_forgiven(oldest + 1, limits, now);
            UnfamiliarDecision::Wait(wait, BudgetKind::SubnetShare)
        })
    }

    /// The time until so many attempts are forgiven.
    fn until_forgiven(&self, attempts: usize, limits: &UnfamiliarLimit, now: Duration) -> Duration {
        let periods = u64::try_from(attempts).unwrap_or(u64::MAX);
        let time = period(limits.forgives_every()).saturating_mul(periods);
        let end = self.since.saturating_add(time);
        Duration::from_millis(end.saturating_sub(millis(now)))
    }

    fn find(&self, tag: u32) -> Option<usize> {
        let tag = tag.to_be_bytes();
        self.attempts.iter().position(|tried| tried.tag == tag)
    }

    fn count(
        &mut self,
        tag: u32,
        subnet: Option<SubnetTag>,
        limits: &UnfamiliarLimit,
        now: Duration,
    ) -> UnfamiliarDecision {
        self.make_room(limits);
        self.attempts.push(RememberedAttempt {
            tag: tag.to_be_bytes(),
            subnet,
            joined: false,
            repaid: false,
        });
        if limits.lockout_at().is_some() {
            self.streak = self.streak.saturating_add(1);
        }
        self.last = seconds(now);
        UnfamiliarDecision::Counted {
            exhausts: self.attempts.len() >= usize::from(limits.failures()),
            locks_out: self.is_locked_out(limits),
        }
    }

    /// Makes room for one more attempt. It grows in small steps and to no more than the limit, because clients try most
    /// names once.
    fn make_room(&mut self, limits: &UnfamiliarLimit) {
        let held = self.attempts.len();
        if held == self.attempts.capacity() {
            let most = usize::from(limits.failures()).max(held + 1);
            let more = held.clamp(2, (most - held).max(2));
            self.attempts.reserve_exact(more);
        }
    }

    fn take_back(
        &mut self,
        tag: u32,
        at: Duration,
        limits: &UnfamiliarLimit,
        now: Duration,
        may: impl Fn(&RememberedAttempt) -> bool,
    ) {
        // A whole period forgives one attempt, so an older tag may belong to a later attempt.
        let age = millis(now).saturating_sub(millis(at));
        if age >= period(limits.forgives_every()) {
            return;
        }
        if let Some(index) = self.find(tag).filter(|index| may(&self.attempts[*index])) {
            self.attempts.remove(index);
            self.streak = self.streak.saturating_sub(1);
        }
    }
}

impl RememberedAttempt {
    fn read(reader: &mut RecordReader<'_>) -> Result<Self, Unavailable> {
        let tag = reader.bytes()?;
        let [joined, has_subnet, repaid] = reader.flags()?;
        let subnet = present(has_subnet, reader.bytes()?)?;
        Ok(Self {
            tag,
            subnet,
            joined,
            repaid,
        })
    }
}
