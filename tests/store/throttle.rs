//! The suite passes a throttle store without fault, and fails every other for the right reason; `MemoryThrottleStore` passes
//! it, and keeps the promises that the suite does not know of.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::store::conformance::{self, ThrottleBackend, throttle_store};
use tower_challenge::store::{
    ClaimKey, FamiliarRecord, MemoryThrottleStore, NetworkLimit, Settlement, ThrottleAttempt,
    ThrottleDecision, ThrottleLimits, ThrottleReceipt, ThrottleStore, UnfamiliarLimit,
    UnfamiliarRecord,
};

use crate::backend::Tested;
use crate::plain_throttle::{PlainThrottle, Slip};

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

/// Each fault, and what the suite must say of it.
const SLIPS: &[(Slip, &str)] = &[
    (Slip::FailsAlways, "must be told, was down"),
    (
        Slip::OneLate,
        "an attempt after 1: must be Wait, was Counted",
    ),
    (Slip::OneEarly, "attempt 2 of 2: must be Counted, was Wait"),
    (Slip::Races, "of 1000 callers, was to "),
    (
        Slip::KeepsHalfOfTheKey,
        "a key, after others that resemble it: must be Counted",
    ),
    (Slip::CountsNoLine, "a line that has no more: must be Wait"),
    (
        Slip::CountsNoNeighbourhood,
        "a line that has no more: must be Wait",
    ),
    (
        Slip::RefusedCountsForTheLine,
        "a line whose attempts an account refused: must be Counted",
    ),
    (
        Slip::RefusedCountsForTheAccount,
        "an account whose attempts a line refused: must be Counted",
    ),
    (
        Slip::NoShare,
        "a neighbourhood that holds its share: must be Wait",
    ),
    (
        Slip::CountsRepeats,
        "the same password: must be Repeated, was Counted",
    ),
    (Slip::RepeatsAreFree, "a line at its limit: must be Wait"),
    (Slip::FullAccountTellsRepeats, "must be Wait, was Repeated"),
    (
        Slip::SuccessClears,
        "an account after one was given back: must be Wait",
    ),
    (
        Slip::SuccessGivesNothingBack,
        "the attempt that was given back: must be Counted",
    ),
    (
        Slip::UndoneGivesNothingBack,
        "what was given back: must be Counted",
    ),
    (
        Slip::JoinedIsUndone,
        "a repeat joined, then undone: 1 must be",
    ),
    (
        Slip::LateIsUndone,
        "an attempt undone late: none must be left",
    ),
    (Slip::TellsTooMuch, "a wait was told as"),
    (
        Slip::TellsTooLittle,
        "after the wait that was told: must be Counted",
    ),
    (
        Slip::ForgivesNothing,
        "after the first was forgiven: must be Counted, was Repeated",
    ),
    (Slip::ForgivesTooSoon, "half periods: "),
    (Slip::GoesByTheWall, "step of the clock"),
    (Slip::NoKnownPlaces, "must be Admitted"),
    (Slip::EveryPlaceIsKnown, "must be Wait, was Admitted"),
    (
        Slip::KnownForEver,
        "a place that was known once: must be Counted",
    ),
    (
        Slip::KnownInEverySpelling,
        "under another spelling: must not be Admitted",
    ),
    (
        Slip::TimeRefillsKnownPlaces,
        "must be Counted, was Admitted",
    ),
    (Slip::NoStop, "the fifth stops strangers"),
    (
        Slip::VouchEndsNoStop,
        "after the end of a stop: must be Counted",
    ),
    (
        Slip::VouchMakesNoPlaceKnown,
        "a place that was vouched for: must be Admitted",
    ),
    (
        Slip::ReleaseDoesNothing,
        "after the end of a stop: must be Counted",
    ),
    (
        Slip::ReleaseForgetsAll,
        "another account, after a release: must be Wait",
    ),
    (Slip::EvictsWhenFull, "after a flood: must be Wait"),
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

/// The verdict of the suite on a store with this fault.
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

#[test]
fn the_checks_that_wait_for_nothing_pass_in_real_time() {
    let clock = SystemClock::new();
    let real = || RealTime {
        store: MemoryThrottleStore::new().with_clock(clock),
        clock,
    };
    conformance::exactly_the_limit_is_granted_to_1000_at_once(&real());
    conformance::what_is_given_back_was_none(&real());
    conformance::a_flood_opens_nothing(&real());
}

/// An empty store with a clock to set.
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

/// An attempt at the account with this number, by the numbers of the defaults.
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
        .expect("it is well")
}

pub(crate) fn settle(store: &MemoryThrottleStore, attempt: &ThrottleAttempt, how: Settlement) {
    store
        .settle(attempt, how)
        .try_now()
        .expect("at once")
        .expect("it is well");
}

/// How many attempts with new passwords there are, which this uses up.
fn left(store: &MemoryThrottleStore, account: u128) -> usize {
    let tags = 1000..1100;
    let granted = tags.take_while(|tag| reserve(store, &attempt(account, *tag)).is_granted());
    granted.count()
}

#[test]
fn a_store_without_room_refuses_too_early_and_never_too_late() {
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
fn an_account_in_shared_places_has_19_and_one_more_each_day() {
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
        "a success takes back its own attempt"
    );
}

