//! Whether the time of a refusal tells who has an account: Welch's t of every way to be refused against a wrong password,
//! over the whole layer. Beyond 5 it would tell.
//!
//! `cargo bench -p benches --bench timing`

use std::collections::hash_map::RandomState;
use std::convert::Infallible;
use std::hash::BuildHasher;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{Request, Response};
use tower::{Layer, Service, service_fn};
use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::password::hash::PasswordHash;
use tower_challenge::password::{HashedAccount, HashedAccounts, HashedPasswords};
use tower_challenge::scheme::Basic;
use tower_challenge::{Principal, RequireAuth};

/// `htpasswd -nbB -C 4 ada lovelace`: the cheaper the hash, the more anything else shows.
const HASH: &str = "$2y$04$2CV/BG476iz5Zm2oZa.0i.M4dzfIjAAp5izu7MkY8QgU6qol8HZgq";

/// Each with a name and, unless it has to be right, any password.
const WAYS: [(&str, &str, Option<&str>); 6] = [
    ("a wrong password", "ada", None),
    ("the same again", "ada", None),
    ("nobody", "eve", None),
    ("disabled, a wrong password", "dis", None),
    ("disabled, the right password", "dis", Some("lovelace")),
    ("expired, the right password", "exp", Some("lovelace")),
];

const ROUNDS: usize = 3000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime");
    let mut service = RequireAuth::new(Basic::new("files", verifier()).expect("a good realm"))
        .expect("it has a challenge")
        .layer(service_fn(async |_: Request<()>| {
            Ok::<_, Infallible>(Response::new(()))
        }));
    let (random, clock) = (RandomState::new(), SystemClock::new());
    let mut times = vec![Vec::new(); WAYS.len()];
    for round in 0..ROUNDS {
        // In another order each time, so that no way is always the first after another.
        let mut order = (0..WAYS.len()).collect::<Vec<_>>();
        order.sort_by_key(|way| random.hash_one((round, way)));
        for way in order {
            let request = refused(way, random.hash_one((way, round)));
            let before = clock.monotonic();
            let response = runtime.block_on(service.call(request));
            let took = clock.monotonic() - before;
            assert_eq!(response.expect("it cannot fail").status(), 401);
            // The first ones warm up.
            if round >= ROUNDS / 10 {
                times[way].push(took.as_secs_f64());
            }
        }
    }
    report(&times);
}

fn report(times: &[Vec<f64>]) {
    // What an interruption has made longer tells nothing: the same limit for all.
    let mut all = times.concat();
    all.sort_by(f64::total_cmp);
    let limit = all[all.len() * 9 / 10];
    let kept = times.iter().map(|times| {
        let kept = times.iter().copied().filter(|time| *time <= limit);
        kept.collect::<Vec<_>>()
    });
    let kept = kept.collect::<Vec<_>>();
    let mut worst = 0_f64;
    for ((name, ..), times) in WAYS.iter().zip(&kept) {
        let t = welch(&kept[0], times);
        worst = worst.max(t.abs());
        let (mean, _) = moments(times);
        println!(
            "{name:30} {:>9.2} us, t = {t:>6.2}, n = {}",
            mean * 1e6,
            times.len()
        );
    }
    println!("the largest |t| is {worst:.2}; beyond 5, the time would tell");
}

fn welch(one: &[f64], other: &[f64]) -> f64 {
    let ((a, va), (b, vb)) = (moments(one), moments(other));
    let error = (va / length(one) + vb / length(other)).sqrt();
    if error > 0.0 { (a - b) / error } else { 0.0 }
}

/// The mean and the variance.
fn moments(times: &[f64]) -> (f64, f64) {
    let mean = times.iter().sum::<f64>() / length(times);
    let squares = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>();
    (mean, squares / (length(times) - 1.0))
}

fn length(times: &[f64]) -> f64 {
    f64::from(u32::try_from(times.len()).expect("a few thousand"))
}

fn verifier() -> HashedPasswords<HashedAccounts> {
    let account = |name| {
        let hash = PasswordHash::parse(HASH).expect("it is one");
        HashedAccount::new(hash, Principal::new(name))
    };
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    let accounts = [
        ("ada".to_owned(), account("ada")),
        ("dis".to_owned(), account("dis").disabled()),
        ("exp".to_owned(), account("exp").expires(past)),
    ];
    let accounts = HashedAccounts::from_accounts(accounts).expect("they are good");
    HashedPasswords::new(accounts).expect("threads can be started")
}

/// All names and passwords are of the same length.
fn refused(way: usize, random: u64) -> Request<()> {
    let (_, name, password) = WAYS[way];
    let any = format!("{:08x}", random & 0xFFFF_FFFF);
    let password = password.unwrap_or(&any);
    let credentials = STANDARD.encode(format!("{name}:{password}"));
    let request = Request::get("/").header(AUTHORIZATION, format!("Basic {credentials}"));
    request.body(()).expect("base64 fits into a field")
}
