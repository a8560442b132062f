//! Budgets and moments at the ends of their types.

use std::time::Duration;

use proptest::prelude::*;
use tower_challenge::store::{Budget, Reserved, Settlement};

use crate::throttle::{key, reserve, settle, small};

/// Times, delays and limits at the ends of their types, and moments at the end of time.
fn extremes() -> impl Strategy<Value = (Budget, Vec<(Duration, u8)>)> {
    let time = prop::sample::select(vec![
        Duration::ZERO,
        Duration::from_nanos(1),
        Duration::from_secs(1),
        Duration::from_nanos(u64::MAX - 1),
        Duration::from_nanos(u64::MAX),
        Duration::MAX,
    ]);
    let count = prop::sample::select(vec![0, 1, 2, u32::MAX - 1, u32::MAX]);
    let times = [time.clone(), time.clone(), time.clone(), time.clone()];
    let counts = (count.clone(), prop::option::of(count));
    let steps = prop::collection::vec((time, any::<u8>()), 1..40);
    let budget = (counts, times, any::<(bool, bool)>());
    let budget = budget.prop_map(
        |((limit, stop), [first, longest, every, memory], (own, recovers))| {
            let budget = if own {
                Budget::failures(limit)
            } else {
                Budget::allowance(limit)
            };
            let budget = budget.delay(first, longest).memory(memory);
            let budget = if recovers {
                budget.recovery(every)
            } else {
                budget
            };
            stop.map_or(budget, |stop| budget.hard_stop(stop))
        },
    );
    (budget, steps)
}

proptest! {
    /// In tests, arithmetic that overflows panics.
    #[test]
    fn no_extreme_of_a_budget_or_of_time_overflows((budget, steps) in extremes(), keys in 0_usize..2) {
        let tested = small(keys);
        let mut numbers = vec![0, 1, u64::MAX - 1, u64::MAX];
        for (time, what) in steps {
            let number = numbers[usize::from(what) % numbers.len()];
            match what % 6 {
                0 => tested.clock.advance(time),
                1 => settle(&tested.store, key(0), number, Settlement::Clear),
                2 => settle(&tested.store, key(0), number, Settlement::Return),
                3 => settle(&tested.store, key(0), number, Settlement::Vouch(time)),
                _ => match reserve(&tested.store, key(0), &budget) {
                    Reserved::Granted { generation, .. } => numbers.push(generation),
                    Reserved::Shut(delay) => prop_assert!(delay > Duration::ZERO),
                    Reserved::Unvouched => prop_assert!(budget.is_allowance()),
                },
            }
            let _any = tested.store.held();
        }
    }
}
