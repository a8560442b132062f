//! Tests what happens while a real Redis server fails: no replay is admitted, no request passes without a verdict, no
//! request waits for long, and the service works again afterwards.
//!
//! ```text
//! cargo test --features full --test redis_faults -- --show-output
//! FAULT='half open' cargo test --features full --test redis_faults -- --show-output
//! ```
//!
//! The test prints a table of the faults, with counts and measured times, which depend on the machine. The columns: all
//! requests; those that were admitted, got `stale=true`, `503` and `429`; requests that were sent before, and how many of
//! them were admitted again; wrong passwords, and how many of them were compared; the longest request; the time from the
//! end of the fault until a client gets in at all nodes.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "../support/mod.rs"]
pub mod support;

mod load;
mod node;
mod scenario;
mod three_nodes;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tower_challenge::clock::{Clock, SystemClock};

use self::load::{Counts, Load};
use self::node::{NODES, Node};
use self::scenario::{ALL, Scenario, Stage};
use self::support::{FaultProxy, RedisServer, Watchdog};

/// The tests run one after another, so that no test makes the requests of another one late.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn my_turn() -> MutexGuard<'static, ()> {
    // A test that failed leaves nothing behind.
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long the clients go on before a fault and after it.
const BEFORE_AND_AFTER: Duration = Duration::from_millis(250);

/// How long a fault lasts.
const FAULT: Duration = Duration::from_millis(1000);

/// Far above the time of every request, also on a busy machine. The table shows the measured times.
const HANGS: Duration = Duration::from_secs(5);

/// Far above the time that the service needs after a fault.
const NO_RECOVERY: Duration = Duration::from_secs(20);

/// With 20 guesses in all, an attacker may have 20 more after a loss of data, and each node has its part while it counts
/// alone.
const MOST_GUESSES: u32 = 20 + 20 + NODES * 10;

/// The result of a scenario.
struct Outcome {
    counts: Counts,
    /// How long after the end of the fault a client got in at all nodes.
    recovery: Duration,
}

#[test]
fn no_fault_of_redis_lets_a_replay_in() {
    let _turn = my_turn();
    println!(
        "{:34} {:>8} {:>8} {:>6} {:>6} {:>6} {:>8} {:>8} {:>8} {:>8} {:>10} {:>10}",
        "fault",
        "requests",
        "admitted",
        "stale",
        "503",
        "429",
        "replays",
        "admitted",
        "guesses",
        "compared",
        "longest ms",
        "recovery ms"
    );
    // A part of the name of a fault.
    let chosen = std::env::var("FAULT").unwrap_or_default();
    let all = ALL
        .into_iter()
        .filter(|scenario| scenario.name.contains(&chosen));
    let outcomes = all.map(|scenario| {
        let outcome = run(&scenario);
        print(scenario.name, &outcome);
        (scenario, outcome)
    });
    for (Scenario { name, refuses, .. }, Outcome { counts, recovery }) in
        outcomes.collect::<Vec<_>>()
    {
        assert_eq!(counts.replays_admitted, 0, "{name}");
        assert!(counts.admitted > 0 && counts.replays > 0, "{name}");
        assert!(counts.guesses_compared <= MOST_GUESSES, "{name}");
        assert!(!refuses || counts.unavailable > 0, "{name}");
        assert!(counts.longest < HANGS, "{name}");
        assert!(recovery < NO_RECOVERY, "{name}");
    }
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
    (scenario.begin)(&mut stage);
    thread::sleep(FAULT);
    (scenario.end)(&mut stage);
    let clock = SystemClock::new();
    let healed = clock.monotonic();
    let since = || clock.monotonic().saturating_sub(healed);
    while !runtime.block_on(load.all_nodes_admit()) && since() < NO_RECOVERY {
        thread::sleep(Duration::from_millis(10));
    }
    let recovery = since();
    thread::sleep(BEFORE_AND_AFTER);
    load.end();
    let counts = runtime.block_on(async {
        clients.join_all().await;
        load.replay_all().await
    });
    Outcome { counts, recovery }
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

fn print(name: &str, Outcome { counts, recovery }: &Outcome) {
    println!(
        "{name:34} {:8} {:8} {:6} {:6} {:6} {:8} {:8} {:8} {:8} {:10} {:10}",
        counts.requests,
        counts.admitted,
        counts.stale,
        counts.unavailable,
        counts.throttled,
        counts.replays,
        counts.replays_admitted,
        counts.guesses,
        counts.guesses_compared,
        counts.longest.as_millis(),
        recovery.as_millis()
    );
}
