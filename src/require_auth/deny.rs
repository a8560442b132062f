//! Turns decisions into refusals: which reason, which status and which challenges each of them has.

use std::time::Duration;

use super::rules::LayerRules;
use super::space::remove_repeats;
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::policy::PolicyDecision;
use crate::principal::Scopes;
use crate::reason::{AttemptOutcome, ReasonText, RefusalReason, coded};
use crate::respond::{Denial, FixedChallenges, RefusalChallenges};
use crate::scheme::{Attempt, BodyError, Refusal, Scheme};
use crate::unavailable::Unavailable;

/// The cause of a refusal after code of the application panicked.
pub(super) fn panicked() -> Unavailable {
    Unavailable::new("a scheme, a verifier, a throttle or a policy panicked")
}

/// The cause of a refusal after the deadline passed.
pub(super) fn out_of_time() -> Unavailable {
    Unavailable::new("the decision took longer than the deadline")
}

impl<A: Scheme> LayerRules<A> {
    /// Refuses a credentials field that cannot be parsed.
    pub(super) fn malformed(&self, attempt: &Attempt<'_>) -> Denial {
        let challenges = self.error_challenges(attempt, &ErrorParams::invalid_request());
        self.denial_with(
            RefusalReason::Malformed,
            RefusalChallenges::Made(challenges),
        )
    }

    /// Refuses credentials that no scheme claims.
    pub(super) fn unclaimed(&self, attempt: &Attempt<'_>) -> Denial {
        let reason = match attempt.is_absent() {
            true => RefusalReason::NoCredentials,
            false => RefusalReason::UnknownScheme,
        };
        self.with_all_challenges(reason, attempt)
    }

    /// Refuses a request that the layer let pass without an identity, because the policy of a route requires a caller.
    pub(super) fn login_required(&self, attempt: &Attempt<'_>) -> Denial {
        let denial = self.with_all_challenges(RefusalReason::LoginRequired, attempt);
        denial.attempted(has_credentials(attempt))
    }

    /// Refuses as a scheme has decided. A `400` and a `403` carry only the challenges of the refusal itself; a `401` carries
    /// those of the other schemes, too.
    pub(super) fn refused(&self, attempt: &Attempt<'_>, mut refusal: Refusal) -> Denial {
        let fields = refusal.take_reply(self.role);
        let challenges = match refusal.reason() {
            RefusalReason::Malformed | RefusalReason::Rejected => {
                RefusalChallenges::Made(refusal.challenges().to_vec())
            }
            _ => self.challenges(attempt, refusal.challenges()),
        };
        self.denial_with(refusal.reason(), challenges)
            .with_text(refusal.reason_text())
            .with_fields(fields)
            .counted_as(refusal.attempt())
            .attempted(attempt.claimant().is_some())
    }

    /// Refuses because a scheme needs another request to finish its exchange. `challenge` is the only challenge: it
    /// continues the exchange, and a challenge of another scheme would invite the client to start anew.
    pub(super) fn continue_exchange(&self, challenge: Challenge) -> Denial {
        let challenges = RefusalChallenges::Made(vec![challenge]);
        self.denial_with(RefusalReason::ContinueExchange, challenges)
    }

    /// Refuses because of a body that the credentials cover. The inner service gets nothing of it, or nothing more.
    pub(super) fn body_refused(&self, attempt: &Attempt<'_>, refused: BodyError) -> Denial {
        match refused {
            BodyError::Refused(refusal) => self.refused(attempt, refusal),
            BodyError::Panicked => self.unavailable(panicked()),
            BodyError::Broken(_) => self.denial(RefusalReason::BodyBroken),
            // `413`, RFC 9110 section 15.5.14.
            BodyError::TooLong => self.denial(RefusalReason::BodyTooLong),
            // `408`, RFC 9110 section 15.5.9. The rest of the body may still arrive, so the server cannot tell where on
            // this connection the next request begins, and has to close it. HTTP/2 forbids the `Connection` field (RFC
            // 9113 section 8.2.2) and does not need it, because each request has a stream of its own.
            BodyError::TooSlow => {
                let is_closed = attempt.head().version() <= http::Version::HTTP_11;
                self.denial(RefusalReason::BodyTooSlow).closing(is_closed)
            }
        }
    }

