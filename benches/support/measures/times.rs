//! Measures the time of each contender divided by that of the floor, in alternating runs.
//!
//! On a shared machine the speed changes over time, but it changes in the same way for runs that alternate. Each round
//! measures each side of each contender once, in a different order from round to round, and yields a ratio for each
//! contender. The result of a process is the median of its rounds. The final result is the median of several processes.

use std::process::Stdio;
use std::time::Duration;

use tower_challenge::clock::{Clock, SystemClock};

use super::{child, warm_up};
use crate::support::contender::{Contender, FLOOR, Side};
use crate::support::floors;

/// The number of requests in a run.
const REQUESTS: usize = 64;

/// The number of rounds in a process.
const ROUNDS: usize = 101;

/// The number of processes. Each process has its code at other addresses, which makes a short function faster or
/// slower.
const PROCESSES: usize = 5;

/// The argument that makes this program the child.
pub(crate) const CHILD: &str = "--times";

/// Returns the name of each contender, and its ratio if the case has a floor.
pub(crate) fn measure(case: &str) -> Vec<(String, Option<f64>)> {
    let first = one_process(case);
    if first.iter().all(|(_, ratio)| ratio.is_none()) {
        return first;
    }
    let others = (1..PROCESSES).map(|_| one_process(case));
    let all = others.chain([first]).collect::<Vec<_>>();
    let median_at = |place: usize| {
        let ratios = all.iter().filter_map(|process| process[place].1);
        median(ratios.collect())
    };
    let names = all[0].iter().enumerate();
    let medians = names.map(|(place, (name, _))| (name.clone(), Some(median_at(place))));
    medians.collect()
}

fn one_process(case: &str) -> Vec<(String, Option<f64>)> {
    let output = child(CHILD, case)
        .stderr(Stdio::inherit())
        .output()
        .expect("this program can be started");
    assert!(output.status.success(), "{case}: {}", output.status);
    let text = String::from_utf8(output.stdout).expect("this program writes UTF-8");
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    let lines = lines.map(|(name, ratio)| (name.to_owned(), ratio.parse().ok()));
    lines.collect()
}

/// Runs in the child process: it checks all floors and contenders, and measures the time if the case has a floor.
pub(crate) fn work(contenders: &mut [Contender]) {
    floors::check::all();
    for contender in contenders.iter_mut() {
        contender.check();
    }
    let floor = contenders
        .iter()
        .position(|contender| contender.name == FLOOR);
    let rounds = floor.map(|_| rounds(contenders)).unwrap_or_default();
    for (place, contender) in contenders.iter().enumerate() {
        let ratios = floor.map(|floor| rounds.iter().map(move |net| net[place] / net[floor]));
        let ratio = ratios.map_or("-".to_owned(), |ratios| {
            median(ratios.collect()).to_string()
        });
        println!("{}\t{ratio}", contender.name);
    }
}

/// Returns the seconds of each contender in each round, without those of the bare side.
fn rounds(contenders: &mut [Contender]) -> Vec<Vec<f64>> {
    let clock = SystemClock::new();
    for contender in contenders.iter_mut() {
        Side::BOTH
            .into_iter()
            .for_each(|side| warm_up(contender, side, 0));
    }
    let rounds = (0..ROUNDS).map(|number| round(contenders, number, &clock));
    rounds.collect()
}

fn round(contenders: &mut [Contender], number: usize, clock: &SystemClock) -> Vec<f64> {
    let mut net = vec![0.0; contenders.len()];
    for turn in 0..contenders.len() {
        let place = (turn + number) % contenders.len();
        let mut sides = Side::BOTH.map(|side| (side, Duration::ZERO));
        if number % 2 == 1 {
            sides.reverse();
        }
        for (side, time) in &mut sides {
            *time = run(&mut contenders[place], *side, clock);
            let sign = if *side == Side::Whole { 1.0 } else { -1.0 };
            net[place] += sign * time.as_secs_f64();
        }
    }
    net
}

fn run(contender: &mut Contender, side: Side, clock: &SystemClock) -> Duration {
    contender.load(REQUESTS);
    let start = clock.monotonic();
    contender.answer(side, REQUESTS);
    clock.monotonic() - start
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}
