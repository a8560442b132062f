//! The replay store under test, with the clock and the properties that the checks need.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::now_or_later::NowOrLater;
use crate::store::ReplayStore;

/// A store under test, with its clock.
///
/// A store in memory needs three functions. A store in another process overrides [`wait`](Self::wait) to use its
/// runtime, sleeps in [`pass`](Self::pass), and returns a short [`ttl`](Self::ttl), so that a run does not sleep for
/// long.
///
/// # Example
///
/// See the [module](crate::store::conformance).
pub trait ReplayBackend: Sync {
    /// The store.
    type Store: ReplayStore;

    /// Returns the store under test.
    fn store(&self) -> &Self::Store;

    /// Returns the time since some fixed moment, by a clock that runs as the store's does.
    fn now(&self) -> Duration;

    /// Lets `time` pass for the store, or a little more: it sets a clock, or sleeps.
    fn pass(&self, time: Duration);

    /// Waits for an answer. The checks call it from many threads at once.
    ///
    /// By default it parks the thread until it is woken. That suffices for futures that need no particular runtime.
    fn wait<T>(&self, answer: NowOrLater<T>) -> T {
        block_on(answer)
    }

    /// Returns how long a claim lasts in the checks. By default this is a minute.
    ///
    /// If `pass` sleeps, return at least the time of 100 round trips, and expect a run to last a hundred times as long.
    fn ttl(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// Returns the largest number of keys that the store holds. Return it only if the checks can claim four times as
    /// many within a ttl, and if it is at least 16. By default it is `None`, and the checks of a full store do nothing.
    fn capacity(&self) -> Option<usize> {
        None
    }

    /// Makes the store lose its claims, as a restart or a fail-over would, and returns whether it did. By default it
    /// does not, and the check of such a loss stops there.
    fn lose(&self) -> bool {
        false
    }
}

pub(super) fn block_on<T>(answer: NowOrLater<T>) -> T {
    let mut answer = pin!(answer);
    let waker = Waker::from(Arc::new(UnparkWaker(thread::current())));
    loop {
        match answer.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

struct UnparkWaker(Thread);

impl Wake for UnparkWaker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