    /// Refuses because the credentials could not be judged. The account keeps the attempt, unless the verifier says that
    /// the attempt was not a guess.
    pub(super) fn unjudged(&self, why: Unavailable) -> Denial {
        let is_not_compared = why.is_not_compared();
        let denial = self.unavailable(why);
        match is_not_compared {
            true => denial.counted_as(AttemptOutcome::NotCounted),
            false => denial,
        }
    }

    /// Returns the refusal that follows from the decision of a policy, or `None` if the policy allows the request.
    #[inline(never)]
    pub(super) fn policy_refusal(
        &self,
        attempt: &Attempt<'_>,
        decision: Result<PolicyDecision, Unavailable>,
    ) -> Option<Denial> {
        Some(match decision {
            Ok(PolicyDecision::Allow) => return None,
            Ok(PolicyDecision::Forbid) => self.denial(RefusalReason::Forbidden),
            Ok(PolicyDecision::Lacks(lack)) => {
                let lack = lack.with_scopes(&self.required_scopes(attempt));
                let challenges = self.error_challenges(attempt, &lack);
                self.denial_with(
                    RefusalReason::Forbidden,
                    RefusalChallenges::Made(challenges),
                )
                .with_text(lack_text(&lack))
            }
            Ok(PolicyDecision::StepUp(lack)) => {
                let lack = lack.with_scopes(&self.required_scopes(attempt));
                let challenges = self.all_challenges(attempt, Some(&lack));
                self.denial_with(
                    RefusalReason::StepUpRequired,
                    RefusalChallenges::Made(challenges),
                )
                .with_text(lack_text(&lack))
                .attempted(has_credentials(attempt))
            }
            Err(why) => self.unavailable(why),
        })
    }

    /// Returns the scopes of all policies of this layer.
    fn required_scopes(&self, attempt: &Attempt<'_>) -> Scopes {
        let head = attempt.head();
        let all = self
            .policies
            .iter()
            .map(|policy| policy.required_scopes(&head));
        all.fold(Scopes::default(), |all, scopes| all.union(&scopes))
    }

    /// Refuses because too many attempts have failed before. The client may try again after `delay`.
    #[inline]
    pub(super) fn throttled(&self, delay: Duration) -> Denial {
        self.denial(RefusalReason::TooManyFailures)
            .with_retry_after(delay)
    }

    /// Refuses because a scheme claimed credentials after its `may_claim` had returned `false`. No attempt was
    /// reserved for their account, so the response must not depend on whether the credentials are right: an attacker could guess without
    /// a limit.
    ///
    /// With several schemes, the cause names all of them, because a composite does not tell which of its members
    /// claimed.
    pub(super) fn unreserved(&self) -> Denial {
        let names = self.all_scheme_names();
        let cause = format!(
            "{names}: `Scheme::may_claim` returned false for credentials that `authenticate` claims"
        );
        self.denial(RefusalReason::NotReserved)
            .because(Unavailable::new(cause))
    }

    /// Refuses with `503` because a decision could not be made.
    pub(super) fn unavailable(&self, cause: Unavailable) -> Denial {
        self.denial(RefusalReason::Unavailable).because(cause)
    }

    /// Makes a refusal without challenges.
    pub(super) fn denial(&self, reason: RefusalReason) -> Denial {
        self.denial_with(reason, RefusalChallenges::NONE)
    }

    #[inline]
    fn denial_with(&self, reason: RefusalReason, challenges: RefusalChallenges) -> Denial {
        let denial = Denial::new(reason, self.role, challenges);
        let denial = denial.joined(self.joined).exposed(self.exposed);
        denial.with_hints(self.hints_of_origin().cloned())
    }

