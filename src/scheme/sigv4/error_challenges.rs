//! The refusals that say to the client what is wrong, all of them made before an access key is looked up.

use super::reasons;
use crate::error_params::SigV4Error;
use crate::header::{Challenge, ChallengeBuilder, InvalidChallenge};
use crate::scheme::Refusal;

/// A challenge for each [`SigV4Error`], made once.
#[derive(Clone, Debug, Default)]
pub(super) struct ErrorChallenges(Vec<(SigV4Error, Challenge)>);

impl ErrorChallenges {
    /// Adds the auth-param `error` to the ordinary challenge.
    pub(super) fn new(ordinary: &ChallengeBuilder) -> Result<Self, InvalidChallenge> {
        let one = |error: SigV4Error| {
            let challenge = ordinary.clone().quoted("error", error.code());
            Ok((error, challenge.build()?))
        };
        let all = SigV4Error::ALL.into_iter().map(one);
        all.collect::<Result<_, _>>().map(Self)
    }

    /// Makes the refusal for `error`, whose challenge tells the client the error.
    pub(super) fn refuse(&self, error: SigV4Error) -> Refusal {
        let mut all = self.0.iter();
        let challenge = all.find(|(other, _)| *other == error);
        let challenge = challenge.map(|(_, challenge)| challenge.clone());
        challenge
            .into_iter()
            .fold(refusal(error), Refusal::with_challenge)
    }
}

/// The throttle counts none of these refusals, because no secret was compared. For example, a program that first tries
/// another region does not lock its own account out. For the same reason none of them is stale: that would tell the
/// audit that the client has proved a key.
fn refusal(error: SigV4Error) -> Refusal {
    let text = match error {
        SigV4Error::WrongDay => reasons::WRONG_DAY,
        SigV4Error::WrongRegion => reasons::WRONG_REGION,
        SigV4Error::WrongService => reasons::WRONG_SERVICE,
        SigV4Error::ClockSkew => reasons::CLOCK_SKEW,
        SigV4Error::NotYetValid => reasons::NOT_YET_VALID,
        SigV4Error::Expired => reasons::EXPIRED,
    };
    Refusal::wrong_because(text).uncounted()
}
