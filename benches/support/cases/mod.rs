//! The cases: each is a row of the table, with its floor and its peers below it.

mod accepted;
mod digest;
mod refused;
mod sigv4;
mod throttle;

use super::contender::Contender;

/// A case. Its first contender is this crate.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) goal: Option<Goal>,
    /// Makes new contenders, which remember nothing from earlier runs.
    pub(crate) contenders: fn() -> Vec<Contender>,
}

impl Case {
    const fn new(name: &'static str, contenders: fn() -> Vec<Contender>) -> Self {
        Self {
            name,
            goal: None,
            contenders,
        }
    }

    const fn goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }
}

/// The largest numbers that this crate may reach.
#[derive(Clone, Copy)]
pub(crate) struct Goal {
    /// The number of instructions, as callgrind counts them.
    pub(crate) instructions: u64,
    pub(crate) allocations: Option<u64>,
    /// Whether the goal excludes the instructions of the hashes.
    pub(crate) beyond_hashes: bool,
}

impl Goal {
    const fn instructions(instructions: u64) -> Self {
        Self {
            instructions,
            allocations: None,
            beyond_hashes: false,
        }
    }

    const fn beyond_hashes(instructions: u64) -> Self {
        let goal = Self::instructions(instructions);
        Self {
            beyond_hashes: true,
            ..goal
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
        sigv4::CASES,
        throttle::CASES,
    ];
    rooms.into_iter().flatten()
}
