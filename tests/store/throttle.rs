//! Tests that the suite passes a throttle store without a fault, and fails every store with a planted fault for the
//! right reason. Tests also that `MemoryThrottleStore` passes the suite, and keeps the promises that the suite does not
//! check.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::store::conformance::{self, ThrottleBackend, throttle_store};
use tower_challenge::store::{
    ClaimKey, FamiliarDecision, FamiliarLimit, FamiliarRecord, MemoryThrottleStore, NetworkLimit,
    NetworkRecord, Settlement, ThrottleAttempt, ThrottleDecision, ThrottleLimits, ThrottleReceipt,
    ThrottleStore, UnfamiliarLimit, UnfamiliarRecord,
};

use crate::backend::Tested;
use crate::plain_throttle::{PlainThrottle, ThrottleFault};
use crate::watchdog::Watchdog;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

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

/// Each fault, with a part of the message in which the suite must name it.
const FAULTS: &[(ThrottleFault, &str)] = &[
    (
        ThrottleFault::FailsAlways,
        "the store must decide, was down",
    ),
    (
        ThrottleFault::GrantsOneTooMany,
        "an attempt after 1: must be Wait, was Counted",
    ),
    (
        ThrottleFault::GrantsOneTooFew,
        "attempt 2 of 2: must be Counted, was Wait",
    ),
    (ThrottleFault::RaceCondition, "of 1000 callers, was to "),
    (
        ThrottleFault::KeepsHalfOfTheKey,
        "a key, after keys that differ in one bit: must be Counted",
    ),
    (
        ThrottleFault::IgnoresSubscribers,
        "an exhausted subscriber: must be Wait",
    ),
    (
        ThrottleFault::IgnoresSubnets,
        "an exhausted subscriber: must be Wait",
    ),
    (
        ThrottleFault::RefusalCountsForTheSubscriber,
        "a subscriber whose attempts an account refused: must be Counted",
    ),
    (
        ThrottleFault::RefusalCountsForTheAccount,
        "an account whose attempts a subscriber refused: must be Counted",
    ),
    (
        ThrottleFault::NoShareForSubnets,
        "a subnet that holds its share: must be Wait",
    ),
    (
        ThrottleFault::CountsRepeats,
        "the same password: must be Repeated, was Counted",
    ),
    (
        ThrottleFault::RepeatsAreFreeForTheSubscriber,
        "a subscriber at its limit: must be Wait",
    ),
    (
        ThrottleFault::ExhaustedAccountAdmitsRepeats,
        "must be Wait, was Repeated",
    ),
    (
        ThrottleFault::SuccessForgetsFailures,
        "an account after one attempt was returned: must be Wait",
    ),
    (
        ThrottleFault::SuccessReturnsNoAttempt,
        "the attempt that was returned: must be Counted",
    ),
    (
        ThrottleFault::UndoneReturnsNoAttempt,
        "a returned attempt: must be Counted",
    ),
    (
        ThrottleFault::ReturnsJoinedAttempt,
        "an attempt that a repeat joined, undone: 1 must be",
    ),
    (
        ThrottleFault::ReturnsLateAttempt,
        "an attempt undone late: the account must have none left",
    ),
    (ThrottleFault::WaitIsTooLong, "the wait must be at most"),
    (
        ThrottleFault::WaitIsTooShort,
        "after the wait: must be Counted",
    ),
    (
        ThrottleFault::TimeForgivesNothing,
        "after the first was forgiven: must be Counted, was Repeated",
    ),
    (ThrottleFault::TimeForgivesTooSoon, "half periods: "),
    (ThrottleFault::UsesTheWallClock, "step of the clock"),
    (ThrottleFault::NoFamiliarLocations, "must be Admitted"),
    (
        ThrottleFault::EveryLocationIsFamiliar,
        "must be Wait, was Admitted",
    ),
    (
        ThrottleFault::FamiliarForEver,
        "a location that was familiar once: must be Counted",
    ),
    (
        ThrottleFault::FamiliarInEverySpelling,
        "under another spelling: must not be Admitted",
    ),
    (
        ThrottleFault::TimeRefillsFamiliarLocations,
        "must be Counted, was Admitted",
    ),
    (
        ThrottleFault::NoLockout,
        "the fifth failure begins a lockout",
    ),
    (
        ThrottleFault::MarkFamiliarKeepsLockout,
        "after the end of a lockout: must be Counted",
    ),
    (
        ThrottleFault::MarkFamiliarAddsNoLocation,
        "a location that was marked familiar: must be Admitted",
    ),
    (
        ThrottleFault::UnlockDoesNothing,
        "after the end of a lockout: must be Counted",
    ),
    (
        ThrottleFault::UnlockForgetsAllAccounts,
        "another account, after an unlock: must be Wait",
    ),
    (ThrottleFault::EvictsWhenFull, "after a flood: must be Wait"),
];

