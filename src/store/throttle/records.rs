//! The records that one attempt touches, for stores that load and save them.

use std::time::Duration;

use super::rules::{self, Touched};
use super::{
    NetworkRecord, PlacesRecord, Settlement, StrangersRecord, ThrottleAttempt, ThrottleReceipt,
};

/// The four records of an attempt, and the rules over them. This is all that a store computes.
///
/// A record under a key that the store does not hold yet is the default one. A record for which the attempt has no key is
/// left alone.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::store::{
///     Key, Settlement, ThrottleAttempt, ThrottleDecision, ThrottleLimits, ThrottleRecords,
/// };
///
/// let now = Duration::ZERO;
/// let attempt = |tag| {
///     let attempt = ThrottleAttempt::new(ThrottleLimits::new()).at_place(1);
///     attempt.for_account(Key::new([1; 16]), Key::new([2; 16]), tag)
/// };
/// let mut records = ThrottleRecords::default();
/// let first = records.reserve(&attempt(1), now);
/// assert_eq!(first.decision(), ThrottleDecision::Counted, "a stranger");
/// records.settle(&attempt(1), Settlement::Right(first), now);
/// assert_eq!(records.reserve(&attempt(2), now).decision(), ThrottleDecision::Admitted, "at a known place");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThrottleRecords {
    /// Under [`places_key`](ThrottleAttempt::places_key).
    pub places: PlacesRecord,
    /// Under [`line_key`](ThrottleAttempt::line_key).
    pub line: NetworkRecord,
    /// Under [`neighbourhood_key`](ThrottleAttempt::neighbourhood_key).
    pub neighbourhood: NetworkRecord,
    /// Under [`strangers_key`](ThrottleAttempt::strangers_key).
    pub strangers: StrangersRecord,
}

impl ThrottleRecords {
    /// Reserves an attempt: at the known place, or else with line, neighbourhood and account together.
    pub fn reserve(&mut self, attempt: &ThrottleAttempt, now: Duration) -> ThrottleReceipt {
        let (places, mut touched) = self.touched_by(attempt);
        let known = places.and_then(|places| rules::reserve_known(places, attempt, now));
        known.unwrap_or_else(|| touched.reserve(attempt, now))
    }

    /// Settles an attempt.
    pub fn settle(&mut self, attempt: &ThrottleAttempt, settlement: Settlement, now: Duration) {
        let (places, mut touched) = self.touched_by(attempt);
        rules::settle(places, &mut touched, attempt, settlement, now);
    }

    fn touched_by(
        &mut self,
        attempt: &ThrottleAttempt,
    ) -> (Option<&mut PlacesRecord>, Touched<'_>) {
        let network = attempt.line_key().is_some();
        let touched = Touched {
            line: if network { Some(&mut self.line) } else { None },
            neighbourhood: if network {
                Some(&mut self.neighbourhood)
            } else {
                None
            },
            strangers: match attempt.strangers_key() {
                Some(_) => Some(&mut self.strangers),
                None => None,
            },
        };
        let places = attempt.places_key().map(|_| &mut self.places);
        (places, touched)
    }
}