    fn with_all_challenges(&self, reason: RefusalReason, attempt: &Attempt<'_>) -> Denial {
        self.denial_with(reason, self.ordinary_challenges(attempt))
    }

    /// Returns the challenges of a refusal without an error.
    #[inline]
    fn ordinary_challenges(&self, attempt: &Attempt<'_>) -> RefusalChallenges {
        match &self.fixed {
            Some(fixed) => fixed.unexplained(),
            None => RefusalChallenges::Made(self.all_challenges(attempt, None)),
        }
    }

    /// Returns only the challenges that carry `error`. Some schemes have no parameter for it, and their plain
    /// challenges do not belong in a `400` or a `403`.
    fn error_challenges(&self, attempt: &Attempt<'_>, error: &ErrorParams) -> Vec<Challenge> {
        let mut challenges = self.all_challenges(attempt, Some(error));
        challenges.retain(|challenge| carries(challenge, error));
        challenges
    }

    /// Returns the challenges of all schemes, without repeats.
    pub(super) fn all_challenges(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
    ) -> Vec<Challenge> {
        let mut challenges = Vec::with_capacity(4);
        self.scheme.challenge(attempt, error, &mut challenges);
        if self.has_repeats {
            remove_repeats(&[], &mut challenges);
        }
        challenges
    }

    /// Returns the challenges of all schemes, after the `special` ones, which a refusal brought, have replaced some.
    fn challenges(&self, attempt: &Attempt<'_>, special: &[Challenge]) -> RefusalChallenges {
        match &self.fixed {
            _ if special.is_empty() => self.ordinary_challenges(attempt),
            Some(fixed) => {
                let replace = || replaced(fixed.as_slice(), special);
                fixed.explained(special, replace, |explained| self.fixed_of(explained))
            }
            None => {
                let ordinary = self.all_challenges(attempt, None);
                RefusalChallenges::Made(replaced(&ordinary, special))
            }
        }
    }

    /// Prepares the fields of refusals with these challenges.
    pub(super) fn fixed_of(&self, challenges: &[Challenge]) -> FixedChallenges {
        FixedChallenges::new(challenges, &self.role.challenge_field(), self.joined)
    }
}

/// Returns the challenges after the `special` ones have replaced those of the same protection space at their position, so
/// that the order of the schemes, strongest first, stays.
fn replaced(ordinary: &[Challenge], special: &[Challenge]) -> Vec<Challenge> {
    let is_replaced = |offer: &&Challenge| {
        let mut special = special.iter();
        special.any(|challenge| challenge.shares_space(offer))
    };
    let place = ordinary.iter().position(|offer| is_replaced(&offer));
    let (before, after) = ordinary.split_at(place.unwrap_or(0));
    let after = after.iter().filter(|offer| !is_replaced(offer));
    before.iter().chain(special).chain(after).cloned().collect()
}

/// Whether the client has sent credentials, in the credentials field or outside of it.
fn has_credentials(attempt: &Attempt<'_>) -> bool {
    !attempt.is_absent() || attempt.claimant().is_some()
}

/// Returns the reason of a policy that says what the caller lacks. Its text is the `error` of the challenge, which is no
/// code of an audit: it goes to the client.
fn lack_text(lack: &ErrorParams) -> ReasonText {
    match lack.error() {
        "insufficient_scope" => coded!("policy_insufficient_scope", "insufficient_scope"),
        "insufficient_user_authentication" => coded!(
            "policy_insufficient_login",
            "insufficient_user_authentication"
        ),
        other => ReasonText::Uncoded(other),
    }
}

/// Whether `challenge` has the `error` parameter with this code.
fn carries(challenge: &Challenge, error: &ErrorParams) -> bool {
    let code = challenge.param("error");
    code.is_some_and(|code| *code.to_bytes() == *error.error().as_bytes())
}