#[test]
fn a_throttle_store_without_a_fault_passes_the_suite() {
    throttle_store(|| Tested::new(|clock| PlainThrottle::new(clock, ThrottleFault::None)));
}

#[test]
fn the_suite_finds_and_names_every_planted_throttle_fault() {
    let missed = FAULTS.iter().filter_map(|(fault, expected)| {
        let message = verdict(*fault);
        (!message.contains(expected)).then(|| format!("{fault:?}: {message}"))
    });
    assert_eq!(missed.collect::<Vec<_>>(), Vec::<String>::new());
    println!("{} faults found", FAULTS.len());
}

/// Returns the message with which the suite fails a store with this fault.
fn verdict(fault: ThrottleFault) -> String {
    let planted = || Tested::new(|clock| PlainThrottle::new(clock, fault));
    let run = catch_unwind(AssertUnwindSafe(|| throttle_store(planted)));
    let Err(panic) = run else {
        return "nothing wrong".to_owned();
    };
    let text = panic.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| (*panic.downcast_ref::<&str>().expect("a panic message")).to_owned())
}

#[test]
fn the_throttle_store_in_memory_passes_the_suite() {
    throttle_store(|| Tested::new(|clock| MemoryThrottleStore::new().with_clock(clock)));
}

/// A store with the clock of the system, which a test cannot set.
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

#[test]
fn the_store_in_memory_passes_the_checks_that_let_no_time_pass_in_real_time() {
    let clock = SystemClock::new();
    let real = || RealTime {
        store: MemoryThrottleStore::new().with_clock(clock),
        clock,
    };
    conformance::the_store_grants_exactly_the_limit_to_1000_callers_at_once(&real());
    conformance::an_undone_or_successful_attempt_is_returned(&real());
    conformance::a_flood_returns_no_attempts_to_an_exhausted_account(&real());
}

/// Makes an empty store with room for `accounts` accounts, and a clock that the test sets.
pub(crate) fn small(accounts: usize) -> Tested<MemoryThrottleStore> {
    Tested::new(|clock| {
        MemoryThrottleStore::new()
            .with_capacity(accounts)
            .with_clock(clock)
    })
}

pub(crate) fn key(number: u128) -> ClaimKey {
    let spread = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let spread = (spread ^ (spread >> 64)).wrapping_mul(0xda94_2042_e4dd_58b5_d120_2e8b_9f7d_c8b1);
    ClaimKey::new((spread ^ (spread >> 64)).to_be_bytes())
}

/// Makes an attempt at the account with this number, with the default limits.
fn attempt(account: u128, tag: u32) -> ThrottleAttempt {
    attempt_by(ThrottleLimits::new(), account, tag)
}

fn attempt_by(limits: ThrottleLimits, account: u128, tag: u32) -> ThrottleAttempt {
    ThrottleAttempt::new(limits).for_account(key(account * 2), key(account * 2 + 1), tag)
}

pub(crate) fn reserve(store: &MemoryThrottleStore, attempt: &ThrottleAttempt) -> ThrottleReceipt {
    store
        .reserve(attempt)
        .try_now()
        .expect("at once")
        .expect("no error")
}

