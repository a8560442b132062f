//! Tests what happens while a real Redis server fails: no replay is admitted, no request passes without a verdict, no
//! request waits for long, and the service works again afterwards.
//!
//! ```text
//! cargo test --features full --test redis_faults -- --show-output
//! FAULT='half open' cargo test --features full --test redis_faults -- --show-output
//! ```
//!
//! Two tests print a table with a row for each fault and each way to log in, with counts and measured times, which
//! depend on the machine. The columns: all requests; those that were admitted, got a stale nonce, `503` and `429`;
//! requests that were sent before, and how many of them were admitted again; the longest request; the time from the
//! end of the fault until a client gets in at all nodes. The row of the guesses has wrong passwords, and how many of
//! them were compared.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "../support/mod.rs"]
pub mod support;

mod load;
mod node;
mod open_connection;
mod scenario;
mod three_nodes;
mod way;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tower_challenge::clock::{Clock, SystemClock};

use self::load::{Counts, Load};
use self::node::{NODES, Node};
use self::scenario::{Loss, Scenario, Stage};
use self::support::{FaultProxy, RedisServer, Watchdog};
use self::way::Way;

/// The tests run one after another, so that no test makes the requests of another one late.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn my_turn() -> MutexGuard<'static, ()> {
    // A test that failed leaves nothing behind.
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long the clients go on before a fault and after it.
const BEFORE_AND_AFTER: Duration = Duration::from_millis(250);

/// The clients of each way get in at least so often before a fault.
const ADMITTED_BEFORE: u32 = 6;

/// For how long a scenario waits for an answer that must come.
const NEVER: Duration = Duration::from_secs(20);

/// How long a fault lasts, or longer if not every way has had a `503` that the fault must cause.
const FAULT: Duration = Duration::from_millis(1000);

/// Far above the time of every request, also on a busy machine. The table shows the measured times.
const HANGS: Duration = Duration::from_secs(5);

/// Far above the time that the service needs after a fault.
const NO_RECOVERY: Duration = Duration::from_secs(20);

/// With 20 guesses in all, an attacker may have 20 more after a loss of data, and each node has its part while it
/// counts alone.
const MOST_GUESSES: u32 = 20 + 20 + NODES * 10;

/// The result of a scenario.
struct Outcome {
    /// The counts of each way, and how long after the end of the fault a client got in at all nodes.
    ways: [(Counts, Duration); 5],
    guesses: Counts,
}

#[test]
fn no_fault_of_the_server_lets_a_replay_in() {
    test_all(scenario::OF_THE_SERVER);
}

#[test]
fn no_fault_of_the_network_lets_a_replay_in() {
    test_all(scenario::OF_THE_NETWORK);
}

fn test_all<const COUNT: usize>(scenarios: [Scenario; COUNT]) {
    let _turn = my_turn();
    println!(
        "{:34} {:22} {:>8} {:>8} {:>6} {:>6} {:>6} {:>8} {:>8} {:>10} {:>11}",
        "fault",
        "way",
        "requests",
        "admitted",
        "stale",
        "503",
        "429",
        "replays",
        "admitted",
        "longest ms",
        "recovery ms"
    );
    // A part of the name of a fault.
    let chosen = std::env::var("FAULT").unwrap_or_default();
    let all = scenarios
        .into_iter()
        .filter(|scenario| scenario.name.contains(&chosen));
    let outcomes = all.map(|scenario| {
        let outcome = run(&scenario);
        print(scenario.name, &outcome);
        (scenario, outcome)
    });
    for (scenario, Outcome { ways, guesses }) in outcomes.collect::<Vec<_>>() {
        for (way, (counts, recovery)) in Way::ALL.into_iter().zip(&ways) {
            check(&scenario, way, counts, *recovery);
        }
        let name = scenario.name;
        assert!(guesses.guesses > 0 && guesses.admitted == 0, "{name}");
        assert!(guesses.guesses_compared <= MOST_GUESSES, "{name}");
    }
}

