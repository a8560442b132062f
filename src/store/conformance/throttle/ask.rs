//! Makes attempts on the store under test, and checks the answers.

use std::time::Duration;

use super::backend::ThrottleBackend;
use crate::store::conformance::random::{SeededRandom, new_key};
use crate::store::{
    ClaimKey, FamiliarLimit, NetworkLimit, Settlement, ThrottleAttempt, ThrottleDecision,
    ThrottleLimits, ThrottleReceipt, ThrottleStore, UnfamiliarLimit,
};

/// More attempts than any check makes.
const PLENTY: u32 = 1 << 20;

/// Returns limits whose period is the unit of the backend: `failures` for unfamiliar locations, of which one subnet may
/// hold all, and three for a familiar location.
pub(super) fn limits(backend: &impl ThrottleBackend, failures: u8) -> ThrottleLimits {
    let unit = backend.unit();
    let plenty = NetworkLimit::new(PLENTY, unit);
    ThrottleLimits::new()
        .unfamiliar(UnfamiliarLimit::new(failures, unit, failures))
        .familiar(FamiliarLimit::new(3, unit, unit * 1000))
        .subscriber(plenty)
        .subnet(plenty)
}

/// An account of a backend, with keys that no earlier run has used, and the network of its attempts.
pub(super) struct TestAccount<'b, B> {
    backend: &'b B,
    limits: ThrottleLimits,
    unfamiliar: ClaimKey,
    familiar: ClaimKey,
    network: Option<TestNetwork>,
}

/// The location, the subscriber and the subnet of an attempt.
#[derive(Clone, Copy)]
pub(super) struct TestNetwork {
    location: u32,
    subscriber: ClaimKey,
    subnet: ClaimKey,
}

impl TestNetwork {
    pub(super) fn new() -> Self {
        Self {
            location: SeededRandom::new().below(u32::MAX),
            subscriber: new_key(),
            subnet: new_key(),
        }
    }

    /// Returns another subscriber in the same subnet.
    pub(super) fn neighbour(self) -> Self {
        Self {
            subnet: self.subnet,
            ..Self::new()
        }
    }
}

impl<'b, B: ThrottleBackend> TestAccount<'b, B> {
    /// Makes an account whose attempts have no network.
    pub(super) fn new(backend: &'b B, limits: ThrottleLimits) -> Self {
        Self::spelled(backend, limits, new_key())
    }

    /// Makes one spelling of the account with this key for unfamiliar locations.
    pub(super) fn spelled(backend: &'b B, limits: ThrottleLimits, unfamiliar: ClaimKey) -> Self {
        Self {
            backend,
            limits,
            unfamiliar,
            familiar: new_key(),
            network: None,
        }
    }

    /// Returns the same account with attempts from a network.
    pub(super) const fn at(&self, network: TestNetwork) -> Self {
        Self {
            network: Some(network),
            ..*self
        }
    }

    /// Makes an attempt with the password behind `tag`.
    pub(super) const fn attempt(&self, tag: u32) -> ThrottleAttempt {
        let attempt = ThrottleAttempt::new(self.limits);
        let attempt = attempt.for_account(self.unfamiliar, self.familiar, tag);
        match self.network {
            Some(network) => attempt
                .at_location(network.location)
                .on_network(network.subscriber, network.subnet),
            None => attempt,
        }
    }

    /// Reserves an attempt with the password behind `tag`.
    #[track_caller]
    pub(super) fn reserve(&self, tag: u32) -> ThrottleReceipt {
        let reserved = self.backend.store().reserve(&self.attempt(tag));
        let reserved = self.backend.wait(reserved);
        reserved.unwrap_or_else(|why| panic!("an attempt: the store must decide, was {why}"))
    }

    #[track_caller]
    pub(super) fn settle(&self, tag: u32, settlement: Settlement) {
        let settled = self.backend.store().settle(&self.attempt(tag), settlement);
        let settled = self.backend.wait(settled);
        settled.unwrap_or_else(|why| panic!("{settlement:?}: the store must settle it, was {why}"));
    }

    /// Reserves an attempt, and checks the decision of the store.
    #[track_caller]
    pub(super) fn must_be(
        &self,
        decision: ThrottleDecision,
        tag: u32,
        what: &str,
    ) -> ThrottleReceipt {
        let receipt = self.reserve(tag);
        let was = receipt.decision();
        assert!(was == decision, "{what}: must be {decision:?}, was {was:?}");
        receipt
    }

    #[track_caller]
    pub(super) fn must_be_counted(&self, tag: u32, what: &str) -> ThrottleReceipt {
        self.must_be(ThrottleDecision::Counted, tag, what)
    }

    #[track_caller]
    pub(super) fn must_be_admitted(&self, tag: u32, what: &str) -> ThrottleReceipt {
        self.must_be(ThrottleDecision::Admitted, tag, what)
    }

    /// Reserves an attempt that its location must not admit.
    #[track_caller]
    pub(super) fn must_not_be_admitted(&self, tag: u32, what: &str) {
        let admitted = self.reserve(tag).decision() == ThrottleDecision::Admitted;
        assert!(!admitted, "{what}: must not be Admitted, and was");
    }

    /// Reserves an attempt that the store must refuse, and returns the wait.
    #[track_caller]
    pub(super) fn must_wait(&self, tag: u32, what: &str) -> Duration {
        match self.reserve(tag).decision() {
            ThrottleDecision::Wait(delay) if !delay.is_zero() => delay,
            other => panic!("{what}: must be Wait, was {other:?}"),
        }
    }

    /// Exhausts the budget of unfamiliar locations, with passwords from `first` on.
    #[track_caller]
    pub(super) fn exhaust(&self, first: u32) -> Vec<ThrottleReceipt> {
        let failures = u32::from(self.limits.unfamiliar_limit().failures());
        let tags = first..first + failures;
        let counted = tags.map(|tag| {
            let what = format!("attempt {} of {failures}", tag - first + 1);
            self.must_be_counted(tag, &what)
        });
        counted.collect()
    }

    /// Checks that exactly `wanted` attempts with new passwords are left. This exhausts the budget.
    #[track_caller]
    pub(super) fn must_have_left(&self, wanted: usize, what: &str) {
        let tags = 0xffff_0000..=u32::MAX;
        let granted = tags.take_while(|tag| self.reserve(*tag).is_granted());
        let left = granted.count();
        assert!(left == wanted, "{what}: {wanted} must be left, {left} were");
    }

    /// Logs in, so that the location is familiar.
    #[track_caller]
    pub(super) fn log_in(&self, tag: u32, what: &str) {
        let receipt = self.reserve(tag);
        let (granted, was) = (receipt.is_granted(), receipt.decision());
        assert!(granted, "{what}: must be granted, was {was:?}");
        self.settle(tag, Settlement::Success(receipt));
    }
}

/// Lets time pass for the store until `moment`.
pub(super) fn pass_until(backend: &impl ThrottleBackend, moment: Duration) {
    backend.pass(moment.saturating_sub(backend.now()));
}

/// Whether the clock of the store stands still while the check sets no time.
pub(super) fn is_held(backend: &impl ThrottleBackend) -> bool {
    backend.now() == backend.now()
}
