//! How a decision becomes a refusal.

use http::{StatusCode, Version};

use super::rules::Rules;
use super::space::{each_once, same_space};
use crate::audit;
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::policy::Decision;
use crate::respond::{Denial, Kind};
use crate::scheme::{Attempt, Blame, Refusal, Scheme};
use crate::unavailable::Unavailable;

/// A refusal, and what the audit hears of it.
pub(super) struct Denied {
    pub(super) denial: Denial,
    pub(super) outcome: audit::Outcome,
    pub(super) reason: &'static str,
    /// Boxed, because it is seldom there, and refusals are handed on often.
    pub(super) cause: Option<Box<Unavailable>>,
}

impl Denied {
    const fn new(denial: Denial, outcome: audit::Outcome, reason: &'static str) -> Self {
        Self {
            denial,
            outcome,
            reason,
            cause: None,
        }
    }
}

impl<A: Scheme> Rules<A> {
    /// There are no credentials that a scheme claims, or none that can be read.
    pub(super) fn nobody(&self, attempt: &Attempt<'_>) -> Denied {
        if attempt.is_malformed() {
            return self.malformed(attempt, "the credentials field cannot be read");
        }
        let challenges = self.challenges(attempt, &[]);
        let reason = if attempt.is_absent() {
            "no credentials"
        } else {
            "credentials of no scheme here"
        };
        Denied::new(
            self.unauthenticated(challenges),
            audit::Outcome::Challenged,
            reason,
        )
    }

    fn malformed(&self, attempt: &Attempt<'_>, reason: &'static str) -> Denied {
        let challenges = self.explained(attempt, &ErrorParams::invalid_request());
        let denial = self.denial(Kind::Malformed, StatusCode::BAD_REQUEST);
        let denial = denial.with_challenges(challenges);
        Denied::new(denial, audit::Outcome::Malformed, reason)
    }

    /// A scheme refused.
    pub(super) fn refused(&self, attempt: &Attempt<'_>, refusal: &Refusal) -> Denied {
        let outcome = match refusal.blame() {
            Blame::Credentials if refusal.counts() => audit::Outcome::Refused,
            Blame::Credentials => audit::Outcome::Uncounted,
            Blame::Nobody => audit::Outcome::Stale,
            Blame::Syntax => return self.refused_as_malformed(refusal),
        };
        let challenges = self.challenges(attempt, refusal.challenges());
        Denied::new(self.unauthenticated(challenges), outcome, refusal.reason())
    }

    fn refused_as_malformed(&self, refusal: &Refusal) -> Denied {
        let denial = self.denial(Kind::Malformed, StatusCode::BAD_REQUEST);
        let denial = denial.with_challenges(refusal.challenges().to_vec());
        Denied::new(denial, audit::Outcome::Malformed, refusal.reason())
    }

    /// A scheme wants another leg, and says how.
    pub(super) fn continued(&self, challenge: Challenge) -> Denied {
        let denial = self.unauthenticated(vec![challenge]);
        Denied::new(denial, audit::Outcome::Continued, "another leg")
    }

    /// A policy has decided: nothing, if it allows.
    pub(super) fn not_permitted(
        &self,
        attempt: &Attempt<'_>,
        decision: Result<Decision, Unavailable>,
    ) -> Option<Denied> {
        Some(match decision {
            Ok(Decision::Allow) => return None,
            Ok(Decision::Forbid) => self.forbidden(),
            Ok(Decision::Lacks(lack)) => self.lacking(attempt, &lack),
            Ok(Decision::StepUp(lack)) => self.step_up(attempt, &lack),
            Err(why) => self.unavailable(why),
        })
    }

    /// A policy refused, for good.
    pub(super) fn forbidden(&self) -> Denied {
        let denial = self.denial(Kind::Forbidden, StatusCode::FORBIDDEN);
        Denied::new(denial, audit::Outcome::Forbidden, "not permitted")
    }

    /// A policy wants credentials that allow more.
    fn lacking(&self, attempt: &Attempt<'_>, lack: &ErrorParams) -> Denied {
        let challenges = self.explained(attempt, lack);
        let denial = self.denial(Kind::Forbidden, StatusCode::FORBIDDEN);
        let denial = denial.with_challenges(challenges);
        Denied::new(denial, audit::Outcome::Forbidden, lack.error())
    }

    /// A policy wants a better login.
    fn step_up(&self, attempt: &Attempt<'_>, lack: &ErrorParams) -> Denied {
        let denial = self.unauthenticated(self.offered_with(attempt, Some(lack)));
        let denial = denial.attempted(!attempt.is_absent());
        Denied::new(denial, audit::Outcome::Forbidden, lack.error())
    }

    /// A route is for known callers alone, and the layer let somebody pass unseen.
    pub(super) fn unseen(&self, attempt: &Attempt<'_>) -> Denied {
        let denial = self.unauthenticated(self.challenges(attempt, &[]));
        let denial = denial.attempted(!attempt.is_absent());
        let reason = "the route wants somebody";
        Denied::new(denial, audit::Outcome::Challenged, reason)
    }

    /// There is no TLS. RFC 7617 section 4 and RFC 6750 section 5.3 want it; without a challenge, nobody is asked for a
    /// secret where others can read it.
    pub(super) fn insecure(&self) -> Denied {
        let denial = self.denial(Kind::Insecure, StatusCode::FORBIDDEN);
        Denied::new(denial, audit::Outcome::Insecure, "no TLS")
    }

