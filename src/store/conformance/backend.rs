//! What the checks need to know of a backend.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::now_or_later::NowOrLater;
use crate::store::ReplayStore;

/// A store under test, and the world around it.
///
/// Three functions suffice for a store in memory. One that lives elsewhere has its runtime in [`wait`](Self::wait),
/// sleeps in [`pass`](Self::pass), and shortens the [`ttl`](Self::ttl) so that nobody sleeps for long.
///
/// # Example
///
/// See the [module](crate::store::conformance).
pub trait ReplayBackend: Sync {
    /// The store.
    type Store: ReplayStore;

    /// The store under test.
    fn store(&self) -> &Self::Store;

    /// The time since some moment, by a clock that runs as the store's does.
    fn now(&self) -> Duration;

    /// Lets `time` pass for the store, or a little more: sets a clock, or sleeps.
    fn pass(&self, time: Duration);

    /// Waits for an answer. Called from many threads at once.
    ///
    /// Parks the thread until it is woken, unless overridden: enough for futures that need no particular runtime.
    fn wait<T>(&self, answer: NowOrLater<T>) -> T {
        block_on(answer)
    }

    /// How long a claim lasts in the checks: a minute, unless overridden.
    ///
    /// Where `pass` sleeps, take 100 round trips at least, and expect a run to last a hundred times as long.
    fn ttl(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// The most keys that the store holds, if that is few enough for the checks to claim four times as many within a
    /// ttl, and 16 at least. Without one, nothing is checked about a full store.
    fn capacity(&self) -> Option<usize> {
        None
    }

    /// Makes the store lose what it has claimed, as a restart or a fail-over would, and says whether it did. Unless
    /// overridden it does not, and nothing is checked about a loss.
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
