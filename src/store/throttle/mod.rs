//! Which attempts an account and a network have left.
//!
//! [`ThrottleStore`] is the contract. The rules behind it are pure: one small type for each kind of record, and
//! [`ThrottleRecords`], which puts the three together. Every store runs these rules, each in one atomic step.

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
/// There are two operations, and each is one atomic step over up to four records: [`reserve`](Self::reserve) before the
/// password is compared, and [`settle`](Self::settle) after it, unless the password was wrong. A reservation that is never
/// settled stays counted, so a store that hears nothing after an attempt has counted right.
///
/// The rules are not the store's own. A store loads the records under the keys of the
/// [attempt](ThrottleAttempt), runs [`ThrottleRecords::reserve`] or [`ThrottleRecords::settle`], and saves the records, so
/// that no other caller comes between. For example, a store in a database does that in one transaction, over locked rows
/// that hold encoded records. [`ThrottleRecords`] says how, for a database and for Redis, and by which clock.
///
/// A store without room for a record may count several accounts or networks together, so that they are refused too early. It
/// may never refuse too late, and it may forget a record of strangers or of a network only when the record is idle. It may
/// forget a record of known places at any time: the owner is then a stranger.
///
/// Every backend must pass the suite `tower_challenge::store::conformance::throttle_store`, which the feature `testing` adds.
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
/// assert_eq!(reserve(19)?.decision(), ThrottleDecision::Repeated, "the same password again");
///
/// let last = reserve(20)?;
/// assert!(matches!(reserve(21)?.decision(), ThrottleDecision::Wait(_)), "20 are used up");
///
/// store.settle(&guess(20), Settlement::Success(last)).try_now().expect("at once")?;
/// assert_eq!(reserve(21)?.decision(), ThrottleDecision::Counted, "a success gives its own attempt back");
/// assert!(matches!(reserve(22)?.decision(), ThrottleDecision::Wait(_)), "and no other");
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store of failed attempts",
    note = "implement `ThrottleStore` for it; `MemoryThrottleStore` is one"
)]
pub trait ThrottleStore: Send + Sync + 'static {
    /// Reserves `attempt` in every budget that it draws on, or in none.
    ///
    /// # Errors
    ///
    /// The answer is an error when the store is out of reach. An attempt whose reservation is unknown counts as reserved.
    fn reserve(
        &self,
        attempt: &ThrottleAttempt,
    ) -> NowOrLater<Result<ThrottleReceipt, Unavailable>>;

    /// Settles `attempt`, which was reserved before with the same keys, or records what the application knows of its
    /// account.
    ///
    /// # Errors
    ///
    /// The answer is an error when the store is out of reach. The attempt stays counted.
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
