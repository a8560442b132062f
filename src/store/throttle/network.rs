//! The budget of a network.

use std::time::Duration;

use super::encoding::{RecordReader, VERSION};
use super::limits::NetworkLimit;
use super::units::millis;
use crate::unavailable::Unavailable;

/// What a line or a neighbourhood has tried, as one moment: that at which all of it is forgiven.
///
/// This is the generic cell rate algorithm: an attempt moves the moment by one period, and is refused if that is more than
/// the limit away.
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
    /// Counts one attempt, or says in what time there is one.
    ///
    /// # Errors
    ///
    /// The limit is reached.
    pub fn reserve(&mut self, limit: &NetworkLimit, now: Duration) -> Result<(), Duration> {
        let (now, every) = (millis(now), limit.period());
        let most = every.saturating_mul(u64::from(limit.failures()));
        // A moment beyond the numbers is refused: saturated, it would never move, and all attempts would fit.
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

    /// Gives back the attempt that was reserved at `at`, unless it is so old that time has forgiven it already.
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

    /// Counts one attempt, whatever the limit.
    pub(in crate::store) fn count(&mut self, limit: &NetworkLimit, now: Duration) {
        self.0 = self.0.max(millis(now)).saturating_add(limit.period());
    }

    /// Whether all is forgiven, so that the record may be forgotten.
    #[must_use]
    pub fn is_idle(&self, now: Duration) -> bool {
        self.expires_in(now).is_zero()
    }

    /// How long it is until the record [is idle](Self::is_idle), if nothing else happens: its time to live.
    #[must_use]
    pub fn expires_in(&self, now: Duration) -> Duration {
        Duration::from_millis(self.0.saturating_sub(millis(now)))
    }

    /// The record in 9 bytes: the version, which is 1, in one byte, and the moment in milliseconds in 8, big-endian.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 9] {
        let [a, b, c, d, e, f, g, h] = self.0.to_be_bytes();
        [VERSION, a, b, c, d, e, f, g, h]
    }

    /// The record that [`to_bytes`](Self::to_bytes) has encoded.
    ///
    /// # Errors
    ///
    /// The version is another one, or the length is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Unavailable> {
        let mut reader = RecordReader::new(bytes)?;
        let record = Self(reader.u64()?);
        reader.end()?;
        Ok(record)
    }
}
