//! The suite passes a throttle store without fault, and fails every other for the right reason; `MemoryThrottleStore` passes
//! it, and keeps the promises that the suite does not know of.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::store::conformance::{self, ThrottleBackend, throttle_store};
use tower_challenge::store::{
    Budget, Key, MemoryThrottleStore, Reserved, Settlement, ThrottleStore,
};

use crate::backend::Tested;
use crate::plain_throttle::{PlainThrottle, Slip};

impl<S: ThrottleStore> ThrottleBackend for Tested<S> {
    type Store = S;

    fn store(&self) -> &S {
        &self.store
    }

    fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    fn step_wall(&self, ahead: bool) {
        const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
        let wall = self.clock.wall();
        self.clock
            .step_wall(if ahead { wall + YEAR } else { wall - YEAR });
    }
}

/// Each fault, and what the suite must say of it.
const SLIPS: &[(Slip, &str)] = &[
    (Slip::FailsAlways, "must be told, was down"),
    (
        Slip::OneLate,
        "an attempt after 1: must be Shut, was Granted",
    ),
    (Slip::OneEarly, "attempt 2 of 2: must be Granted, was Shut"),
    (Slip::Races, "of 200 callers, was to "),
    (
        Slip::RacesAfterAWait,
        "after a wait: must be Granted to one of 200 callers, was to ",
    ),
    (Slip::NumbersStandStill, "the generations must ascend"),
    (
        Slip::KeepsHalfOfTheKey,
        "a key, after others that resemble it: must be Granted",
    ),
    (
        Slip::SuccessClearsNothing,
        "attempt 1 of 3: must be Granted, was Shut",
    ),
    (
        Slip::OnlyTheLastSuccessClears,
        "attempt 1 of 3: must be Granted, was Shut",
    ),
    (
        Slip::SuccessClearsAll,
        "a key, after successes of another: must be Shut",
    ),
    (
        Slip::LateSuccessClears,
        "a key, after an attempt that came late: must be Shut",
    ),
    (
        Slip::LateReturnReturns,
        "a key, after an attempt that came late: must be Shut",
    ),
    (
        Slip::NumbersStartAgain,
        "a key that was forgotten in between: must be Shut",
    ),
    (
        Slip::ReturnsNothing,
        "the attempt that was given back: must be Granted",
    ),
    (
        Slip::ReturnsTwo,
        "a key after one was given back: must be Shut",
    ),
    (
        Slip::ReturnKeepsItShut,
        "the attempt that was given back: must be Granted",
    ),
    (
        Slip::OpensEarly,
        "a key before its wait is over: must be Shut",
    ),
    (Slip::TellsTooMuch, "a wait of 60s: was told as 120s"),
    (
        Slip::TellsTooLittle,
        "after a wait: must be Granted, was Shut",
    ),
    (
        Slip::NeverDoubles,
        "a key before its wait is over: must be Shut",
    ),
    (Slip::NoLongestDelay, "a wait of 240s: was told as 480s"),
    (
        Slip::ForgetsEarly,
        "a key whose failures are remembered: must be Shut",
    ),
    (
        Slip::RemembersTheFirstAttempt,
        "a key whose failures are remembered: must be Shut",
    ),
    (
        Slip::ForgetsNothing,
        "attempt 2 of 2: must be Granted, was Shut",
    ),
    (
        Slip::ForgetsWhatIsShut,
        "a key that is shut for long: must be Shut",
    ),
    (
        Slip::NoHardStop,
        "a key at its hard stop: must be Shut, was Granted",
    ),
    (Slip::HardStopEnds, "it is shut for good, and told"),
    (
        Slip::HardStopCannotBeCleared,
        "attempt 1 of 2: must be Granted, was Shut",
    ),
    (
        Slip::ForgivesNothing,
        "after a recovery: must be Granted, was Shut",
    ),
    (
        Slip::ForgivesAll,
        "a key that has recovered that much: must be Shut",
    ),
    (
        Slip::ForgivesTooSoon,
        "a key that has recovered that much: must be Shut",
    ),
    (
        Slip::LosesPartsOfPeriods,
        "what is left of a period, after a recovery: must be Granted",
    ),
    (
        Slip::VouchesForEverybody,
        "a key that nobody vouches for: must be Unvouched",
    ),
    (
        Slip::VouchesForEver,
        "a key that somebody vouched for once: must be Unvouched",
    ),
    (
        Slip::AllowsOneMore,
        "a key that has used its allowance up: must be Unvouched",
    ),
    (
        Slip::NeverRenews,
        "attempt 1 of 3: must be Granted, was Unvouched",
    ),
    (
        Slip::RenewsTooOften,
        "an allowance that is renewed too soon: must be Unvouched",
    ),
    (
        Slip::RenewsByItself,
        "an allowance that nobody renews: must be Unvouched",
    ),
    (Slip::GoesByTheWall, "step of the clock"),
    (Slip::EvictsWhenFull, "after a flood: must be Shut"),
];

