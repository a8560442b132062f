//! Counts the instructions of a whole server and the misses of its first-level caches, in the simulation of valgrind's
//! cachegrind. Cachegrind does not see the kernel.
//!
//! Between two requests of one connection, a server runs the code of its kernel, of hyper and of the router. That is more
//! than the first-level caches hold, so a layer costs the cache lines that it touches, and not only its instructions. Unlike
//! the requests in a second, these counts are the same in each run, except for a few. Another build may place the code
//! elsewhere, which changes the code misses by up to 60, so compare rows of one run.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::load;
use super::serve::Server;
use super::{kill, port_of};

/// How many requests each connection sends in the two runs. The difference of the runs does not contain the start of the
/// server.
const RUNS: [usize; 2] = [10, 60];

/// The counts of a run.
#[derive(Clone, Copy)]
struct Counts {
    requests: u64,
    instructions: u64,
    code_misses: u64,
    data_misses: u64,
}

/// Prints the counts of one request to each server.
pub(crate) fn print(servers: impl Iterator<Item = &'static Server>) {
    let [instructions, code, data] = ["instructions", "code misses", "data misses"];
    println!("{:34} {instructions:>12} {code:>12} {data:>12}", "server");
    for server in servers {
        let [short, long] = RUNS.map(|each| run(server, each));
        let requests = long.requests - short.requests;
        let for_one = |count: fn(Counts) -> u64| (count(long) - count(short)) / requests;
        println!(
            "{:34} {:>12} {:>12} {:>12}",
            server.name,
            for_one(|counts| counts.instructions),
            for_one(|counts| counts.code_misses),
            for_one(|counts| counts.data_misses),
        );
    }
}

fn run(server: &Server, each: usize) -> Counts {
    let file = std::env::temp_dir().join(format!("cachegrind.{}", std::process::id()));
    let mut process = start(server.name, &file);
    let sent = load::send_each(port_of(&mut process), server.traffic, each);
    kill(process);
    let counts = Counts::read(&file, sent as u64);
    fs::remove_file(file).expect("cachegrind has written the file");
    counts
}

/// Starts a server under cachegrind.
fn start(name: &str, file: &Path) -> Child {
    let program = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new("valgrind");
    let command = command
        .args(["--tool=cachegrind", "--cache-sim=yes", "--quiet"])
        .arg(format!("--cachegrind-out-file={}", file.display()))
        .arg(program)
        .args(["--serve", name])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let process = command.spawn();
    process.expect("valgrind simulates the caches: apt-get install valgrind")
}

impl Counts {
    /// Reads the file of cachegrind. Its line `events:` names the events, and its line `summary:` has the sum of each.
    fn read(file: &Path, requests: u64) -> Self {
        let text = fs::read_to_string(file).expect("cachegrind writes the file when it ends");
        let values = |start: &str| {
            let mut lines = text.lines();
            let line = lines.find_map(|line| line.strip_prefix(start));
            let line = line.expect("cachegrind writes the line");
            line.split_whitespace().collect::<Vec<_>>()
        };
        let (events, sums) = (values("events:"), values("summary:"));
        let sum = |name| {
            let place = events.iter().position(|event| *event == name);
            let sum = sums[place.expect("cachegrind counts the event")];
            sum.parse::<u64>().expect("cachegrind writes a number")
        };
        Self {
            requests,
            instructions: sum("Ir"),
            code_misses: sum("I1mr"),
            data_misses: sum("D1mr") + sum("D1mw"),
        }
    }
}
