//! Counts instructions and allocations with valgrind's callgrind. Each run has exactly the same result.
//!
//! Valgrind's processor has no SHA instructions, so hashes are computed in software there.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{net, this_program, warm_up};
use crate::support::cases::Case;
use crate::support::contender::Side;

/// The argument that makes this program the child.
pub(crate) const CHILD: &str = "--callgrind";

/// The instructions and allocations of a contender for one request.
pub(crate) struct Count {
    pub(crate) instructions: u64,
    pub(crate) allocations: u64,
}

/// Counts `Contender::measured`, once for each contender and side.
pub(crate) fn count(case: &Case) -> Vec<Count> {
    let folder = std::env::temp_dir().join(format!("callgrind.{}", std::process::id()));
    fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
    let status = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--quiet",
            "--toggle-collect=*Contender::measured",
            "--dump-after=*Contender::measured",
        ])
        .arg(format!(
            "--callgrind-out-file={}",
            folder.join("out").display()
        ))
        .arg(this_program())
        .args([CHILD, case.name])
        .stderr(Stdio::null())
        .status()
        .expect("valgrind counts the instructions: apt-get install valgrind");
    assert!(status.success(), "{}: {status}", case.name);
    let profiles = profiles(&folder);
    fs::remove_dir_all(&folder).expect("the folder can be removed");
    per_request(&profiles, case.counted())
}

/// Reads the profiles that callgrind wrote each time `measured` returned, without those of the warm-ups.
///
/// The profile of a warm-up contains all calls since the previous profile, with those that made the requests.
fn profiles(folder: &Path) -> Vec<Profile> {
    let path = |number: usize| folder.join(format!("out.{number}"));
    let texts = (2..).step_by(2);
    let texts = texts.map_while(|number| fs::read_to_string(path(number)).ok());
    texts.map(|text| Profile::read(&text)).collect()
}

fn per_request(profiles: &[Profile], requests: usize) -> Vec<Count> {
    let instructions: Vec<_> = profiles
        .iter()
        .map(|profile| profile.instructions)
        .collect();
    let allocations: Vec<_> = profiles.iter().map(|profile| profile.allocations).collect();
    let counts = net(&instructions).zip(net(&allocations));
    let counts = counts.map(|(instructions, allocations)| Count {
        instructions: rounded(instructions, requests),
        allocations: rounded(allocations, requests),
    });
    counts.collect()
}

fn rounded(of_all: u64, requests: usize) -> u64 {
    let requests = requests as u64;
    (of_all + requests / 2) / requests
}

/// Runs in the child process: each side of each contender in turn.
pub(crate) fn work(case: &Case) {
    let (contenders, requests) = (&mut (case.contenders)(), case.counted());
    for contender in contenders {
        for side in Side::BOTH {
            warm_up(contender, side, requests);
            contender.answer(side, requests);
        }
    }
}

/// The figures of callgrind for a run.
struct Profile {
    instructions: u64,
    allocations: u64,
}

/// The functions that allocate.
const ALLOCATORS: [&str; 4] = ["malloc", "calloc", "realloc", "posix_memalign"];

impl Profile {
    /// Reads a profile. A single line has the total. Each call has two lines: the first names the callee, and the
    /// second has the number of calls.
    fn read(profile: &str) -> Self {
        let mut lines = profile.lines();
        let total = lines.find_map(|line| line.strip_prefix("totals: "));
        let mut names = HashMap::new();
        let (mut allocations, mut allocates) = (0, false);
        for line in profile.lines() {
            let named = line
                .strip_prefix("fn=")
                .or_else(|| line.strip_prefix("cfn="));
            if let Some((id, name)) = named.and_then(|named| named.split_once(' ')) {
                names.insert(id, name);
            }
            if let Some(callee) = line.strip_prefix("cfn=") {
                let id = callee.split(' ').next().unwrap_or_default();
                allocates = names.get(id).is_some_and(|name| ALLOCATORS.contains(name));
            } else if let Some(calls) = line.strip_prefix("calls=").filter(|_| allocates) {
                let count = calls.split(' ').next().unwrap_or_default();
                allocations += count.parse::<u64>().expect("callgrind writes a number");
            }
        }
        Self {
            instructions: total
                .expect("callgrind writes a total")
                .trim()
                .parse()
                .expect("callgrind writes a number"),
            allocations,
        }
    }
}
