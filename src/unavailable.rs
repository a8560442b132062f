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
    retry_after: Duration,
}

impl Unavailable {
    /// Says why. The text is for whoever keeps the log; no client sees it.
    #[must_use]
    pub fn new(why: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            why: why.into(),
            retry_after: Duration::from_secs(5),
        }
    }

    /// Tells clients when to try again, instead of in 5 seconds. Rounded up to whole seconds, 1 at least.
    #[must_use]
    pub const fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = delay;
        self
    }

    /// When clients are told to try again.
    #[must_use]
    pub const fn delay(&self) -> Duration {
        self.retry_after
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
