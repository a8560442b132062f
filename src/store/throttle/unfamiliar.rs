//! The budget of strangers at one account.

use std::time::Duration;

use super::encoding::{RecordReader, VERSION, flags, present};
use super::limits::UnfamiliarLimit;
use super::receipt::BudgetKind;
use super::units::{millis, period, seconds};
use crate::unavailable::Unavailable;

/// The attempts of strangers at one account, the oldest first.
///
/// Each whole period since the oldest began to count forgives one attempt. Each attempt is kept as a tag of its
/// password, so that a repeat is found and not counted twice.
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
/// assert!(matches!(reserve(1), UnfamiliarDecision::Wait(..)), "a repeat, too: else it would tell that it is one");
/// record.undo(1, now, &limits, now);
/// assert!(matches!(record.reserve(2, None, &limits, now), UnfamiliarDecision::Counted { .. }));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnfamiliarRecord {
    /// From when on time counts for the oldest attempt: milliseconds.
    since: u64,
    /// When the latest attempt was counted: seconds.
    last: u32,
    /// The failures since the owner was last seen, as far as they are not forgotten.
    streak: u8,
    attempts: Vec<Attempted>,
}

/// An attempt, in bytes, so that 20 of them take 140.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Attempted {
    tag: [u8; 4],
    subnet: Option<SubnetTag>,
    /// Whether another request with the same password was let through meanwhile.
    joined: bool,
    /// Whether the network has got it back.
    repaid: bool,
}

type SubnetTag = [u8; 2];

/// Whether strangers have an attempt left at the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnfamiliarDecision {
    /// They have, and it is counted.
    Counted {
        /// It is the last that there is.
        exhausts: bool,
        /// Strangers are stopped from now on, unless it succeeds.
        locks_out: bool,
    },
    /// The password is counted already.
    Repeated,
    /// They have none for this long, by this budget.
    Wait(Duration, BudgetKind),
    /// They have none, however much time passes.
    LockedOut,
}

impl UnfamiliarRecord {
    /// Counts one attempt with the password behind `tag`, which comes from a neighbourhood.
    ///
    /// A full account refuses repeats too: otherwise it would tell, without limit, which passwords its owner has mistyped.
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

    /// The password behind `tag`, reserved at `at`, was right: the attempt was none, and the owner is here.
    pub fn success(&mut self, tag: u32, at: Duration, limits: &UnfamiliarLimit, now: Duration) {
        self.take_back(tag, at, limits, now, |_| true);
        self.seen();
    }

    /// No password was compared for the attempt that was reserved at `at`. It stays counted if another request has had the
    /// same password compared, or if it is so old that the tag may be that of a later attempt.
    pub fn undo(&mut self, tag: u32, at: Duration, limits: &UnfamiliarLimit, now: Duration) {
        self.take_back(tag, at, limits, now, |tried| !tried.joined);
    }

    /// The account was used at a new place in this neighbourhood. How many attempts its network gets back: the failures of the
    /// same neighbourhood that the account counts, such as typing errors, each of them once.
    pub fn repay(&mut self, subnet: [u8; 2]) -> u32 {
        let is_owed = |tried: &&mut Attempted| tried.subnet == Some(subnet) && !tried.repaid;
        let owed = self.attempts.iter_mut().filter(is_owed);
        owed.map(|tried| tried.repaid = true)
            .fold(0, |sum, ()| sum + 1)
    }

    /// The owner was seen: the failures before do not count towards the stop.
    pub const fn seen(&mut self) {
        self.streak = 0;
    }

    /// Forgets everything.
    pub fn unlock(&mut self) {
        *self = Self::default();
    }

    /// Whether there is nothing to remember, so that the record may be forgotten.
    #[must_use]
    pub fn is_idle(&self, limits: &UnfamiliarLimit, now: Duration) -> bool {
        let forgiven = self.forgiven(limits, now).0 >= self.attempts.len();
        forgiven && (self.streak == 0 || self.rested(limits, now))
    }

    /// How long it is until the record [is idle](Self::is_idle), if nothing else happens: its time to live. `None` if no time
    /// makes it idle, because strangers are stopped.
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

    /// The record in bytes: 15, and 7 for each attempt. Numbers are big-endian.
    ///
    /// | part | bytes |
    /// |---|---|
    /// | version: 1 | 1 |
    /// | from when on time counts for the oldest attempt, in milliseconds | 8 |
    /// | when the latest attempt was counted, in seconds | 4 |
    /// | failures since the owner was last seen | 1 |
    /// | number of attempts | 1 |
    /// | for each attempt: tag | 4 |
    /// | flags: 1 if a repeat has joined it, 2 if its neighbourhood is known, 4 if the network has it back | 1 |
    /// | neighbourhood, or zeros | 2 |
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

    /// The record that [`to_bytes`](Self::to_bytes) has encoded.
    ///
    /// # Errors
    ///
    /// The version is another one, the length is wrong, or a flag is unknown.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unavailable> {
        let mut reader = RecordReader::new(bytes)?;
        let (since, last, streak) = (reader.u64()?, reader.u32()?, reader.u8()?);
        let count = reader.u8()?;
        let attempts = (0..count).map(|_| Attempted::read(&mut reader));
        let record = Self {
            since,
            last,
            streak,
            attempts: attempts.collect::<Result<_, _>>()?,
        };
        reader.end()?;
        Ok(record)
    }

    /// Forgets the attempts that time forgives, and the streak after two periods of rest for each failure.
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

    /// How many attempts whole periods have forgiven, and when the present period began.
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

    /// How much rest forgets the streak, in milliseconds.
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
        let own = |tried: &Attempted| tried.subnet.is_some() && tried.subnet == subnet;
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
        self.attempts.push(Attempted {
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

    /// Grows to no more than the limit: most names are tried once.
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
        may: impl Fn(&Attempted) -> bool,
    ) {
        let age = millis(now).saturating_sub(millis(at));
        if age >= period(limits.forgives_every()) {
            return;
        }
        if let Some(location) = self
            .find(tag)
            .filter(|location| may(&self.attempts[*location]))
        {
            self.attempts.remove(location);
            self.streak = self.streak.saturating_sub(1);
        }
    }
}

impl Attempted {
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
