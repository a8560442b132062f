//! Numbers and moments at the ends of their types.

use std::time::Duration;

use proptest::prelude::*;
use tower_challenge::store::{
    KnownPlaces, NetworkLimit, Settlement, Strangers, ThrottleAttempt, ThrottleDecision,
    ThrottleLimits, ThrottleReceipt,
};

use crate::throttle::{key, reserve, settle, small};

/// Times and numbers at the ends of their types, and moments at the end of time.
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
    let limits = (numbers, times).prop_map(|((few, wide), [every, refill, memory, line])| {
        let [failures, share, stop, known] = few;
        ThrottleLimits::new()
            .strangers(Strangers::new(failures, every, share).stop_after(stop))
            .known(KnownPlaces::new(known, refill, memory))
            .line(NetworkLimit::new(wide, line))
            .neighbourhood(NetworkLimit::new(wide, every))
    });
    (limits, steps)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// In tests, arithmetic that overflows panics.
    #[test]
    fn no_extreme_of_a_number_or_of_time_overflows((limits, steps) in extremes(), accounts in 0_usize..2) {
        let tested = small(accounts);
        let mut receipts = vec![
            ThrottleReceipt::new(ThrottleDecision::Counted, Duration::ZERO),
            ThrottleReceipt::new(ThrottleDecision::Again, Duration::MAX).with_note(u8::MAX),
            ThrottleReceipt::new(ThrottleDecision::Admitted, Duration::ZERO),
        ];
        for (time, what) in steps {
            let receipt = receipts[usize::from(what) % receipts.len()];
            let attempt = ThrottleAttempt::new(limits)
                .for_account(key(0), key(1), u32::from(what % 3))
                .at_place(u32::from(what) * 7)
                .on_network(key(2), key(3));
            match what % 7 {
                0 => tested.clock.advance(time),
                1 => settle(&tested.store, &attempt, Settlement::Right(receipt)),
                2 => settle(&tested.store, &attempt, Settlement::Undone(receipt)),
                3 => settle(&tested.store, &attempt, Settlement::Vouch),
                4 => settle(&tested.store, &attempt, Settlement::Release),
                _ => receipts.push(reserve(&tested.store, &attempt)),
            }
            let _any = tested.store.held();
        }
    }
}
