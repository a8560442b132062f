//! Measures whether the time of the group arithmetic of Mutual depends on its secrets, in the manner of dudect.
//!
//! For each algorithm, the server answers a key exchange with two classes of exponents, and the client computes `z` with two
//! classes of passwords: always the same one, and a random one. The same exponent is as small as it can be. If the absolute
//! value of t (Welch) is greater than 5, the time depends on the class, and the program fails.
//!
//! `cargo bench -p benches --bench mutual_timing`

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::hint::black_box;
use std::process::ExitCode;

use sha2::{Digest, Sha512};
use tower_challenge::Secret;
use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::scheme::mutual::proof::{ClientKey, PasswordKey, ServerKey};
use tower_challenge::scheme::mutual::{MutualAlgorithm, MutualSpace};

/// How many pairs of times are measured for each algorithm.
const PAIRS: [(MutualAlgorithm, u32); 4] = [
    (MutualAlgorithm::P256, 6000),
    (MutualAlgorithm::P521, 2000),
    (MutualAlgorithm::Dl2048, 600),
    (MutualAlgorithm::Dl4096, 200),
];

/// The largest |t| that chance explains.
const LIMIT: f64 = 5.0;

/// How many random passwords there are. To hash one takes 10 ms.
const PASSWORDS: u32 = 32;

fn main() -> ExitCode {
    println!(
        "{:26} {:8} {:>12} {:>12} {:>7}",
        "algorithm", "secret", "same us", "random us", "t"
    );
    let mut worst = 0_f64;
    for (algorithm, pairs) in PAIRS {
        for (secret, times) in [
            ("S_s1", server(algorithm, pairs)),
            ("pi", client(algorithm, pairs)),
            ("again", server_twice(algorithm, pairs)),
        ] {
            let (same, random) = cropped(times);
            let t = welch(&same, &random);
            let (mean, other) = (moments(&same).0 * 1e6, moments(&random).0 * 1e6);
            println!(
                "{:26} {secret:8} {mean:>12.2} {other:>12.2} {t:>7.2}",
                algorithm.name()
            );
            worst = worst.max(t.abs());
        }
    }
    println!(
        "the largest |t| is {worst:.2}; `again` compares random exponents with random ones, as a control"
    );
    match worst > LIMIT {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// The times of both classes, in seconds.
type Times = [Vec<f64>; 2];

/// Measures `pairs` of each class, in a random order. `run` gets the class and a number.
fn measure(pairs: u32, mut run: impl FnMut(usize, u32, &mut dyn FnMut(&mut dyn FnMut()))) -> Times {
    let (order, clock) = (RandomState::new(), SystemClock::new());
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..2 * pairs {
        let class = usize::from(order.hash_one(number) & 1 == 1);
        run(class, number, &mut |work| {
            let before = clock.monotonic();
            work();
            times[class].push((clock.monotonic() - before).as_secs_f64());
        });
    }
    // The first tenth only warms up.
    times.map(|times| times[times.len() / 10..].to_vec())
}

/// A random exponent, below the order of each group.
fn exponent(algorithm: MutualAlgorithm, number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for block in 0..8_u32 {
        bytes.extend(Sha512::digest(
            [number.to_be_bytes(), block.to_be_bytes()].concat(),
        ));
    }
    bytes.truncate(algorithm.exponent_len());
    bytes[0] &= if algorithm == MutualAlgorithm::P521 {
        0
    } else {
        0x7f
    };
    bytes
}

/// The smallest exponent that is not trivial.
fn smallest(algorithm: MutualAlgorithm) -> Vec<u8> {
    let mut bytes = vec![0; algorithm.exponent_len()];
    bytes[algorithm.exponent_len() - 1] = 3;
    bytes
}

fn password(algorithm: MutualAlgorithm, number: u32) -> PasswordKey {
    let space = MutualSpace::new(algorithm, "https://a.example", "timing").expect("a space");
    PasswordKey::new(&space, "ada", Secret::new(&format!("password {number}")))
}

fn exchange(algorithm: MutualAlgorithm, pairs: u32, same: impl Fn(u32) -> Vec<u8>) -> Times {
    let j = password(algorithm, 0).verifier();
    let client = ClientKey::new(algorithm, &exponent(algorithm, u32::MAX)).expect("an exponent");
    let mut buffer = vec![0; algorithm.exponent_len()];
    measure(pairs, |class, number, timed| {
        let random = exponent(algorithm, number);
        let same = same(number);
        buffer.copy_from_slice(if class == 0 { &same } else { &random });
        timed(&mut || {
            let key = ServerKey::new(&j, client.element(), black_box(&buffer)).expect("a key");
            black_box(key.agree().expect("a z"));
        });
    })
}

fn server(algorithm: MutualAlgorithm, pairs: u32) -> Times {
    exchange(algorithm, pairs, |_| smallest(algorithm))
}

fn server_twice(algorithm: MutualAlgorithm, pairs: u32) -> Times {
    exchange(algorithm, pairs, |number| {
        exponent(algorithm, number ^ 0x8000_0000)
    })
}

fn client(algorithm: MutualAlgorithm, pairs: u32) -> Times {
    let passwords = (0..=PASSWORDS)
        .map(|number| password(algorithm, number))
        .collect::<Vec<_>>();
    let key = ClientKey::new(algorithm, &exponent(algorithm, u32::MAX)).expect("an exponent");
    let server = ServerKey::new(
        &passwords[0].verifier(),
        key.element(),
        &exponent(algorithm, 7),
    );
    let server = server.expect("a key");
    measure(pairs, |class, number, timed| {
        let place = if class == 0 {
            0
        } else {
            1 + number % PASSWORDS
        };
        let password = &passwords[place as usize];
        // The password that is always the same would be in the cache, so the others are read before the time begins, too.
        black_box(
            password
                .as_bytes()
                .iter()
                .map(|byte| u32::from(*byte))
                .sum::<u32>(),
        );
        timed(&mut || {
            black_box(
                key.agree(black_box(password), server.element())
                    .expect("a z"),
            );
        });
    })
}

/// Drops the slowest tenth of all times, which interruptions have made longer. The limit is the same for both classes.
fn cropped(times: Times) -> (Vec<f64>, Vec<f64>) {
    let mut all = times.concat();
    all.sort_by(f64::total_cmp);
    let limit = all[all.len() * 9 / 10];
    let [same, random] =
        times.map(|times| times.into_iter().filter(|time| *time <= limit).collect());
    (same, random)
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
