//! The simulated server: the real throttle and the real store in memory, with a clock that the simulation sets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::Request;
use tower_challenge::client::{Client, ClientResolver, PeerAddress};
use tower_challenge::clock::Clock;
use tower_challenge::store::{
    BudgetKind, MemoryThrottleStore, Settlement, ThrottleAttempt, ThrottleReceipt, ThrottleStore,
};
use tower_challenge::throttle::{
    AttemptOutcome, FailureThrottle, Reservation, Throttle, ThrottleTicket, UnfamiliarLimit,
};
use tower_challenge::{ClaimedAccount, NowOrLater, RequestHead, Secret, Unavailable};

/// The right password.
pub(crate) const RIGHT: &str = "right";

#[derive(Clone, Debug, Default)]
struct SetClock(Arc<AtomicU64>);

impl Clock for SetClock {
    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// A store that remembers the budget which refused last, because attackers know the rules.
#[derive(Clone)]
struct RecordingStore {
    store: MemoryThrottleStore,
    refused_by: Arc<Mutex<Option<BudgetKind>>>,
}

impl ThrottleStore for RecordingStore {
    fn reserve(
        &self,
        attempt: &ThrottleAttempt,
    ) -> NowOrLater<Result<ThrottleReceipt, Unavailable>> {
        let receipt = self.store.reserve(attempt).try_now().ok().unwrap();
        let refused_by = receipt.as_ref().ok().and_then(ThrottleReceipt::refused_by);
        *self.refused_by.lock().unwrap() = refused_by;
        NowOrLater::now(receipt)
    }

    fn settle(
        &self,
        attempt: &ThrottleAttempt,
        settlement: Settlement,
    ) -> NowOrLater<Result<(), Unavailable>> {
        self.store.settle(attempt, settlement)
    }
}

pub(crate) struct World {
    clock: SetClock,
    store: MemoryThrottleStore,
    refused_by: Arc<Mutex<Option<BudgetKind>>>,
    throttle: FailureThrottle<RecordingStore>,
    request: Request<()>,
}

/// A refusal: the wait in seconds, and the budget that refused.
pub(crate) type Refused = (f64, BudgetKind);

impl World {
    pub(crate) fn new(unfamiliar: UnfamiliarLimit) -> Self {
        Self::with_room(unfamiliar, 1 << 16)
    }

    pub(crate) fn with_room(unfamiliar: UnfamiliarLimit, accounts: usize) -> Self {
        let clock = SetClock::default();
        let store = MemoryThrottleStore::new()
            .with_capacity(accounts)
            .with_clock(clock.clone());
        let recording = RecordingStore {
            store: store.clone(),
            refused_by: Arc::default(),
        };
        let throttle = FailureThrottle::new().unwrap().unfamiliar(unfamiliar);
        Self {
            clock,
            store,
            refused_by: Arc::clone(&recording.refused_by),
            throttle: throttle.store(recording).key([9; 32]),
            request: Request::new(()),
        }
    }

    pub(crate) fn reserve(
        &self,
        now: f64,
        name: &str,
        from: &Client,
        password: &str,
    ) -> Result<ThrottleTicket, Refused> {
        self.set(now);
        let account = ClaimedAccount::new(name).with_secret(Secret::new(password));
        let head = RequestHead::of(&self.request);
        let reserved = self.throttle.reserve(Some(&account), from, &head);
        match reserved.try_now().ok().unwrap().unwrap() {
            Reservation::Granted(ticket) => Ok(ticket),
            Reservation::Exhausted(wait) => {
                Err((wait.as_secs_f64(), self.refused_by.lock().unwrap().unwrap()))
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn settle(&self, now: f64, ticket: ThrottleTicket, outcome: AttemptOutcome) {
        self.set(now);
        self.throttle.settle(ticket, outcome).try_now().unwrap();
    }

    /// Whether the server would compare the right password. The probe changes no budget.
    pub(crate) fn is_open(&self, now: f64, name: &str, from: &Client) -> bool {
        let reserved = self.reserve(now, name, from, RIGHT);
        reserved
            .map(|ticket| self.settle(now, ticket, AttemptOutcome::NotCounted))
            .is_ok()
    }

    pub(crate) fn shared_reservations(&self) -> u64 {
        self.store.shared_reservations()
    }

    pub(crate) fn records(&self) -> usize {
        self.store.entry_count()
    }

    fn set(&self, seconds: f64) {
        let nanoseconds = Duration::from_secs_f64(seconds).as_nanos();
        let nanoseconds = u64::try_from(nanoseconds).unwrap();
        self.clock.0.store(nanoseconds, Ordering::Relaxed);
    }
}

/// Returns an IPv4 address in a /24 of its own. Each kind has 65,536 of them.
pub(crate) fn v4(kind: u8, number: u32) -> Client {
    let bits = u32::from(kind) << 24 | (number & 0xffff) << 8 | 1;
    client(Ipv4Addr::from(bits).into())
}

/// Returns an address in the number-th /64 of a /48.
pub(crate) fn v6(subnet: u16, number: u16) -> Client {
    let prefix = 0x2001_0db8_u128 << 96;
    let bits = prefix | u128::from(subnet) << 80 | u128::from(number) << 64 | 1;
    client(Ipv6Addr::from(bits).into())
}

fn client(address: IpAddr) -> Client {
    let mut request = Request::new(());
    let peer = PeerAddress(SocketAddr::new(address, 1));
    request.extensions_mut().insert(peer);
    ClientResolver::by_connection().find(&RequestHead::of(&request))
}
