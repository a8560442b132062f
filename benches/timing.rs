//! Measures whether an attacker can tell from the time of a refusal which accounts exist.
//!
//! The bench measures the whole layer. It compares each reason for a refusal with a wrong password by Welch's t-test.
//! If the absolute value of t is greater than 5, an attacker could tell the reasons apart.
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

/// The output of `htpasswd -nbB -C 4 ada lovelace`. The hash is cheap, so that other differences in time are easier to
/// see.
const HASH: &str = "$2y$04$2CV/BG476iz5Zm2oZa.0i.M4dzfIjAAp5izu7MkY8QgU6qol8HZgq";

/// The reasons for a refusal, each with a user name and a password. `None` stands for a random wrong password. The
/// second reason equals the first, as a control: its t shows the noise of the measure.
const REASONS: [(&str, &str, Option<&str>); 6] = [
    ("a wrong password", "ada", None),
    ("a wrong password, once more", "ada", None),
    ("an unknown user", "eve", None),
    ("disabled, a wrong password", "dis", None),
    ("disabled, the right password", "dis", Some("lovelace")),
    ("expired, the right password", "exp", Some("lovelace")),
];

const ROUNDS: usize = 3000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime");
    let mut service =
        RequireAuth::new(Basic::new("files", verifier()).expect("the realm is valid"))
            .expect("the scheme has a challenge")
            .layer(service_fn(async |_: Request<()>| {
                Ok::<_, Infallible>(Response::new(()))
            }));
    let (random, clock) = (RandomState::new(), SystemClock::new());
    let mut times = vec![Vec::new(); REASONS.len()];
    for round in 0..ROUNDS {
        // A random order in each round, so that no reason always follows the same other reason.
        let mut order = (0..REASONS.len()).collect::<Vec<_>>();
        order.sort_by_key(|reason| random.hash_one((round, reason)));
        for reason in order {
            let request = refused(reason, random.hash_one((reason, round)));
            let before = clock.monotonic();
            let response = runtime.block_on(service.call(request));
            let took = clock.monotonic() - before;
            assert_eq!(response.expect("the layer cannot fail").status(), 401);
            // The first tenth of the rounds only warms up.
            if round >= ROUNDS / 10 {
                times[reason].push(took.as_secs_f64());
            }
        }
    }
    report(&times);
}

fn report(times: &[Vec<f64>]) {
    // Drop the slowest tenth of all times, which interruptions have made longer. The limit is the same for all reasons.
    let mut all = times.concat();
    all.sort_by(f64::total_cmp);
    let limit = all[all.len() * 9 / 10];
    let kept = times.iter().map(|times| {
        let kept = times.iter().copied().filter(|time| *time <= limit);
        kept.collect::<Vec<_>>()
    });
    let kept = kept.collect::<Vec<_>>();
    let mut worst = 0_f64;
    for ((name, ..), times) in REASONS.iter().zip(&kept) {
        let t = welch(&kept[0], times);
        worst = worst.max(t.abs());
        let (mean, _) = moments(times);
        println!(
            "{name:30} {:>9.2} us, t = {t:>6.2}, n = {}",
            mean * 1e6,
            times.len()
        );
    }
    println!(
        "the largest |t| is {worst:.2}; an attacker could tell the reasons apart if it were greater than 5"
    );
}

fn welch(one: &[f64], other: &[f64]) -> f64 {
    let ((a, va), (b, vb)) = (moments(one), moments(other));
    let error = (va / length(one) + vb / length(other)).sqrt();
    if error > 0.0 { (a - b) / error } else { 0.0 }
}

/// Returns the mean and the variance.
fn moments(times: &[f64]) -> (f64, f64) {
    let mean = times.iter().sum::<f64>() / length(times);
    let squares = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>();
    (mean, squares / (length(times) - 1.0))
}

fn length(times: &[f64]) -> f64 {
    f64::from(u32::try_from(times.len()).expect("there are a few thousand times"))
}

fn verifier() -> HashedPasswords<HashedAccounts> {
    let account = |name| {
        let hash = PasswordHash::parse(HASH).expect("the hash is valid");
        HashedAccount::new(hash, Principal::new(name))
    };
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    let accounts = [
        ("ada".to_owned(), account("ada")),
        ("dis".to_owned(), account("dis").disabled()),
        ("exp".to_owned(), account("exp").expires(past)),
    ];
    let accounts = HashedAccounts::from_accounts(accounts).expect("the accounts are valid");
    HashedPasswords::new(accounts).expect("threads can be started")
}

/// Makes a request that the layer refuses. All names have the same length, and so do all passwords, so that the length
/// makes no difference.
fn refused(reason: usize, random: u64) -> Request<()> {
    let (_, name, password) = REASONS[reason];
    let any = format!("{:08x}", random & 0xFFFF_FFFF);
    let password = password.unwrap_or(&any);
    let credentials = STANDARD.encode(format!("{name}:{password}"));
    let request = Request::get("/").header(AUTHORIZATION, format!("Basic {credentials}"));
    request.body(()).expect("base64 fits into a field")
}
