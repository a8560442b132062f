//! Measures the instructions, allocations and time that the layer takes per request, in a table with a row for each
//! case.
//!
//! ```text
//! cargo bench -p benches --bench instructions
//! cargo bench -p benches --bench instructions -- digest    # the cases with "digest" in their names
//! ```
//!
//! Valgrind has to be installed. The rows below each case are its contract floor, which is the same work written by
//! hand without a framework, and its peers, which are other implementations. The columns:
//!
//! - `callgrind`: instructions, as valgrind's callgrind counts them. Each run has the same result, and the goals refer
//!   to this column. Valgrind's processor has no SHA instructions, so that hashes take more instructions here than on
//!   most servers.
//! - `allocations`: calls of `malloc` and the other functions that allocate.
//! - `real`: instructions, counted by stepping through a process on the processor of this machine; `-` if the requests of
//!   the case take long, or the system is not Linux on x86-64 or does not permit that.
//! - `time/floor`: the time divided by that of the floor, from alternating runs. This ratio varies less than seconds
//!   do.
//! - `goal`: the largest numbers that this crate may reach, and whether it meets them.
//!
//! All figures are net: those of a bare run are subtracted. In a bare run the same loop moves, answers and drops the
//! same requests without authentication. If the case accepts, the inner service answers in the bare run, as it does
//! behind the layer. If the case refuses, the layer never calls the inner service, so the bare run drops the request
//! and makes no response: the response is the work of the layer.

mod support;

use support::measures::{callgrind, steps, times};
use support::{cases, table};

fn main() {
    let args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let args = args.collect::<Vec<_>>();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => print(""),
        [callgrind::CHILD, name] => callgrind::work(case(name)),
        [steps::CHILD, name] => steps::work(&mut (case(name).contenders)()),
        [times::CHILD, name] => times::work(&mut (case(name).contenders)()),
        [part] => print(part),
        _ => panic!("usage: pass at most one argument, a part of the name of a case"),
    }
}

/// Prints the cases with `part` in their names.
fn print(part: &str) {
    table::print_head();
    let mut selected = cases::all()
        .filter(|case| case.name.contains(part))
        .peekable();
    assert!(
        selected.peek().is_some(),
        "no case has {part:?} in its name"
    );
    selected.for_each(table::print_case);
}

fn case(name: &str) -> &'static cases::Case {
    let case = cases::all().find(|case| case.name == name);
    case.expect("the parent names a case")
}