#[test]
fn a_throttle_store_without_fault_passes() {
    throttle_store(|| Tested::new(|clock| PlainThrottle::new(clock, Slip::None)));
}

#[test]
fn every_planted_slip_is_found_and_named() {
    let missed = SLIPS.iter().filter_map(|(slip, sentence)| {
        let said = verdict(*slip);
        (!said.contains(sentence)).then(|| format!("{slip:?}: {said}"))
    });
    assert_eq!(missed.collect::<Vec<_>>(), Vec::<String>::new());
    println!("{} slips found", SLIPS.len());
}

/// What the suite says of a store with this fault.
fn verdict(slip: Slip) -> String {
    let planted = || Tested::new(|clock| PlainThrottle::new(clock, slip));
    let run = catch_unwind(AssertUnwindSafe(|| throttle_store(planted)));
    let Err(panic) = run else {
        return "nothing wrong".to_owned();
    };
    let text = panic.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| (*panic.downcast_ref::<&str>().expect("a sentence")).to_owned())
}

#[test]
fn the_memory_passes() {
    throttle_store(|| Tested::new(|clock| MemoryThrottleStore::new().with_clock(clock)));
}

/// A store by the clock of the system, which goes on whatever a test does.
struct RealTime {
    store: MemoryThrottleStore,
    clock: SystemClock,
}

impl ThrottleBackend for RealTime {
    type Store = MemoryThrottleStore;

    fn store(&self) -> &MemoryThrottleStore {
        &self.store
    }

    fn now(&self) -> Duration {
        self.clock.monotonic()
    }

    fn pass(&self, time: Duration) {
        thread::sleep(time);
    }
}

pub(crate) fn small(keys: usize) -> Tested<MemoryThrottleStore> {
    Tested::new(|clock| {
        MemoryThrottleStore::new()
            .with_capacity(keys)
            .with_clock(clock)
    })
}

pub(crate) fn key(number: u128) -> Key {
    let spread = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    Key::new((spread ^ (spread >> 64)).to_be_bytes())
}

pub(crate) fn reserve(store: &MemoryThrottleStore, key: Key, budget: &Budget) -> Reserved {
    let reserved = store.reserve(key, budget).try_now();
    reserved.expect("at once").expect("it is well")
}

pub(crate) fn settle(
    store: &MemoryThrottleStore,
    key: Key,
    generation: u64,
    settlement: Settlement,
) {
    let settled = store.settle(key, generation, settlement).try_now();
    settled.expect("at once").expect("it is well");
}

#[test]
fn a_store_without_room_shuts_too_early_and_never_too_late() {
    for keys in [0, 512, 4096] {
        let tested = small(keys);
        let budget = Budget::failures(3);
        for number in 0..20_000 {
            let granted =
                (0..5).filter(|_| is_granted(reserve(&tested.store, key(number), &budget)));
            assert!(granted.count() <= 3, "key {number} of {keys}");
        }
        assert!(tested.store.held() <= keys);
        assert!(tested.store.shared_reservations() > 0);
        for number in 0..20_000 {
            let reserved = reserve(&tested.store, key(number), &budget);
            assert!(
                matches!(reserved, Reserved::Shut(_)),
                "{number}: {reserved:?}"
            );
        }
    }
}

fn is_granted(reserved: Reserved) -> bool {
    matches!(reserved, Reserved::Granted { .. })
}

#[test]
fn a_success_in_a_shared_place_clears_nobody_else() {
    let tested = small(0);
    let (budget, store) = (Budget::failures(3), &tested.store);
    let (victim, lucky) = (key(1), sharing_with(key(1)));
    assert!(is_granted(reserve(store, victim, &budget)));
    assert!(is_granted(reserve(store, victim, &budget)));
    for _ in 0..10 {
        let Reserved::Granted { generation, .. } = reserve(store, lucky, &budget) else {
            panic!("there is a third attempt")
        };
        settle(store, lucky, generation, Settlement::Clear);
    }
    assert!(is_granted(reserve(store, victim, &budget)), "its own third");
    assert!(!is_granted(reserve(store, victim, &budget)), "no fourth");
}

