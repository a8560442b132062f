//! The decision of a store about an attempt, and the ways to settle the attempt.

use std::time::Duration;

/// Whether the verifier may judge an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThrottleDecision {
    /// Yes: the familiar location has room for the attempt in its own budget.
    Admitted,
    /// Yes. The attempt counts as a failure of an unfamiliar location from now on.
    Counted,
    /// Yes. The account has counted the same password before, so it does not count it again. The network counts it
    /// again.
    Repeated,
    /// No, until this time has passed.
    Wait(Duration),
    /// No: the account is locked out for unfamiliar locations, and time does not end that.
    LockedOut,
}

/// The budget that refuses an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BudgetKind {
    /// The budget of the subscriber at all accounts together.
    Subscriber,
    /// The budget of the subnet at all accounts together.
    Subnet,
    /// The share of the subnet in the budget of unfamiliar locations at the account.
    SubnetShare,
    /// The budget of all unfamiliar locations at the account.
    Unfamiliar,
}

/// The answer of a store to a reservation. The caller passes it back to settle the attempt.
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
    /// Makes a receipt for a decision that the store made at `at`, by its own clock.
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

    /// Adds a note that the store leaves for itself, such as where it has counted the attempt.
    #[must_use]
    pub const fn with_note(mut self, note: u8) -> Self {
        self.note = note;
        self
    }

    /// Adds the budget that refuses.
    #[must_use]
    pub const fn with_refusing(mut self, budget: BudgetKind) -> Self {
        self.refused_by = Some(budget);
        self
    }

    /// Adds the effects of this attempt on the budget of unfamiliar locations, unless the attempt succeeds.
    /// `exhausts`: it takes the last failure. `locks_out`: it begins a lockout.
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

    /// When the store made the decision, by its own clock.
    #[must_use]
    pub const fn at(&self) -> Duration {
        self.at
    }

    /// The note that the store left for itself, or 0.
    #[must_use]
    pub const fn note(&self) -> u8 {
        self.note
    }

    /// The budget that refuses, if one does.
    #[must_use]
    pub const fn refused_by(&self) -> Option<BudgetKind> {
        self.refused_by
    }

    /// Whether this attempt takes the last failure of unfamiliar locations at the account.
    #[must_use]
    pub const fn exhausts_unfamiliar(&self) -> bool {
        self.exhausts
    }

    /// Whether this attempt begins a lockout of the account, unless it succeeds.
    #[must_use]
    pub const fn locks_out(&self) -> bool {
        self.locks_out
    }

    /// Whether the verifier may judge the attempt.
    #[must_use]
    pub const fn is_granted(&self) -> bool {
        use ThrottleDecision::{Admitted, Counted, Repeated};
        matches!(self.decision, Admitted | Counted | Repeated)
    }
}

/// How to settle an attempt that did not fail, or an account about which the application knows more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The password was right. The store returns the attempt, and its location is familiar from now on.
    Success(ThrottleReceipt),
    /// The password was not compared. The store returns the attempt, unless another request has had the same password
    /// compared in the meantime.
    Undone(ThrottleReceipt),
    /// The application knows by other means that the owner is at this location. The location is familiar from now on,
    /// with all of its failures, and a lockout ends.
    MarkFamiliar,
    /// An operator has made sure that the account is safe. The store forgets the failures of unfamiliar locations, and
    /// a lockout ends.
    Unlock,
}
