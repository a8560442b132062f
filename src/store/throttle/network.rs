//! The record of a subscriber or a subnet, and its rules.

use std::time::Duration;

use super::encoding::{RecordReader, VERSION};
use super::limits::NetworkLimit;
use super::units::millis;
use crate::unavailable::Unavailable;

/// The failures of a subscriber or a subnet, stored as one moment: the moment at which time has forgiven all of them.
///
/// This is the generic cell rate algorithm (GCRA). An attempt moves the moment by one period. The record refuses the
/// attempt if the moment would then be further away than the limit allows.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::store::{NetworkLimit, NetworkRecord};
///
/// let (mut record, minute) = (NetworkRecord::default(), Duration::from_secs(60));
/// let limit = NetworkLimit::new(2, minute);
/// assert!(record.reserve(&limit, minute).is_ok());
/// assert!(record.reserve(&limit, minute).is_ok());
/// assert_eq!(record.reserve(&limit, minute), Err(minute), "one is forgiven in a minute");
/// record.give_back(&limit, minute, minute);
/// assert!(record.reserve(&limit, minute).is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NetworkRecord(u64);

impl NetworkRecord {
    /// Counts one attempt.
    ///
    /// # Errors
    ///
    /// The limit is reached. The error is the time after which an attempt is possible.
    pub fn reserve(&mut self, limit: &NetworkLimit, now: Duration) -> Result<(), Duration> {
        let (now, every) = (millis(now), limit.period());
        let most = every.saturating_mul(u64::from(limit.failures()));
        // If the moment does not fit into 64 bits, refuse. A saturated moment would never move, and every
        // attempt would fit.
        let Some(moment) = self.0.max(now).checked_add(every) else {
            return Err(Duration::from_millis(every));
        };
        match (moment - now).saturating_sub(most) {
            0 => {
                self.0 = moment;
                Ok(())
            }
            wait => Err(Duration::from_millis(wait)),
        }
    }

    /// Gives back the attempt that was reserved at `at`, unless it is a whole period old, because then time has
    /// forgiven it already.
    pub fn give_back(&mut self, limit: &NetworkLimit, at: Duration, now: Duration) {
        let age = millis(now).saturating_sub(millis(at));
        if age < limit.period() {
            self.credit(limit);
        }
    }

    /// Forgives one attempt.
    pub fn credit(&mut self, limit: &NetworkLimit) {
        self.0 = self.0.saturating_sub(limit.period());
    }

    /// Counts one attempt without looking at the limit.
    pub(in crate::store) fn count(&mut self, limit: &NetworkLimit, now: Duration) {
        self.0 = self.0.max(millis(now)).saturating_add(limit.period());
    }

    /// Gives back the part of an attempt that time has not forgiven yet. In a slot that others share, they may have counted
    /// on after this attempt, and a whole period would forgive them the time since then.
    pub(in crate::store) fn give_back_rest(
        &mut self,
        limit: &NetworkLimit,
        at: Duration,
        now: Duration,
    ) {
        let age = millis(now).saturating_sub(millis(at));
        self.0 = self.0.saturating_sub(limit.period().saturating_sub(age));
    }

    /// Whether all failures are forgiven, so that the store may forget the record.
    #[must_use]
    pub fn is_idle(&self, now: Duration) -> bool {
        self.expires_in(now).is_zero()
    }

    /// The time to live of the record: how long it takes until it [is idle](Self::is_idle), if no attempt follows.
    #[must_use]
    pub fn expires_in(&self, now: Duration) -> Duration {
        Duration::from_millis(self.0.saturating_sub(millis(now)))
    }

    /// Encodes the record in 9 bytes: one byte for the version, which is 1, and 8 for the moment in milliseconds,
    /// big-endian.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 9] {
        let [a, b, c, d, e, f, g, h] = self.0.to_be_bytes();
        [VERSION, a, b, c, d, e, f, g, h]
    }

    /// Decodes a record that [`to_bytes`](Self::to_bytes) has encoded.
    ///
    /// # Errors
    ///
    /// An error if the version is not the current one, or the length is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unavailable> {
        let mut reader = RecordReader::new(bytes)?;
        let record = Self(reader.u64()?);
        reader.end()?;
        Ok(record)
    }
}
