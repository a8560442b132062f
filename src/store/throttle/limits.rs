//! The limits of all budgets, with their defaults.

use std::time::Duration;

use super::units::{period, seconds};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The budget that all unfamiliar locations share at one account: those where the account has not logged in lately.
///
/// A first login from a new network and a guess from a new network look the same until the verifier has compared the
/// password. So there are two modes, and each gives something up:
///
/// | | guesses at one account in 90 days, from all addresses together | the owner gets in from unfamiliar locations |
/// |---|---|---|
/// | [`bounded`](Self::bounded) | at most 110 | until four subnets attack the account |
/// | [`open`](Self::open) | about 2,200 | until twelve subnets attack the account |
///
/// 110 guesses are 20 at once and one a day for 90 days. About 2,200 are 60 at once and one an hour for 90 days.
///
/// Each subnet holds at most 5 failures. So four subnets exhaust the 20 failures of `bounded`, and twelve exhaust the
/// 60 of `open`. While they do, the owner gets in only from familiar locations.
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
    /// 20 failures, of which time forgives one each day. Each subnet holds at most 5. A lockout begins after 100.
    #[must_use]
    pub const fn bounded() -> Self {
        Self::new(20, DAY, 5).lockout_after(100)
    }

    /// 60 failures, of which time forgives one each hour. Each subnet holds at most 5. There is no lockout.
    #[must_use]
    pub const fn open() -> Self {
        Self::new(60, HOUR, 5)
    }

    /// Allows `failures` failures. Time forgives one of them each time that `every` has passed, and one subnet
    /// holds at most `share`. The constructor replaces 0 by 1. There is no lockout.
    ///
    /// If a store in memory is full, several accounts share a counter and get one failure less. With `failures` 1 they
    /// get none: such an account cannot log in at an unfamiliar location until the store has room.
    #[must_use]
    pub const fn new(failures: u8, every: Duration, share: u8) -> Self {
        Self {
            failures: if failures == 0 { 1 } else { failures },
            every,
            share: if share == 0 { 1 } else { share },
            lockout: None,
        }
    }

    /// Begins a lockout after `failures` failures without a success of the account in between. Time does not end
    /// the lockout. With 0 there is no lockout.
    #[must_use]
    pub const fn lockout_after(mut self, failures: u8) -> Self {
        self.lockout = if failures == 0 { None } else { Some(failures) };
        self
    }

    /// How many failures all unfamiliar locations have together.
    #[must_use]
    pub const fn failures(&self) -> u8 {
        self.failures
    }

    /// The time in which one of them is forgiven.
    #[must_use]
    pub const fn forgives_every(&self) -> Duration {
        self.every
    }

    /// How many of them one subnet may hold.
    #[must_use]
    pub const fn per_subnet(&self) -> u8 {
        self.share
    }

    /// After how many failures without a success a lockout begins. `None` if there is no lockout.
    #[must_use]
    pub const fn lockout_at(&self) -> Option<u8> {
        self.lockout
    }
}

/// The budget of one familiar location of an account: a location where the account has logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FamiliarLimit {
    failures: u8,
    refill: Duration,
    memory: Duration,
}

impl FamiliarLimit {
    /// Allows `failures` failures at each familiar location. A success there returns one failure for each `refill`
    /// that has passed. A location stays familiar for `memory` after its latest success. With 0 failures no
    /// location is ever familiar. Both times are cut to whole seconds.
    #[must_use]
    pub const fn new(failures: u8, refill: Duration, memory: Duration) -> Self {
        Self {
            failures,
            refill,
            memory,
        }
    }

    /// How many failures one familiar location has.
    #[must_use]
    pub const fn failures(&self) -> u8 {
        self.failures
    }

    /// How long a location stays familiar without a use.
    #[must_use]
    pub const fn memory(&self) -> Duration {
        self.memory
    }

    /// The time in which a success returns one failure.
    #[must_use]
    pub const fn refill(&self) -> Duration {
        self.refill
    }