/// Some other key in the same shared place as `key`, which a store with no room for keys of their own tells by shutting it.
fn sharing_with(key_: Key) -> Key {
    let (tested, budget) = (small(0), Budget::failures(1));
    assert!(is_granted(reserve(&tested.store, key_, &budget)));
    let mut others = (1000..2_000_000).map(key);
    let met = others.find(|other| {
        let probe = small_probe(&tested.store, *other, &budget);
        !probe
    });
    met.expect("one in 65,536")
}

/// Whether `other` is open; an attempt that it is granted is given back.
fn small_probe(store: &MemoryThrottleStore, other: Key, budget: &Budget) -> bool {
    match reserve(store, other, budget) {
        Reserved::Granted { generation, .. } => {
            settle(store, other, generation, Settlement::Return);
            true
        }
        _ => false,
    }
}

#[test]
fn a_key_stays_in_the_shared_place_until_that_is_quiet() {
    let tested = small(512);
    let (store, day) = (&tested.store, Duration::from_secs(24 * 60 * 60));
    let budget = Budget::failures(2).memory(day);
    let full: Vec<_> = (0..5000).map(key).collect();
    for key in &full {
        assert!(!matches!(
            reserve(store, *key, &budget),
            Reserved::Unvouched
        ));
    }
    let shared = store.shared_reservations();
    assert!(shared > 4000, "{shared}");
    // The lines of their own empty first, since nothing prolongs them.
    let late = full[4999];
    tested.clock.advance(day / 2);
    let _either = reserve(store, late, &budget);
    let _either = reserve(store, late, &budget);
    tested.clock.advance(day / 2 + Duration::from_secs(1));
    let before = store.shared_reservations();
    let _either = reserve(store, late, &budget);
    assert_eq!(
        store.shared_reservations(),
        before + 1,
        "what it did is counted there"
    );
    tested.clock.advance(day * 3);
    assert!(is_granted(reserve(store, late, &budget)));
    assert_eq!(store.shared_reservations(), before + 1, "and now by itself");
}

#[test]
fn nothing_is_shut_for_good_in_a_shared_place() {
    let tested = small(0);
    let budget = Budget::failures(1).hard_stop(2);
    for _ in 0..10 {
        assert!(is_granted(reserve(&tested.store, key(1), &budget)));
        let Reserved::Shut(delay) = reserve(&tested.store, key(1), &budget) else {
            panic!("it is shut")
        };
        assert!(delay <= budget.longest_delay());
        tested.clock.advance(delay);
    }
}

#[test]
fn vouching_takes_the_place_of_the_one_that_ends_first() {
    let tested = small(0);
    let (store, budget) = (&tested.store, Budget::allowance(1));
    let minute = Duration::from_secs(60);
    // One stripe has a single set of four places without capacity: 64 of them.
    for number in 0..10_000 {
        let time = minute * u32::try_from(number + 1).expect("few");
        settle(store, key(number), u64::MAX, Settlement::Vouch(time));
    }
    let known = (0..10_000).filter(|it| is_granted(reserve(store, key(*it), &budget)));
    let known: Vec<_> = known.collect();
    assert_eq!(known.len(), 256);
    assert!(
        known.iter().all(|it| *it > 8000),
        "the longest are kept: {known:?}"
    );
}

#[test]
fn the_default_has_room_for_65_536_keys() {
    let store = MemoryThrottleStore::default();
    assert_eq!((store.capacity(), store.held()), (65_536, 0));
    assert_eq!(store.with_capacity(1).capacity(), 512);
    let shown = format!("{:?}", MemoryThrottleStore::new());
    assert_eq!(
        shown,
        "MemoryThrottleStore { capacity: 65536, shared_reservations: 0, .. }"
    );
}

#[test]
fn the_checks_that_wait_for_nothing_pass_in_real_time() {
    let clock = SystemClock::new();
    let real = || RealTime {
        store: MemoryThrottleStore::new().with_clock(clock),
        clock,
    };
    conformance::exactly_the_limit_is_granted_to_200_at_once(&real());
    conformance::a_success_clears_its_key(&real());
    conformance::a_flood_opens_nothing(&real());
}
