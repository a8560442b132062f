//! One computation, and everybody who waits for it.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The end that computes. Dropped before it has [landed](Self::land), it tells everybody that there is no answer.
pub(super) struct Pilot<T: Clone>(Arc<Flight<T>>);

/// An end that waits.
pub(super) struct Passenger<T: Clone> {
    flight: Arc<Flight<T>>,
    seat: Option<usize>,
}

struct Flight<T> {
    state: Mutex<State<T>>,
    passengers: AtomicUsize,
}

enum State<T> {
    /// Who is to be woken, by seat.
    Up(Vec<Option<Waker>>),
    Landed(T),
    Lost(Lost),
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// It did not begin in time.
    Late,
    /// It panicked, or nobody was waiting any more when its turn came.
    Dropped,
}

/// A computation that nobody has begun, and the first who waits for it.
pub(super) fn flight<T: Clone>() -> (Pilot<T>, Passenger<T>) {
    let flight = Arc::new(Flight {
        state: Mutex::new(State::Up(Vec::new())),
        passengers: AtomicUsize::new(0),
    });
    (Pilot(Arc::clone(&flight)), Passenger::aboard(flight))
}

impl<T: Clone> Pilot<T> {
    /// Gives everybody the answer.
    pub(super) fn land(self, answer: T) {
        self.0.end(State::Landed(answer));
    }

    /// Tells everybody that there is none.
    pub(super) fn lose(self, why: Lost) {
        self.0.end(State::Lost(why));
    }

    /// Whether anybody waits.
    pub(super) fn is_wanted(&self) -> bool {
        self.0.passengers.load(Ordering::Acquire) > 0
    }
}

impl<T: Clone> Drop for Pilot<T> {
    fn drop(&mut self) {
        self.0.end(State::Lost(Lost::Dropped));
    }
}

impl<T: Clone> Flight<T> {
    /// The first end is the one that counts.
    fn end(&self, end: State<T>) {
        let mut state = self.state();
        if !matches!(*state, State::Up(_)) {
            return;
        }
        let before = mem::replace(&mut *state, end);
        drop(state);
        if let State::Up(wakers) = before {
            wakers.into_iter().flatten().for_each(Waker::wake);
        }
    }

    /// No step leaves it half changed, so a panic elsewhere does not matter.
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Passenger<T> {
    fn aboard(flight: Arc<Flight<T>>) -> Self {
        flight.passengers.fetch_add(1, Ordering::AcqRel);
        Self { flight, seat: None }
    }

    /// For somebody who may wait for it later.
    pub(super) fn observer(&self) -> Observer<T> {
        Observer(Arc::clone(&self.flight))
    }
}

impl<T: Clone> Drop for Passenger<T> {
    fn drop(&mut self) {
        self.flight.passengers.fetch_sub(1, Ordering::AcqRel);
        if let (Some(seat), State::Up(wakers)) = (self.seat, &mut *self.flight.state()) {
            wakers[seat] = None;
        }
    }
}

impl<T: Clone> Future for Passenger<T> {
    type Output = Result<T, Lost>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = Pin::into_inner(self);
        match &mut *this.flight.state() {
            State::Up(wakers) => {
                let waker = Some(cx.waker().clone());
                match this.seat {
                    Some(seat) => wakers[seat] = waker,
                    None => {
                        this.seat = Some(wakers.len());
                        wakers.push(waker);
                    }
                }
                Poll::Pending
            }
            State::Landed(answer) => Poll::Ready(Ok(answer.clone())),
            State::Lost(why) => Poll::Ready(Err(*why)),
        }
    }
}

/// Somebody who knows of a flight, and does not wait for it.
#[derive(Clone)]
pub(super) struct Observer<T: Clone>(Arc<Flight<T>>);

impl<T: Clone> Observer<T> {
    /// Waits for it, from now on.
    pub(super) fn board(&self) -> Passenger<T> {
        Passenger::aboard(Arc::clone(&self.0))
    }
}