    /// `refill` in seconds, at least one, because the rules divide by it.
    pub(in crate::store) fn refill_seconds(&self) -> u32 {
        seconds(self.refill).max(1)
    }
}

/// The budget of one subscriber or one subnet, at all accounts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkLimit {
    failures: u32,
    every: Duration,
}

impl NetworkLimit {
    /// Allows `failures` failures, of which time forgives one each time that `every` has passed. The constructor
    /// replaces 0 by 1.
    ///
    /// With [`Duration::MAX`] no failure is forgiven. With billions of failures `every` is shortened: to 24 days
    /// for [`u32::MAX`].
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

    /// The time in which one of them is forgiven.
    #[must_use]
    pub const fn forgives_every(&self) -> Duration {
        self.every
    }

    /// That time in milliseconds, at least one. The periods of all failures together must fit into half of 64 bits,
    /// so that a record can hold the moment at which all are forgiven. For 50 failures this cuts a period to at
    /// most 5.7 million years.
    pub(super) fn period(&self) -> u64 {
        let longest = u64::MAX / 2 / (u64::from(self.failures) + 1);
        period(self.every).min(longest)
    }
}

/// The limits of all budgets. They travel with each attempt, so a store keeps none of them.
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
    familiar: FamiliarLimit,
    subscriber: NetworkLimit,
    subnet: NetworkLimit,
}

impl ThrottleLimits {
    /// The defaults.
    ///
    /// | budget | failures | one is forgiven or returned |
    /// |---|---|---|
    /// | all unfamiliar locations at one account | 20, of which one subnet holds at most 5 | each day |
    /// | a familiar location, which stays familiar for 90 days | 20 | at a success, for each hour passed |
    /// | a subscriber | 50 | each 15 minutes |
    /// | a subnet | 500 | each 7.5 minutes |
    ///
    /// The first row is [`UnfamiliarLimit::bounded`]. A lockout begins after 100 failures of unfamiliar locations.
    /// After the first 50 guesses a subscriber has 96 a day at all accounts together, and a subnet has 192 a day after
    /// the first 500.
    #[must_use]
    pub const fn new() -> Self {
        let ninety_days = Duration::from_secs(90 * DAY.as_secs());
        let quarter = Duration::from_secs(15 * MINUTE.as_secs());
        Self {
            unfamiliar: UnfamiliarLimit::bounded(),
            familiar: FamiliarLimit::new(20, HOUR, ninety_days),
            subscriber: NetworkLimit::new(50, quarter),
            subnet: NetworkLimit::new(500, Duration::from_secs(450)),
        }
    }

    /// Replaces the budget of unfamiliar locations.
    #[must_use]
    pub const fn unfamiliar(mut self, unfamiliar: UnfamiliarLimit) -> Self {
        self.unfamiliar = unfamiliar;
        self
    }

    /// Replaces the budget of familiar locations.
    #[must_use]
    pub const fn familiar(mut self, familiar: FamiliarLimit) -> Self {
        self.familiar = familiar;
        self
    }

    /// Replaces the budget of a subscriber.
    #[must_use]
    pub const fn subscriber(mut self, subscriber: NetworkLimit) -> Self {
        self.subscriber = subscriber;
        self
    }

    /// Replaces the budget of a subnet.
    #[must_use]
    pub const fn subnet(mut self, subnet: NetworkLimit) -> Self {
        self.subnet = subnet;
        self
    }

    /// The budget of unfamiliar locations.
    #[must_use]
    pub const fn unfamiliar_limit(&self) -> UnfamiliarLimit {
        self.unfamiliar
    }

    /// The budget of familiar locations.
    #[must_use]
    pub const fn familiar_limit(&self) -> FamiliarLimit {
        self.familiar
    }

    /// The budget of a subscriber.
    #[must_use]
    pub const fn subscriber_limit(&self) -> NetworkLimit {
        self.subscriber
    }

    /// The budget of a subnet.
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
