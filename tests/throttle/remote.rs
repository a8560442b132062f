//! Tests the throttle with stores in other processes, and with stores that processes share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tower::{Layer as _, ServiceExt};
use tower_challenge::store::{
    MemoryThrottleStore, Settlement, ThrottleAttempt, ThrottleReceipt, ThrottleStore,
};
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{NowOrLater, RequireAuth, Unavailable};

use crate::support::run::later;
use crate::support::{Kind, PASSWORD, Probe, TestServer, USER, WRONG, get, run};
use crate::{ELSEWHERE, HOME, counting, from, unfamiliar_address};

/// A store whose answers come later, and are errors while it is down.
#[derive(Clone, Default)]
struct RemoteStore {
    store: MemoryThrottleStore,
    asked: Arc<AtomicUsize>,
    down: Arc<AtomicUsize>,
}

impl RemoteStore {
    fn later<T: Send + 'static>(
        &self,
        answer: NowOrLater<Result<T, Unavailable>>,
    ) -> NowOrLater<Result<T, Unavailable>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
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

impl ThrottleStore for RemoteStore {
    fn reserve(
        &self,
        attempt: &ThrottleAttempt,
    ) -> NowOrLater<Result<ThrottleReceipt, Unavailable>> {
        self.later(self.store.reserve(attempt))
    }

    fn settle(
        &self,
        attempt: &ThrottleAttempt,
        settlement: Settlement,
    ) -> NowOrLater<Result<(), Unavailable>> {
        self.later(self.store.settle(attempt, settlement))
    }
}

#[test]
fn a_remote_store_counts_as_a_local_one_and_an_error_admits_no_attempt() {
    let remote = RemoteStore::default();
    let throttle = FailureThrottle::new().unwrap().store(remote.clone());
    let stand = TestServer::tuned(&[Kind::Basic], |layer| layer.throttle(throttle));
    let ask = |password: &str, peer: &str| stand.ask(from(get("/").basic(USER, password), peer));
    ask(PASSWORD, HOME).is_admitted_as(USER);
    for number in 0..20 {
        let guess = format!("{WRONG}{number}");
        assert_eq!(ask(&guess, &unfamiliar_address(number)).status, 401);
    }
    ask(PASSWORD, ELSEWHERE).is_throttled();
    ask(PASSWORD, HOME).is_admitted_as(USER);
    remote.down.store(1, Ordering::SeqCst);
    let answer = ask(PASSWORD, HOME).is_unavailable();
    assert_eq!(answer.verified, [""; 0]);
}

#[test]
fn each_operation_of_the_store_is_one_round_trip() {
    let remote = RemoteStore::default();
    let throttle = FailureThrottle::new().unwrap().store(remote.clone());
    let stand = TestServer::tuned(&[Kind::Basic], |layer| layer.throttle(throttle));
    let trips = |password: &str, peer: &str| {
        let before = remote.asked.load(Ordering::SeqCst);
        stand.ask(from(get("/").basic(USER, password), peer));
        remote.asked.load(Ordering::SeqCst) - before
    };
    assert_eq!(
        trips(PASSWORD, HOME),
        2,
        "a first login: reserve and settle"
    );
    assert_eq!(trips(PASSWORD, HOME), 2, "a login at a familiar location");
    assert_eq!(
        trips(WRONG, ELSEWHERE),
        1,
        "a wrong password is not settled"
    );
}

/// A client can disconnect while the layer waits for the store. The attempt that it leaves behind counts only for its
/// own subscriber and accounts.
#[test]
fn clients_that_disconnect_at_once_use_up_only_the_budget_of_their_own_subscriber() {
    let throttle = FailureThrottle::new()
        .unwrap()
        .store(RemoteStore::default());
    let layer = RequireAuth::new(counting(&Arc::default(), false)).unwrap();
    let layer = layer.throttle(throttle).layer(Probe::new());
    for number in 0..1000 {
        let request = from(get("/").basic(&format!("user{number}"), WRONG), HOME).into_request();
        let mut response = Box::pin(layer.clone().oneshot(request));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        for _ in 0..number % 7 {
            if response.as_mut().poll(&mut cx).is_ready() {
                break;
            }
        }
    }
    for number in 0..1000 {
        let user = format!("user{number}");
        let request =
            from(get("/").basic(&user, WRONG), &unfamiliar_address(number)).into_request();
        let Ok(response) = run(layer.clone().oneshot(request));
        assert_eq!(
            response.status(),
            401,
            "other subscribers have attempts left"
        );
    }
}

#[test]
fn two_processes_with_the_same_key_and_store_count_together() {
    let store: Arc<dyn ThrottleStore> = Arc::new(MemoryThrottleStore::new());
    let tune = |key: [u8; 32]| {
        let throttle = FailureThrottle::new().unwrap().store(Arc::clone(&store));
        let throttle = throttle.key(key);
        TestServer::tuned(&[Kind::Basic, Kind::Digest], |layer| {
            layer.throttle(throttle)
        })
    };
    let (one, two, other) = (tune([7; 32]), tune([7; 32]), tune([8; 32]));
    for (number, stand) in [&one, &two].into_iter().cycle().take(20).enumerate() {
        let from = from(
            get("/"),
            &unfamiliar_address(u32::try_from(number).unwrap()),
        );
        // Half of them are Digest, which sends no password. Two processes must not make the same tag for such attempts.
        let credentials = match number % 4 < 2 {
            true => Kind::Digest.wrong(stand, &from),
            false => crate::support::request::basic(format!("{USER}:{WRONG}{number}")),
        };
        assert_eq!(stand.ask(from.authorization(credentials)).status, 401);
    }
    let wrong = || from(get("/").basic(USER, WRONG), HOME);
    assert_eq!(two.ask(wrong()).status, 429);
    assert_eq!(other.ask(wrong()).status, 401);
}