fn check(scenario: &Scenario, way: Way, counts: &Counts, recovery: Duration) {
    let name = format!("{}, {}", scenario.name, way.name());
    if way.is_fenced() || scenario.loses == Loss::Nothing {
        assert_eq!(counts.replays_admitted, 0, "{name}");
    } else {
        // The documented exception: after a loss, the store accepts a claim that is of no epoch once more.
        assert!(counts.most_admitted <= 2, "{name}");
        let all_lost = scenario.loses == Loss::All;
        assert!(!all_lost || counts.replays_admitted > 0, "{name}");
    }
    assert!(counts.admitted > 0 && counts.replays > 0, "{name}");
    assert!(!scenario.refuses || counts.unavailable > 0, "{name}");
    assert!(counts.longest < HANGS, "{name}");
    assert!(recovery < NO_RECOVERY, "{name}");
}

fn run(scenario: &Scenario) -> Outcome {
    let _watchdog = Watchdog::start(scenario.name);
    let server = RedisServer::start();
    let mut stage = Stage {
        replica: Some(server.start_replica()),
        proxy: FaultProxy::start(server.port()),
        server,
    };
    let runtime = Builder::new_multi_thread();
    let runtime = { runtime }.worker_threads(2).enable_all().build().unwrap();
    let nodes = start_nodes(&runtime, &stage.proxy);
    let load = Load::new(nodes);
    let clients = {
        let _entered = runtime.enter();
        load.start()
    };
    thread::sleep(BEFORE_AND_AFTER);
    wait_until(|| load.all_ways(|counts| counts.admitted >= ADMITTED_BEFORE));
    (scenario.begin)(&mut stage);
    thread::sleep(FAULT);
    wait_until(|| !scenario.refuses || load.all_ways(|counts| counts.unavailable > 0));
    (scenario.end)(&mut stage);
    let recoveries = Way::ALL.map(|way| {
        let load = Arc::clone(&load);
        runtime.spawn(async move { load.recovery(way, NO_RECOVERY).await })
    });
    let recoveries = recoveries.map(|recovery| runtime.block_on(recovery).unwrap());
    thread::sleep(BEFORE_AND_AFTER);
    load.end();
    runtime.block_on(clients.join_all());
    let replays = Way::ALL.map(|way| {
        let load = Arc::clone(&load);
        runtime.spawn(async move { load.replay_all(way).await })
    });
    let counts = replays.map(|replays| runtime.block_on(replays).unwrap());
    let mut recoveries = recoveries.into_iter();
    Outcome {
        ways: counts.map(|counts| (counts, recoveries.next().unwrap())),
        guesses: load.guesses(),
    }
}

/// Waits until it is so. If it never is, the checks of the scenario fail.
fn wait_until(is_so: impl Fn() -> bool) {
    let clock = SystemClock::new();
    let begun = clock.monotonic();
    while !is_so() && clock.monotonic().saturating_sub(begun) < NEVER {
        thread::sleep(Duration::from_millis(10));
    }
}

fn start_nodes(runtime: &Runtime, proxy: &FaultProxy) -> Vec<Node> {
    runtime.block_on(async {
        let nodes: Vec<_> = (0..NODES)
            .map(|_| Node::start(&proxy.redis_url()))
            .collect();
        for node in &nodes {
            node.store.ready().await.unwrap();
        }
        nodes
    })
}

fn print(name: &str, Outcome { ways, guesses }: &Outcome) {
    for (way, (counts, recovery)) in Way::ALL.into_iter().zip(ways) {
        println!(
            "{name:34} {:22} {:8} {:8} {:6} {:6} {:6} {:8} {:8} {:10} {:11}",
            way.name(),
            counts.requests,
            counts.admitted,
            counts.stale,
            counts.unavailable,
            counts.throttled,
            counts.replays,
            counts.replays_admitted,
            counts.longest.as_millis(),
            recovery.as_millis()
        );
    }
    println!(
        "{name:34} {:22} {} wrong passwords, {} compared; 503: {}, 429: {}",
        "guesses",
        guesses.guesses,
        guesses.guesses_compared,
        guesses.unavailable,
        guesses.throttled
    );
}
