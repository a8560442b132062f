//! How often something has failed.

use std::sync::Arc;
use std::time::Duration;

use super::Key;
use crate::now_or_later::NowOrLater;
use crate::unavailable::Unavailable;

/// How many failures a key may have, and what comes of more.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::store::Budget;
///
/// // The fifth failure shuts the key for a second, each after that for twice as long, up to a minute; the hundredth for good.
/// let budget = Budget::failures(5)
///     .delay(Duration::from_secs(1), Duration::from_secs(60))
///     .hard_stop(100);
/// assert_eq!(budget.delay_after(4), Duration::ZERO);
/// assert_eq!(budget.delay_after(6), Duration::from_secs(2));
/// assert_eq!(budget.delay_after(100), Duration::MAX);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    limit: u32,
    first_delay: Duration,
    longest_delay: Duration,
    hard_stop: Option<u32>,
    recovery: Option<Duration>,
    memory: Duration,
    vouched: bool,
}

impl Budget {
    /// `limit` attempts without a wait, failures and attempts that are not settled yet; the last of them shuts the key
    /// for a second, and each one after that for twice as long, up to 15 minutes. Forgotten when it has been open and
    /// nothing was tried for a day. A limit of 0 is one of 1.
    #[must_use]
    pub const fn failures(limit: u32) -> Self {
        Self {
            limit: if limit == 0 { 1 } else { limit },
            first_delay: Duration::from_secs(1),
            longest_delay: Duration::from_secs(15 * 60),
            hard_stop: None,
            recovery: None,
            memory: Duration::from_secs(24 * 60 * 60),
            vouched: false,
        }
    }

    /// `limit` attempts for a key that somebody [vouches](Settlement::Vouch) for, and none for any other.
    #[must_use]
    pub const fn allowance(limit: u32) -> Self {
        let mut allowance = Self::failures(limit);
        allowance.vouched = true;
        allowance
    }

    /// Shuts the key for `first` instead, and for no longer than `longest`. Without a delay, nothing is shut before the hard
    /// stop.
    #[must_use]
    pub const fn delay(mut self, first: Duration, longest: Duration) -> Self {
        self.first_delay = first;
        self.longest_delay = longest;
        self
    }

    /// Shuts the key for good at this many failures, until it is [cleared](Settlement::Clear), and never forgets it.
    #[must_use]
    pub const fn hard_stop(mut self, failures: u32) -> Self {
        self.hard_stop = Some(failures);
        self
    }

    /// Forgives one failure each time that `every` has passed. For what many share, where no success clears anything.
    ///
    /// An [allowance](Self::allowance) forgives nothing by itself: it is renewed by a [vouching](Settlement::Vouch) at once,
    /// and with this no more often than `every`, however often somebody vouches.
    #[must_use]
    pub const fn recovery(mut self, every: Duration) -> Self {
        self.recovery = Some(every);
        self
    }

    /// Remembers failures for `memory` at least, after the last attempt, or after the wait that came of it. What is not
    /// remembered from one guess to the next is not counted.
    #[must_use]
    pub const fn memory(mut self, memory: Duration) -> Self {
        self.memory = memory;
        self
    }

    /// The same for a place that keys share.
    pub(super) const fn shared(mut self) -> Self {
        self.hard_stop = None;
        self
    }

    /// How many attempts there are without a wait.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// The longest wait but for that at the hard stop.
    #[must_use]
    pub const fn longest_delay(&self) -> Duration {
        self.longest_delay
    }

    /// How long failures are remembered.
    #[must_use]
    pub const fn remembered_for(&self) -> Duration {
        self.memory
    }

    /// At how many failures a key is shut for good.
    #[must_use]
    pub const fn hard_stop_at(&self) -> Option<u32> {
        self.hard_stop
    }

    /// In what time one failure is forgiven, or an allowance renewed at the most.
    #[must_use]
    pub const fn recovers_every(&self) -> Option<Duration> {
        self.recovery
    }

    /// Whether only keys that somebody vouches for have it.
    #[must_use]
    pub const fn is_allowance(&self) -> bool {
        self.vouched
    }

    /// How long the key is shut after so many failures: [`Duration::MAX`] at the hard stop.
    #[must_use]
    pub fn delay_after(&self, failures: u32) -> Duration {
        if self.hard_stop.is_some_and(|stop| failures >= stop) {
            return Duration::MAX;
        }
        let Some(doublings) = failures.checked_sub(self.limit) else {
            return Duration::ZERO;
        };
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        let delay = self.first_delay.saturating_mul(factor);
        delay.min(self.longest_delay)
    }
}

