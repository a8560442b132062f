//! The refusals that say to the client what is wrong, all of them made before an access key is looked up.

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
        SigV4Error::WrongDay => "credential scope mismatch: not the day of the signing time",
        SigV4Error::WrongRegion => "credential scope mismatch: another region",
        SigV4Error::WrongService => "credential scope mismatch: another service",
        SigV4Error::ClockSkew => {
            "the signing time differs too much from the clock: check the clocks"
        }
        SigV4Error::NotYetValid => "the signing time is too far in the future: check the clocks",
        SigV4Error::Expired => "the signature has expired",
    };
    Refusal::wrong(text).uncounted()
}
