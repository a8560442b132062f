//! The contract of a throttle store, and the rules that every throttle store runs.
//!
//! [`ThrottleStore`] is the contract. The rules are pure functions over records: one small type for each kind of
//! record, and [`ThrottleRecords`], which combines them. Every store runs these rules, each in one atomic step.

mod attempt;
mod encoding;
mod familiar;
mod limits;
mod network;
mod receipt;
mod records;
mod rules;
mod unfamiliar;
mod units;

pub use self::attempt::ThrottleAttempt;
pub use self::familiar::{FamiliarDecision, FamiliarRecord, FamiliarUpdate};
pub use self::limits::{FamiliarLimit, NetworkLimit, ThrottleLimits, UnfamiliarLimit};
pub use self::network::NetworkRecord;
pub use self::receipt::{BudgetKind, Settlement, ThrottleDecision, ThrottleReceipt};
pub use self::records::ThrottleRecords;
pub use self::unfamiliar::{UnfamiliarDecision, UnfamiliarRecord};

pub(super) use self::units::millis;

pub(super) use self::rules::{
    NetworkBudget, TouchedRecords, UnfamiliarBudget, UnfamiliarKeys, reserve_familiar, settle,
};

use std::sync::Arc;

use crate::forward::forward;
use crate::now_or_later::NowOrLater;
use crate::unavailable::Unavailable;

/// Remembers failed attempts at accounts and from networks.
///
/// There are two operations, and each is one atomic step over up to four records. [`reserve`](Self::reserve) runs
/// before the verifier compares the password. [`settle`](Self::settle) runs after it, unless the password was wrong. A
/// reservation that is never settled stays counted, so a failure needs no second step.
///
/// The store does not decide by itself. It loads the records under the keys of the [attempt](ThrottleAttempt), runs
/// [`ThrottleRecords::reserve`] or [`ThrottleRecords::settle`], and saves the records, with no other caller in between.
/// For example, a store in a database does that in one transaction, over locked rows that hold encoded records.
/// [`ThrottleRecords`] explains how to do it in a database and in Redis, and which clock to use.
///
/// A store without room for a record may count several accounts or networks together, so that it refuses them too
/// early. It must never refuse them too late. It may forget the record of a network or of unfamiliar locations only
/// when the record is idle. It may forget a record of familiar locations at any time: the owner is then at an
/// unfamiliar location.
///
/// Every backend must pass the suite `tower_challenge::store::conformance::throttle_store`, which the feature `testing`
/// adds.
///
/// # Example
///
/// ```
/// use tower_challenge::store::{
///     ClaimKey, MemoryThrottleStore, Settlement, ThrottleAttempt, ThrottleDecision, ThrottleLimits, ThrottleStore,
/// };
///
/// # fn main() -> Result<(), tower_challenge::Unavailable> {
/// let store = MemoryThrottleStore::new();
/// let guess = |tag| {
///     let attempt = ThrottleAttempt::new(ThrottleLimits::new());
///     attempt.for_account(ClaimKey::new([1; 16]), ClaimKey::new([2; 16]), tag)
/// };
/// let reserve = |tag| store.reserve(&guess(tag)).try_now().expect("memory answers at once");
///
/// for tag in 1..=19 {
///     assert_eq!(reserve(tag)?.decision(), ThrottleDecision::Counted);
/// }
/// assert_eq!(reserve(19)?.decision(), ThrottleDecision::Repeated, "a repeat of the same password");
///
/// let last = reserve(20)?;
/// assert!(matches!(reserve(21)?.decision(), ThrottleDecision::Wait(_)), "the 20 are exhausted");
///
/// store.settle(&guess(20), Settlement::Success(last)).try_now().expect("at once")?;
/// assert_eq!(reserve(21)?.decision(), ThrottleDecision::Counted, "a success returns its own attempt");
/// assert!(matches!(reserve(22)?.decision(), ThrottleDecision::Wait(_)), "and returns no other attempt");
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a throttle store",
    note = "implement `ThrottleStore` for it, or use `MemoryThrottleStore` or `RedisStore`"
)]
pub trait ThrottleStore: Send + Sync + 'static {
    /// Reserves `attempt` in every budget that it uses, or in none of them.
    ///
    /// # Errors
    ///
    /// An error if the store is out of reach. An attempt whose reservation is unknown counts as reserved.
    fn reserve(
        &self,
        attempt: &ThrottleAttempt,
    ) -> NowOrLater<Result<ThrottleReceipt, Unavailable>>;

    /// Settles `attempt`, which was reserved before with the same keys; or records that the application has marked a
    /// location as familiar or has unlocked the account.
    ///
    /// Settle an attempt once. The count of a network does not tell one attempt from another, and neither do shared slots.
    /// So a second settlement would give back the attempt of another client.
    ///
    /// # Errors
    ///
    /// An error if the store is out of reach. The attempt stays counted.
    fn settle(
        &self,
        attempt: &ThrottleAttempt,
        settlement: Settlement,
    ) -> NowOrLater<Result<(), Unavailable>>;
}

forward! { Arc, Box: ThrottleStore {
    fn reserve(&self, attempt: &ThrottleAttempt) -> NowOrLater<Result<ThrottleReceipt, Unavailable>>;
    fn settle(&self, attempt: &ThrottleAttempt, settlement: Settlement) -> NowOrLater<Result<(), Unavailable>>;
} }