pub(crate) fn settle(store: &MemoryThrottleStore, attempt: &ThrottleAttempt, how: Settlement) {
    store
        .settle(attempt, how)
        .try_now()
        .expect("at once")
        .expect("no error");
}

/// Returns how many attempts with new passwords are left, and exhausts them.
fn left(store: &MemoryThrottleStore, account: u128) -> usize {
    let tags = 1000..1100;
    let granted = tags.take_while(|tag| reserve(store, &attempt(account, *tag)).is_granted());
    granted.count()
}

#[test]
fn a_full_store_refuses_accounts_too_early_and_never_too_late() {
    for accounts in [0, 64, 4096] {
        let tested = small(accounts);
        for number in 0..6000 {
            let granted = left(&tested.store, number);
            assert!(granted <= 20, "account {number} of {accounts}: {granted}");
        }
        assert!(tested.store.entry_count() <= accounts * 2);
        assert!(tested.store.shared_reservations() > 0);
        for number in 0..6000 {
            assert_eq!(left(&tested.store, number), 0, "{number}");
        }
    }
}

#[test]
fn an_account_in_shared_slots_has_19_failures_and_one_more_each_day() {
    let tested = small(0);
    assert_eq!(left(&tested.store, 1), 19);
    tested.clock.advance(DAY / 2);
    assert_eq!(left(&tested.store, 1), 0);
    tested.clock.advance(DAY / 2);
    assert_eq!(left(&tested.store, 1), 1);
    tested.clock.advance(DAY * 3);
    assert_eq!(left(&tested.store, 1), 3);
    let right = reserve(&tested.store, &attempt(2, 7));
    settle(&tested.store, &attempt(2, 7), Settlement::Success(right));
    assert_eq!(
        left(&tested.store, 2),
        19,
        "a success returns its own attempt"
    );
}

/// The slots have forgotten an attempt that is undone in a later period. Undoing it must not return a later attempt.
#[test]
fn undoing_an_attempt_in_shared_slots_late_returns_no_attempt() {
    let tested = small(0);
    let early = reserve(&tested.store, &attempt(1, 7));
    tested.clock.advance(DAY);
    assert_eq!(left(&tested.store, 1), 19);
    settle(&tested.store, &attempt(1, 7), Settlement::Undone(early));
    assert_eq!(left(&tested.store, 1), 0);
}

#[test]
fn a_flood_leaves_few_accounts_without_an_empty_slot() {
    let tested = small(0);
    for number in 0..80_000 {
        assert!(reserve(&tested.store, &attempt(number, 1)).is_granted());
    }
    let full = (1_000_000..1_000_200).filter(|number| left(&tested.store, *number) < 19);
    assert!(
        full.count() <= 2,
        "most accounts have an empty slot among their four"
    );
}

/// Each of the two networks of an attempt is the first to be exhausted once.
#[test]
fn an_undone_attempt_in_shared_slots_is_returned_to_its_network_and_its_account() {
    let (few, many) = (NetworkLimit::new(3, DAY), NetworkLimit::new(30, DAY));
    for (subscriber, subnet) in [(few, many), (many, few)] {
        let tested = small(0);
        let limits = ThrottleLimits::new().subscriber(subscriber).subnet(subnet);
        let attempt = ThrottleAttempt::new(limits).on_network(key(1), key(2));
        let granted = || {
            let receipts = (0..100).map(|_| reserve(&tested.store, &attempt));
            let receipts = receipts.take_while(ThrottleReceipt::is_granted);
            receipts.collect::<Vec<_>>()
        };
        let receipts = granted();
        assert_eq!(receipts.len(), 3);
        settle(&tested.store, &attempt, Settlement::Undone(receipts[2]));
        assert_eq!(granted().len(), 1);
    }
    let tested = small(0);
    let receipt = reserve(&tested.store, &attempt(1, 1));
    settle(&tested.store, &attempt(1, 1), Settlement::Undone(receipt));
    assert_eq!(left(&tested.store, 1), 19);
}

