//! Who computes an answer that several callers ask for at the same time, and who waits for it?
//!
//! A [`flight`] is one computation: the [`Leader`] computes, and any number of [`Waiter`]s wait. [`InFlight`] holds the
//! flights that are under way, each under a key, so that the second caller with one key waits for the first.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The end that computes. Dropped before it has [landed](Self::land), it tells everybody that there is no answer.
pub(crate) struct Leader<T: Clone>(Arc<SingleFlight<T>>);

/// An end that waits.
pub(crate) struct Waiter<T: Clone> {
    flight: Arc<SingleFlight<T>>,
    seat: Option<usize>,
}

struct SingleFlight<T> {
    state: Mutex<FlightState<T>>,
    passengers: AtomicUsize,
}

enum FlightState<T> {
    /// Who is to be woken, by seat.
    Up(Vec<Option<Waker>>),
    Landed(T),
    NoResult(NoResult),
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoResult {
    /// It did not begin in time.
    Late,
    /// It panicked, or nobody was waiting any more when its turn came.
    Dropped,
}

/// A computation that nobody has begun, and the first who waits for it.
pub(crate) fn flight<T: Clone>() -> (Leader<T>, Waiter<T>) {
    let flight = Arc::new(SingleFlight {
        state: Mutex::new(FlightState::Up(Vec::new())),
        passengers: AtomicUsize::new(0),
    });
    (Leader(Arc::clone(&flight)), Waiter::aboard(flight))
}

impl<T: Clone> Leader<T> {
    /// Gives everybody the answer.
    pub(crate) fn land(self, answer: T) {
        self.0.end(FlightState::Landed(answer));
    }

    /// Tells everybody that there is none.
    pub(crate) fn lose(self, why: NoResult) {
        self.0.end(FlightState::NoResult(why));
    }

    /// Whether anybody waits.
    pub(crate) fn is_wanted(&self) -> bool {
        self.0.passengers.load(Ordering::Acquire) > 0
    }
}

impl<T: Clone> Drop for Leader<T> {
    fn drop(&mut self) {
        self.0.end(FlightState::NoResult(NoResult::Dropped));
    }
}

impl<T: Clone> SingleFlight<T> {
    /// The first end is the one that counts.
    fn end(&self, end: FlightState<T>) {
        let mut state = self.state();
        if !matches!(*state, FlightState::Up(_)) {
            return;
        }
        let before = mem::replace(&mut *state, end);
        drop(state);
        if let FlightState::Up(wakers) = before {
            wakers.into_iter().flatten().for_each(Waker::wake);
        }
    }

    /// The answer, if there is one, or why there is none.
    fn ended(&self) -> Option<Result<T, NoResult>> {
        match &*self.state() {
            FlightState::Up(_) => None,
            FlightState::Landed(answer) => Some(Ok(answer.clone())),
            FlightState::NoResult(why) => Some(Err(*why)),
        }
    }

    /// A seat for somebody who is to be woken; none once it has ended.
    fn new_seat(&self, waker: Waker) -> Option<usize> {
        match &mut *self.state() {
            FlightState::Up(wakers) => {
                wakers.push(Some(waker));
                Some(wakers.len() - 1)
            }
            FlightState::Landed(_) | FlightState::NoResult(_) => None,
        }
    }

    /// Changes who sits there. A waker may be the last that keeps a task, and with it another passenger: what was there is
    /// dropped when the lock is free.
    fn seat(&self, seat: usize, waker: Option<Waker>) {
        let mut state = self.state();
        let before = match &mut *state {
            FlightState::Up(wakers) => wakers.get_mut(seat).and_then(|it| mem::replace(it, waker)),
            FlightState::Landed(_) | FlightState::NoResult(_) => waker,
        };
        drop(state);
        drop(before);
    }

    /// No step leaves it half changed, so a panic elsewhere does not matter.
    fn state(&self) -> MutexGuard<'_, FlightState<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Waiter<T> {
    fn aboard(flight: Arc<SingleFlight<T>>) -> Self {
        flight.passengers.fetch_add(1, Ordering::AcqRel);
        Self { flight, seat: None }
    }

