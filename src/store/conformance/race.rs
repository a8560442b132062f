//! Checks that exactly one of several concurrent callers gets a claim.

use std::panic::resume_unwind;
use std::sync::Barrier;
use std::thread;

use super::ask::{ClaimAnswer, count, once};
use super::backend::ReplayBackend;
use super::random::{SeededRandom, new_key};

pub(super) const CALLERS: u32 = 32;
const ROUNDS: u32 = 500;

/// Checks, 500 times, that one of 32 concurrent callers with the same key gets it.
///
/// # Panics
///
/// Panics if no caller gets it, or more than one.
pub fn one_of_32_callers_gets_the_key<B: ReplayBackend>(backend: &B) {
    let rounds = backend.capacity().map_or(ROUNDS, fitting);
    for _ in 0..rounds {
        let key = new_key();
        one_wins(&run_32_concurrently(|_| once(backend, key)), "a key");
    }
}

/// Returns how many keys to use: a quarter of the capacity, so that a store whose parts fill unevenly has room.
fn fitting(capacity: usize) -> u32 {
    u32::try_from(capacity / 4).map_or(ROUNDS, |keys| keys.clamp(1, ROUNDS))
}

/// Checks, for 500 counts of one key, that one of 32 concurrent callers with the same count gets it.
///
/// # Panics
///
/// Panics if no caller gets it, or more than one.
pub fn one_of_32_callers_gets_each_count<B: ReplayBackend>(backend: &B) {
    let mut random = SeededRandom::new();
    let key = new_key();
    for number in random.shuffled(ROUNDS) {
        one_wins(
            &run_32_concurrently(|_| count(backend, key, number)),
            "a count",
        );
    }
}

#[track_caller]
fn one_wins(answers: &[ClaimAnswer], what: &str) {
    let winners = answers.iter().filter(|answer| answer.is_first()).count();
    assert!(
        winners == 1,
        "{what}: must be First for one of {CALLERS} callers, was for {winners}"
    );
}

/// Runs `run` on 32 threads that start together, and returns their results.
pub(super) fn run_32_concurrently<T: Send>(run: impl Fn(u32) -> T + Sync) -> Vec<T> {
    run_concurrently(CALLERS, run)
}

/// Runs `run` on `callers` threads that start together, and returns their results.
pub(super) fn run_concurrently<T: Send>(callers: u32, run: impl Fn(u32) -> T + Sync) -> Vec<T> {
    let start = &Barrier::new(callers as usize);
    let run = &run;
    thread::scope(|scope| {
        let caller = |number| {
            scope.spawn(move || {
                start.wait();
                run(number)
            })
        };
        let callers: Vec<_> = (0..callers).map(caller).collect();
        let results = callers.into_iter().map(|caller| caller.join());
        results
            .map(|result| result.unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}
