//! Tests the rules with numbers and times at the limits of their types.

use std::time::Duration;

use proptest::prelude::*;
use tower_challenge::store::{
    FamiliarDecision, FamiliarLimit, FamiliarRecord, NetworkLimit, NetworkRecord, Settlement,
    ThrottleAttempt, ThrottleDecision, ThrottleLimits, ThrottleReceipt, UnfamiliarDecision,
    UnfamiliarLimit, UnfamiliarRecord,
};

use crate::throttle::{key, reserve, settle, small};

/// Limits and steps with times and numbers at the limits of their types.
fn extremes() -> impl Strategy<Value = (ThrottleLimits, Vec<(Duration, u8)>)> {
    let time = prop::sample::select(vec![
        Duration::ZERO,
        Duration::from_nanos(1),
        Duration::from_secs(1),
        Duration::from_secs(u64::from(u32::MAX)),
        Duration::from_millis(u64::MAX),
        Duration::MAX,
    ]);
    let count = || prop::sample::select(vec![0, 1, 2, u8::MAX]);
    let wide = prop::sample::select(vec![0, 1, 2, u32::MAX]);
    let times = [time.clone(), time.clone(), time.clone(), time.clone()];
    let steps = prop::collection::vec((time, any::<u8>()), 1..40);
    let numbers = ([count(), count(), count(), count()], wide);
    let limits = (numbers, times).prop_map(
        |((few, wide), [every, refill, memory, subscriber_period])| {
            let [failures, share, lockout, familiar] = few;
            ThrottleLimits::new()
                .unfamiliar(UnfamiliarLimit::new(failures, every, share).lockout_after(lockout))
                .familiar(FamiliarLimit::new(familiar, refill, memory))
                .subscriber(NetworkLimit::new(wide, subscriber_period))
                .subnet(NetworkLimit::new(wide, every))
        },
    );
    (limits, steps)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Arithmetic that overflows panics in tests, so this test fails on an overflow.
    #[test]
    fn extreme_numbers_and_times_cause_no_overflow((limits, steps) in extremes(), accounts in 0_usize..2) {
        let tested = small(accounts);
        let mut receipts = vec![
            ThrottleReceipt::new(ThrottleDecision::Counted, Duration::ZERO),
            ThrottleReceipt::new(ThrottleDecision::Repeated, Duration::MAX).with_note(u8::MAX),
            ThrottleReceipt::new(ThrottleDecision::Admitted, Duration::ZERO),
        ];
        for (time, kind) in steps {
            let receipt = receipts[usize::from(kind) % receipts.len()];
            let attempt = ThrottleAttempt::new(limits)
                .for_account(key(0), key(1), u32::from(kind % 3))
                .at_location(u32::from(kind) * 7)
                .on_network(key(2), key(3));
            match kind % 7 {
                0 => tested.clock.advance(time),
                1 => settle(&tested.store, &attempt, Settlement::Success(receipt)),
                2 => settle(&tested.store, &attempt, Settlement::Undone(receipt)),
                3 => settle(&tested.store, &attempt, Settlement::MarkFamiliar),
                4 => settle(&tested.store, &attempt, Settlement::Unlock),
                _ => receipts.push(reserve(&tested.store, &attempt)),
            }
            let _any = tested.store.entry_count();
        }
    }
}

/// Times in which one failure is forgiven: from at once to never.
const PERIODS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_nanos(1),
    Duration::from_secs(u32::MAX as u64),
    Duration::from_millis(u64::MAX),
    Duration::MAX,
];

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The start of a clock at zero, a time since the Unix epoch, and a time that no clock reaches.
const MOMENTS: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(1_800_000_000),
    Duration::from_millis(u64::MAX - 7),
];

