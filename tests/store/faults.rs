//! Tests that the suite passes a replay store without a fault, and fails every store with a planted fault for the right
//! reason.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tower_challenge::store::conformance::replay_store;

use crate::backend::Tested;
use crate::plain::{Fault, Plain};

/// More than twice as many keys as any check claims, except the checks of a full store.
const CAPACITY: usize = 600;

/// Each fault, with a part of the message in which the suite must name it.
const FAULTS: &[(Fault, &str)] = &[
    (
        Fault::GrantsAll,
        "claimed a second time: must be NotFirst, was Ok(First)",
    ),
    (
        Fault::GrantsNone,
        "which is unclaimed: must be First, was Ok(NotFirst)",
    ),
    (
        Fault::FailsAlways,
        "which is unclaimed: must be First, was Err",
    ),
    (
        Fault::CountsOnlyUpwards,
        "which is unclaimed: must be First, was Ok(NotFirst)",
    ),
    (
        Fault::CountsFromZero,
        "count 0, which is out of range: must be NotFirst, was Ok(First)",
    ),
    (
        Fault::CountsInTwelveBits,
        "count 4097, which is out of range: must be NotFirst, was Ok(First)",
    ),
    (
        Fault::ClaimsTheClampedCount,
        "count 1, after some out of range: must be First, was Ok(NotFirst)",
    ),
    (
        Fault::KeepsHalfOfTheKey,
        "a key, after keys that differ in one bit: must be First",
    ),
    (
        Fault::IgnoresOneBit,
        "a key, after keys that differ in one bit: must be First",
    ),
    (
        Fault::OnceForgetsCounts,
        "a count, after its key was claimed once: must not be First",
    ),
    (
        Fault::CountForgetsOnce,
        "a key claimed once, after counts of it: must not be First",
    ),
    (
        Fault::RaceConditionForKeys,
        "a key: must be First for one of 32 callers",
    ),
    (
        Fault::RaceConditionForCounts,
        "a count: must be First for one of 32 callers",
    ),
    (Fault::HalfTheTtl, "a key within its ttl: must be NotFirst"),
    (
        Fault::ALittleLessThanTheTtl,
        "a key within its ttl: must be NotFirst",
    ),
    (
        Fault::TtlOfTheFirstClaim,
        "a count within the ttl of a later one: must be NotFirst",
    ),
    (
        Fault::TtlOfTheLastClaim,
        "a key, after a shorter claim of it: must be NotFirst",
    ),
    (
        Fault::TtlInThirtyTwoBits,
        "a use that is claimed for centuries: must not be First",
    ),
    (Fault::PanicsAtALongTtl, "overflow when adding durations"),
    (
        Fault::EvictsWhenFull,
        "the store granted 2400 keys, but has room for 600",
    ),
    (
        Fault::WipesWhenFull,
        "a count that a full store holds: must be NotFirst, was Ok(First)",
    ),
    (
        Fault::NotFirstWhenFull,
        "a new key: must be First or an error, was NotFirst",
    ),
    (
        Fault::HoldsOneTooMany,
        "the store granted 601 keys, but has room for 600",
    ),
    (
        Fault::HoldsLessThanHalf,
        "the store was full with 299 of 600 keys",
    ),
    (Fault::StaysFull, "the store was full with 0 of 600 keys"),
    (
        Fault::RefusesHeldKeysWhenFull,
        "a count that a full store holds: must be NotFirst, was Err",
    ),
    (
        Fault::RaceConditionForRoom,
        "concurrent callers were granted ",
    ),
    (
        Fault::IgnoresHolders,
        "one account holds 600 of 600 keys, and of 150 others 0 were granted one",
    ),
    (
        Fault::GrantsOneAccountTooLittle,
        "an account alone was granted 150 of 600 keys",
    ),
    (
        Fault::GrantsOneKeyPerAccount,
        "an account alone was granted 1 of 600 keys",
    ),
    (
        Fault::EpochOfTheMoment,
        "the store lost nothing, but the epoch has changed",
    ),
    (Fault::NoEpoch, "the store does not tell its epoch"),
    (
        Fault::SameEpochAfterLoss,
        "a key of the epoch before a loss: must not be First",
    ),
    (
        Fault::IgnoresLoss,
        "from before a loss again under the old epoch",
    ),
    (
        Fault::SameEpochAndNoClaimAfterLoss,
        "the store lost its data, but the epoch is the same",
    ),
    (
        Fault::IgnoresTheEpochOfAKey,
        "a key of another epoch: must be NotFirst",
    ),
    (Fault::DeadAfterLoss, "the store grants no key after a loss"),
    (
        Fault::RevivesWithTheOldEnd,
        "a claimed use: must be NotFirst, was Ok(First)",
    ),
];

#[test]
fn a_store_without_a_fault_passes_the_suite() {
    replay_store(|| planted(Fault::None));
}

#[test]
fn the_suite_finds_and_names_every_planted_fault() {
    let missed = FAULTS.iter().filter_map(|(fault, expected)| {
        let message = verdict(*fault);
        (!message.contains(expected)).then(|| format!("{fault:?}: {message}"))
    });
    assert_eq!(missed.collect::<Vec<_>>(), Vec::<String>::new());
    println!("{} faults found", FAULTS.len());
}

fn planted(fault: Fault) -> Tested<Plain> {
    let mut tested = Tested::new(|clock| Plain::new(clock, CAPACITY, fault));
    tested.capacity = Some(CAPACITY);
    tested.lose = Plain::lose;
    tested
}

/// Returns the message with which the suite fails a store with this fault.
fn verdict(fault: Fault) -> String {
    let run = catch_unwind(AssertUnwindSafe(|| replay_store(|| planted(fault))));
    let Err(panic) = run else {
        return "nothing wrong".to_owned();
    };
    let text = panic.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| (*panic.downcast_ref::<&str>().expect("a panic message")).to_owned())
}
