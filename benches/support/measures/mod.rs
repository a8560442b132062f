//! The measures of a case.
//!
//! Each measure starts this program again in a new process, so that no case is affected by the memory, the threads or
//! the caches of another.

pub(crate) mod callgrind;
#[cfg_attr(
    not(all(target_os = "linux", target_arch = "x86_64")),
    path = "no_steps.rs"
)]
pub(crate) mod steps;
pub(crate) mod times;

use std::path::PathBuf;
use std::process::Command;

use super::contender::{Contender, Side};

/// The number of requests that each contender answers before its measure begins.
const WARM_UP: usize = 20;

/// Subtracts the figure of the bare side from that of the whole side, for each contender.
fn net(figures: &[u64]) -> impl Iterator<Item = u64> + '_ {
    let pairs = figures.chunks_exact(Side::BOTH.len());
    pairs.map(|sides| sides[0].saturating_sub(sides[1]))
}

/// The command that runs this program as the child process that measures `case`.
fn child(measure: &str, case: &str) -> Command {
    let mut command = Command::new(this_program());
    command.args([measure, case]);
    command
}

fn this_program() -> PathBuf {
    std::env::current_exe().expect("this program has a path")
}

/// Loads `len` requests and some more, which the contender answers at once to warm up.
fn warm_up(contender: &mut Contender, side: Side, len: usize) {
    contender.load(WARM_UP + len);
    contender.answer(side, WARM_UP);
}