#[test]
fn unfamiliar_locations_never_get_more_attempts_than_the_limit() {
    for now in MOMENTS {
        for (failures, share, lockout) in [
            (0, 0, 0),
            (1, u8::MAX, 0),
            (9, 0, 0),
            (9, u8::MAX, u8::MAX),
            (u8::MAX, u8::MAX, 0),
            (u8::MAX, u8::MAX, 1),
            (u8::MAX, 1, u8::MAX),
        ] {
            for every in PERIODS {
                let limits = UnfamiliarLimit::new(failures, every, share).lockout_after(lockout);
                let mut record = UnfamiliarRecord::default();
                let mut reserve = |tag, now| {
                    let subnet = Some([1, 2]);
                    let decision = record.reserve(tag, subnet, &limits, now);
                    usize::from(matches!(decision, UnfamiliarDecision::Counted { .. }))
                };
                let granted: usize = (0..600).map(|tag| reserve(tag, now)).sum();
                let most = failures.max(1).min(share.max(1));
                let most = if lockout == 0 {
                    most
                } else {
                    most.min(lockout)
                };
                assert_eq!(granted, usize::from(most), "{limits:?} at {now:?}");
                // A failure that time never forgives stays counted after 100 years.
                let later = now.saturating_add(YEAR * 100);
                let never = every > YEAR * 1000;
                assert!(reserve(1000, later) == 0 || !never, "{limits:?} at {now:?}");
            }
        }
    }
}

#[test]
fn a_network_never_gets_more_attempts_than_the_limit() {
    for now in MOMENTS {
        for failures in [0, 1, 50, u32::from(u16::MAX)] {
            for every in PERIODS {
                let limit = NetworkLimit::new(failures, every);
                let mut record = NetworkRecord::default();
                let tries = failures + 10;
                let granted = (0..tries).filter(|_| record.reserve(&limit, now).is_ok());
                let (granted, most) = (granted.count(), failures.max(1));
                let is_reachable = now < YEAR * 1000;
                let granted = u32::try_from(granted).unwrap();
                assert!(granted <= most, "{granted} by {limit:?} at {now:?}");
                assert!(
                    granted == most || !is_reachable,
                    "{granted} by {limit:?} at {now:?}"
                );
                let later = record.reserve(&limit, now.saturating_add(YEAR * 100));
                assert!(
                    later.is_err() || every < YEAR * 1000,
                    "{limit:?} at {now:?}"
                );
            }
        }
    }
    let widest = NetworkLimit::new(u32::MAX, Duration::MAX);
    let mut record = NetworkRecord::default();
    assert!((0..1000).all(|_| record.reserve(&widest, MOMENTS[1]).is_ok()));
}

#[test]
fn a_familiar_location_never_gets_more_attempts_than_the_limit() {
    for now in MOMENTS {
        for failures in [0, 1, 20, u8::MAX] {
            for (refill, memory) in [
                (Duration::ZERO, Duration::MAX),
                (Duration::MAX, Duration::MAX),
                (Duration::ZERO, Duration::ZERO),
            ] {
                let familiar = FamiliarLimit::new(failures, refill, memory);
                let mut record = FamiliarRecord::default();
                record.success(7, 0, &familiar, now);
                let tries = (1..600).filter(|tag| {
                    record.reserve(7, *tag, &familiar, now) == FamiliarDecision::Admitted
                });
                let most = if memory.is_zero() { 0 } else { failures };
                assert_eq!(tries.count(), usize::from(most), "{familiar:?} at {now:?}");
            }
        }
    }
}

/// Tries the same with the store in memory: with room for the account and its networks, and without.
#[test]
fn a_store_in_memory_never_grants_more_attempts_than_the_limit() {
    for accounts in [0, 64] {
        for every in PERIODS {
            for (failures, network) in [(0, 0), (1, u32::MAX), (u8::MAX, 3), (9, u32::MAX)] {
                let limits = ThrottleLimits::new()
                    .unfamiliar(UnfamiliarLimit::new(failures, every, u8::MAX))
                    .subscriber(NetworkLimit::new(network, every))
                    .subnet(NetworkLimit::new(u32::MAX, Duration::MAX));
                let tested = small(accounts);
                let granted = (0..600).filter(|tag| {
                    let attempt = ThrottleAttempt::new(limits)
                        .for_account(key(0), key(1), *tag)
                        .on_network(key(2), key(3));
                    reserve(&tested.store, &attempt).is_granted()
                });
                let most = network.max(1).min(failures.max(1).into());
                let granted = u32::try_from(granted.count()).unwrap();
                assert!(
                    granted <= most,
                    "{granted} of {most}, {accounts}: {limits:?}"
                );
            }
        }
    }
}
