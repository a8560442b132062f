//! Measures how many requests a whole server answers with authentication, divided by those that it answers without.
//!
//! ```text
//! cargo bench -p benches --bench servers
//! cargo bench -p benches --bench servers -- Digest
//! ```
//!
//! The second command measures only servers with `Digest` in their names, and those without authentication.
//!
//! Each server is a process of its own on the first processor: hyper with HTTP/1.1 on one thread. The client has the second
//! processor and 64 connections. All its requests are made before a run begins. The runs of the servers alternate, so that a
//! change of the machine's speed concerns all of them alike. The result is the median of the rounds. It needs two idle
//! processors.
#![expect(dead_code, reason = "the instruction bench uses the other parts")]

mod load;
mod processor;
mod serve;
#[path = "../support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use self::load::Traffic;
use self::serve::SERVERS;

/// How many times each server is measured.
const ROUNDS: usize = 9;

fn main() {
    let args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    match args.collect::<Vec<_>>().as_slice() {
        [] => measure(""),
        [serve, name] if serve == "--serve" => serve::run(name),
        [part] => measure(part),
        _ => panic!("usage: pass a part of the names of servers, or nothing"),
    }
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
    let mut servers = SERVERS
        .iter()
        .filter(|server| server.name == server.base || server.name.contains(part))
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
    for mut server in servers {
        let _ = server.process.kill();
        let _ = server.process.wait();
    }
}

/// Starts a server in a process of its own, which prints its port.
fn start(name: &'static str, base: &'static str, traffic: Traffic) -> Measured {
    let program = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    let command = command.args(["--serve", name]).stdout(Stdio::piped());
    let mut process = command.spawn().expect("this program can be started");
    let mut line = String::new();
    let output = process.stdout.take().expect("the output is a pipe");
    let read = BufReader::new(output).read_line(&mut line);
    read.expect("the server prints its port");
    Measured {
        name,
        base,
        traffic,
        process,
        port: line.trim().parse().expect("a port"),
        rates: Vec::new(),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
