//! How the checks ask, and what they make of the answer.

use std::time::Duration;

use super::backend::ThrottleBackend;
use crate::store::conformance::random::Random;
use crate::store::{
    Key, KnownPlaces, NetworkLimit, Settlement, Strangers, ThrottleAttempt, ThrottleDecision,
    ThrottleLimits, ThrottleReceipt, ThrottleStore,
};

/// Room for more than any check tries.
const PLENTY: u32 = 1 << 20;

/// Numbers whose period is that of the backend: `failures` for strangers, of which one neighbourhood may hold all, and
/// three at a known place.
pub(super) fn limits(backend: &impl ThrottleBackend, failures: u8) -> ThrottleLimits {
    let unit = backend.unit();
    let plenty = NetworkLimit::new(PLENTY, unit);
    ThrottleLimits::new()
        .strangers(Strangers::new(failures, unit, failures))
        .known(KnownPlaces::new(3, unit, unit * 1000))
        .line(plenty)
        .neighbourhood(plenty)
}

/// One account of a backend, whose keys no run before has used.
pub(super) struct Account<'b, B> {
    pub(super) backend: &'b B,
    pub(super) limits: ThrottleLimits,
    strangers: Key,
    places: Key,
}

/// Where an attempt comes from.
#[derive(Clone, Copy)]
pub(super) struct Network {
    pub(super) place: u32,
    pub(super) line: Key,
    pub(super) neighbourhood: Key,
}

impl Network {
    pub(super) fn new(random: &mut Random) -> Self {
        Self {
            place: random.below(u32::MAX),
            line: random.key(),
            neighbourhood: random.key(),
        }
    }

    /// Another line of the same neighbourhood.
    pub(super) fn neighbour(self, random: &mut Random) -> Self {
        Self {
            neighbourhood: self.neighbourhood,
            ..Self::new(random)
        }
    }
}

impl<'b, B: ThrottleBackend> Account<'b, B> {
    pub(super) fn new(backend: &'b B, limits: ThrottleLimits, random: &mut Random) -> Self {
        Self::with_keys(backend, limits, random.key(), random.key())
    }

    pub(super) const fn with_keys(
        backend: &'b B,
        limits: ThrottleLimits,
        strangers: Key,
        places: Key,
    ) -> Self {
        Self {
            backend,
            limits,
            strangers,
            places,
        }
    }

    /// An attempt with the password behind `tag`, from no network.
    pub(super) const fn attempt(&self, tag: u32) -> ThrottleAttempt {
        ThrottleAttempt::new(self.limits).for_account(self.strangers, self.places, tag)
    }

    /// The same from a network.
    pub(super) const fn attempt_from(&self, tag: u32, from: &Network) -> ThrottleAttempt {
        let attempt = self.attempt(tag).at_place(from.place);
        attempt.on_network(from.line, from.neighbourhood)
    }

    #[track_caller]
    pub(super) fn reserve(&self, attempt: &ThrottleAttempt) -> ThrottleReceipt {
        let reserved = self.backend.wait(self.backend.store().reserve(attempt));
        reserved.unwrap_or_else(|why| panic!("an attempt: must be told, was {why}"))
    }

    #[track_caller]
    pub(super) fn settle(&self, attempt: &ThrottleAttempt, settlement: Settlement) {
        let settled = self
            .backend
            .wait(self.backend.store().settle(attempt, settlement));
        settled.unwrap_or_else(|why| panic!("{settlement:?}: must be done, was {why}"));
    }

    /// Reserves an attempt for which there must be this decision.
    #[track_caller]
    pub(super) fn must_be(
        &self,
        decision: ThrottleDecision,
        attempt: &ThrottleAttempt,
        what: &str,
    ) -> ThrottleReceipt {
        let receipt = self.reserve(attempt);
        let was = receipt.decision();
        assert!(was == decision, "{what}: must be {decision:?}, was {was:?}");
        receipt
    }

    #[track_caller]
    pub(super) fn must_be_counted(&self, attempt: &ThrottleAttempt, what: &str) -> ThrottleReceipt {
        self.must_be(ThrottleDecision::Counted, attempt, what)
    }

    #[track_caller]
    pub(super) fn must_be_admitted(
        &self,
        attempt: &ThrottleAttempt,
        what: &str,
    ) -> ThrottleReceipt {
        self.must_be(ThrottleDecision::Admitted, attempt, what)
    }

    /// Reserves an attempt that must be refused, and gives the time that is told.
    #[track_caller]
    pub(super) fn must_wait(&self, attempt: &ThrottleAttempt, what: &str) -> Duration {
        match self.reserve(attempt).decision() {
            ThrottleDecision::Wait(delay) if !delay.is_zero() => delay,
            other => panic!("{what}: must be Wait, was {other:?}"),
        }
    }

    /// Uses up the attempts of strangers from no network, with passwords from `first` on.
    #[track_caller]
    pub(super) fn use_up(&self, first: u32) -> Vec<ThrottleReceipt> {
        let failures = u32::from(self.limits.of_strangers().failures());
        let tags = first..first + failures;
        let counted = tags.map(|tag| {
            let what = format!("attempt {} of {failures}", tag - first + 1);
            self.must_be_counted(&self.attempt(tag), &what)
        });
        counted.collect()
    }

    /// How many attempts with new passwords there are, which this uses up.
    #[track_caller]
    pub(super) fn left(&self) -> u32 {
        let tags = 0xffff_0000..=u32::MAX;
        let granted = tags.take_while(|tag| self.reserve(&self.attempt(*tag)).is_granted());
        u32::try_from(granted.count()).unwrap_or(u32::MAX)
    }

    /// Logs in from a network, so that its place is known.
    #[track_caller]
    pub(super) fn log_in(&self, tag: u32, from: &Network, what: &str) {
        let attempt = self.attempt_from(tag, from);
        let receipt = self.reserve(&attempt);
        assert!(
            receipt.is_granted(),
            "{what}: must be granted, was {:?}",
            receipt.decision()
        );
        self.settle(&attempt, Settlement::Right(receipt));
    }
}

/// Lets time pass until `moment`.
pub(super) fn pass_until(backend: &impl ThrottleBackend, moment: Duration) {
    backend.pass(moment.saturating_sub(backend.now()));
}

/// Whether time stands still between two looks.
pub(super) fn is_held(backend: &impl ThrottleBackend) -> bool {
    backend.now() == backend.now()
}
