//! Measures the store in Redis against a server that it starts: the rate of its operations, and of the same commands sent
//! with the client alone; the time that the server needs for each; and the memory of a key. From these it estimates the
//! load of a large service.
//!
//! `cargo bench --bench redis_store --features redis`
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a bench fails as a test does"
)]

#[path = "../tests/support/redis/mod.rs"]
pub mod real;
#[path = "support/redis_simulation.rs"]
mod simulation;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, Value};
use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::store::{
    ClaimHolder, ClaimKey, RedisStore, ReplayStore, Settlement, ThrottleAttempt, ThrottleLimits,
    ThrottleStore,
};

use self::real::RedisServer;
use self::simulation::{MeasuredCosts, OperationCost};

const HOUR: Duration = Duration::from_secs(3600);
const RUN: Duration = Duration::from_millis(300);

/// The best of so many runs counts. The runs of the store and of the client alternate, because other programs use the
/// machine, too.
const RUNS: u32 = 8;

fn main() {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build();
    runtime.unwrap().block_on(async {
        rates().await;
        let mut costs = costs_and_memory().await;
        costs.look = look().await;
        simulation::print_estimate(&costs);
    });
}

async fn connect(client: Client) -> redis::RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(HOUR));
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

async fn start(server: &RedisServer) -> RedisStore {
    let client = Client::open(server.url()).unwrap();
    let store = RedisStore::builder([7; 32], move || connect(client.clone()));
    let store = store.budget(HOUR).share(u32::MAX).start().unwrap();
    store.ready().await.unwrap();
    store
}

fn key(kind: u8, number: u32) -> ClaimKey {
    let mut bytes = [kind; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    ClaimKey::new(bytes)
}

fn attempt(account: u32, network: u32) -> ThrottleAttempt {
    ThrottleAttempt::new(ThrottleLimits::new())
        .for_account(key(1, account), key(2, account), account)
        .at_location(account)
        .on_network(key(3, network), key(4, network / 4))
}

/// An operation of the store, with a number that makes it different from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    ClaimOnce,
    ClaimCount,
    Unfamiliar,
    Familiar,
    /// Logs in from an unfamiliar location.
    Success,
    /// Logs in from a familiar location.
    Again,
}

impl Operation {
    async fn run(self, store: &RedisStore, number: u32) {
        let ada = ClaimHolder::new(number.into());
        match self {
            Self::ClaimOnce => {
                let _claim = store.claim_once(key(5, number), ada, HOUR).await.unwrap();
            }
            Self::ClaimCount => {
                let count = number % 100 + 1;
                let claim = store.claim_count(key(6, number / 100), ada, count, HOUR);
                let _claim = claim.await.unwrap();
            }
            Self::Unfamiliar | Self::Familiar => {
                let attempt = attempt(number, number);
                assert!(store.reserve(&attempt).await.unwrap().is_granted());
            }
            Self::Success | Self::Again => {
                let receipt = store.reserve(&attempt(number, number)).await.unwrap();
                let success = Settlement::Success(receipt);
                store
                    .settle(&attempt(number, number), success)
                    .await
                    .unwrap();
            }
        }
    }
}

/// Compares the rate of the store with that of the client alone, which sends the very same command.
async fn rates() {
    let server = RedisServer::start();
    let store = start(&server).await;
    store
        .settle(&attempt(1, 1), Settlement::MarkFamiliar)
        .await
        .unwrap();
    println!(
        "operation, in flight: per second by the store and by the client alone; ratio; store p50, p99"
    );
    for operation in [Operation::ClaimOnce, Operation::Familiar] {
        let command = Arc::new(command_of(&server, &store, operation).await);
        let client = connect(Client::open(server.url()).unwrap()).await.unwrap();
        for in_flight in [1, 16, 64] {
            let (mut ours, mut theirs) = (Measured::default(), Measured::default());
            for _ in 0..RUNS {
                let run = || {
                    let store = store.clone();
                    move || {
                        let store = store.clone();
                        async move { operation.run(&store, 1).await }
                    }
                };
                ours.keep_best(measure(in_flight, run).await);
                let run = || {
                    let (client, command) = (client.clone(), Arc::clone(&command));
                    move || {
                        let (mut client, command) = (client.clone(), Arc::clone(&command));
                        async move { drop(command.query_async::<Value>(&mut client).await.unwrap()) }
                    }
                };
                theirs.keep_best(measure(in_flight, run).await);
            }
            println!(
                "{operation:?}, {in_flight:>2}: {:>7.0} and {:>7.0}; {:.2}; {:?}, {:?}",
                ours.rate,
                theirs.rate,
                ours.rate / theirs.rate,
                ours.median,
                ours.late,
            );
        }
    }
}

#[derive(Default)]
struct Measured {
    rate: f64,
    median: Duration,
    late: Duration,
}

impl Measured {
    fn keep_best(&mut self, other: Self) {
        if other.rate > self.rate {
            *self = other;
        }
    }
}

