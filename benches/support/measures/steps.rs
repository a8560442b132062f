//! Counts instructions as the processor executes them, by stepping through a child process (`ptrace(2)`).
//!
//! Unlike callgrind, this measure uses the processor's own SHA instructions. The child stops itself before and after
//! each run. It makes a short run and a longer one. The difference between the two does not contain the fixed cost of a
//! run. A repeated string instruction counts once for each repetition.

use std::process::Child;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::ptrace;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use super::{child, net, warm_up};
use crate::support::contender::{Contender, Side};

/// The numbers of requests in the two runs.
const RUNS: [usize; 2] = [1, 5];

/// The argument that makes this program the child.
pub(crate) const CHILD: &str = "--steps";

/// The exit status of the child if the system does not permit tracing.
const NOT_PERMITTED: i32 = 77;

/// Counts the instructions of each contender for one request. Returns `None` if the system does not permit tracing.
pub(crate) fn count(case: &str) -> Option<Vec<u64>> {
    let runs = on_one_processor(|| {
        let process = child(CHILD, case).spawn();
        step_through(process.expect("this program can be started"))
    })?;
    let requests = (RUNS[1] - RUNS[0]) as u64;
    let sides = runs.chunks_exact(RUNS.len());
    let sides: Vec<_> = sides.map(|runs| (runs[1] - runs[0]) / requests).collect();
    Some(net(&sides).collect())
}

/// Keeps this thread and the processes that it starts on one processor. Otherwise each step would have to switch
/// between processors twice, which is slow.
fn on_one_processor<T>(f: impl FnOnce() -> T) -> T {
    let this = Pid::from_raw(0);
    let before = sched_getaffinity(this).ok();
    let allowed = |all: &CpuSet| (0..CpuSet::count()).find(|cpu| all.is_set(*cpu) == Ok(true));
    if let Some(cpu) = before.as_ref().and_then(allowed) {
        let mut one = CpuSet::new();
        // If this fails, the steps only take longer.
        let _ = one.set(cpu).and_then(|()| sched_setaffinity(this, &one));
    }
    let result = f();
    let _ = before.map(|before| sched_setaffinity(this, &before));
    result
}

/// Counts the instructions of the child in each run. A run begins at each odd stop of the child and ends at the next
/// stop.
fn step_through(mut process: Child) -> Option<Vec<u64>> {
    let pid = Pid::from_raw(process.id().try_into().expect("a process id"));
    let (mut runs, mut counting) = (Vec::new(), false);
    loop {
        match waitpid(pid, None) {
            Ok(WaitStatus::Stopped(_, Signal::SIGTRAP)) => *runs.last_mut()? += 1,
            Ok(WaitStatus::Stopped(_, Signal::SIGSTOP)) => {
                counting = !counting;
                if counting {
                    runs.push(0);
                }
            }
            Ok(WaitStatus::Exited(_, 0)) => return Some(runs),
            Ok(WaitStatus::Exited(_, NOT_PERMITTED)) => return None,
            end => panic!("the child process ended unexpectedly: {end:?}"),
        }
        let resumed = match counting {
            true => ptrace::step(pid, None),
            false => ptrace::cont(pid, None),
        };
        if resumed.is_err() {
            process.kill().expect("the child process can be killed");
            return None;
        }
    }
}

/// Runs in the child process: each side of each contender in turn.
pub(crate) fn work(contenders: &mut [Contender]) {
    if ptrace::traceme().is_err() {
        std::process::exit(NOT_PERMITTED);
    }
    for contender in contenders {
        for side in Side::BOTH {
            warm_up(contender, side, RUNS.iter().sum());
            for len in RUNS {
                stop();
                let wrong = contender.measured(side, len);
                stop();
                assert_eq!(wrong, 0, "{}: a response of another status", contender.name);
            }
        }
    }
}

fn stop() {
    raise(Signal::SIGSTOP).expect("a process may signal itself");
}