#[test]
fn an_account_stays_in_shared_slots_until_they_have_forgotten_it() {
    let _watchdog = Watchdog::start("the store has no attempt left");
    let tested = small(64);
    for number in 0..2000 {
        let _either = reserve(&tested.store, &attempt(number, 1));
    }
    let late = 5000;
    assert_eq!(left(&tested.store, late), 19);
    let shared = tested.store.shared_reservations();
    // After two days the store may forget the accounts of the flood, so it has room.
    tested.clock.advance(DAY * 3);
    assert_eq!(
        left(&tested.store, late),
        3,
        "the slots still count its attempts"
    );
    assert_eq!(tested.store.shared_reservations(), shared + 4);
    tested.clock.advance(DAY * 30);
    assert_eq!(
        left(&tested.store, late),
        20,
        "the account has a record of its own now"
    );
}

#[test]
fn a_full_store_refuses_networks_too_early_and_never_too_late() {
    let (tested, hour) = (small(0), Duration::from_secs(3600));
    let few = NetworkLimit::new(3, hour);
    let limits = ThrottleLimits::new().subscriber(few);
    let from = |subscriber: u128, account: u128| {
        let attempt = attempt_by(limits, account, 1);
        attempt.on_network(key(1_000_000 + subscriber), key(2_000_000 + subscriber))
    };
    let mut account = 0;
    let mut granted = |subscriber| {
        let tries = (0..5).filter(|_| {
            account += 1;
            reserve(&tested.store, &from(subscriber, account)).is_granted()
        });
        tries.count()
    };
    for subscriber in 0..5000 {
        assert!(granted(subscriber) <= 3, "subscriber {subscriber}");
    }
    for subscriber in 0..5000 {
        assert_eq!(granted(subscriber), 0, "subscriber {subscriber}");
    }
    tested.clock.advance(hour * 3);
    assert_eq!(granted(7), 3);
}

/// The record of a subscriber is idle until the attempt is counted in it. When the store makes room for the record of
/// the subnet, it must not forget that of the subscriber. Otherwise the subscriber would get one attempt more in a
/// store with room for one record.
#[test]
fn a_subscriber_keeps_its_record_while_the_store_makes_room_for_its_subnet() {
    let (tested, hour) = (small(64), Duration::from_secs(3600));
    let limits = ThrottleLimits::new().subscriber(NetworkLimit::new(3, hour));
    for period in 0..3 {
        let tries = (0..5).filter(|account| {
            let attempt = attempt_by(limits, period * 10 + account, 1);
            let attempt = attempt.on_network(key(1_000_000), key(2_000_000));
            reserve(&tested.store, &attempt).is_granted()
        });
        assert_eq!(tries.count(), 3, "period {period}");
        tested.clock.advance(hour * 3);
    }
}

#[test]
fn shared_slots_find_no_repeat_and_begin_no_lockout() {
    let tested = small(0);
    let unfamiliar = UnfamiliarLimit::new(5, DAY, 1).lockout_after(2);
    let limits = ThrottleLimits::new().unfamiliar(unfamiliar);
    for _ in 0..4 {
        let receipt = reserve(&tested.store, &attempt_by(limits, 1, 7));
        assert_eq!(receipt.decision(), ThrottleDecision::Counted);
    }
    let receipt = reserve(&tested.store, &attempt_by(limits, 1, 7));
    assert_eq!(receipt.decision(), ThrottleDecision::Wait(DAY));
}

/// A settlement whose receipt refused the attempt changes nothing.
#[test]
fn a_refused_attempt_cannot_be_settled() {
    let few = NetworkLimit::new(3, DAY);
    let tested = small(64);
    let attempt = |tag| {
        let limits = ThrottleLimits::new().subscriber(few).subnet(few);
        attempt_by(limits, 1, tag)
            .on_network(key(8), key(9))
            .at_location(7)
    };
    for tag in 0..3 {
        assert!(reserve(&tested.store, &attempt(tag)).is_granted());
    }
    let refused = reserve(&tested.store, &attempt(3));
    assert!(!refused.is_granted());
    settle(&tested.store, &attempt(3), Settlement::Undone(refused));
    assert!(!reserve(&tested.store, &attempt(3)).is_granted());
    settle(&tested.store, &attempt(3), Settlement::Success(refused));
    let again = reserve(&tested.store, &attempt(3));
    assert!(!again.is_granted(), "the location is not familiar");
}

