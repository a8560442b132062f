//! The numbers of the rules.

use std::time::Duration;

use super::units::{period, seconds};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The failures of strangers at one account: requests from a place where the account was not used lately.
///
/// A first login from a new network and a guess from a new network look the same until the password has been compared. So
/// there are two modes, and each gives something up:
///
/// | | promises | gives up |
/// |---|---|---|
/// | [`bounded`](Self::bounded) | 110 guesses at an account in 90 days, from all addresses together | while four or more neighbourhoods attack one account, its owner gets in from known places only |
/// | [`open`](Self::open) | new places stay open until 12 neighbourhoods attack | 2,200 guesses in 90 days |
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::store::UnfamiliarLimit;
///
/// let bounded = UnfamiliarLimit::bounded();
/// assert_eq!((bounded.failures(), bounded.per_subnet(), bounded.lockout_at()), (20, 5, Some(100)));
/// assert_eq!(UnfamiliarLimit::open().lockout_at(), None);
///
/// let own = UnfamiliarLimit::new(10, Duration::from_secs(3600), 3).lockout_after(50);
/// assert_eq!((own.failures(), own.per_subnet(), own.lockout_at()), (10, 3, Some(50)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnfamiliarLimit {
    failures: u8,
    every: Duration,
    share: u8,
    lockout: Option<u8>,
}

impl UnfamiliarLimit {
    /// 20 failures, and one is forgiven each day; one neighbourhood holds at most 5; strangers are stopped at 100.
    #[must_use]
    pub const fn bounded() -> Self {
        Self::new(20, DAY, 5).lockout_after(100)
    }

    /// 60 failures, and one is forgiven each hour; one neighbourhood holds at most 5; strangers are never stopped.
    #[must_use]
    pub const fn open() -> Self {
        Self::new(60, HOUR, 5)
    }

    /// So many failures, of which one is forgiven each time that `every` has passed, and of which one neighbourhood holds
    /// at most `share`. 0 is taken for 1. Strangers are not stopped.
    ///
    /// A store in memory that is full of accounts gives those that it counts together one failure less. So with 1 they have
    /// none, and the first login of such an account waits until there is room.
    #[must_use]
    pub const fn new(failures: u8, every: Duration, share: u8) -> Self {
        Self {
            failures: if failures == 0 { 1 } else { failures },
            every,
            share: if share == 0 { 1 } else { share },
            lockout: None,
        }
    }

    /// Stops strangers at so many failures without a success of the account in between. Time does not end the stop. With 0
    /// strangers are never stopped.
    #[must_use]
    pub const fn lockout_after(mut self, failures: u8) -> Self {
        self.lockout = if failures == 0 { None } else { Some(failures) };
        self
    }

    /// How many failures all strangers have together.
    #[must_use]
    pub const fn failures(&self) -> u8 {
        self.failures
    }

    /// In what time one of them is forgiven.
    #[must_use]
    pub const fn forgives_every(&self) -> Duration {
        self.every
    }

    /// How many of them one neighbourhood may hold.
    #[must_use]
    pub const fn per_subnet(&self) -> u8 {
        self.share
    }

    /// At how many failures without a success strangers are stopped.
    #[must_use]
    pub const fn lockout_at(&self) -> Option<u8> {
        self.lockout
    }
}

/// The failures of one known place of an account: a place where the account was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FamiliarLimit {
    failures: u8,
    refill: Duration,
    memory: Duration,
}

impl FamiliarLimit {
    /// So many failures at each known place. A success there gives back one failure for each `refill` that has passed. A
    /// place is known for `memory` after its latest success. With 0 failures no place is ever known. Times are whole
    /// seconds here.
    #[must_use]
    pub const fn new(failures: u8, refill: Duration, memory: Duration) -> Self {
        Self {
            failures,
            refill,
            memory,
        }
    }

    /// How many failures one known place has.
    #[must_use]
    pub const fn failures(&self) -> u8 {
        self.failures
    }

    /// For which time without a use a place stays known.
    #[must_use]
    pub const fn memory(&self) -> Duration {
        self.memory
    }