/// Whether there is an attempt left in a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Reserved {
    /// There is, and it counts as a failure from now on.
    Granted {
        /// Under which number: greater than that of any attempt of the key before.
        generation: u64,
        /// How many failures that makes, this attempt included. What keys have to share is not told, and 0.
        failures: u32,
    },
    /// There is none until this much later: [`Duration::MAX`], if the key is shut for good.
    Shut(Duration),
    /// There is none, because nobody vouches for the key, or no more than this.
    Unvouched,
}

/// What becomes of a reserved attempt that was no failure. A failure is not settled: it is counted already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It succeeded: the failures of the key are forgotten, and it is open.
    Clear,
    /// It was none: it is given back, and so is what it shut.
    Return,
    /// It succeeded, and the key has an [allowance](Budget::allowance) from now on, for this long. One that it had is
    /// renewed, unless that is too soon for its [recovery](Budget::recovery): then as soon as it is not.
    Vouch(Duration),
}

/// Remembers how often keys have failed.
///
/// Each operation is one atomic step. A reservation that is never settled is a failure, so a store that is asked before
/// an attempt and hears nothing after it has counted right.
///
/// A store that has no room for a key may count it together with others, so that it is shut too early; it may never
/// count it too late. It forgets no key before its time, but for what was vouched for.
///
/// Every backend must pass the suite in [`conformance`](crate::store) (feature `testing`).
///
/// # Example
///
/// ```
/// use tower_challenge::store::{Budget, Key, MemoryThrottleStore, Reserved, Settlement, ThrottleStore};
///
/// # fn main() -> Result<(), tower_challenge::Unavailable> {
/// let store = MemoryThrottleStore::new();
/// let key = Key::new([7; 16]);
/// let budget = Budget::failures(2);
/// let reserve = || store.reserve(key, &budget).try_now().expect("memory answers at once");
/// assert!(matches!(reserve()?, Reserved::Granted { failures: 1, .. }));
/// let Reserved::Granted { generation, .. } = reserve()? else { panic!("there are two") };
/// assert!(matches!(reserve()?, Reserved::Shut(_)), "and no third");
///
/// store.settle(key, generation, Settlement::Clear).try_now().expect("at once")?;
/// assert!(matches!(reserve()?, Reserved::Granted { failures: 1, .. }), "a success clears");
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store of failures",
    note = "implement `ThrottleStore` for it; `MemoryThrottleStore` is one"
)]
pub trait ThrottleStore: Send + Sync + 'static {
    /// Reserves one attempt of `key` in `budget`, which counts as a failure until it is settled otherwise.
    ///
    /// A key that is not shut has one more failure after it; if that reaches the limit, it is shut at once, so that no
    /// other caller gets in between.
    ///
    /// # Errors
    ///
    /// The answer is an error when the store cannot tell. An attempt whose reservation is unknown counts as reserved.
    fn reserve(&self, key: Key, budget: &Budget) -> NowOrLater<Result<Reserved, Unavailable>>;

    /// Settles the attempt of `key` with this number. A [`Clear`](Settlement::Clear) or a
    /// [`Return`](Settlement::Return) does nothing if the key was cleared, or forgotten, since the attempt was reserved.
    ///
    /// [`u64::MAX`] is later than any attempt: it clears the key whatever there is. [`Vouch`](Settlement::Vouch) does not
    /// look at the number.
    ///
    /// # Errors
    ///
    /// The answer is an error when the store cannot be reached. The attempt stays a failure.
    fn settle(
        &self,
        key: Key,
        generation: u64,
        settlement: Settlement,
    ) -> NowOrLater<Result<(), Unavailable>>;
}

/// Forwards every question to the store within: one that several share, or that may be any.
macro_rules! throttle_store_within {
    ($($pointer:ident),*) => {$(
        impl<S: ThrottleStore + ?Sized> ThrottleStore for $pointer<S> {
            fn reserve(
                &self,
                key: Key,
                budget: &Budget,
            ) -> NowOrLater<Result<Reserved, Unavailable>> {
                (**self).reserve(key, budget)
            }

            fn settle(
                &self,
                key: Key,
                generation: u64,
                settlement: Settlement,
            ) -> NowOrLater<Result<(), Unavailable>> {
                (**self).settle(key, generation, settlement)
            }
        }
    )*};
}

throttle_store_within!(Arc, Box);