/// An attempt that is undone in a later period was forgotten already. It would otherwise take back a later attempt.
#[test]
fn an_attempt_in_shared_places_undone_late_takes_nothing_back() {
    let tested = small(0);
    let early = reserve(&tested.store, &attempt(1, 7));
    tested.clock.advance(DAY);
    assert_eq!(left(&tested.store, 1), 19);
    settle(&tested.store, &attempt(1, 7), Settlement::Undone(early));
    assert_eq!(left(&tested.store, 1), 0);
}

#[test]
fn a_flood_leaves_few_accounts_in_full_places() {
    let tested = small(0);
    for number in 0..80_000 {
        assert!(reserve(&tested.store, &attempt(number, 1)).is_granted());
    }
    let full = (1_000_000..1_000_200).filter(|number| left(&tested.store, *number) < 19);
    assert!(full.count() <= 2, "the emptiest of four places is empty");
}

#[test]
fn an_account_keeps_to_the_shared_places_until_they_have_forgotten_it() {
    let tested = small(64);
    for number in 0..2000 {
        let _either = reserve(&tested.store, &attempt(number, 1));
    }
    let late = 5000;
    assert_eq!(left(&tested.store, late), 19);
    let shared = tested.store.shared_reservations();
    // The accounts of the flood are forgotten after two days, so that there is room.
    tested.clock.advance(DAY * 3);
    assert_eq!(
        left(&tested.store, late),
        3,
        "what it has done is counted there"
    );
    assert_eq!(tested.store.shared_reservations(), shared + 4);
    tested.clock.advance(DAY * 30);
    assert_eq!(left(&tested.store, late), 20, "and now by itself");
}

#[test]
fn networks_without_room_share_moments_too_early_and_never_too_late() {
    let (tested, hour) = (small(0), Duration::from_secs(3600));
    let few = NetworkLimit::new(3, hour);
    let limits = ThrottleLimits::new().subscriber(few);
    let from = |line: u128, account: u128| {
        let attempt = attempt_by(limits, account, 1);
        attempt.on_network(key(1_000_000 + line), key(2_000_000 + line))
    };
    let mut account = 0;
    let mut granted = |line| {
        let tries = (0..5).filter(|_| {
            account += 1;
            reserve(&tested.store, &from(line, account)).is_granted()
        });
        tries.count()
    };
    for line in 0..5000 {
        assert!(granted(line) <= 3, "line {line}");
    }
    for line in 0..5000 {
        assert_eq!(granted(line), 0, "line {line}");
    }
    tested.clock.advance(hour * 3);
    assert_eq!(granted(7), 3);
}

/// A neighbourhood that looks for room must not forget the record of its own line, which is idle until the attempt is
/// counted. With room for one record, the line would otherwise have one attempt more.
#[test]
fn a_line_keeps_its_record_while_its_subnet_looks_for_room() {
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
fn nothing_is_stopped_and_no_repeat_is_told_in_shared_places() {
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

#[test]
fn known_places_of_the_account_longest_unused_make_room() {
    let tested = small(256);
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
    let known = (0..2000).filter(|account| {
        let receipt = reserve(&tested.store, &attempt(*account, 1).at_location(7));
        receipt.decision() == ThrottleDecision::Admitted
    });
    let known: Vec<_> = known.collect();
    assert_eq!(known.len(), 64);
    assert!(
        known.iter().all(|account| *account > 1400),
        "the latest: {known:?}"
    );
}

#[test]
fn the_default_has_room_for_65_536_accounts() {
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
fn a_seventeenth_place_takes_that_of_one_used_on_one_day_only() {
    let known = ThrottleLimits::new().familiar_limit();
    let mut record = FamiliarRecord::default();
    let mut log_in = |place, day: u32| record.success(place, 0, &known, DAY * day).is_new;
    assert!((1..=16).all(|place| log_in(place, 1)));
    assert!(!log_in(1, 2), "used on two days");
    assert!((3..=16).all(|place| !log_in(place, 4)));
    assert!(log_in(17, 5));
    assert!(!log_in(1, 6), "the second was longest unused on one day");
    assert!(log_in(2, 6), "and now takes the place of the seventeenth");
    assert!(log_in(17, 6), "which takes it back");
    // All sixteen were used on two days: the one that was longest unused goes.
    assert!(!log_in(17, 7));
    assert!(log_in(18, 8));
    assert!(log_in(3, 8));
    // A place that is no longer known goes before any other.
    assert!(!log_in(3, 9));
    assert!(log_in(19, 97));
    assert!(!log_in(3, 97));
}

#[test]
fn a_new_place_gives_its_network_credit_once_a_day() {
    let known = ThrottleLimits::new().familiar_limit();
    let mut record = FamiliarRecord::default();
    let mut gives = |place, at| record.success(place, 0, &known, at).gives_credit;
    assert!(gives(1, DAY));
    assert!(!gives(2, DAY), "the second on a day");
    assert!(!gives(1, DAY * 2), "a place that is known");
    assert!(gives(3, DAY * 2));
    assert!(!gives(4, DAY * 3 - Duration::from_secs(1)));
}

/// A full store may forget a record only when time has forgiven its attempts, and rest what leads to a stop.
#[test]
fn a_record_of_unfamiliar_is_idle_when_nothing_counts_in_it() {
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
