//! Whoever guesses is slowed down, and nobody else is.
//!
//! Cases of the section on brute force have their numbers: a121 to a130. Case a124 has its flood in
//! `throttle_allocations.rs`. Case a129 has nothing to test: no response is held back, so none is parked.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "../support/mod.rs"]
pub mod support;

mod budgets;
mod far;
mod known;
mod racing;
mod shut;
mod spelling;
mod uncounted;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use http::Response;
use tower_challenge::client::PeerAddress;
use tower_challenge::clock::ManualClock;
use tower_challenge::scheme::Basic;
use tower_challenge::store::{Budget, MemoryThrottleStore};
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{NowOrLater, Principal, Secret, Unavailable};

use self::support::run::later;
use self::support::{Answer, Ask, Boxed, Kind, Stand, WRONG, get};

const HOME: &str = "198.51.100.7";
const ELSEWHERE: &str = "203.0.113.66";
const SECOND: Duration = Duration::from_secs(1);

/// A stand that is throttled, and its time.
struct Gate {
    stand: Stand,
    clock: ManualClock,
    throttle: FailureThrottle,
}

type Tune = fn(FailureThrottle) -> FailureThrottle;

impl Gate {
    fn new(kinds: &[Kind]) -> Self {
        Self::tuned(kinds, |it| it)
    }

    fn tuned(kinds: &[Kind], tune: impl FnOnce(FailureThrottle) -> FailureThrottle) -> Self {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + SECOND * 1_700_000_000);
        let store = MemoryThrottleStore::new().with_clock(clock.clone());
        let throttle = tune(FailureThrottle::new().unwrap().store(store));
        let stand = Stand::tuned(kinds, |layer| layer.throttle(throttle.clone()));
        Self {
            stand,
            clock,
            throttle,
        }
    }

    fn ask(&self, ask: Ask, peer: &str) -> Answer {
        self.stand.ask(from(ask, peer))
    }

    fn basic(&self, user: &str, password: &str, peer: &str) -> u16 {
        self.ask(get("/").basic(user, password), peer)
            .status
            .as_u16()
    }

    /// Guesses until there is no attempt left; how many there were.
    fn guess(&self, user: &str, peer: &str) -> usize {
        let mut guesses = 0;
        while self.basic(user, WRONG, peer) == 401 {
            guesses += 1;
            assert!(guesses < 1000, "nobody counts");
        }
        guesses
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

fn from(ask: Ask, peer: &str) -> Ask {
    ask.extension(PeerAddress(SocketAddr::new(peer.parse().unwrap(), 4711)))
}

/// Somebody else's address, each with a network of its own.
fn stranger(number: u32) -> String {
    std::net::Ipv4Addr::from(0xcb00_0000 + number).to_string()
}

/// A verifier that answers when it is told to, and counts.
fn counting(verified: &Arc<AtomicUsize>, wait: bool) -> Boxed {
    let verified = Arc::clone(verified);
    let verifier = move |_: &str, _: Secret<'_>| {
        verified.fetch_add(1, Ordering::SeqCst);
        let no: Result<Option<Principal>, Unavailable> = Ok(None);
        if wait {
            return NowOrLater::later(async {
                later().await;
                no
            });
        }
        thread::yield_now();
        NowOrLater::now(no)
    };
    Box::new(Basic::new("files", verifier).unwrap())
}

#[test]
fn it_shows_its_budgets_and_no_key() {
    let throttle = FailureThrottle::new().unwrap().key([0x5a; 32]);
    let shown = format!("{throttle:?}");
    assert!(
        shown.starts_with("FailureThrottle { account: Budget { limit: 5,"),
        "{shown}"
    );
    assert!(!shown.contains("90, 90"), "{shown}");
}

/// Names of functions say what they are for; this one says that the types fit where applications put them.
#[test]
fn it_can_be_named_and_kept() {
    struct App {
        tune: Tune,
        answer: Response<()>,
    }
    let app = App {
        tune: |it| it.source(Budget::failures(1)),
        answer: Response::new(()),
    };
    let throttle: FailureThrottle = (app.tune)(FailureThrottle::new().unwrap());
    assert!(format!("{throttle:?}").contains("source: Budget { limit: 1,"));
    assert_eq!(app.answer.status(), 200);
}
