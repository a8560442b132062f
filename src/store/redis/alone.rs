//! Throttling while the server is out of reach: this process counts alone.

use std::time::Duration;

use super::note::{alone, without_alone};
use crate::now_or_later::NowOrLater;
use crate::store::{
    FamiliarLimit, MemoryThrottleStore, NetworkLimit, Settlement, ThrottleAttempt, ThrottleLimits,
    ThrottleReceipt, ThrottleStore, UnfamiliarLimit,
};
use crate::unavailable::Unavailable;

/// Counts failures in this process, with its part of the limits: each is divided by the number of processes, and rounded
/// up.
pub(super) struct LocalThrottle {
    store: MemoryThrottleStore,
    processes: u32,
}

impl LocalThrottle {
    pub(super) fn new(processes: u32) -> Self {
        let store = MemoryThrottleStore::new();
        Self { store, processes }
    }

    pub(super) fn reserve(
        &self,
        attempt: &ThrottleAttempt,
    ) -> NowOrLater<Result<ThrottleReceipt, Unavailable>> {
        let reserved = self.store.reserve(&self.part_of(attempt));
        reserved.map(|receipt| receipt.map(alone))
    }

    pub(super) fn settle(
        &self,
        attempt: &ThrottleAttempt,
        settlement: Settlement,
    ) -> NowOrLater<Result<(), Unavailable>> {
        let settlement = match settlement {
            Settlement::Success(receipt) => Settlement::Success(without_alone(receipt)),
            Settlement::Undone(receipt) => Settlement::Undone(without_alone(receipt)),
            other => other,
        };
        self.store.settle(&self.part_of(attempt), settlement)
    }

    fn part_of(&self, attempt: &ThrottleAttempt) -> ThrottleAttempt {
        attempt.with_limits(divided(attempt.limits(), self.processes))
    }
}

/// Divides each limit by the number of processes, and rounds it up. Each process forgives more slowly in the same measure,
/// so that all of them together forgive no faster.
fn divided(limits: &ThrottleLimits, processes: u32) -> ThrottleLimits {
    let part = |failures: u8| {
        let part = u32::from(failures).div_ceil(processes);
        u8::try_from(part).unwrap_or(failures)
    };
    let slower = |time: Duration| time.saturating_mul(processes);
    let (unfamiliar, familiar) = (limits.unfamiliar_limit(), limits.familiar_limit());
    let network = |limit: NetworkLimit| {
        let failures = limit.failures().div_ceil(processes);
        NetworkLimit::new(failures, slower(limit.forgives_every()))
    };
    let every = slower(unfamiliar.forgives_every());
    let share = part(unfamiliar.per_subnet());
    ThrottleLimits::new()
        .unfamiliar(
            UnfamiliarLimit::new(part(unfamiliar.failures()), every, share)
                .lockout_after(part(unfamiliar.lockout_at().unwrap_or(0))),
        )
        .familiar(FamiliarLimit::new(
            part(familiar.failures()),
            slower(familiar.refill()),
            familiar.memory(),
        ))
        .subscriber(network(limits.subscriber_limit()))
        .subnet(network(limits.subnet_limit()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::divided;
    use crate::store::ThrottleLimits;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[test]
    fn each_process_has_its_part_of_each_limit_rounded_up() {
        let limits = ThrottleLimits::new();
        assert_eq!(divided(&limits, 1), limits);
        let third = divided(&limits, 3);
        let unfamiliar = third.unfamiliar_limit();
        assert_eq!((unfamiliar.failures(), unfamiliar.per_subnet()), (7, 2));
        assert_eq!(unfamiliar.lockout_at(), Some(34));
        assert_eq!(unfamiliar.forgives_every(), DAY * 3);
        assert_eq!(third.familiar_limit().failures(), 7);
        assert_eq!(third.subscriber_limit().failures(), 17);
        assert_eq!(third.subnet_limit().failures(), 167);
        let many = divided(&limits, u32::MAX);
        assert_eq!(many.unfamiliar_limit().failures(), 1, "never none");
        let none = limits.unfamiliar(crate::store::UnfamiliarLimit::open());
        assert_eq!(divided(&none, 3).unfamiliar_limit().lockout_at(), None);
    }
}
