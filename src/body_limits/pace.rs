//! Counts the bytes of a body and the time that the server has waited for them, against the limits.

use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::BodyLimits;
use crate::clock::SleepFuture;
use crate::derives::shows;

/// The limit that a body exceeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyLimitExceeded {
    TooLong,
    TooSlow,
}

/// The bytes that a client has sent so far, and the time that the server has waited for them.
pub(crate) struct BodyPace {
    limits: BodyLimits,
    received: u64,
    waited: Duration,
    /// The start of the current wait, if the server waits now.
    since: Option<Duration>,
    /// The timer, kept from one wait to the next. Bytes that arrive extend the allowed time, so a kept timer may fire
    /// too early. It then is set again. It does not fire later than a new one would.
    sleep: Option<SleepFuture>,
}

/// The shortest sleep. A client that sends a few bytes at the slowest allowed rate would otherwise make the timer fire
/// for every few bytes.
const SHORTEST: Duration = Duration::from_millis(250);

impl BodyPace {
    pub(crate) const fn new(limits: BodyLimits) -> Self {
        Self {
            limits,
            received: 0,
            waited: Duration::ZERO,
            since: None,
            sleep: None,
        }
    }

    /// Ends the current wait and counts the bytes that have arrived. Returns an error if the body is now too long.
    pub(crate) fn arrived(&mut self, bytes: usize) -> Result<(), BodyLimitExceeded> {
        if let Some(since) = self.since.take() {
            let wait = self.now().saturating_sub(since);
            self.waited = self.waited.saturating_add(wait);
        }
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.received = self.received.saturating_add(bytes);
        if self.limits.allows_length(self.received) {
            Ok(())
        } else {
            Err(BodyLimitExceeded::TooLong)
        }
    }

    /// Waits until the server has waited too long for the client.
    pub(crate) fn poll_too_slow(&mut self, cx: &mut Context<'_>) -> Poll<BodyLimitExceeded> {
        let now = self.now();
        let since = *self.since.get_or_insert(now);
        let waited = self.waited.saturating_add(now.saturating_sub(since));
        let remaining = self.limits.allowance(self.received).saturating_sub(waited);
        if remaining.is_zero() {
            return Poll::Ready(BodyLimitExceeded::TooSlow);
        }
        let limits = &self.limits;
        let sleep = self
            .sleep
            .get_or_insert_with(|| limits.timer().sleep(remaining.max(SHORTEST)));
        ready!(sleep.as_mut().poll(cx));
        self.sleep = None;
        // Polls again from the executor, not in a loop here: if the timer fires before the clock shows the time, a loop
        // would block the thread.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn now(&self) -> Duration {
        self.limits.timer().monotonic()
    }
}

shows! { impl[] BodyPace[] as self { limits: self.limits, received: self.received, waited: self.waited } }
