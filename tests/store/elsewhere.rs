//! The suite serves stores that answer later, and stores whose time cannot be set.

use std::future::poll_fn;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::store::conformance::{ReplayBackend, replay_store};
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MemoryStore, ReplayStore, StoreEpoch};
use tower_challenge::{NowOrLater, Unavailable};

use crate::backend::Tested;

/// A store that lets everyone wait.
#[derive(Debug)]
struct Slow(MemoryStore);

fn later<T: Send + 'static>(answer: NowOrLater<T>) -> NowOrLater<T> {
    NowOrLater::later(async {
        woken_once(|waker| waker.wake()).await;
        answer.await
    })
}

/// Is not ready at first, and has `wake` see to it that it is asked again.
async fn woken_once(wake: impl FnOnce(Waker) + Unpin) {
    let mut wake = Some(wake);
    poll_fn(|context| match wake.take() {
        Some(wake) => {
            wake(context.waker().clone());
            Poll::Pending
        }
        None => Poll::Ready(()),
    })
    .await;
}

impl ReplayStore for Slow {
    fn claim_once(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        later(self.0.claim_once(key, holder, ttl))
    }

    fn claim_count(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        count: u32,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        later(self.0.claim_count(key, holder, count, ttl))
    }

    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>> {
        later(self.0.epoch())
    }
}

#[test]
fn a_store_that_answers_later_passes() {
    replay_store(|| Tested::new(|clock| Slow(MemoryStore::new().with_clock(clock))));
}

#[test]
fn waiting_ends_when_another_thread_says_so() {
    let elsewhere = |waker: Waker| drop(thread::spawn(|| waker.wake()));
    let answer = NowOrLater::later(async move { woken_once(elsewhere).await });
    Tested::new(|_| MemoryStore::new()).wait(answer);
}

/// A store by the clock of the system, which goes on whatever a test does.
struct RealTime {
    store: MemoryStore,
    clock: SystemClock,
}

impl ReplayBackend for RealTime {
    type Store = MemoryStore;

    fn store(&self) -> &MemoryStore {
        &self.store
    }

    fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    fn pass(&self, time: Duration) {
        thread::sleep(time);
    }

    fn ttl(&self) -> Duration {
        Duration::from_millis(20)
    }
}

#[test]
fn a_store_in_real_time_passes() {
    let clock = SystemClock::new();
    replay_store(|| RealTime {
        store: MemoryStore::new().with_clock(clock),
        clock,
    });
}
