//! Who has tried too often.
//!
//! An attempt is **reserved before** it is verified and **settled after**, so that a thousand guesses at once are a
//! thousand attempts. A reservation that is never settled (the client went away, the process died) counts as a failure.

use std::time::Duration;

use crate::now_or_later::NowOrLater;
use crate::principal::Account;
use crate::request_head::RequestHead;
use crate::store::Key;
use crate::unavailable::Unavailable;

/// Keeps a budget of failures.
pub trait Throttle: Send + Sync + 'static {
    /// Reserves one attempt for the claimed account and the client that `request` comes from.
    ///
    /// # Errors
    ///
    /// The answer is an error when nobody can tell how often they have tried.
    fn reserve(
        &self,
        account: Option<&Account<'_>>,
        request: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>>;

    /// Settles a reservation. The response waits for the answer.
    fn settle(&self, ticket: Ticket, outcome: Outcome) -> NowOrLater<()>;
}

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

/// A reserved attempt: the budgets it was taken from, each with the generation of its count.
#[derive(Debug, Default)]
pub struct Ticket(Vec<(Key, u64)>);

impl Ticket {
    /// A ticket for these budgets.
    #[must_use]
    pub const fn new(budgets: Vec<(Key, u64)>) -> Self {
        Self(budgets)
    }

    /// The budgets.
    #[must_use]
    pub fn budgets(&self) -> &[(Key, u64)] {
        &self.0
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
    /// They were nobody's, out of date, one leg of several, or could not be judged: the attempt is given back.
    Neither,
}
