//! Who has tried too often.
//!
//! An attempt is **reserved before** it is verified and **settled after**, so that a thousand guesses at once are a
//! thousand attempts. A reservation that is never settled (the client went away, the process died) counts as a failure.

#[cfg(feature = "throttle")]
mod failures;

#[cfg(feature = "throttle")]
pub use self::failures::FailureThrottle;

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::client::Client;
use crate::now_or_later::NowOrLater;
use crate::principal::Account;
use crate::request_head::RequestHead;
use crate::unavailable::Unavailable;

/// Keeps a budget of failures.
pub trait Throttle: Send + Sync + 'static {
    /// Reserves one attempt for the claimed account and the client that sent `request`.
    ///
    /// # Errors
    ///
    /// The answer is an error when nobody can tell how often they have tried.
    fn reserve(
        &self,
        account: Option<&Account<'_>>,
        client: &Client,
        request: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>>;

    /// Settles a reservation. The response waits for the answer.
    fn settle(&self, ticket: Ticket, outcome: Outcome) -> NowOrLater<()>;
}

/// Forwards every question to the throttle within: one that several share, or that may be any.
macro_rules! throttle_within {
    ($($pointer:ident),*) => {$(
        impl<T: Throttle + ?Sized> Throttle for $pointer<T> {
            fn reserve(
                &self,
                account: Option<&Account<'_>>,
                client: &Client,
                request: &RequestHead<'_>,
            ) -> NowOrLater<Result<Reservation, Unavailable>> {
                (**self).reserve(account, client, request)
            }

            fn settle(&self, ticket: Ticket, outcome: Outcome) -> NowOrLater<()> {
                (**self).settle(ticket, outcome)
            }
        }
    )*};
}

throttle_within!(Arc, Box);

/// Whether there is an attempt left.
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
pub enum Reservation {
    /// There is: this one.
    Granted(Ticket),
    /// There is none until this much later: `429`.
    Exhausted(Duration),
}

/// A reserved attempt. What it holds is the affair of the throttle that made it.
///
/// Dropped without having been settled, it is a failure.
pub struct Ticket(Box<dyn Any + Send>);

impl Ticket {
    /// A ticket with what the throttle needs to settle it.
    #[must_use]
    pub fn new<T: Send + 'static>(what: T) -> Self {
        Self(Box::new(what))
    }

    /// What the throttle needs; `None` if it is not of this type, so that another throttle made it.
    #[must_use]
    pub fn into_inner<T: 'static>(self) -> Option<T> {
        self.0.downcast().ok().map(|what| *what)
    }
}

impl Default for Ticket {
    fn default() -> Self {
        Self::new(())
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket").finish_non_exhaustive()
    }
}

/// How a reserved attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The credentials were good.
    Success,
    /// They were bad.
    Failure,
    /// They broke the rules of their scheme, which is the client's failure and no account's.
    Malformed,
    /// They were nobody's, out of date, one leg of several, or no secret was compared: the attempt is given back.
    ///
    /// An attempt that could not be judged, and may have been a guess, is not settled: its ticket is dropped.
    Neither,
}
