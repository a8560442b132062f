//! Why does a scheme refuse credentials, and what does it tell the client?

use crate::header::Challenge;
use crate::reason::{AttemptOutcome, RefusalReason};

/// Why credentials were refused, and what to tell the client in place of the scheme's ordinary challenges.
#[derive(Clone, Debug)]
pub struct Refusal {
    reason: RefusalReason,
    text: &'static str,
    attempt: AttemptOutcome,
    challenges: Vec<Challenge>,
}

impl Refusal {
    /// Wrong credentials: `401`, and one failure of the account. The `text` is for the audit; no client sees it.
    #[must_use]
    pub const fn wrong(text: &'static str) -> Self {
        Self::new(RefusalReason::WrongCredentials, text)
    }

    /// Credentials that break the rules of their scheme: `400`. No account is blamed.
    #[must_use]
    pub const fn malformed(text: &'static str) -> Self {
        Self::new(RefusalReason::Malformed, text)
    }

    /// Credentials that verified and are out of date, or were used before: `401`, and the client tries again by itself.
    ///
    /// Say so only after everything secret about them has verified: `stale=true` tells the client that the password was
    /// right.
    #[must_use]
    pub const fn stale(text: &'static str) -> Self {
        Self::new(RefusalReason::Stale, text)
    }

    const fn new(reason: RefusalReason, text: &'static str) -> Self {
        Self {
            reason,
            text,
            attempt: reason.attempt(),
            challenges: Vec::new(),
        }
    }

    /// Refuses without a failure: a [throttle](crate::throttle) gives the attempt back. The client is told the same.
    ///
    /// Say it where the attempt was no guess. For example, a proof of a password that the account had before is none, and
    /// neither is a token in the query: it is not looked at, and a page of another site can make a browser send it.
    #[must_use]
    pub const fn uncounted(mut self) -> Self {
        self.attempt = AttemptOutcome::NotCounted;
        if matches!(self.reason, RefusalReason::WrongCredentials) {
            self.reason = RefusalReason::NotCompared;
        }
        self
    }

    /// Answers with `challenge` in the place of this scheme's ordinary ones (`error="invalid_token"`, `stale=true`).
    #[must_use]
    pub fn with_challenge(mut self, challenge: Challenge) -> Self {
        self.challenges.push(challenge);
        self
    }

    /// Why the credentials were refused: it decides the status and what the audit hears.
    #[must_use]
    pub const fn reason(&self) -> RefusalReason {
        self.reason
    }

    /// Why, in words for the audit. No client and no renderer sees them.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// What a throttle counts the attempt as.
    #[must_use]
    pub const fn attempt(&self) -> AttemptOutcome {
        self.attempt
    }

    /// The challenges that take the place of the ordinary ones.
    #[must_use]
    pub fn challenges(&self) -> &[Challenge] {
        &self.challenges
    }

    /// The challenges, without a copy.
    pub(crate) fn into_challenges(self) -> Vec<Challenge> {
        self.challenges
    }
}
