//! Stores that are far away, or shared.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tower::{Layer as _, ServiceExt};
use tower_challenge::store::{
    Budget, Key, MemoryThrottleStore, Reserved, Settlement, ThrottleStore,
};
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{NowOrLater, RequireAuth, Unavailable};

use crate::support::run::later;
use crate::support::{Boxed, Kind, PASSWORD, Probe, Stand, USER, WRONG, get, run};
use crate::{ELSEWHERE, HOME, counting, from};

/// A store that lets everyone wait, until it is down.
#[derive(Clone)]
struct Far {
    store: MemoryThrottleStore,
    down: Arc<AtomicUsize>,
}

impl Far {
    fn later<T: Send + 'static>(
        &self,
        answer: NowOrLater<Result<T, Unavailable>>,
    ) -> NowOrLater<Result<T, Unavailable>> {
        let down = self.down.load(Ordering::SeqCst) > 0;
        NowOrLater::later(async move {
            later().await;
            if down {
                return Err(Unavailable::new("down"));
            }
            answer.await
        })
    }
}

impl ThrottleStore for Far {
    fn reserve(&self, key: Key, budget: &Budget) -> NowOrLater<Result<Reserved, Unavailable>> {
        self.later(self.store.reserve(key, budget))
    }

    fn settle(
        &self,
        key: Key,
        generation: u64,
        settlement: Settlement,
    ) -> NowOrLater<Result<(), Unavailable>> {
        self.later(self.store.settle(key, generation, settlement))
    }
}

#[test]
fn a_store_far_away_counts_as_one_nearby_and_fails_closed() {
    let far = Far {
        store: MemoryThrottleStore::new(),
        down: Arc::default(),
    };
    let throttle = FailureThrottle::new().unwrap().store(far.clone());
    let stand = Stand::tuned(&[Kind::Basic], |layer| layer.throttle(throttle));
    let ask = |password: &str, peer: &str| stand.ask(from(get("/").basic(USER, password), peer));
    ask(PASSWORD, HOME).is_admitted_as(USER);
    for _ in 0..4 {
        assert_eq!(ask(WRONG, ELSEWHERE).status, 401);
    }
    ask(PASSWORD, ELSEWHERE).is_admitted_as(USER);
    assert!(
        (0..25).all(|_| ask(WRONG, ELSEWHERE).status == 401),
        "an allowance, and 5"
    );
    ask(PASSWORD, ELSEWHERE).is_throttled();
    ask(PASSWORD, HOME).is_admitted_as(USER);
    far.down.store(1, Ordering::SeqCst);
    let answer = ask(PASSWORD, HOME).is_unavailable();
    assert_eq!(answer.verified, [""; 0]);
}

/// Each operation of a store far away is a place at which a client can go away, with what was taken before.
#[test]
fn who_comes_and_goes_at_once_takes_from_nobody_but_their_source() {
    let far = Far {
        store: MemoryThrottleStore::new(),
        down: Arc::default(),
    };
    let throttle = FailureThrottle::new().unwrap().store(far);
    let throttle = throttle.everybody(Budget::failures(150));
    let layer = throttled_by(&throttle);
    let layer = layer.layer(Probe::new());
    for number in 0..1000 {
        let request = from(get("/").basic(&format!("user{number}"), WRONG), HOME).into_request();
        let mut leaves = Box::pin(layer.clone().oneshot(request));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        for _ in 0..number % 7 {
            if leaves.as_mut().poll(&mut cx).is_ready() {
                break;
            }
        }
    }
    let request = from(get("/").basic(USER, WRONG), ELSEWHERE).into_request();
    let Ok(response) = run(layer.oneshot(request));
    assert_eq!(response.status(), 401, "there is something left for others");
}

/// A layer whose verifier admits nobody, at once.
fn throttled_by(throttle: &FailureThrottle<Far>) -> RequireAuth<Boxed> {
    let layer = RequireAuth::new(counting(&Arc::default(), false)).unwrap();
    layer.throttle(throttle.clone())
}

#[test]
fn two_processes_with_a_key_and_a_store_in_common_count_together() {
    let store: Arc<dyn ThrottleStore> = Arc::new(MemoryThrottleStore::new());
    let tune = |key: [u8; 32]| {
        let throttle = FailureThrottle::new().unwrap().store(Arc::clone(&store));
        let throttle = throttle.key(key);
        Stand::tuned(&[Kind::Basic], |layer| layer.throttle(throttle))
    };
    let (one, two, stranger) = (tune([7; 32]), tune([7; 32]), tune([8; 32]));
    let wrong = || from(get("/").basic(USER, WRONG), HOME);
    for stand in [&one, &two, &one, &two, &one] {
        assert_eq!(stand.ask(wrong()).status, 401);
    }
    assert_eq!(two.ask(wrong()).status, 429);
    assert_eq!(stranger.ask(wrong()).status, 401);
}
