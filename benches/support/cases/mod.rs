//! The cases: each is a row of the table, with its floor and its peers below it.

mod accepted;
mod digest;
mod dpop;
mod hoba;
mod introspection;
mod jwt;
mod mutual;
mod refused;
mod scram;
mod sigv4;
mod throttle;
mod vapid;

use super::contender::Contender;

/// A case. Its first contender is this crate.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) goal: Option<Goal>,
    /// Whether a request takes so long that only a few are counted, and none is stepped through.
    pub(crate) is_long: bool,
    /// Makes new contenders, which remember nothing from earlier runs.
    pub(crate) contenders: fn() -> Vec<Contender>,
}

impl Case {
    const fn new(name: &'static str, contenders: fn() -> Vec<Contender>) -> Self {
        Self {
            name,
            goal: None,
            is_long: false,
            contenders,
        }
    }

    const fn long(mut self) -> Self {
        self.is_long = true;
        self
    }

    /// The number of requests of each side that callgrind counts.
    pub(crate) const fn counted(&self) -> usize {
        if self.is_long { 5 } else { 200 }
    }

    const fn goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }
}

/// The largest numbers that this crate may reach.
#[derive(Clone, Copy)]
pub(crate) struct Goal {
    pub(crate) most: Most,
    pub(crate) allocations: Option<u64>,
}

/// The largest number of instructions, as callgrind counts them.
#[derive(Clone, Copy)]
pub(crate) enum Most {
    Instructions(u64),
    /// So many without those of the row [`HASHES`](super::contender::HASHES).
    BeyondHashes(u64),
    /// So many times those of the row [`CHECK`](super::contender::CHECK).
    TimesCheck(f64),
}

impl Goal {
    const fn instructions(most: u64) -> Self {
        Self::of(Most::Instructions(most))
    }

    const fn beyond_hashes(most: u64) -> Self {
        Self::of(Most::BeyondHashes(most))
    }

    const fn times_check(most: f64) -> Self {
        Self::of(Most::TimesCheck(most))
    }

    const fn of(most: Most) -> Self {
        Self {
            most,
            allocations: None,
        }
    }

    const fn allocations(mut self, allocations: u64) -> Self {
        self.allocations = Some(allocations);
        self
    }
}

/// All cases, in the order of the table.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    let rooms = [
        accepted::CASES,
        refused::CASES,
        digest::CASES,
        scram::CASES,
        mutual::CASES,
        sigv4::CASES,
        jwt::CASES,
        introspection::CASES,
        dpop::CASES,
        vapid::CASES,
        hoba::CASES,
        throttle::CASES,
    ];
    rooms.into_iter().flatten()
}
