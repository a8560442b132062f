//! Tests that the throttle limits guessing, and refuses no other client.
//!
//! The test names of cases in the section on brute force begin with their numbers: a121 to a130. The flood of case a124
//! is in `throttle_allocations.rs`. Case a129 needs no test: the layer delays no response, so it holds none.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "../support/mod.rs"]
pub mod support;

mod budgets;
mod familiar;
mod lockout;
mod racing;
mod remote;
mod repeats;
mod simulation;
mod spelling;
mod two_credentials;
mod uncounted;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use tower_challenge::client::PeerAddress;
use tower_challenge::clock::ManualClock;
use tower_challenge::scheme::Basic;
use tower_challenge::store::MemoryThrottleStore;
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{NowOrLater, Principal, Secret, Unavailable};

use self::support::run::later;
use self::support::{Answer, Boxed, Kind, TestRequest, TestServer, WRONG, get};

const HOME: &str = "198.51.100.7";
const ELSEWHERE: &str = "203.0.113.66";
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A server with a throttle, and the clock of the throttle.
struct ThrottledServer {
    stand: TestServer,
    clock: ManualClock,
    throttle: FailureThrottle,
    guesses: AtomicU32,
}

type Tune = fn(FailureThrottle) -> FailureThrottle;

impl ThrottledServer {
    fn new(kinds: &[Kind]) -> Self {
        Self::tuned(kinds, |throttle| throttle)
    }

    fn tuned(kinds: &[Kind], tune: impl FnOnce(FailureThrottle) -> FailureThrottle) -> Self {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
        let store = MemoryThrottleStore::new().with_clock(clock.clone());
        let throttle = tune(FailureThrottle::new().unwrap().store(store));
        let stand = TestServer::tuned(kinds, |layer| layer.throttle(throttle.clone()));
        Self {
            stand,
            clock,
            throttle,
            guesses: AtomicU32::new(0),
        }
    }

    fn ask(&self, ask: TestRequest, peer: &str) -> Answer {
        self.stand.ask(from(ask, peer))
    }

    fn basic(&self, user: &str, password: &str, peer: &str) -> u16 {
        self.ask(get("/").basic(user, password), peer)
            .status
            .as_u16()
    }

    /// Guesses once, with a password that no guess has used before. Returns `401` if the password was compared, or
    /// `429`.
    fn guess_once(&self, user: &str, peer: &str) -> u16 {
        let number = self.guesses.fetch_add(1, Ordering::Relaxed);
        self.basic(user, &format!("{WRONG}-{number}"), peer)
    }

    /// Guesses from one address until the server answers `429`. Returns how many guesses were compared.
    fn guess_from_one(&self, user: &str, peer: &str) -> usize {
        self.guess_from_many(user, |_| peer.to_owned())
    }

    /// Does the same with the n-th guess from the n-th address.
    fn guess_from_many(&self, user: &str, peer: impl Fn(u32) -> String) -> usize {
        let judged = (0..1000).take_while(|number| self.guess_once(user, &peer(*number)) == 401);
        let judged = judged.count();
        assert!(judged < 1000, "guesses are not counted");
        judged
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

fn from(ask: TestRequest, peer: &str) -> TestRequest {
    ask.extension(PeerAddress(SocketAddr::new(peer.parse().unwrap(), 4711)))
}

/// Returns the number-th of 65,536 addresses, each in a subnet of its own.
fn unfamiliar_address(number: u32) -> String {
    std::net::Ipv4Addr::from(0x0b00_0009 + (number << 8)).to_string()
}

/// Makes a scheme that refuses each password, and counts how many it compares. With `wait` its verifier answers later.
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
fn debug_output_has_the_limits_and_no_key() {
    let throttle = FailureThrottle::new().unwrap().key([0x5a; 32]);
    let shown = format!("{throttle:?}");
    let start =
        "FailureThrottle { limits: ThrottleLimits { unfamiliar: UnfamiliarLimit { failures: 20,";
    assert!(shown.starts_with(start), "{shown}");
    assert!(!shown.contains("90, 90"), "{shown}");
}
