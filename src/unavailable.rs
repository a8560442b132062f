//! The error of a decision that could not be made.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::derives::shows;

/// Says that a verifier, a store, a throttle or a policy could not decide. For example, a database timed out, or a
/// table was full.
///
/// The layer answers `503 Service Unavailable` with `Retry-After`, and never `401`. A client that receives `401`
/// discards good credentials, and its user has to enter a password again that was right. Wrong credentials are never
/// this error; they are a refusal.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::Unavailable;
///
/// let why = Unavailable::new("the directory did not answer").retry_after(Duration::from_secs(30));
/// assert_eq!(why.to_string(), "the directory did not answer");
/// ```
pub struct Unavailable {
    why: Box<dyn Error + Send + Sync>,
    // The delay of `Retry-After`. It is kept in parts and not as a `Duration`, because the padding of `Duration` would
    // make this type larger, and every answer of the crate that can fail contains it.
    seconds: u64,
    nanos: u32,
    not_compared: bool,
}

impl Unavailable {
    /// Creates the error with its cause, which only the audit receives. No client sees it. The `Retry-After` is 5
    /// seconds.
    #[must_use]
    pub fn new(why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            why: why.into(),
            seconds: 5,
            nanos: 0,
            not_compared: false,
        }
    }

    /// Says that the attempt was not a guess: the verifier compared no secret, or the secret was right. The
    /// [throttle](crate::throttle) then gives the attempt back.
    ///
    /// Use it where the database of the accounts did not answer, so that an outage uses up no attempts of its users. Do
    /// not use it for a comparison that was cut off by a time limit. Such a comparison goes on and the verifier may
    /// remember its result, so an attacker could guess without a limit.
    ///
    /// Without this call, the account keeps the attempt, and the network gets it back.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::Unavailable;
    ///
    /// let away = Unavailable::new("the directory did not answer").not_compared();
    /// assert!(away.is_not_compared());
    /// assert!(!Unavailable::new("the hash took too long").is_not_compared());
    /// ```
    #[must_use]
    pub const fn not_compared(mut self) -> Self {
        self.not_compared = true;
        self
    }

    /// Whether the verifier said that the attempt was [not a guess](Self::not_compared).
    #[must_use]
    pub const fn is_not_compared(&self) -> bool {
        self.not_compared
    }

    /// Sets the delay after which clients may try again. The default is 5 seconds.
    ///
    /// The layer sends it as `Retry-After`, rounded up to whole seconds, and at least 1.
    #[must_use]
    pub const fn retry_after(mut self, delay: Duration) -> Self {
        (self.seconds, self.nanos) = (delay.as_secs(), delay.subsec_nanos());
        self
    }

    /// Returns the delay after which clients may try again.
    #[must_use]
    pub const fn delay(&self) -> Duration {
        Duration::new(self.seconds, self.nanos)
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.fmt(f)
    }
}

shows! { impl[] Unavailable[] as self {
    why: self.why.to_string(),
    retry_after: self.delay(),
} }

impl Error for Unavailable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.why.source()
    }
}