    /// Too many have failed before.
    pub(super) fn throttled(&self, delay: std::time::Duration) -> Denied {
        let denial = self.denial(Kind::Throttled, StatusCode::TOO_MANY_REQUESTS);
        let denial = denial.retry_after(delay);
        Denied::new(denial, audit::Outcome::Throttled, "too many failures")
    }

    /// A scheme has claimed what it had said that it does not claim, so that no attempt was reserved for it. Whether the
    /// credentials are right is not told: that would be a guess without a limit. Of several schemes the cause names all: a
    /// composite does not tell which of its members claims.
    pub(super) fn unreserved(&self) -> Denied {
        let names = self.names_of_all();
        let cause = format!(
            "{names}: `Scheme::may_claim` said no of credentials that `authenticate` claims"
        );
        let denied = self.unavailable(Unavailable::new(cause));
        Denied {
            reason: "claimed without a reservation",
            ..denied
        }
    }

    /// Nobody can tell.
    pub(super) fn unavailable(&self, cause: Unavailable) -> Denied {
        let denial = self.denial(Kind::Unavailable, StatusCode::SERVICE_UNAVAILABLE);
        let denial = denial.retry_after(cause.delay());
        let denied = Denied::new(denial, audit::Outcome::Unavailable, "could not be judged");
        Denied {
            cause: Some(Box::new(cause)),
            ..denied
        }
    }

    /// The body that the credentials cover is longer than may be read (RFC 9110 section 15.5.14).
    pub(super) fn too_long(&self) -> Denied {
        let denial = self.denial(Kind::TooLong, StatusCode::PAYLOAD_TOO_LARGE);
        Denied::new(denial, audit::Outcome::Malformed, "the body is too long")
    }

    /// The body that the credentials cover did not come in time (RFC 9110 section 15.5.9). Nobody knows where on this
    /// connection the next request would begin, so it ends here; HTTP/2 and later have no field to say so (RFC 9113 section
    /// 8.2.2), and need none.
    pub(super) fn too_slow(&self, version: Version) -> Denied {
        let denial = self.denial(Kind::TooSlow, StatusCode::REQUEST_TIMEOUT);
        let denial = denial.closing(version <= Version::HTTP_11);
        Denied::new(denial, audit::Outcome::TooSlow, "the body came too slowly")
    }

    /// The body that the credentials cover is not all there.
    pub(super) fn broken(&self) -> Denied {
        let denial = self.denial(Kind::Malformed, StatusCode::BAD_REQUEST);
        Denied::new(denial, audit::Outcome::Malformed, "the body broke off")
    }

    /// RFC 9110 section 11.6.1: a `401` "MUST send a WWW-Authenticate header field containing at least one challenge".
    /// A scheme that offers none to this request leaves no way in.
    fn unauthenticated(&self, challenges: Vec<Challenge>) -> Denial {
        if challenges.is_empty() {
            return self.denial(Kind::Forbidden, StatusCode::FORBIDDEN);
        }
        let denial = self.denial(Kind::Unauthenticated, self.role.unauthenticated());
        denial.with_challenges(challenges)
    }

    const fn denial(&self, kind: Kind, status: StatusCode) -> Denial {
        let denial = Denial::new(kind, status, self.role.challenge_field());
        denial.joined(self.joined).exposed(self.exposed)
    }

    /// The challenges that say what was wrong. Schemes without a place for it have nothing to add.
    fn explained(&self, attempt: &Attempt<'_>, error: &ErrorParams) -> Vec<Challenge> {
        let mut challenges = self.offered_with(attempt, Some(error));
        challenges.retain(|challenge| says(challenge, error));
        challenges
    }

    /// The challenges of every scheme, each of them once.
    fn offered_with(&self, attempt: &Attempt<'_>, error: Option<&ErrorParams>) -> Vec<Challenge> {
        let mut challenges = Vec::with_capacity(4);
        self.scheme.challenge(attempt, error, &mut challenges);
        if self.doubled {
            each_once(&[], &mut challenges);
        }
        challenges
    }

    /// What a client is told: the ordinary challenges, with `special` ones in the place of those of their protection
    /// space, so that the order stays.
    pub(super) fn challenges(
        &self,
        attempt: &Attempt<'_>,
        special: &[Challenge],
    ) -> Vec<Challenge> {
        let mut ordinary = self.offered_with(attempt, None);
        if special.is_empty() {
            return ordinary;
        }
        let place = ordinary.iter().position(|it| is_replaced(it, special));
        let place = place.unwrap_or(0);
        ordinary.retain(|it| !is_replaced(it, special));
        ordinary.splice(place..place, special.iter().cloned());
        ordinary
    }
}

fn says(challenge: &Challenge, error: &ErrorParams) -> bool {
    let code = challenge.param("error");
    code.is_some_and(|code| *code.to_bytes() == *error.error().as_bytes())
}

/// Whether one of `special` speaks for the protection space of `ordinary`.
fn is_replaced(ordinary: &Challenge, special: &[Challenge]) -> bool {
    special.iter().any(|it| same_space(it, ordinary))
}
