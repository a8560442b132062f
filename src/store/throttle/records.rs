//! The records that one attempt touches, for stores that load and save them.

use std::time::Duration;

use super::rules::{self, TouchedRecords};
use super::{
    FamiliarRecord, NetworkRecord, Settlement, ThrottleAttempt, ThrottleReceipt, UnfamiliarRecord,
};

/// The four records of an attempt, and the rules over them. This is all that a store computes.
///
/// A record under a key that the store does not hold yet is the default one. A record for which the attempt has no key is
/// left alone.
///
/// # The clock
///
/// `now` is the time since one fixed moment, such as the Unix epoch. The moment is the same for every process that shares
/// the records, and the same after every restart, because records keep times. The time must not run backwards. Seconds are
/// kept in 32 bits, which suffice for 136 years.
///
/// A store within one process takes [`Clock::monotonic`](crate::clock::Clock::monotonic). A database takes its own clock, and
/// not that of the process that asks, since two processes would disagree. It is read after the rows are locked, for example
/// with `clock_timestamp()` in PostgreSQL or `TIME` in Redis. A clock that is set forwards forgives failures too early, and a
/// clock that is set back forgives them too late.
///
/// # In a database
///
/// There is one table for each kind of record: known places, networks (lines and neighbourhoods), and strangers. A row holds
/// a key ([`ClaimKey::as_bytes`](crate::store::ClaimKey::as_bytes)), an encoded record, and the time at which it may be deleted. One
/// transaction does all of this:
///
/// 1. Locks and reads the row under each key of the attempt, and inserts the default record where there is none. For example,
///    with `INSERT .. ON CONFLICT (key) DO UPDATE SET key = EXCLUDED.key RETURNING record` in PostgreSQL. `SELECT .. FOR
///    UPDATE` alone does not suffice: it locks no row that is not there, so two callers could both be the first. The order is
///    always places, line, neighbourhood, strangers, so that no two transactions wait for each other.
/// 2. Decodes the records with `from_bytes`. An error ends the transaction and is the answer of the store, so that a record
///    that cannot be read admits no attempt.
/// 3. Runs [`reserve`](Self::reserve) or [`settle`](Self::settle).
/// 4. Writes the records with `to_bytes`, and commits.
///
/// # In Redis
///
/// Redis cannot run these rules itself, so the store decides and Redis compares: `WATCH` the keys, read and decode the
/// records, run the rule, and write the encoded records between `MULTI` and `EXEC`. If `EXEC` refuses because another caller
/// was faster, begin again. A script that writes the new bytes only if the old ones are unchanged does the same in one round
/// trip. In a Redis Cluster, all keys carry the same hash tag, so that one transaction can touch them.
///
/// Attempts at one account get in each other's way there. Give up after some tries with an error, which becomes `503`, and
/// never with a decision.
///
/// # When a record may be deleted
///
/// An idle record says no more than none does. `expires_in` of each record is the time until then, which serves as its
/// time to live. Delete expired rows now and then, since each made-up name that an attacker tries adds one. With the numbers
/// of [`ThrottleLimits::new`](super::ThrottleLimits::new):
///
/// - a record of strangers: one day for each attempt it holds, and two days of rest for each failure that counts towards the
///   stop. For example, after one failure that is two days. A stopped account has no such time, and its record must be kept.
/// - a record of a network: until its failures are forgiven, at most 12.5 hours for a line.
/// - a record of known places: 90 days after the latest login. It may be deleted earlier: the owner is then a stranger.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::store::{
///     ClaimKey, Settlement, ThrottleAttempt, ThrottleDecision, ThrottleLimits, ThrottleRecords,
/// };
///
/// let now = Duration::ZERO;
/// let attempt = |tag| {
///     let attempt = ThrottleAttempt::new(ThrottleLimits::new()).at_location(1);
///     attempt.for_account(ClaimKey::new([1; 16]), ClaimKey::new([2; 16]), tag)
/// };
/// let mut records = ThrottleRecords::default();
/// let first = records.reserve(&attempt(1), now);
/// assert_eq!(first.decision(), ThrottleDecision::Counted, "a stranger");
/// records.settle(&attempt(1), Settlement::Success(first), now);
/// assert_eq!(records.reserve(&attempt(2), now).decision(), ThrottleDecision::Admitted, "at a known place");
/// ```
///
/// The step of a store that keeps encoded records, here those of strangers alone:
///
/// ```
/// use std::collections::HashMap;
/// use std::time::Duration;
/// use tower_challenge::Unavailable;
/// use tower_challenge::store::{
///     ClaimKey, UnfamiliarRecord, ThrottleAttempt, ThrottleDecision, ThrottleLimits, ThrottleReceipt, ThrottleRecords,
/// };
///
/// /// In a database: one transaction, with the row locked.
/// fn reserve(
///     rows: &mut HashMap<ClaimKey, Vec<u8>>,
///     attempt: &ThrottleAttempt,
///     now: Duration,
/// ) -> Result<ThrottleReceipt, Unavailable> {
///     let mut records = ThrottleRecords::default();
///     if let Some(row) = attempt.unfamiliar_key().and_then(|key| rows.get(&key)) {
///         records.unfamiliar = UnfamiliarRecord::from_bytes(row)?;
///     }
///     let receipt = records.reserve(attempt, now);
///     if let Some(key) = attempt.unfamiliar_key() {
///         rows.insert(key, records.unfamiliar.to_bytes());
///     }
///     Ok(receipt)
/// }
///
/// # fn main() -> Result<(), Unavailable> {
/// let (mut rows, now) = (HashMap::new(), Duration::from_secs(1_800_000_000));
/// let account = ClaimKey::new([1; 16]);
/// let attempt = ThrottleAttempt::new(ThrottleLimits::new()).for_account(account, ClaimKey::new([2; 16]), 7);
/// assert_eq!(reserve(&mut rows, &attempt, now)?.decision(), ThrottleDecision::Counted);
/// assert_eq!(reserve(&mut rows, &attempt, now)?.decision(), ThrottleDecision::Repeated);
///
/// rows.insert(account, b"no record".to_vec());
/// assert!(reserve(&mut rows, &attempt, now).is_err(), "`503`, and no admission");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThrottleRecords {
    /// Under [`familiar_key`](ThrottleAttempt::familiar_key).
    pub familiar: FamiliarRecord,
    /// Under [`subscriber_key`](ThrottleAttempt::subscriber_key).
    pub subscriber: NetworkRecord,
    /// Under [`subnet_key`](ThrottleAttempt::subnet_key).
    pub subnet: NetworkRecord,
    /// Under [`unfamiliar_key`](ThrottleAttempt::unfamiliar_key).
    pub unfamiliar: UnfamiliarRecord,
}

