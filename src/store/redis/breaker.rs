//! Stops asking a server that has failed several times.

use std::sync::atomic::{AtomicU32, Ordering};

/// After so many failed steps in a row, no step is sent.
const FAILURES: u32 = 5;

/// After so many failed looks in a row, no step is sent.
const FAILED_LOOKS: u32 = 2;

/// Counts failures in a row. Once it is open, only [`close`](Self::close) closes it: the store looks once a second whether
/// the server answers again. So no request of a client is a probe.
///
/// Looks count apart from steps. A server without memory still answers steps that write nothing, for example an attempt
/// that is refused, and these must not make up for a look that fails.
#[derive(Debug)]
pub(super) struct CircuitBreaker {
    steps: AtomicU32,
    looks: AtomicU32,
}

impl CircuitBreaker {
    /// Makes a breaker that is open, because no connection has been made yet.
    pub(super) const fn open() -> Self {
        Self {
            steps: AtomicU32::new(FAILURES),
            looks: AtomicU32::new(0),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.steps.load(Ordering::Acquire) >= FAILURES
    }

    /// A step succeeded. This does not close a breaker that is open: the step may have been sent long ago.
    pub(super) fn succeeded(&self) {
        let reset = |failures| (0 < failures && failures < FAILURES).then_some(0);
        let _unchanged = self
            .steps
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, reset);
    }

    /// A step failed. Returns whether this opens the breaker.
    pub(super) fn failed(&self) -> bool {
        let more = |failures| (failures < FAILURES).then_some(failures + 1);
        let before = self
            .steps
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        before == Ok(FAILURES - 1)
    }

    /// A look failed. Returns whether this opens the breaker.
    pub(super) fn look_failed(&self) -> bool {
        let before = self.looks.fetch_add(1, Ordering::AcqRel);
        before.saturating_add(1) >= FAILED_LOOKS && self.trip()
    }

    /// Opens the breaker at once. Returns whether it was closed.
    pub(super) fn trip(&self) -> bool {
        self.steps.swap(FAILURES, Ordering::AcqRel) < FAILURES
    }

    /// Closes the breaker, because the server answers. Returns whether it was open.
    pub(super) fn close(&self) -> bool {
        self.looks.store(0, Ordering::Release);
        self.steps.swap(0, Ordering::AcqRel) >= FAILURES
    }
}

#[cfg(test)]
mod tests {
    use super::{CircuitBreaker, FAILURES};

    #[test]
    fn five_failures_in_a_row_open_the_breaker_and_only_a_look_closes_it() {
        let breaker = CircuitBreaker::open();
        assert!(breaker.is_open());
        breaker.succeeded();
        assert!(breaker.is_open(), "a late success");
        assert!(breaker.close() && !breaker.is_open());
        for _ in 1..FAILURES {
            assert!(!breaker.failed() && !breaker.is_open());
        }
        breaker.succeeded();
        for _ in 1..FAILURES {
            assert!(!breaker.failed() && !breaker.is_open());
        }
        assert!(breaker.failed() && breaker.is_open());
        assert!(!breaker.failed(), "it is open already");
        assert!(breaker.close() && !breaker.close());
        assert!(breaker.trip() && !breaker.trip() && breaker.is_open());
    }

    #[test]
    fn two_failed_looks_in_a_row_open_the_breaker_whatever_the_steps_do() {
        let breaker = CircuitBreaker::open();
        assert!(breaker.close());
        for _ in 0..3 {
            assert!(!breaker.look_failed());
            breaker.succeeded();
            assert!(!breaker.close(), "a good look in between");
        }
        assert!(!breaker.look_failed());
        breaker.succeeded();
        assert!(breaker.look_failed() && breaker.is_open());
        assert!(!breaker.look_failed(), "it is open already");
    }
}
