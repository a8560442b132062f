//! How does a decision become a refusal?

use std::time::Duration;

use super::rules::LayerRules;
use super::space::{each_once, same_space};
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::policy::PolicyDecision;
use crate::reason::RefusalReason;
use crate::respond::Denial;
use crate::scheme::{Attempt, BodyError, Refusal, Scheme};
use crate::unavailable::Unavailable;

/// Code that the application brought did not answer.
pub(super) fn panicked() -> Unavailable {
    Unavailable::new("a verifier, a check or a policy panicked")
}

/// It has not answered yet.
pub(super) fn out_of_time() -> Unavailable {
    Unavailable::new("there was no decision in time")
}

impl<A: Scheme> LayerRules<A> {
    /// There are no credentials that a scheme claims, or none that can be read.
    pub(super) fn unclaimed(&self, attempt: &Attempt<'_>) -> Denial {
        if attempt.is_malformed() {
            let challenges = self.explained(attempt, &ErrorParams::invalid_request());
            return self
                .denial(RefusalReason::Malformed)
                .with_challenges(challenges);
        }
        let reason = match attempt.is_absent() {
            true => RefusalReason::NoCredentials,
            false => RefusalReason::UnknownScheme,
        };
        self.with_offers(reason, attempt)
    }

    /// A route requires a caller, and the layer let the request pass without one.
    pub(super) fn login_required(&self, attempt: &Attempt<'_>) -> Denial {
        let denial = self.with_offers(RefusalReason::LoginRequired, attempt);
        denial.attempted(!attempt.is_absent())
    }

    /// A scheme refused. A `400` carries the challenges that the refusal has, and no others.
    pub(super) fn refused(&self, attempt: &Attempt<'_>, refusal: Refusal) -> Denial {
        let denial = self.denial(refusal.reason()).with_text(refusal.text());
        let denial = denial.counted_as(refusal.attempt());
        let challenges = match refusal.reason() {
            RefusalReason::Malformed => refusal.into_challenges(),
            _ => self.challenges(attempt, refusal.into_challenges()),
        };
        denial.with_challenges(challenges)
    }

    /// A scheme wants another leg, and says how.
    pub(super) fn another_leg(&self, challenge: Challenge) -> Denial {
        self.denial(RefusalReason::ContinueExchange)
            .with_challenges(vec![challenge])
    }

    /// A body that its credentials cover is not handed on, or not any further.
    pub(super) fn body_refused(&self, attempt: &Attempt<'_>, refused: BodyError) -> Denial {
        match refused {
            BodyError::Refused(refusal) => self.refused(attempt, refusal),
            BodyError::Panicked => self.unavailable(panicked()),
            BodyError::Broken(_) => self.denial(RefusalReason::BodyBroken),
            // RFC 9110 section 15.5.14.
            BodyError::TooLong => self.denial(RefusalReason::BodyTooLong),
            // RFC 9110 section 15.5.9. Where on this connection the next request would begin is not known, so it ends here.
            // HTTP/2 and later have no field to say so (RFC 9113 section 8.2.2), and need none.
            BodyError::TooSlow => {
                let is_closed = attempt.head().version() <= http::Version::HTTP_11;
                self.denial(RefusalReason::BodyTooSlow).closing(is_closed)
            }
        }
    }

    /// A policy has decided: nothing, if it allows.
    #[inline]
    pub(super) fn not_permitted(
        &self,
        attempt: &Attempt<'_>,
        decision: Result<PolicyDecision, Unavailable>,
    ) -> Option<Denial> {
        Some(match decision {
            Ok(PolicyDecision::Allow) => return None,
            Ok(PolicyDecision::Forbid) => self.denial(RefusalReason::Forbidden),
            Ok(PolicyDecision::Lacks(lack)) => {
                let denial = self
                    .denial(RefusalReason::Forbidden)
                    .with_text(lack.error());
                denial.with_challenges(self.explained(attempt, &lack))
            }
            Ok(PolicyDecision::StepUp(lack)) => {
                let denial = self
                    .denial(RefusalReason::StepUpRequired)
                    .with_text(lack.error());
                let denial = denial.attempted(!attempt.is_absent());
                denial.with_challenges(self.offered_with(attempt, Some(&lack)))
            }
            Err(why) => self.unavailable(why),
        })
    }

    /// Too many have failed before.
    #[inline]
    pub(super) fn throttled(&self, delay: Duration) -> Denial {
        self.denial(RefusalReason::TooManyFailures)
            .with_retry_after(delay)
    }

    /// A scheme has claimed what it had said that it does not claim, so that no attempt was reserved for it. Whether the
    /// credentials are right is not told: that would be a guess without a limit. Of several schemes the cause names all: a
    /// composite does not tell which of its members claims.
    pub(super) fn unreserved(&self) -> Denial {
        let names = self.names_of_all();
        let cause = format!(
            "{names}: `Scheme::may_claim` said no of credentials that `authenticate` claims"
        );
        self.denial(RefusalReason::NotReserved)
            .because(Unavailable::new(cause))
    }

    /// The credentials or the permission could not be judged.
    pub(super) fn unavailable(&self, cause: Unavailable) -> Denial {
        self.denial(RefusalReason::Unavailable).because(cause)
    }

    /// A refusal without challenges.
    pub(super) const fn denial(&self, reason: RefusalReason) -> Denial {
        let denial = Denial::new(reason, self.role);
        denial.joined(self.joined).exposed(self.exposed)
    }

    fn with_offers(&self, reason: RefusalReason, attempt: &Attempt<'_>) -> Denial {
        let challenges = self.offered_with(attempt, None);
        self.denial(reason).with_challenges(challenges)
    }

    /// The challenges that say what was wrong. Schemes without a place for it have nothing to add.
    fn explained(&self, attempt: &Attempt<'_>, error: &ErrorParams) -> Vec<Challenge> {
        let mut challenges = self.offered_with(attempt, Some(error));
        challenges.retain(|challenge| says(challenge, error));
        challenges
    }

    /// The challenges of every scheme, each of them once.
    pub(super) fn offered_with(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
    ) -> Vec<Challenge> {
        let mut challenges = Vec::with_capacity(4);
        self.scheme.challenge(attempt, error, &mut challenges);
        if self.doubled {
            each_once(&[], &mut challenges);
        }
        challenges
    }

    /// The ordinary challenges, with `special` ones in the place of those of their protection space, so that the order
    /// stays.
    fn challenges(&self, attempt: &Attempt<'_>, special: Vec<Challenge>) -> Vec<Challenge> {
        let mut ordinary = self.offered_with(attempt, None);
        if special.is_empty() {
            return ordinary;
        }
        let is_replaced = |offer: &Challenge| special.iter().any(|it| same_space(it, offer));
        let place = ordinary.iter().position(is_replaced).unwrap_or(0);
        ordinary.retain(|offer| !is_replaced(offer));
        ordinary.splice(place..place, special);
        ordinary
    }
}

fn says(challenge: &Challenge, error: &ErrorParams) -> bool {
    let code = challenge.param("error");
    code.is_some_and(|code| *code.to_bytes() == *error.error().as_bytes())
}
