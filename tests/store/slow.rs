//! Tests that the suite works for stores that answer later, and for stores in real time.

use std::future::poll_fn;
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::store::conformance::{ReplayBackend, replay_store};
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MemoryStore, ReplayStore, StoreEpoch};
use tower_challenge::{NowOrLater, Unavailable};

use crate::backend::Tested;

/// A store whose answers are never ready at once.
#[derive(Debug)]
struct Slow(MemoryStore);

fn later<T: Send + 'static>(answer: NowOrLater<T>) -> NowOrLater<T> {
    NowOrLater::later(async {
        woken_once(|waker| waker.wake()).await;
        answer.await
    })
}

/// Waits until `wake` wakes the task. The first poll is not ready.
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
fn the_backend_waits_until_another_thread_wakes_it() {
    let elsewhere = |waker: Waker| drop(thread::spawn(|| waker.wake()));
    let answer = NowOrLater::later(async move { woken_once(elsewhere).await });
    Tested::new(|_| MemoryStore::new()).wait(answer);
}

/// A store with the clock of the system, which a test cannot set.
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
