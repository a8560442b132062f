//! The decision of a store, and how an attempt is settled.

use std::time::Duration;

/// Whether an attempt may be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThrottleDecision {
    /// It may: a known place has room for it in its own budget.
    Admitted,
    /// It may, and counts as a failure of strangers from now on.
    Counted,
    /// It may, and the account has counted the same password before. The network counts it once more.
    Repeated,
    /// It may not, until this time has passed.
    Wait(Duration),
    /// It may not: strangers are stopped at this account, however much time passes.
    LockedOut,
}

/// Which budget refuses an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BudgetKind {
    /// That of the line.
    Subscriber,
    /// That of the neighbourhood, at all accounts together.
    Subnet,
    /// The share of the neighbourhood in what strangers have at the account.
    SubnetShare,
    /// That of all strangers at the account.
    Unfamiliar,
}

/// The answer of a store to an attempt, which it is given back to settle the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleReceipt {
    decision: ThrottleDecision,
    at: Duration,
    note: u8,
    refused_by: Option<BudgetKind>,
    exhausts: bool,
    locks_out: bool,
}

impl ThrottleReceipt {
    /// A decision made at `at`, by the clock of the store.
    #[must_use]
    pub const fn new(decision: ThrottleDecision, at: Duration) -> Self {
        Self {
            decision,
            at,
            note: 0,
            refused_by: None,
            exhausts: false,
            locks_out: false,
        }
    }

    /// With a note of the store to itself, such as where it has counted the attempt.
    #[must_use]
    pub const fn with_note(mut self, note: u8) -> Self {
        self.note = note;
        self
    }

    /// With the budget that refuses.
    #[must_use]
    pub const fn with_refusing(mut self, budget: BudgetKind) -> Self {
        self.refused_by = Some(budget);
        self
    }

    /// With what this attempt does to the budget of strangers. `exhausts`: this attempt takes the last failure. `locks_out`:
    /// strangers are stopped if it fails.
    #[must_use]
    pub const fn with_ends(mut self, exhausts: bool, locks_out: bool) -> Self {
        self.exhausts = exhausts;
        self.locks_out = locks_out;
        self
    }

    /// The decision.
    #[must_use]
    pub const fn decision(&self) -> ThrottleDecision {
        self.decision
    }

    /// When it was made, by the clock of the store.
    #[must_use]
    pub const fn at(&self) -> Duration {
        self.at
    }

    /// The note of the store to itself: 0 unless the store has made one.
    #[must_use]
    pub const fn note(&self) -> u8 {
        self.note
    }

    /// The budget that refuses, if one does.
    #[must_use]
    pub const fn refused_by(&self) -> Option<BudgetKind> {
        self.refused_by
    }

    /// Whether this attempt is the last that strangers had at the account.
    #[must_use]
    pub const fn exhausts_unfamiliar(&self) -> bool {
        self.exhausts
    }

    /// Whether strangers are stopped from this attempt on, unless it succeeds.
    #[must_use]
    pub const fn locks_out(&self) -> bool {
        self.locks_out
    }

    /// Whether the attempt may be judged.
    #[must_use]
    pub const fn is_granted(&self) -> bool {
        use ThrottleDecision::{Admitted, Counted, Repeated};
        matches!(self.decision, Admitted | Counted | Repeated)
    }
}

/// The end of an attempt that was no failure, or news of an account from the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The password was right. The attempt is given back, and its place is known from now on.
    Success(ThrottleReceipt),
    /// The password was not compared. The attempt is given back, unless another request has had the same password compared
    /// in the meantime.
    Undone(ThrottleReceipt),
    /// The application knows by other means that the owner is at this place: the place is known from now on, with all of
    /// its failures, and strangers are no longer stopped.
    MarkFamiliar,
    /// An operator has made sure of the account: what strangers have tried is forgotten.
    Unlock,
}
