//! Who wins a race: exactly one.

use std::panic::resume_unwind;
use std::sync::Barrier;
use std::thread;

use super::ask::{ClaimAnswer, count, once};
use super::backend::ReplayBackend;
use super::random::{SeededRandom, new_key};

pub(super) const RACERS: u32 = 32;
const ROUNDS: u32 = 500;

/// Of 32 callers who claim one key at the same time, one is granted it; 500 times over.
///
/// # Panics
///
/// Panics if another number of them is.
pub fn one_racer_gets_the_key<B: ReplayBackend>(backend: &B) {
    let rounds = backend.capacity().map_or(ROUNDS, fitting);
    for _ in 0..rounds {
        let key = new_key();
        one_wins(&race(|_| once(backend, key)), "a key");
    }
}

/// A quarter of the capacity, so that a store whose parts fill unevenly has room.
fn fitting(capacity: usize) -> u32 {
    u32::try_from(capacity / 4).map_or(ROUNDS, |keys| keys.clamp(1, ROUNDS))
}

/// Of 32 callers who claim one count of a key at the same time, one is granted it; for 500 counts of one key.
///
/// # Panics
///
/// Panics if another number of them is.
pub fn one_racer_gets_each_count<B: ReplayBackend>(backend: &B) {
    let mut random = SeededRandom::new();
    let key = new_key();
    for number in random.shuffled(ROUNDS) {
        one_wins(&race(|_| count(backend, key, number)), "a count");
    }
}

#[track_caller]
fn one_wins(answers: &[ClaimAnswer], what: &str) {
    let winners = answers.iter().filter(|answer| answer.is_first()).count();
    assert!(
        winners == 1,
        "{what}: must be First for one of {RACERS} callers, was for {winners}"
    );
}

/// What each of the racers, who start together, comes back with.
pub(super) fn race<T: Send>(run: impl Fn(u32) -> T + Sync) -> Vec<T> {
    race_of(RACERS, run)
}

/// The same with another number of them.
pub(super) fn race_of<T: Send>(racers: u32, run: impl Fn(u32) -> T + Sync) -> Vec<T> {
    let start = &Barrier::new(racers as usize);
    let run = &run;
    thread::scope(|scope| {
        let racer = |number| {
            scope.spawn(move || {
                start.wait();
                run(number)
            })
        };
        let racers: Vec<_> = (0..racers).map(racer).collect();
        let back = racers.into_iter().map(|racer| racer.join());
        back.map(|back| back.unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}
