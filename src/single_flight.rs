//! How do several callers share one computation of the same answer?
//!
//! A [`computation`] has one [`Leader`], which computes the answer, and any number of [`Waiter`]s, which wait for it.
//! [`SharedComputations`] holds the computations that are running, each under a key. The second caller with a key waits
//! for the computation of the first. For example, two requests that send the same name and password at the same time
//! cost one password hash.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The side that computes the answer. A leader that is dropped before it [completes](Self::complete) tells all waiters
/// that there is no answer, so that none of them waits forever.
pub(crate) struct Leader<T: Clone>(Arc<SingleFlight<T>>);

/// A future of the answer.
pub(crate) struct Waiter<T: Clone> {
    flight: Arc<SingleFlight<T>>,
    /// The index of this waiter's waker in [`FlightState::Running`], once it has been polled.
    waker_index: Option<usize>,
}

struct SingleFlight<T> {
    state: Mutex<FlightState<T>>,
    /// How many [`Waiter`]s exist.
    waiters: AtomicUsize,
}

enum FlightState<T> {
    /// The wakers of the waiters. A waiter that is dropped leaves `None`, so that the indices of the others stay valid.
    Running(Vec<Option<Waker>>),
    Complete(T),
    NoResult(NoResult),
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoResult {
    /// The computation did not begin in time.
    Late,
    /// The computation did not begin, because others had to have its place.
    Displaced,
    /// The computation panicked, or it had no waiters any more when its turn came.
    Dropped,
}

/// Creates a computation that has not begun: its leader, and its first waiter.
pub(crate) fn computation<T: Clone>() -> (Leader<T>, Waiter<T>) {
    let flight = Arc::new(SingleFlight {
        state: Mutex::new(FlightState::Running(Vec::new())),
        waiters: AtomicUsize::new(0),
    });
    (Leader(Arc::clone(&flight)), Waiter::join(flight))
}

impl<T: Clone> Leader<T> {
    /// Gives the answer to all waiters.
    pub(crate) fn complete(self, answer: T) {
        self.0.finish(FlightState::Complete(answer));
    }

    /// Tells all waiters that there is no answer, and why.
    pub(crate) fn fail(self, why: NoResult) {
        self.0.finish(FlightState::NoResult(why));
    }

    /// Whether a waiter is left.
    pub(crate) fn has_waiters(&self) -> bool {
        self.0.waiters.load(Ordering::Acquire) > 0
    }
}

impl<T: Clone> Drop for Leader<T> {
    fn drop(&mut self) {
        self.0.finish(FlightState::NoResult(NoResult::Dropped));
    }
}

impl<T: Clone> SingleFlight<T> {
    /// Stores the result and wakes all waiters. Only the first result counts: a leader that has completed is dropped
    /// afterwards, and the drop must not replace the answer by [`NoResult::Dropped`].
    fn finish(&self, result: FlightState<T>) {
        let mut state = self.state();
        if !matches!(*state, FlightState::Running(_)) {
            return;
        }
        let before = mem::replace(&mut *state, result);
        drop(state);
        if let FlightState::Running(wakers) = before {
            wakers.into_iter().flatten().for_each(Waker::wake);
        }
    }

    /// The answer, or why there is none. `None` while the computation runs.
    fn result(&self) -> Option<Result<T, NoResult>> {
        match &*self.state() {
            FlightState::Running(_) => None,
            FlightState::Complete(answer) => Some(Ok(answer.clone())),
            FlightState::NoResult(why) => Some(Err(*why)),
        }
    }

    /// Adds a waker and returns its index. Returns `None` if the computation has finished.
    fn add_waker(&self, waker: Waker) -> Option<usize> {
        match &mut *self.state() {
            FlightState::Running(wakers) => {
                wakers.push(Some(waker));
                Some(wakers.len() - 1)
            }
            FlightState::Complete(_) | FlightState::NoResult(_) => None,
        }
    }

    /// Replaces the waker at `index`.
    ///
    /// The old waker is dropped after the lock is released. It may hold the last reference to a task that owns another
    /// waiter of this computation, and the drop of that waiter takes the same lock.
    fn replace_waker(&self, index: usize, waker: Option<Waker>) {
        let mut state = self.state();
        let before = match &mut *state {
            FlightState::Running(wakers) => wakers
                .get_mut(index)
                .and_then(|known| mem::replace(known, waker)),
            FlightState::Complete(_) | FlightState::NoResult(_) => waker,
        };
        drop(state);
        drop(before);
    }

    /// Locks the state. A poisoned lock is used as it is: no step leaves the state half changed.
    fn state(&self) -> MutexGuard<'_, FlightState<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Waiter<T> {
    fn join(flight: Arc<SingleFlight<T>>) -> Self {
        flight.waiters.fetch_add(1, Ordering::AcqRel);
        Self {
            flight,
            waker_index: None,
        }
    }