    /// For somebody who may wait for it later.
    pub(crate) fn observer(&self) -> FlightObserver<T> {
        FlightObserver(Arc::clone(&self.flight))
    }
}

impl<T: Clone> Drop for Waiter<T> {
    fn drop(&mut self) {
        self.flight.passengers.fetch_sub(1, Ordering::AcqRel);
        if let Some(seat) = self.seat {
            self.flight.seat(seat, None);
        }
    }
}

impl<T: Clone> Future for Waiter<T> {
    type Output = Result<T, NoResult>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = Pin::into_inner(self);
        let waker = cx.waker().clone();
        if let Some(end) = this.flight.ended() {
            return Poll::Ready(end);
        }
        match this.seat {
            Some(seat) => this.flight.seat(seat, Some(waker)),
            None => this.seat = this.flight.new_seat(waker),
        }
        // It may have ended in between, and woken those who had a seat by then.
        this.flight.ended().map_or(Poll::Pending, Poll::Ready)
    }
}

/// Somebody who knows of a flight, and does not wait for it.
#[derive(Clone)]
pub(crate) struct FlightObserver<T: Clone>(Arc<SingleFlight<T>>);

impl<T: Clone> FlightObserver<T> {
    /// Waits for it, from now on.
    pub(crate) fn board(&self) -> Waiter<T> {
        Waiter::aboard(Arc::clone(&self.0))
    }
}

/// The computations that other callers may wait for, each under the key of what was asked. A clone is the same table.
#[derive(Clone)]
pub(crate) struct InFlight<K: FlightKey, T: Clone>(Arc<Mutex<HashMap<K, FlightObserver<T>>>>);

/// What a computation is found by: two callers with one key share one answer.
pub(crate) trait FlightKey: Copy + Eq + Hash {}

impl<K: Copy + Eq + Hash> FlightKey for K {}

/// How to come by an answer.
pub(crate) enum LeaderOrWaiter<K: FlightKey, T: Clone> {
    /// Nobody is asking: compute it. Others find it until the [`FlightEntry`] is dropped.
    Leader(Leader<T>, Waiter<T>, FlightEntry<K, T>),
    /// Somebody is: wait.
    Waiter(Waiter<T>),
}

/// Others find a computation for as long as this exists. Whoever computes keeps it.
pub(crate) struct FlightEntry<K: FlightKey, T: Clone> {
    all: InFlight<K, T>,
    key: K,
}

impl<K: FlightKey, T: Clone> InFlight<K, T> {
    /// None is under way.
    pub(crate) fn new() -> Self {
        Self(Arc::default())
    }

    /// Waits for the computation under `key`, or begins one.
    pub(crate) fn board(&self, key: K) -> LeaderOrWaiter<K, T> {
        let mut all = self.all();
        if let Some(known) = all.get(&key) {
            return LeaderOrWaiter::Waiter(known.board());
        }
        let (pilot, passenger) = flight();
        all.insert(key, passenger.observer());
        let all = self.clone();
        LeaderOrWaiter::Leader(pilot, passenger, FlightEntry { all, key })
    }

    /// No step leaves it half changed, so a panic elsewhere does not matter.
    fn all(&self) -> MutexGuard<'_, HashMap<K, FlightObserver<T>>> {
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

    use super::{NoResult, Waiter, flight};

    /// A task that waits for the same flight, and that only its waker keeps.
    struct WaitingTask(
        #[expect(dead_code, reason = "it is there to be dropped")] Mutex<Waiter<u8>>,
    );

    impl Wake for WaitingTask {
        fn wake(self: Arc<Self>) {}
    }

    /// It would wait for itself for ever.
    #[test]
    fn a_waker_that_takes_another_passenger_along_is_dropped_when_the_lock_is_free() {
        let (pilot, first) = flight::<u8>();
        let kept = || Waker::from(Arc::new(WaitingTask(Mutex::new(first.observer().board()))));
        let mut second = pin!(first.observer().board());
        for waker in [kept(), kept(), Waker::noop().clone(), kept()] {
            let polled = second.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
        assert!(pilot.is_wanted());
        pilot.land(7);
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(second.as_mut().poll(&mut cx), Poll::Ready(Ok(7)));
        drop(first);
    }

    #[test]
    fn who_leaves_is_not_waited_for_and_who_comes_late_is_told() {
        let (pilot, first) = flight::<u8>();
        let observer = first.observer();
        drop(first);
        assert!(!pilot.is_wanted());
        let mut late = pin!(observer.board());
        assert!(pilot.is_wanted());
        drop(pilot);
        let mut cx = Context::from_waker(Waker::noop());
        assert_eq!(
            late.as_mut().poll(&mut cx),
            Poll::Ready(Err(NoResult::Dropped))
        );
    }
}
