//! One count of failures.

use std::time::Duration;

use crate::store::{Budget, Reserved};

/// A moment that never comes.
const NEVER: u64 = u64::MAX;

/// Nanoseconds of the monotonic clock: 584 years of them.
pub(super) fn moment(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(NEVER)
}

/// Failures, and attempts that are not settled, of a key or of several that share a place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counter {
    failures: u32,
    limit: u32,
    /// The number of the last attempt.
    last: u64,
    /// The number of the last attempt that was forgotten. Those up to it have nothing to settle any more.
    forgotten: u64,
    /// When the count was last as high as it is without recovery.
    recovered_at: u64,
    shut_until: u64,
    /// The last moment at which the count matters, if it is open.
    kept_until: u64,
}

impl Counter {
    /// Whether there is anything to remember.
    pub(super) const fn is_live(&self, now: u64) -> bool {
        self.failures > 0 && (self.kept_until >= now || self.shut_until > now)
    }

    /// Reserves an attempt under `number`, which is greater than any before.
    pub(super) fn reserve(&mut self, budget: &Budget, number: u64, now: u64) -> Reserved {
        if !self.is_live(now) {
            *self = Self {
                forgotten: number.saturating_sub(1),
                recovered_at: now,
                ..Self::default()
            };
        }
        if self.shut_until > now {
            return Reserved::Shut(self.remaining(now));
        }
        self.recover(budget, now);
        self.failures = self.failures.saturating_add(1);
        self.limit = budget.limit();
        self.last = number;
        self.shut_until = end_of(budget.delay_after(self.failures), now);
        let open = self.shut_until.max(now);
        self.kept_until = open.saturating_add(moment(budget.remembered_for()));
        Reserved::Granted {
            generation: number,
            failures: self.failures,
        }
    }

    const fn remaining(&self, now: u64) -> Duration {
        match self.shut_until {
            NEVER => Duration::MAX,
            until => Duration::from_nanos(until - now),
        }
    }

    /// Forgives what time has forgiven. What is left of a period counts towards the next.
    fn recover(&mut self, budget: &Budget, now: u64) {
        let Some(every) = budget.recovers_every() else {
            self.recovered_at = now;
            return;
        };
        let every = moment(every).max(1);
        let periods = now.saturating_sub(self.recovered_at) / every;
        let forgiven = u32::try_from(periods).unwrap_or(u32::MAX);
        match self.failures.checked_sub(forgiven) {
            None | Some(0) => (self.failures, self.recovered_at) = (0, now),
            Some(left) => {
                self.failures = left;
                self.recovered_at += periods * every;
            }
        }
    }

    /// Forgets all failures, if the attempt `number` is one that it still counts.
    pub(super) fn clear(&mut self, number: u64) {
        if number > self.forgotten {
            *self = Self {
                forgotten: self.last,
                ..Self::default()
            };
        }
    }

    /// Gives the attempt `number` back, and opens what it, and nothing else, keeps shut.
    pub(super) fn give_back(&mut self, number: u64) {
        if number <= self.forgotten || self.failures == 0 {
            return;
        }
        self.failures -= 1;
        if number == self.last || self.failures < self.limit {
            self.shut_until = 0;
        }
    }
}

/// No delay is no lock, not even for this moment.
fn end_of(delay: Duration, now: u64) -> u64 {
    match delay {
        Duration::ZERO => 0,
        delay => now.saturating_add(moment(delay)),
    }
}
