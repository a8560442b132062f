//! The suite passes a store without fault, and fails every other for the right reason.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tower_challenge::store::conformance::replay_store;

use crate::backend::Tested;
use crate::plain::{Fault, Plain};

/// More than twice what any check but those of a full store claims.
const CAPACITY: usize = 600;

/// Each fault, and what the suite must say of it.
const FAULTS: &[(Fault, &str)] = &[
    (
        Fault::GrantsAll,
        "claimed a second time: must be NotFirst, was Ok(First)",
    ),
    (
        Fault::GrantsNone,
        "which nobody has claimed: must be First, was Ok(NotFirst)",
    ),
    (
        Fault::FailsAlways,
        "which nobody has claimed: must be First, was Err",
    ),
    (
        Fault::CountsOnlyUpwards,
        "which nobody has claimed: must be First, was Ok(NotFirst)",
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
        Fault::SpendsWhatItClamps,
        "count 1, after some out of range: must be First, was Ok(NotFirst)",
    ),
    (
        Fault::KeepsHalfOfTheKey,
        "a key, after others that resemble it: must be First",
    ),
    (
        Fault::OverlooksOneBit,
        "a key, after others that resemble it: must be First",
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
        Fault::RacesForKeys,
        "a key: must be First for one of 32 callers",
    ),
    (
        Fault::RacesForCounts,
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
        "what was claimed for centuries: must not be First",
    ),
    (Fault::PanicsAtALongTtl, "overflow when adding durations"),
    (
        Fault::EvictsWhenFull,
        "it granted 2400 keys, and has room for 600",
    ),
    (
        Fault::WipesWhenFull,
        "a count that a full store holds: must be NotFirst, was Ok(First)",
    ),
    (
        Fault::AgainWhenFull,
        "a new key: must be First or an error, was NotFirst",
    ),
    (
        Fault::HoldsOneTooMany,
        "it granted 601 keys, and has room for 600",
    ),
    (Fault::HoldsLessThanHalf, "it was full with 299 of 600 keys"),
    (Fault::StaysFull, "it was full with 0 of 600 keys"),
    (
        Fault::RefusesKnownKeysWhenFull,
        "a count that a full store holds: must be NotFirst, was Err",
    ),
    (Fault::RacesForRoom, "racers were granted "),
    (
        Fault::NoticesNoHolder,
        "one account holds 600 of 600 keys, and of 150 others 0 were granted one",
    ),
    (
        Fault::GivesNobodyHalf,
        "an account alone was granted 150 of 600 keys",
    ),
    (
        Fault::RefusesWhoeverHasAKey,
        "an account alone was granted 1 of 600 keys",
    ),
    (
        Fault::EpochOfTheMoment,
        "nothing was lost, but the epoch has changed",
    ),
    (Fault::NoEpoch, "its epoch cannot be known"),
    (
        Fault::SameEpochAfterLoss,
        "a key of the epoch before a loss: must not be First",
    ),
    (Fault::NoticesNoLoss, "is granted again under the old epoch"),
    (
        Fault::SameEpochAndNoClaimAfterLoss,
        "the memory is lost, but the epoch is the same",
    ),
    (
        Fault::NoticesNoEpoch,
        "a key of another epoch: must be NotFirst",
    ),
    (Fault::DeadAfterLoss, "it grants no key after a loss"),
    (
        Fault::RevivesWithTheOldEnd,
        "what is claimed: must be NotFirst, was Ok(First)",
    ),
];

#[test]
fn a_store_without_fault_passes() {
    replay_store(|| planted(Fault::None));
}

#[test]
fn every_planted_fault_is_found_and_named() {
    let missed = FAULTS.iter().filter_map(|(fault, sentence)| {
        let said = verdict(*fault);
        (!said.contains(sentence)).then(|| format!("{fault:?}: {said}"))
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

/// What the suite says of a store with this fault.
fn verdict(fault: Fault) -> String {
    let run = catch_unwind(AssertUnwindSafe(|| replay_store(|| planted(fault))));
    let Err(panic) = run else {
        return "nothing wrong".to_owned();
    };
    let text = panic.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| (*panic.downcast_ref::<&str>().expect("a sentence")).to_owned())
}
