//! Combines the records that one attempt touches, for stores that load and save them.

use std::time::Duration;

use super::rules::{self, TouchedRecords};
use super::{
    FamiliarRecord, NetworkRecord, Settlement, ThrottleAttempt, ThrottleReceipt, UnfamiliarRecord,
};

/// The four records of an attempt, and the rules over them. A store computes nothing else.
///
/// If the store holds no record under a key yet, it uses the default record. A record for which the attempt has no key
/// stays unchanged.
///
/// # The clock
///
/// `now` is the time since one fixed moment, such as the Unix epoch. The moment must be the same for every process that
/// shares the records, and the same after every restart, because records contain times. The time must not run
/// backwards. Records keep seconds in 32 bits, which suffice for 136 years.
///
/// A store within one process uses [`Clock::monotonic`](crate::clock::Clock::monotonic). A store in a database uses the
/// clock of the database, and not that of the process that asks, because the clocks of two processes would disagree.
/// Read the clock after locking the rows, for example with `clock_timestamp()` in PostgreSQL or `TIME` in Redis. If an
/// operator sets the clock forwards, the store forgives failures too early. If an operator sets it back, the store
/// forgives them too late.
///
/// # In a database
///
/// Make one table for each kind of record: familiar locations, networks (subscribers and subnets), and unfamiliar
/// locations. A row holds a key ([`ClaimKey::as_bytes`](crate::store::ClaimKey::as_bytes)), an encoded record, and the
/// time at which the row may be deleted. A single transaction does all of this:
///
/// 1. Lock and read the row under each key of the attempt, and insert the default record where there is none. For
///    example, use `INSERT .. ON CONFLICT (key) DO UPDATE SET key = EXCLUDED.key RETURNING record` in PostgreSQL.
///    `SELECT .. FOR UPDATE` alone does not suffice: it does not lock a row that does not exist, so two callers could
///    both be the first. The order must always be familiar locations, subscriber, subnet, unfamiliar locations, so that
///    no two transactions wait for each other.
/// 2. Decode the records with `from_bytes`. If that fails, end the transaction and answer with the error, so that a
///    record that cannot be read admits no attempt.
/// 3. Run [`reserve`](Self::reserve) or [`settle`](Self::settle).
/// 4. Write the records with `to_bytes`, and commit.
///
/// # In Redis
///
/// `RedisStore` (feature `redis`) runs a script with the same rules. If your server runs no such script, your store decides
/// and the server compares. `WATCH` the keys, read and decode the records, run the rule, and write the encoded records
/// between `MULTI` and `EXEC`. If `EXEC` fails because another caller was faster, start again. A script that writes the new
/// bytes only if the old ones are unchanged does the same in one round trip. In a Redis Cluster, all keys need the same hash
/// tag, so that one transaction can touch them.
///
/// Concurrent attempts at one account make each other's transactions fail. Give up after some tries with an error,
/// which the client gets as `503`. Never give up with a decision.
///
/// # When a record may be deleted
///
/// An idle record means the same as no record. `expires_in` of each record is the time until it is idle, which serves
/// as its time to live. Delete expired rows regularly, because each made-up name that an attacker tries adds one. With
/// the limits of [`ThrottleLimits::new`](super::ThrottleLimits::new), a record lives for this long:
///
/// - A record of unfamiliar locations: one day for each attempt it holds, and two days of rest for each failure that
///   counts towards the lockout. For example, after one failure that is two days. For an account that is locked out,
///   `expires_in` is `None`: keep its record.
/// - A record of a network: until its failures are forgiven, at most 12.5 hours for a subscriber.
/// - A record of familiar locations: 90 days after the latest login. The store may delete it earlier: the owner is then
///   at an unfamiliar location.
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
/// assert_eq!(first.decision(), ThrottleDecision::Counted, "an unfamiliar location");
/// records.settle(&attempt(1), Settlement::Success(first), now);
/// assert_eq!(records.reserve(&attempt(2), now).decision(), ThrottleDecision::Admitted, "a familiar location");
/// ```
///
/// This store keeps encoded records, here only those of unfamiliar locations:
///
/// ```
/// use std::collections::HashMap;
/// use std::time::Duration;
/// use tower_challenge::Unavailable;
/// use tower_challenge::store::{
///     ClaimKey, UnfamiliarRecord, ThrottleAttempt, ThrottleDecision, ThrottleLimits, ThrottleReceipt, ThrottleRecords,
/// };
///
/// /// In a database this is one transaction, with the row locked.
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
/// assert!(reserve(&mut rows, &attempt, now).is_err(), "the client gets `503`, and the attempt is not admitted");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThrottleRecords {
    /// The record under [`familiar_key`](ThrottleAttempt::familiar_key).
    pub familiar: FamiliarRecord,
    /// The record under [`subscriber_key`](ThrottleAttempt::subscriber_key).
    pub subscriber: NetworkRecord,
    /// The record under [`subnet_key`](ThrottleAttempt::subnet_key).
    pub subnet: NetworkRecord,
    /// The record under [`unfamiliar_key`](ThrottleAttempt::unfamiliar_key).
    pub unfamiliar: UnfamiliarRecord,
}

impl ThrottleRecords {
    /// Reserves an attempt at `now`, by [the clock of the store](Self#the-clock). It asks the familiar location first.
    /// If that does not admit the attempt, it asks subscriber, subnet and account together.
    pub fn reserve(&mut self, attempt: &ThrottleAttempt, now: Duration) -> ThrottleReceipt {
        let (familiar, mut touched) = self.touched_by(attempt);
        let admitted =
            familiar.and_then(|familiar| rules::reserve_familiar(familiar, attempt, now));
        admitted.unwrap_or_else(|| touched.reserve(attempt, now))
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
