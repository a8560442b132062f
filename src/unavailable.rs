//! Why credentials could not be judged at all.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// A store was down, a database timed out, a table was full: nobody can tell whether the credentials are good.
///
/// It becomes `503 Service Unavailable` with `Retry-After`, never `401`: a client that is told `401` throws good
/// credentials away, and a person is asked for a password that was right. Bad credentials are never an error; they
/// are a refusal.
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
#[derive(Debug)]
pub struct Unavailable {
    why: Box<dyn Error + Send + Sync>,
    // When clients are told to try again, in parts, so that the answers that are handed on for every request stay small.
    seconds: u64,
    nanos: u32,
    not_compared: bool,
}

impl Unavailable {
    /// Says why. The text is for whoever keeps the log; no client sees it.
    #[must_use]
    pub fn new(why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            why: why.into(),
            seconds: 5,
            nanos: 0,
            not_compared: false,
        }
    }

    /// Says that the attempt was no guess: no secret was compared, or it was right. The [throttle](crate::throttle) gives
    /// the attempt back.
    ///
    /// Say it where the database with the accounts did not answer, so that an outage uses up no attempts. Do not say it of a
    /// comparison that was cut off: the comparison goes on and its result may be remembered, so that guesses would have no
    /// limit. Without it, the account keeps the attempt, and the network gets it back.
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

    /// Whether the attempt was [no guess](Self::not_compared).
    #[must_use]
    pub const fn is_not_compared(&self) -> bool {
        self.not_compared
    }

    /// Tells clients when to try again, instead of in 5 seconds. Rounded up to whole seconds, 1 at least.
    #[must_use]
    pub const fn retry_after(mut self, delay: Duration) -> Self {
        (self.seconds, self.nanos) = (delay.as_secs(), delay.subsec_nanos());
        self
    }

    /// When clients are told to try again.
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

impl Error for Unavailable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.why.source()
    }
}
