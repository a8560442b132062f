//! Whether a body comes fast enough, and is not too long.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::BodyLimits;
use crate::clock::SleepFuture;
use crate::derives::shows;
use crate::scheme::BodyError;

/// What a client has sent so far, and how long it was waited for.
pub(super) struct BodyPace {
    limits: BodyLimits,
    received: u64,
    waited: Duration,
    /// When the wait began that is going on.
    since: Option<Duration>,
    /// Kept from one wait to the next: it may end too early, and never too late.
    sleep: Option<SleepFuture>,
}

/// No sleep is shorter, so that a client who sends as slowly as it may does not wake us for every octet.
const SHORTEST: Duration = Duration::from_millis(250);

impl BodyPace {
    pub(super) const fn new(limits: BodyLimits) -> Self {
        Self {
            limits,
            received: 0,
            waited: Duration::ZERO,
            since: None,
            sleep: None,
        }
    }

    /// Takes note of what has come.
    pub(super) fn arrived(&mut self, octets: usize) -> Result<(), BodyError> {
        if let Some(since) = self.since.take() {
            let wait = self.now().saturating_sub(since);
            self.waited = self.waited.saturating_add(wait);
        }
        let octets = u64::try_from(octets).unwrap_or(u64::MAX);
        self.received = self.received.saturating_add(octets);
        if self.limits.allows_length(self.received) {
            Ok(())
        } else {
            Err(BodyError::TooLong)
        }
    }

    /// Waits for the client, until it has been waited for too long.
    pub(super) fn poll_too_slow(&mut self, cx: &mut Context<'_>) -> Poll<BodyError> {
        let now = self.now();
        let since = *self.since.get_or_insert(now);
        let waited = self.waited.saturating_add(now.saturating_sub(since));
        let left = self.limits.allowance(self.received).saturating_sub(waited);
        if left.is_zero() {
            return Poll::Ready(BodyError::TooSlow);
        }
        let limits = &self.limits;
        let sleep = self
            .sleep
            .get_or_insert_with(|| limits.timer().sleep(left.max(SHORTEST)));
        ready!(sleep.as_mut().poll(cx));
        self.sleep = None;
        // Not at once: a timer that is ahead of its clock would keep us here.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn now(&self) -> Duration {
        self.limits.timer().monotonic()
    }
}

shows! { impl[] BodyPace[] as self { limits: self.limits, received: self.received, waited: self.waited } }
