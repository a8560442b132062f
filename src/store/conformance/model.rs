//! What a store that could not fail would answer.

use std::collections::BTreeSet;
use std::time::Duration;

use super::ask::{ClaimAnswer, count_briefly, once_briefly, pass_until};
use super::backend::ReplayBackend;
use super::random::{SeededRandom, new_key};
use crate::store::ClaimKey;

const STEPS: u32 = 4000;
const KEYS: usize = 12;
const COUNTS: u32 = 200;

/// In thousands of random steps, the store answers as a plain map would. The steps are the same in every run.
///
/// # Panics
///
/// Panics at the first answer that is another.
pub fn it_agrees_with_a_plain_map<B: ReplayBackend>(backend: &B) {
    let mut random = SeededRandom::seeded(1);
    let mut lines = lines(backend);
    for step in 0..STEPS {
        let chosen = random.below(u32::MAX) as usize % lines.len();
        let line = &mut lines[chosen];
        match random.below(64) {
            0 | 1 => backend.pass(backend.ttl() * random.below(100) / 400),
            2 => pass_until(backend, line.until.saturating_sub(Duration::from_nanos(1))),
            3 => pass_until(backend, line.until),
            _ => line.claim(backend, random.below(COUNTS) + 1, step),
        }
    }
}

/// The plain map: what is known of one key.
struct KeyState {
    key: ClaimKey,
    kind: ClaimKind,
    /// What is claimed, and must be refused before `until`.
    kept: BTreeSet<u32>,
    until: Duration,
    /// What was claimed and may be granted again, or not: nothing says when a store has to forget.
    lapsed: BTreeSet<u32>,
}

#[derive(Clone, Copy)]
enum ClaimKind {
    Once,
    Counted,
}

/// As many keys as surely have room, of both kinds.
fn lines<B: ReplayBackend>(backend: &B) -> Vec<KeyState> {
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
            kept: BTreeSet::new(),
            until: Duration::ZERO,
            lapsed: BTreeSet::new(),
        }
    }

    fn claim<B: ReplayBackend>(&mut self, backend: &B, number: u32, step: u32) {
        let earliest_end = backend.now() + backend.ttl();
        let (number, answer) = match self.kind {
            ClaimKind::Once => (0, once_briefly(backend, self.key)),
            ClaimKind::Counted => (number, count_briefly(backend, self.key, number)),
        };
        if backend.now() >= self.until {
            self.lapsed.append(&mut self.kept);
        }
        self.judge(number, &answer, step);
        self.learn(number, &answer, earliest_end);
    }

    fn judge(&self, number: u32, answer: &ClaimAnswer, step: u32) {
        if self.kept.contains(&number) {
            answer.must_be_again(&format!("step {step}: what is claimed"));
        } else if !self.lapsed.contains(&number) {
            answer.must_be_first(&format!("step {step}: what nobody has claimed"));
        } else {
            answer.must_not_be_an_error(&format!("step {step}: what has expired"));
        }
    }

    fn learn(&mut self, number: u32, answer: &ClaimAnswer, earliest_end: Duration) {
        if answer.is_first() {
            self.lapsed.remove(&number);
            self.kept.insert(number);
            self.until = self.until.max(earliest_end);
        }
    }
}
