//! Measures how many requests a whole server answers with authentication, divided by those that it answers without.
//!
//! ```text
//! cargo bench -p benches --bench servers
//! cargo bench -p benches --bench servers -- Digest
//! cargo bench -p benches --bench servers -- misses Digest
//! ```
//!
//! The second command measures only servers with `Digest` in their names, and those without authentication.
//! The third command counts their instructions and cache misses instead.
//!
//! Each server is a process of its own on the first processor: hyper with HTTP/1.1 on one thread. The client has the second
//! processor and 64 connections. All its requests are made before a run begins. The runs of the servers alternate, so that a
//! change of the machine's speed concerns all of them alike. The result is the median of the rounds. It needs two idle
//! processors.
#![expect(dead_code, reason = "the instruction bench uses the other parts")]

mod load;
mod misses;
mod processor;
mod serve;
#[path = "../support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use self::load::Traffic;
use self::serve::{SERVERS, Server};

/// How many times each server is measured.
const ROUNDS: usize = 9;

fn main() {
    let args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    match args.collect::<Vec<_>>().as_slice() {
        [] => measure(""),
        [serve, name] if serve == "--serve" => serve::run(name),
        [misses] if misses == "misses" => misses::print(selected("")),
        [misses, part] if misses == "misses" => misses::print(selected(part)),
        [part] => measure(part),
        _ => panic!("usage: [misses] [a part of the names of servers]"),
    }
}

/// Returns the servers with `part` in their names, and those without authentication.
fn selected(part: &str) -> impl Iterator<Item = &'static Server> {
    let is_selected =
        move |server: &&Server| server.name == server.base || server.name.contains(part);
    SERVERS.iter().filter(is_selected)
}

/// A server, and the requests of each second in each round.
struct Measured {
    name: &'static str,
    base: &'static str,
    traffic: Traffic,
    process: Child,
    port: u16,
    rates: Vec<f64>,
}

fn measure(part: &str) {
    processor::keep(1);
    let mut servers = selected(part)
        .map(|server| start(server.name, server.base, server.traffic))
        .collect::<Vec<_>>();
    for round in 0..=ROUNDS {
        for server in &mut servers {
            let rate = load::requests_per_second(server.port, server.traffic);
            // The first round warms up.
            if round > 0 {
                server.rates.push(rate);
            }
        }
    }
    println!("{:34} {:>10} {:>10}", "server", "requests/s", "ratio");
    for server in &servers {
        let base = servers.iter().find(|other| other.name == server.base);
        let base = base.map_or(&server.rates, |base| &base.rates);
        let ratios = server.rates.iter().zip(base);
        let ratio = median(ratios.map(|(rate, base)| rate / base).collect());
        let rate = median(server.rates.clone());
        println!("{:34} {rate:>10.0} {ratio:>10.3}", server.name);
    }
    servers.into_iter().for_each(|server| kill(server.process));
}

/// Starts a server in a process of its own.
fn start(name: &'static str, base: &'static str, traffic: Traffic) -> Measured {
    let program = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    let command = command.args(["--serve", name]).stdout(Stdio::piped());
    let mut process = command.spawn().expect("this program can be started");
    Measured {
        name,
        base,
        traffic,
        port: port_of(&mut process),
        process,
        rates: Vec::new(),
    }
}

/// Waits until a server prints its port.
fn port_of(server: &mut Child) -> u16 {
    let mut line = String::new();
    let output = server.stdout.take().expect("the output is a pipe");
    let read = BufReader::new(output).read_line(&mut line);
    read.expect("the server prints its port");
    line.trim().parse().expect("a port")
}

/// Ends a server with the signal `TERM`, so that a valgrind around it can write its file.
fn kill(mut server: Child) {
    let killed = Command::new("kill").arg(server.id().to_string()).status();
    assert!(
        killed.is_ok_and(|status| status.success()),
        "`kill` sends a signal"
    );
    server
        .wait()
        .expect("the server is a child of this process");
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
