//! Checks a replay store against a plain map.

use std::collections::BTreeSet;
use std::time::Duration;

use super::ask::{ClaimAnswer, count_briefly, once_briefly, pass_until};
use super::backend::ReplayBackend;
use super::random::{SeededRandom, new_key};
use crate::store::ClaimKey;

const STEPS: u32 = 4000;
const KEYS: usize = 12;
const COUNTS: u32 = 200;

/// Checks in thousands of random steps that the store answers as a plain map would. The steps are the same in every
/// run.
///
/// # Panics
///
/// Panics at the first answer that differs.
pub fn the_store_agrees_with_a_plain_map<B: ReplayBackend>(backend: &B) {
    let mut random = SeededRandom::seeded(1);
    let mut key_states = key_states(backend);
    for step in 0..STEPS {
        let chosen = random.below(u32::MAX) as usize % key_states.len();
        let key_state = &mut key_states[chosen];
        match random.below(64) {
            0 | 1 => backend.pass(backend.ttl() * random.below(100) / 400),
            2 => pass_until(
                backend,
                key_state.until.saturating_sub(Duration::from_nanos(1)),
            ),
            3 => pass_until(backend, key_state.until),
            _ => key_state.claim(backend, random.below(COUNTS) + 1, step),
        }
    }
}

/// The entry of the plain map for one key.
struct KeyState {
    key: ClaimKey,
    kind: ClaimKind,
    /// The numbers that are claimed. The store must refuse them before `until`.
    live: BTreeSet<u32>,
    until: Duration,
    /// The numbers whose claims have expired. The store may grant them again or refuse them, because the contract does
    /// not say when a store must forget.
    expired: BTreeSet<u32>,
}

#[derive(Clone, Copy)]
enum ClaimKind {
    Once,
    Counted,
}

/// Makes keys of both kinds, as many as surely have room.
fn key_states<B: ReplayBackend>(backend: &B) -> Vec<KeyState> {
    let room = backend.capacity().unwrap_or(usize::MAX) / 2;
    let kinds = [ClaimKind::Counted, ClaimKind::Once].into_iter().cycle();
    kinds
        .take(room.clamp(1, KEYS))
        .map(|kind| KeyState::new(new_key(), kind))
        .collect()
}

impl KeyState {
    const fn new(key: ClaimKey, kind: ClaimKind) -> Self {
        Self {
            key,
            kind,
            live: BTreeSet::new(),
            until: Duration::ZERO,
            expired: BTreeSet::new(),
        }
    }

    fn claim<B: ReplayBackend>(&mut self, backend: &B, number: u32, step: u32) {
        let earliest_end = backend.now() + backend.ttl();
        let (number, answer) = match self.kind {
            ClaimKind::Once => (0, once_briefly(backend, self.key)),
            ClaimKind::Counted => (number, count_briefly(backend, self.key, number)),
        };
        if backend.now() >= self.until {
            self.expired.append(&mut self.live);
        }
        self.judge(number, &answer, step);
        self.record(number, &answer, earliest_end);
    }

    fn judge(&self, number: u32, answer: &ClaimAnswer, step: u32) {
        if self.live.contains(&number) {
            answer.must_be_not_first(&format!("step {step}: a claimed use"));
        } else if !self.expired.contains(&number) {
            answer.must_be_first(&format!("step {step}: an unclaimed use"));
        } else {
            answer.must_not_be_an_error(&format!("step {step}: an expired use"));
        }
    }

    fn record(&mut self, number: u32, answer: &ClaimAnswer, earliest_end: Duration) {
        if answer.is_first() {
            self.expired.remove(&number);
            self.live.insert(number);
            self.until = self.until.max(earliest_end);
        }
    }
}
