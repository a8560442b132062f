//! Reserves an attempt in the store, and settles it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::shared::{AccountListener, SharedThrottle};
use crate::now_or_later::NowOrLater;
use crate::principal::ClaimedAccount;
use crate::store::{Settlement, ThrottleAttempt, ThrottleDecision, ThrottleReceipt, ThrottleStore};
use crate::throttle::{AttemptOutcome, Reservation, ThrottleTicket};
use crate::unavailable::Unavailable;

/// A reserved attempt: the value in a [`ThrottleTicket`].
pub(super) struct ReservedAttempt<S: ThrottleStore> {
    shared: Arc<SharedThrottle<S>>,
    attempt: ThrottleAttempt,
    receipt: ThrottleReceipt,
    /// The name of the account, if this attempt exhausts its budget for unfamiliar locations or begins a lockout
    /// unless it succeeds. The listeners get it.
    reports: Option<Box<str>>,
}

type ReserveAnswer = NowOrLater<Result<Reservation, Unavailable>>;

/// Reserves an attempt for the account with this name.
pub(super) fn reserve<S: ThrottleStore>(
    shared: &Arc<SharedThrottle<S>>,
    attempt: ThrottleAttempt,
    name: Option<&str>,
) -> ReserveAnswer {
    match shared.store.reserve(&attempt).try_now() {
        Ok(receipt) => {
            NowOrLater::now(receipt.map(|receipt| answer(shared, attempt, receipt, name)))
        }
        Err(later) => {
            let (shared, name) = (Arc::clone(shared), name.map(Box::<str>::from));
            later.map(move |receipt| Ok(answer(&shared, attempt, receipt?, name.as_deref())))
        }
    }
}

fn answer<S: ThrottleStore>(
    shared: &Arc<SharedThrottle<S>>,
    attempt: ThrottleAttempt,
    receipt: ThrottleReceipt,
    name: Option<&str>,
) -> Reservation {
    match receipt.decision() {
        ThrottleDecision::Wait(delay) => Reservation::Exhausted(delay),
        // The client gets a time, as for any other wait. So it does not learn that time does not end a lockout.
        ThrottleDecision::LockedOut => {
            Reservation::Exhausted(attempt.limits().unfamiliar_limit().forgives_every())
        }
        ThrottleDecision::Admitted | ThrottleDecision::Counted | ThrottleDecision::Repeated => {
            Reservation::Granted(ThrottleTicket::new(ReservedAttempt {
                shared: Arc::clone(shared),
                attempt,
                receipt,
                reports: name.filter(|_| reports(&receipt)).map(Box::from),
            }))
        }
    }
}

impl<S: ThrottleStore> ReservedAttempt<S> {
    /// Settles the attempt. If the store is out of reach, the attempt stays counted.
    pub(super) fn settle(mut self, outcome: AttemptOutcome) -> NowOrLater<()> {
        let store = &self.shared.store;
        let settled = match outcome {
            AttemptOutcome::Failure => return NowOrLater::now(()),
            AttemptOutcome::Success => {
                store.settle(&self.attempt, Settlement::Success(self.receipt))
            }
            AttemptOutcome::NotCounted => {
                store.settle(&self.attempt, Settlement::Undone(self.receipt))
            }
            AttemptOutcome::Malformed => {
                let account = self.attempt.without_network();
                store.settle(&account, Settlement::Undone(self.receipt))
            }
            // The account keeps the failure, which may have been its last one. So `reports` stays, and the
            // listeners are called.
            AttemptOutcome::Unjudged => {
                let network = self.attempt.without_account();
                let settled = store.settle(&network, Settlement::Undone(self.receipt));
                return settled.map(drop);
            }
        };
        self.reports = None;
        settled.map(drop)
    }
}

/// An attempt that is dropped without being settled counts as a failure, so this calls the listeners.
impl<S: ThrottleStore> Drop for ReservedAttempt<S> {
    fn drop(&mut self) {
        let reports = self.reports.take().filter(|_| !std::thread::panicking());
        let Some(account) = reports.map(|name| ClaimedAccount::new(name.into_string())) else {
            return;
        };
        if self.receipt.exhausts_unfamiliar() {
            tell(self.shared.settings.on_exhausted.as_ref(), &account);
        }
        if self.receipt.locks_out() {
            tell(self.shared.settings.on_lockout.as_ref(), &account);
        }
    }
}

const fn reports(receipt: &ThrottleReceipt) -> bool {
    receipt.exhausts_unfamiliar() || receipt.locks_out()
}

/// Calls a listener. A listener that panics does not affect the request that is under way.
fn tell(listener: Option<&Arc<AccountListener>>, account: &ClaimedAccount<'_>) {
    if let Some(listener) = listener {
        let _ = catch_unwind(AssertUnwindSafe(|| listener(account)));
    }
}
