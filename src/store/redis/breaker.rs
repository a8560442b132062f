//! Stops asking a server that has failed several times.

use std::sync::atomic::{AtomicU32, Ordering};

/// After so many failures in a row, no step is sent.
const FAILURES: u32 = 5;

/// Counts failures in a row. Once it is open, only [`close`](Self::close) closes it: the store looks once a second whether
/// the server answers again. So no request of a client is a probe.
#[derive(Debug)]
pub(super) struct CircuitBreaker(AtomicU32);

impl CircuitBreaker {
    /// Makes a breaker that is open, because no connection has been made yet.
    pub(super) const fn open() -> Self {
        Self(AtomicU32::new(FAILURES))
    }

    pub(super) fn is_open(&self) -> bool {
        self.0.load(Ordering::Acquire) >= FAILURES
    }

    /// A step succeeded. This does not close a breaker that is open: the step may have been sent long ago.
    pub(super) fn succeeded(&self) {
        let reset = |failures| (0 < failures && failures < FAILURES).then_some(0);
        let _unchanged = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, reset);
    }

    /// A step failed. Returns whether this opens the breaker.
    pub(super) fn failed(&self) -> bool {
        let more = |failures| (failures < FAILURES).then_some(failures + 1);
        let before = self
            .0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, more);
        before == Ok(FAILURES - 1)
    }

    /// Opens the breaker at once. Returns whether it was closed.
    pub(super) fn trip(&self) -> bool {
        self.0.swap(FAILURES, Ordering::AcqRel) < FAILURES
    }

    /// Closes the breaker, because the server answers. Returns whether it was open.
    pub(super) fn close(&self) -> bool {
        self.0.swap(0, Ordering::AcqRel) >= FAILURES
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
}