/// Time has forgiven an attempt that is a whole period old.
#[test]
fn a_network_gets_an_attempt_back_only_within_a_period() {
    let limit = NetworkLimit::new(2, DAY);
    for (age, left) in [(DAY - Duration::from_millis(1), 1), (DAY, 1), (DAY * 2, 2)] {
        let mut record = NetworkRecord::default();
        let start = DAY * 9;
        assert!((0..2).all(|_| record.reserve(&limit, start).is_ok()));
        record.give_back(&limit, start, start + age);
        let granted = (0..9).take_while(|_| record.reserve(&limit, start + age).is_ok());
        assert_eq!(granted.count(), left, "{age:?}");
    }
}

#[test]
fn an_attempt_without_its_account_or_network_has_only_the_other_keys() {
    let both = attempt(1, 7).on_network(key(8), key(9)).at_location(3);
    let keys = |attempt: &ThrottleAttempt| {
        let account = [attempt.unfamiliar_key(), attempt.familiar_key()];
        let network = [attempt.subscriber_key(), attempt.subnet_key()];
        [account, network].map(|keys| keys.map(|key| key.is_some()))
    };
    assert_eq!(keys(&both), [[true; 2], [true; 2]]);
    assert_eq!(keys(&both.without_account()), [[false; 2], [true; 2]]);
    assert_eq!(keys(&both.without_network()), [[true; 2], [false; 2]]);
    assert_eq!(keys(&attempt(1, 7)), [[true, false], [false; 2]]);
    let none = ThrottleLimits::new().familiar(FamiliarLimit::new(0, DAY, DAY));
    let none = attempt_by(none, 1, 7).at_location(3);
    assert_eq!(keys(&none), [[true, false], [false; 2]]);
}

#[test]
fn a_store_with_room_forgets_no_familiar_location() {
    let tested = small(4096);
    let at_home = |account| attempt(account, 1).at_location(7);
    for account in 0..100 {
        let receipt = reserve(&tested.store, &at_home(account));
        let success = Settlement::Success(receipt);
        settle(&tested.store, &at_home(account), success);
    }
    for account in 0..100 {
        let decision = reserve(&tested.store, &at_home(account)).decision();
        assert_eq!(decision, ThrottleDecision::Admitted, "{account}");
    }
    assert!(tested.store.entry_count() >= 100);
}

/// Each of the 64 parts of the table forgets the account of its own that was unused for longest.
#[test]
fn a_full_store_forgets_the_familiar_locations_of_the_account_unused_for_longest() {
    for (capacity, room, earliest) in [(256, 64, 1400), (2048, 512, 700)] {
        let tested = small(capacity);
        let log_in = |account: u128| {
            let attempt = attempt(account, 1).at_location(7);
            let receipt = reserve(&tested.store, &attempt);
            settle(&tested.store, &attempt, Settlement::Success(receipt));
            receipt.decision() == ThrottleDecision::Admitted
        };
        for account in 0..2000 {
            assert!(!log_in(account), "a first login");
            tested.clock.advance(Duration::from_secs(1));
        }
        let familiar = (0..2000).filter(|account| {
            let receipt = reserve(&tested.store, &attempt(*account, 1).at_location(7));
            receipt.decision() == ThrottleDecision::Admitted
        });
        let familiar: Vec<_> = familiar.collect();
        assert_eq!(familiar.len(), room);
        assert!(
            familiar.iter().all(|account| *account > earliest),
            "the accounts that logged in last are familiar: {familiar:?}"
        );
    }
}

#[test]
fn the_default_store_has_room_for_65_536_accounts() {
    let store = MemoryThrottleStore::default();
    assert_eq!((store.capacity(), store.entry_count()), (65_536, 0));
    assert_eq!(store.with_capacity(1).capacity(), 64);
    let shown = format!("{:?}", MemoryThrottleStore::new());
    assert_eq!(
        shown,
        "MemoryThrottleStore { capacity: 65536, shared_reservations: 0, .. }"
    );
}