impl ThrottleRecords {
    /// Reserves an attempt at `now`, by [the clock of the store](Self#the-clock): at the known place, or else with line,
    /// neighbourhood and account together.
    pub fn reserve(&mut self, attempt: &ThrottleAttempt, now: Duration) -> ThrottleReceipt {
        let (familiar, mut touched) = self.touched_by(attempt);
        let known = familiar.and_then(|familiar| rules::reserve_familiar(familiar, attempt, now));
        known.unwrap_or_else(|| touched.reserve(attempt, now))
    }

    /// Settles an attempt at `now`, by the same clock.
    pub fn settle(&mut self, attempt: &ThrottleAttempt, settlement: Settlement, now: Duration) {
        let (familiar, mut touched) = self.touched_by(attempt);
        rules::settle(familiar, &mut touched, attempt, settlement, now);
    }

    fn touched_by(
        &mut self,
        attempt: &ThrottleAttempt,
    ) -> (Option<&mut FamiliarRecord>, TouchedRecords<'_>) {
        let network = attempt.subscriber_key().is_some();
        let touched = TouchedRecords {
            subscriber: if network {
                Some(&mut self.subscriber)
            } else {
                None
            },
            subnet: if network {
                Some(&mut self.subnet)
            } else {
                None
            },
            unfamiliar: match attempt.unfamiliar_key() {
                Some(_) => Some(&mut self.unfamiliar),
                None => None,
            },
        };
        let familiar = attempt.familiar_key().map(|_| &mut self.familiar);
        (familiar, touched)
    }
}