/// Runs an operation again and again in so many tasks.
async fn measure<R, F>(in_flight: usize, new: impl Fn() -> R) -> Measured
where
    R: Fn() -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let clock = SystemClock::new();
    let start = clock.monotonic();
    let tasks: Vec<_> = (0..in_flight)
        .map(|_| {
            let run = new();
            tokio::spawn(async move {
                let mut times = Vec::new();
                let mut now = clock.monotonic();
                while now - start < RUN {
                    run().await;
                    let end = clock.monotonic();
                    times.push(end - now);
                    now = end;
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let took = clock.monotonic() - start;
    times.sort();
    let count = u32::try_from(times.len()).unwrap();
    Measured {
        rate: f64::from(count) / took.as_secs_f64(),
        median: times[times.len() / 2],
        late: times[times.len() * 99 / 100],
    }
}

/// The command that the store sends for an operation, as the server shows it to a monitor.
async fn command_of(server: &RedisServer, store: &RedisStore, operation: Operation) -> Cmd {
    operation.run(store, 1).await;
    let mut monitor = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    monitor.write_all(b"MONITOR\r\n").unwrap();
    let mut lines = BufReader::new(monitor).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), "+OK");
    operation.run(store, 1).await;
    // The look at the server once a second calls another script, whose first key is that of an epoch.
    let is_ours = |line: &String| {
        let kinds = match operation {
            Operation::Familiar => "}f",
            _ => "}c",
        };
        line.contains("\"EVALSHA\"") && line.contains(kinds)
    };
    let line = lines.find(is_ours).unwrap();
    let mut command = Cmd::new();
    for argument in unquoted(&line) {
        command.arg(argument);
    }
    command
}

/// The quoted texts of a line of a monitor.
fn unquoted(line: &str) -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    let mut bytes = line.bytes();
    while bytes.any(|byte| byte == b'"') {
        let mut text = Vec::new();
        loop {
            match bytes.next().unwrap() {
                b'"' => break,
                b'\\' => text.push(match bytes.next().unwrap() {
                    b'x' => {
                        let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                        u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                    }
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'a' => 7,
                    b'b' => 8,
                    other => other,
                }),
                byte => text.push(byte),
            }
        }
        texts.push(text);
    }
    texts
}

/// Prints what the server spends on each operation, and how much memory its keys take.
async fn costs_and_memory() -> MeasuredCosts {
    const COUNT: u32 = 50_000;
    let mut costs = MeasuredCosts::default();
    println!("operation: time of the server for each call, and memory for each operation");
    for operation in [
        Operation::ClaimOnce,
        Operation::ClaimCount,
        Operation::Unfamiliar,
        Operation::Success,
        Operation::Familiar,
        Operation::Again,
    ] {
        let server = RedisServer::start();
        let store = start(&server).await;
        operation.run(&store, 0).await;
        if matches!(operation, Operation::Familiar | Operation::Again) {
            run_all(&store, Operation::Success, COUNT).await;
        }
        server.command(&["CONFIG", "RESETSTAT"]);
        let before = (number(&server, "used_memory"), processor(&server));
        run_all(&store, operation, COUNT).await;
        let memory = number(&server, "used_memory") - before.0;
        let spent = (processor(&server) - before.1) * 1e6;
        let calls = server.calls("evalsha");
        let in_script = server.info("cmdstat_evalsha").unwrap();
        let in_script = in_script.split("usec_per_call=").nth(1).unwrap();
        println!(
            "{operation:?}: {calls} calls, {:.1} µs of processor time and {} µs in the script for each; {:.0} bytes",
            spent / f64::from(u32::try_from(calls).unwrap()),
            in_script.split(',').next().unwrap(),
            memory / f64::from(COUNT),
        );
        let cost = OperationCost {
            processor: spent / f64::from(u32::try_from(calls).unwrap()),
            memory: memory / f64::from(COUNT),
        };
        match operation {
            Operation::ClaimOnce => costs.claim_once = cost,
            Operation::ClaimCount => costs.claim_count = cost,
            Operation::Unfamiliar => costs.reserve_unfamiliar = cost,
            // Half of these calls reserve, and each makes a record of a familiar location.
            Operation::Success => costs.first_login = cost,
            Operation::Familiar => costs.reserve_familiar = cost,
            Operation::Again => costs.login_again = cost,
        }
    }
    costs
}

/// Measures what a look at the server costs it, in microseconds.
async fn look() -> f64 {
    let server = RedisServer::start();
    let store = start(&server).await;
    let (before, time) = (processor(&server), Duration::from_secs(3));
    let calls = server.calls("evalsha");
    tokio::time::sleep(time).await;
    let looks = server.calls("evalsha") - calls;
    drop(store);
    // The server has work of its own, which this measures with no store.
    let with_looks = processor(&server) - before;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = processor(&server);
    tokio::time::sleep(time).await;
    let alone = processor(&server) - idle;
    (with_looks - alone).max(0.0) * 1e6 / f64::from(u32::try_from(looks.max(1)).unwrap())
}

async fn run_all(store: &RedisStore, operation: Operation, count: u32) {
    let next = Arc::new(AtomicU32::new(1));
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let (store, next) = (store.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number > count {
                        return;
                    }
                    operation.run(&store, number).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

fn number(server: &RedisServer, field: &str) -> f64 {
    server.info(field).unwrap().parse().unwrap()
}

/// The seconds for which the server has used a processor.
fn processor(server: &RedisServer) -> f64 {
    number(server, "used_cpu_user") + number(server, "used_cpu_sys")
}
