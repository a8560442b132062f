//! The measures of a case. Each starts this program again in a process of its own, so that no case finds the memory, the
//! threads or the caches of another.

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

/// How many requests each contender answers before its measure begins.
const WARM_UP: usize = 20;

/// A figure of the whole side less that of the bare side.
fn net(figures: &[u64]) -> impl Iterator<Item = u64> + '_ {
    let pairs = figures.chunks_exact(Side::BOTH.len());
    pairs.map(|sides| sides[0].saturating_sub(sides[1]))
}

/// This program, as the child that measures `case` in this way.
fn child(measure: &str, case: &str) -> Command {
    let mut command = Command::new(this_program());
    command.args([measure, case]);
    command
}

fn this_program() -> PathBuf {
    std::env::current_exe().expect("this program has a path")
}

/// Loads `len` requests and some that are answered at once.
fn warm_up(contender: &mut Contender, side: Side, len: usize) {
    contender.load(WARM_UP + len);
    contender.answer(side, WARM_UP);
}
