//! Why credentials were refused.

use super::{Judgement, Reads, Verdict};
use crate::header::Challenge;
use crate::now_or_later::NowOrLater;

/// Whose fault a refusal is, which decides its status and whether it counts as a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The credentials are wrong: `401`, and one failure of the account.
    Credentials,
    /// The credentials break the rules of their scheme: `400`. No account is blamed.
    Syntax,
    /// The credentials are right and came too late, or for a second time: `401`, and the client tries again by itself.
    /// Nobody failed.
    Nobody,
}

/// Why credentials were refused, and what to tell the client in place of the scheme's ordinary challenges.
#[derive(Clone, Debug)]
pub struct Refusal {
    blame: Blame,
    reason: &'static str,
    counts: bool,
    challenges: Vec<Challenge>,
}

impl Refusal {
    /// Wrong credentials. The `reason` is for the audit log; no client sees it.
    #[must_use]
    pub const fn wrong(reason: &'static str) -> Self {
        Self::new(Blame::Credentials, reason)
    }

    /// Credentials that break the rules of their scheme.
    #[must_use]
    pub const fn malformed(reason: &'static str) -> Self {
        Self::new(Blame::Syntax, reason)
    }

    /// Credentials that verified and are out of date. Say so only after everything secret about them has verified:
    /// `stale=true` tells whoever asks that the password was right.
    #[must_use]
    pub const fn stale(reason: &'static str) -> Self {
        Self::new(Blame::Nobody, reason)
    }

    const fn new(blame: Blame, reason: &'static str) -> Self {
        Self {
            blame,
            reason,
            counts: true,
            challenges: Vec::new(),
        }
    }

    /// Refuses without a failure: a [throttle](crate::throttle) gives the attempt back. The client is told the same.
    ///
    /// Say it where the attempt was no guess. For example, a proof of a password that the account had before is none, and
    /// neither is a token in the query: it is not looked at, and a page of another site can make a browser send it.
    #[must_use]
    pub const fn uncounted(mut self) -> Self {
        self.counts = false;
        self
    }

    /// Whether a throttle counts the attempt.
    #[must_use]
    pub const fn counts(&self) -> bool {
        self.counts
    }

    /// Answers with `challenge` in the place of this scheme's ordinary ones (`error="invalid_token"`, `stale=true`).
    #[must_use]
    pub fn with_challenge(mut self, challenge: Challenge) -> Self {
        self.challenges.push(challenge);
        self
    }

    /// Refuses at once.
    pub fn at_once<I, R: Reads>(self) -> Judgement<I, R> {
        NowOrLater::now(Ok(Verdict::Refuse(self)))
    }

    /// Whose fault it is.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        self.blame
    }

    /// Why, for the audit log.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }

    /// The challenges that take the ordinary ones' place.
    #[must_use]
    pub fn challenges(&self) -> &[Challenge] {
        &self.challenges
    }
}
