//! How many questions run at the same time, and when none is sent because the authorization server is down.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::outage::Outage;

/// Limits the questions to an authorization server.
///
/// - At most `most` questions run at the same time. The next one is refused at once and does not wait in a queue.
/// - After [`FAILURES`] failures in a row, one question per [`PROBE_INTERVAL`] is sent, and all others are refused at once.
///   The first success ends that.
///
/// A failure is a fault of the whole server. A fault of one token does not count: a client that has a token with such a
/// fault could otherwise stop the questions about the tokens of all others. For example, a firewall answers `403` to
/// `../../etc/passwd`, and a server answers `429` because one client has asked for too much.
pub(super) struct Circuit {
    most: usize,
    state: Mutex<CircuitState>,
}

#[derive(Default)]
struct CircuitState {
    running: usize,
    failures: u32,
    /// When the next question may be sent after [`FAILURES`] failures, on the monotonic clock.
    next_probe: Duration,
}

const FAILURES: u32 = 5;
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

impl Circuit {
    pub(super) fn new(most: usize) -> Self {
        let state = Mutex::default();
        Self { most, state }
    }

    /// Lets a question be sent.
    ///
    /// # Errors
    ///
    /// Too many questions are running, or the authorization server is down.
    pub(super) fn admit(self: &Arc<Self>, now: Duration) -> Result<QuestionPermit, Outage> {
        let mut state = self.state();
        // Before the probe moves on: a question that is not sent is no probe.
        if state.running >= self.most {
            let why = "too many questions to the authorization server are running";
            return Err(Outage::new(why).retry_after(PROBE_INTERVAL));
        }
        if state.failures >= FAILURES {
            if now < state.next_probe {
                let why =
                    "the authorization server has failed several times, and is asked once a second";
                return Err(Outage::new(why).retry_after(PROBE_INTERVAL));
            }
            state.next_probe = now.saturating_add(PROBE_INTERVAL);
        }
        state.running += 1;
        Ok(QuestionPermit(Arc::clone(self)))
    }

    /// Locks the state. A poisoned lock is used as it is: no step leaves the state half changed.
    fn state(&self) -> MutexGuard<'_, CircuitState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A question that is running. It ends when the permit is dropped.
pub(super) struct QuestionPermit(Arc<Circuit>);

impl QuestionPermit {
    /// The authorization server answered.
    pub(super) fn succeeded(&self) {
        self.0.state().failures = 0;
    }

    /// The authorization server failed.
    pub(super) fn failed(&self, now: Duration) {
        let mut state = self.0.state();
        state.failures = state.failures.saturating_add(1);
        state.next_probe = now.saturating_add(PROBE_INTERVAL);
    }
}

impl Drop for QuestionPermit {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.running = state.running.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::{Circuit, FAILURES};

    #[test]
    fn no_more_questions_run_than_allowed() {
        let circuit = Arc::new(Circuit::new(2));
        let admit = || circuit.admit(Duration::ZERO).ok();
        let (first, second) = (admit(), admit());
        assert!(first.is_some() && second.is_some());
        assert!(admit().is_none());
        drop(first);
        assert!(admit().is_some());
    }

    #[test]
    fn a_question_that_is_not_sent_takes_no_probe() {
        let circuit = Arc::new(Circuit::new(1));
        let admit = |seconds| circuit.admit(Duration::from_secs(seconds)).ok();
        for _ in 0..FAILURES {
            let question = circuit.admit(Duration::ZERO);
            question.ok().unwrap().failed(Duration::ZERO);
        }
        let slow = admit(1).unwrap();
        assert!(admit(2).is_none(), "the slow question is still running");
        drop(slow);
        assert!(admit(2).is_some());
    }

    #[test]
    fn after_failures_in_a_row_one_question_a_second_is_sent_until_one_succeeds() {
        let circuit = Arc::new(Circuit::new(100));
        let admit = |milliseconds| circuit.admit(Duration::from_millis(milliseconds)).ok();
        for _ in 0..FAILURES {
            admit(0).unwrap().failed(Duration::ZERO);
        }
        assert!(admit(0).is_none());
        assert!(admit(999).is_none());
        let probe = admit(1000).unwrap();
        assert!(admit(1000).is_none(), "one probe at a time");
        probe.failed(Duration::from_millis(1500));
        assert!(admit(2499).is_none());
        admit(2500).unwrap().succeeded();
        assert!(admit(2500).is_some() && admit(2500).is_some());
    }
}
