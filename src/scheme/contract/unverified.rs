//! The refusal of a secret that a verifier has not accepted.

use super::refusal::Refusal;
use crate::reason::ReasonText;
use crate::verified::VerifyFailure;

impl Refusal {
    /// Refuses a secret that a verifier has not accepted. `otherwise` is the reason if the verifier gave none.
    #[inline]
    pub(crate) const fn unverified(failure: VerifyFailure, otherwise: ReasonText) -> Self {
        let refusal = Self::wrong_because(match failure.reason_text() {
            Some(why) => why,
            None => otherwise,
        });
        match failure.counts() {
            true => refusal,
            false => refusal.uncounted(),
        }
    }
}