    /// An observer, from which more waiters can be made.
    pub(crate) fn observer(&self) -> FlightHandle<T> {
        FlightHandle(Arc::clone(&self.flight))
    }
}

impl<T: Clone> Drop for Waiter<T> {
    fn drop(&mut self) {
        self.flight.waiters.fetch_sub(1, Ordering::AcqRel);
        if let Some(index) = self.waker_index {
            self.flight.replace_waker(index, None);
        }
    }
}

impl<T: Clone> Future for Waiter<T> {
    type Output = Result<T, NoResult>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = Pin::into_inner(self);
        let waker = cx.waker().clone();
        if let Some(result) = this.flight.result() {
            return Poll::Ready(result);
        }
        match this.waker_index {
            Some(index) => this.flight.replace_waker(index, Some(waker)),
            None => this.waker_index = this.flight.add_waker(waker),
        }
        // The computation may have finished since the first check, and then it has not woken the new waker.
        this.flight.result().map_or(Poll::Pending, Poll::Ready)
    }
}

/// Knows of a computation and does not count as a waiter.
#[derive(Clone)]
pub(crate) struct FlightHandle<T: Clone>(Arc<SingleFlight<T>>);

impl<T: Clone> FlightHandle<T> {
    /// A new waiter for the computation.
    pub(crate) fn join(&self) -> Waiter<T> {
        Waiter::join(Arc::clone(&self.0))
    }
}

/// The running computations that other callers can wait for, each under the key of its question. A clone shares the
/// table.
#[derive(Clone)]
pub(crate) struct SharedComputations<K: FlightKey, T: Clone>(
    Arc<Mutex<HashMap<K, FlightHandle<T>>>>,
);

/// The key of a computation. Two callers with the same key share one answer.
pub(crate) trait FlightKey: Copy + Eq + Hash {}

impl<K: Copy + Eq + Hash> FlightKey for K {}

/// The part of a caller in a computation.
pub(crate) enum LeaderOrWaiter<K: FlightKey, T: Clone> {
    /// No computation with this key is running. The caller has to compute the answer. Later callers with the same key
    /// find the computation until the [`FlightEntry`] is dropped.
    Leader(Leader<T>, Waiter<T>, FlightEntry<K, T>),
    /// A computation with this key is running. The caller waits for it.
    Waiter(Waiter<T>),
}

/// The entry of a computation in the table. Dropping it removes the computation, so that the next caller begins a new
/// one. The code that computes the answer keeps it until then.
pub(crate) struct FlightEntry<K: FlightKey, T: Clone> {
    all: SharedComputations<K, T>,
    key: K,
}

impl<K: FlightKey, T: Clone> SharedComputations<K, T> {
    /// An empty table.
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    /// Joins the computation under `key`, or begins one.
    pub(crate) fn join(&self, key: K) -> LeaderOrWaiter<K, T> {
        let mut all = self.all();
        if let Some(known) = all.get(&key) {
            return LeaderOrWaiter::Waiter(known.join());
        }
        let (leader, waiter) = computation();
        all.insert(key, waiter.observer());
        let all = self.clone();
        LeaderOrWaiter::Leader(leader, waiter, FlightEntry { all, key })
    }

    /// Locks the table. A poisoned lock is used as it is: no step leaves the table half changed.
    fn all(&self) -> MutexGuard<'_, HashMap<K, FlightHandle<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: FlightKey, T: Clone> Drop for FlightEntry<K, T> {
    fn drop(&mut self) {
        self.all.all().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::{Arc, Mutex};
    use std::task::{Context, Poll, Wake, Waker};

    use super::{NoResult, Waiter, computation};

    /// A task that waits for the same computation, and that only its waker keeps alive.
    struct WaitingTask(
        #[expect(dead_code, reason = "it is there to be dropped")] Mutex<Waiter<u8>>,
    );

    impl Wake for WaitingTask {
        fn wake(self: Arc<Self>) {}
    }

    /// The drop of the waker drops another waiter, which takes the same lock. It would deadlock under the lock.
    #[test]
    fn a_replaced_waker_that_owns_another_waiter_is_dropped_after_the_lock_is_released() {
        let (leader, first) = computation::<u8>();
        let kept = || Waker::from(Arc::new(WaitingTask(Mutex::new(first.observer().join()))));
        let mut second = pin!(first.observer().join());
        for waker in [kept(), kept(), Waker::noop().clone(), kept()] {
            let polled = second.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
        assert!(leader.has_waiters());
        leader.complete(7);
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(second.as_mut().poll(&mut cx), Poll::Ready(Ok(7)));
        drop(first);
    }

    #[test]
    fn a_dropped_waiter_does_not_count_and_a_later_waiter_learns_that_the_leader_was_dropped() {
        let (leader, first) = computation::<u8>();
        let observer = first.observer();
        drop(first);
        assert!(!leader.has_waiters());
        let mut late = pin!(observer.join());
        assert!(leader.has_waiters());
        drop(leader);
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(
            late.as_mut().poll(&mut cx),
            Poll::Ready(Err(NoResult::Dropped))
        );
    }
}