#[test]
fn a_seventeenth_location_replaces_a_location_used_on_one_day_only() {
    let familiar = ThrottleLimits::new().familiar_limit();
    let mut record = FamiliarRecord::default();
    let mut log_in = |location, day: u32| record.success(location, 0, &familiar, DAY * day).is_new;
    assert!((1..=16).all(|location| log_in(location, 1)));
    assert!(!log_in(1, 2), "the first location was used on two days");
    assert!((3..=16).all(|location| !log_in(location, 4)));
    assert!(log_in(17, 5));
    assert!(
        !log_in(1, 6),
        "the second was unused for longest of those used on one day"
    );
    assert!(log_in(2, 6), "and now replaces the seventeenth");
    assert!(log_in(17, 6), "which replaces it again");
    // All sixteen were used on two days, so the location that was unused for longest is replaced.
    assert!(!log_in(17, 7));
    assert!(log_in(18, 8));
    assert!(log_in(3, 8));
    // A location that is no longer familiar is replaced before any other.
    assert!(!log_in(3, 9));
    assert!(log_in(19, 97));
    assert!(!log_in(3, 97));
}

#[test]
fn an_undone_attempt_at_a_familiar_location_is_returned_unless_a_repeat_joined_it() {
    let limit = FamiliarLimit::new(2, DAY, DAY * 90);
    let mut record = FamiliarRecord::default();
    record.success(1, 0, &limit, DAY);
    let mut reserve_and_undo = |reserved: &[u32], undone: Option<u32>| {
        let mut admits = |tag| record.reserve(1, tag, &limit, DAY) == FamiliarDecision::Admitted;
        let admitted: Vec<bool> = reserved.iter().map(|tag| admits(*tag)).collect();
        if let Some(tag) = undone {
            record.undo(1, tag);
        }
        admitted
    };
    // Two requests have had the password 10 compared, so it stays counted.
    assert_eq!(reserve_and_undo(&[10, 10], Some(10)), [true, true]);
    assert_eq!(reserve_and_undo(&[11, 12], Some(11)), [true, false]);
    assert_eq!(reserve_and_undo(&[13, 14], Some(10)), [true, false]);
    assert_eq!(reserve_and_undo(&[14], None), [false]);
}

#[test]
fn a_new_location_returns_failures_to_its_network_once_a_day() {
    let familiar = ThrottleLimits::new().familiar_limit();
    let mut record = FamiliarRecord::default();
    let mut gives = |location, at| record.success(location, 0, &familiar, at).gives_credit;
    assert!(gives(1, DAY));
    assert!(!gives(2, DAY), "the second on a day");
    assert!(!gives(1, DAY * 2), "a location that is familiar");
    assert!(gives(3, DAY * 2));
    assert!(!gives(4, DAY * 3 - Duration::from_secs(1)));
}

/// A full store may forget a record only after time has forgiven its attempts, and rest has reset the count towards a
/// lockout.
#[test]
fn a_record_of_unfamiliar_locations_is_idle_when_no_failure_counts_in_it() {
    let never = UnfamiliarLimit::new(3, DAY, 3);
    let at_two = never.lockout_after(2);
    for (limits, attempts, idle_after) in [
        (never, 1, Some(1)),
        (never, 3, Some(3)),
        (at_two, 1, Some(2)),
        (at_two, 2, None),
    ] {
        let mut record = UnfamiliarRecord::default();
        assert!(record.is_idle(&limits, Duration::ZERO));
        for tag in 0..attempts {
            record.reserve(tag, None, &limits, Duration::ZERO);
        }
        let idle = (0..100).find(|day| record.is_idle(&limits, DAY * *day));
        assert_eq!(idle, idle_after, "{attempts} attempts by {limits:?}");
        record.unlock();
        assert!(record.is_idle(&limits, Duration::ZERO));
    }
}