    /// Seconds, at least one.
    pub(super) fn refill_seconds(&self) -> u32 {
        seconds(self.refill).max(1)
    }
}

/// The failures of one network, a line or a neighbourhood, at all accounts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkLimit {
    failures: u32,
    every: Duration,
}

impl NetworkLimit {
    /// So many failures, of which one is forgiven each time that `every` has passed. 0 is taken for 1.
    ///
    /// With [`Duration::MAX`] none is forgiven. With billions of failures `every` is shortened: to 24 days for [`u32::MAX`].
    #[must_use]
    pub const fn new(failures: u32, every: Duration) -> Self {
        Self {
            failures: if failures == 0 { 1 } else { failures },
            every,
        }
    }

    /// How many failures the network has.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// In what time one of them is forgiven.
    #[must_use]
    pub const fn forgives_every(&self) -> Duration {
        self.every
    }

    /// That time in milliseconds, at least one. All failures together take at most half of the time that 64 bits can tell, so
    /// that the moment at which they are forgiven can be told. For 50 failures a period is at most 5.7 million years.
    pub(super) fn period(&self) -> u64 {
        let longest = u64::MAX / 2 / (u64::from(self.failures) + 1);
        period(self.every).min(longest)
    }
}

/// All numbers of the rules together. They travel with each attempt, so a store keeps none of them.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::store::{UnfamiliarLimit, ThrottleLimits};
///
/// let limits = ThrottleLimits::new();
/// assert_eq!(limits.unfamiliar_limit(), UnfamiliarLimit::bounded());
/// assert_eq!(limits.subscriber_limit().failures(), 50);
///
/// let minutes = UnfamiliarLimit::new(10, Duration::from_secs(60), 3);
/// assert_eq!(limits.unfamiliar(minutes).unfamiliar_limit(), minutes);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleLimits {
    unfamiliar: UnfamiliarLimit,
    known: FamiliarLimit,
    subscriber: NetworkLimit,
    subnet: NetworkLimit,
}

impl ThrottleLimits {
    /// [`UnfamiliarLimit::bounded`]; at a known place 20 failures, one given back for each hour, known for 90 days; for a line 50,
    /// one each 15 minutes; for a neighbourhood 500, one each 7.5 minutes.
    #[must_use]
    pub const fn new() -> Self {
        let ninety_days = Duration::from_secs(90 * DAY.as_secs());
        let quarter = Duration::from_secs(15 * MINUTE.as_secs());
        Self {
            unfamiliar: UnfamiliarLimit::bounded(),
            known: FamiliarLimit::new(20, HOUR, ninety_days),
            subscriber: NetworkLimit::new(50, quarter),
            subnet: NetworkLimit::new(500, Duration::from_secs(450)),
        }
    }

    /// With these numbers for strangers.
    #[must_use]
    pub const fn unfamiliar(mut self, unfamiliar: UnfamiliarLimit) -> Self {
        self.unfamiliar = unfamiliar;
        self
    }

    /// With these numbers for known places.
    #[must_use]
    pub const fn familiar(mut self, known: FamiliarLimit) -> Self {
        self.known = known;
        self
    }

    /// With these numbers for a line.
    #[must_use]
    pub const fn subscriber(mut self, subscriber: NetworkLimit) -> Self {
        self.subscriber = subscriber;
        self
    }

    /// With these numbers for a neighbourhood.
    #[must_use]
    pub const fn subnet(mut self, subnet: NetworkLimit) -> Self {
        self.subnet = subnet;
        self
    }

    /// The numbers for strangers.
    #[must_use]
    pub const fn unfamiliar_limit(&self) -> UnfamiliarLimit {
        self.unfamiliar
    }

    /// The numbers for known places.
    #[must_use]
    pub const fn familiar_limit(&self) -> FamiliarLimit {
        self.known
    }

    /// The numbers for a line.
    #[must_use]
    pub const fn subscriber_limit(&self) -> NetworkLimit {
        self.subscriber
    }

    /// The numbers for a neighbourhood.
    #[must_use]
    pub const fn subnet_limit(&self) -> NetworkLimit {
        self.subnet
    }
}

impl Default for ThrottleLimits {
    fn default() -> Self {
        Self::new()
    }
}
