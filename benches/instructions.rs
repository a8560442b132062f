//! What the layer costs over the bare service: instructions and allocations per request, a line per case.
//!
//! `cargo bench --bench instructions`. Instructions are counted by valgrind's callgrind, which repeats; seconds do not.

#[path = "support/scratchstack.rs"]
mod other;
mod support;

use std::collections::HashMap;
use std::convert::Infallible;
use std::fs;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::process::{Command, Stdio};
use std::task::{Context, Waker};
use std::time::Duration;

use http::Response;
use support::{
    BASIC, BenchRequest, Body, Inner, TOKEN, basic, bearer, canonical, digest, digest_requests,
    now, request, signature, signed_request, signing_key, sigv4,
};
use tower::{Layer, Service};
use tower_challenge::password::{Hashed, HashedAccounts, VerifyPassword};
use tower_challenge::scheme::digest::Algorithm;
use tower_challenge::scheme::digest::proof::{Ha1, Proof};
use tower_challenge::scheme::{Basic, Head};
use tower_challenge::{
    Permit, Principal, RequestHead, RequireAuth, RequireAuthService, Scheme, Secret,
};
use tower_http::validate_request::ValidateRequestHeaderLayer;

/// How many requests callgrind sees.
const REQUESTS: u32 = 1000;

/// Each with its goal in instructions and allocations, where there is one.
const CASES: &[(&str, Option<u64>, Option<u64>)] = &[
    ("bearer: accepted", Some(1300), Some(3)),
    ("basic: accepted", Some(1800), Some(3)),
    ("basic: a bcrypt hash, again", Some(2600), Some(3)),
    ("bearer: accepted, behind digest and basic", None, None),
    (
        "bearer: accepted, and permitted by its route",
        None,
        Some(3),
    ),
    ("401: one challenge", Some(1100), Some(4)),
    ("401: bearer, basic, basic", Some(1900), Some(4)),
    ("401: digest, bearer, basic", None, None),
    ("401: digest", None, None),
    ("digest MD5: accepted", None, Some(4)),
    ("digest MD5: its hashes alone", None, None),
    ("digest SHA-256: accepted", None, Some(4)),
    ("digest SHA-256: its hashes alone", None, None),
    ("digest SHA-512-256: accepted", None, Some(4)),
    ("digest SHA-512-256: its hashes alone", None, None),
    ("sigv4: accepted, key kept", Some(30_655), Some(6)),
    ("sigv4: its hashes alone", None, None),
    ("scratchstack sigv4: accepted, key kept", None, None),
    ("tower-http bearer: accepted", None, None),
    ("tower-http basic: accepted", None, None),
    ("tower-http basic: 401", None, None),
];

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    match (args.next(), args.next()) {
        (Some(case), Some(side)) => work(&case, side == "bare"),
        _ => CASES.iter().for_each(report),
    }
}

fn report(&(case, instructions, allocations): &(&str, Option<u64>, Option<u64>)) {
    let (layered, bare) = (Count::of(case, "layered"), Count::of(case, "bare"));
    let per_request = |layered: u64, bare: u64| layered.saturating_sub(bare) / u64::from(REQUESTS);
    let goal = |goal: Option<u64>| goal.map_or(String::new(), |goal| format!(" (goal {goal})"));
    println!(
        "{case:44} {:>7} instructions{:12} {:>3} allocations{}",
        per_request(layered.instructions, bare.instructions),
        goal(instructions),
        per_request(layered.allocations, bare.allocations),
        goal(allocations),
    );
}

/// What callgrind counted over a whole run.
struct Count {
    instructions: u64,
    allocations: u64,
}

impl Count {
    fn of(case: &str, side: &str) -> Self {
        let file = std::env::temp_dir().join(format!("callgrind.{}", std::process::id()));
        let status = Command::new("valgrind")
            .args(["--tool=callgrind", "--quiet"])
            .arg(format!("--callgrind-out-file={}", file.display()))
            .arg(std::env::current_exe().expect("this program has a path"))
            .args([case, side])
            .stderr(Stdio::null())
            .status()
            .expect("valgrind counts the instructions: apt-get install valgrind");
        assert!(status.success(), "{case} failed");
        let profile = fs::read_to_string(&file).expect("callgrind wrote it");
        fs::remove_file(&file).expect("it is ours");
        Self::read(&profile)
    }

    /// The total stands in one line; a call is a line that names the callee, and one that says how often.
    fn read(profile: &str) -> Self {
        let total = profile
            .lines()
            .find_map(|line| line.strip_prefix("totals: "));
        let mut names = HashMap::new();
        let (mut allocations, mut allocates) = (0, false);
        for line in profile.lines() {
            let named = line
                .strip_prefix("fn=")
                .or_else(|| line.strip_prefix("cfn="));
            if let Some((id, name)) = named.and_then(|named| named.split_once(' ')) {
                names.insert(id, name);
            }
            if let Some(callee) = line.strip_prefix("cfn=") {
                let id = callee.split(' ').next().unwrap_or_default();
                allocates = names.get(id).is_some_and(|name| ALLOCATORS.contains(name));
            } else if let Some(calls) = line.strip_prefix("calls=").filter(|_| allocates) {
                let count = calls.split(' ').next().unwrap_or_default();
                allocations += count.parse::<u64>().expect("a number");
            }
        }
        Self {
            instructions: total.expect("a total").trim().parse().expect("a number"),
            allocations,
        }
    }
}

/// What allocates.
const ALLOCATORS: [&str; 4] = ["malloc", "calloc", "realloc", "posix_memalign"];

fn work(case: &str, bare: bool) {
    let (requests, layered) = prepare(case, REQUESTS);
    let mut answer = if bare { answer(Inner) } else { layered };
    for request in requests {
        answer(black_box(request));
    }
}

type Answer = Box<dyn FnMut(BenchRequest)>;

fn answer<S>(mut service: S) -> Answer
where
    S: Service<BenchRequest, Response = Response<Body>, Error = Infallible> + 'static,
{
    Box::new(move |request| {
        black_box(now(&mut service, request));
    })
}

/// The requests of a case, and what answers them.
fn prepare(case: &str, len: u32) -> (Vec<BenchRequest>, Answer) {
    let bearer_token = &format!("Bearer {TOKEN}");
    let nobody = "";
    match case {
        "bearer: accepted" => several(len, bearer_token, protected(bearer())),
        "basic: accepted" => several(len, BASIC, protected(basic())),
        "basic: a bcrypt hash, again" => several(len, BASIC, protected(hashed_basic())),
        "bearer: accepted, behind digest and basic" => {
            let schemes = (digest(Algorithm::Sha256), basic(), bearer());
            several(len, bearer_token, protected(schemes))
        }
        "bearer: accepted, and permitted by its route" => {
            let permit = Permit::new(|_: &Principal, _: &RequestHead<'_>| true);
            let layer = RequireAuth::new(bearer()).expect("it has challenges");
            several(len, bearer_token, layer.layer(permit.layer(Inner)))
        }
        "401: one challenge" => several(len, nobody, protected(bearer())),
        "401: bearer, basic, basic" => {
            let schemes = (bearer(), basic(), support::basic_in("another"));
            several(len, nobody, protected(schemes))
        }
        "401: digest, bearer, basic" => {
            let schemes = (digest(Algorithm::Sha256), bearer(), basic());
            several(len, nobody, protected(schemes))
        }
        "401: digest" => several(len, nobody, protected(digest(Algorithm::Sha256))),
        "digest MD5: accepted" => digested(len, Algorithm::Md5),
        "digest SHA-256: accepted" => digested(len, Algorithm::Sha256),
        "digest SHA-512-256: accepted" => digested(len, Algorithm::Sha512_256),
        "digest MD5: its hashes alone" => hashed(len, Algorithm::Md5),
        "digest SHA-256: its hashes alone" => hashed(len, Algorithm::Sha256),
        "digest SHA-512-256: its hashes alone" => hashed(len, Algorithm::Sha512_256),
        "sigv4: accepted, key kept" => {
            let service = RequireAuth::new(sigv4()).expect("it has a challenge");
            (signed(len), answer(service.layer(Inner)))
        }
        "sigv4: its hashes alone" => (signed(len), signature_alone()),
        "scratchstack sigv4: accepted, key kept" => {
            let mut verify = other::scratchstack();
            let verify = move |request: BenchRequest| {
                verify(&request);
                black_box(now(&mut Inner, request));
            };
            (signed(len), Box::new(verify))
        }
        #[expect(deprecated, reason = "the layer that this crate replaces")]
        "tower-http bearer: accepted" => {
            let layer = ValidateRequestHeaderLayer::bearer(TOKEN);
            several(len, bearer_token, layer.layer(Inner))
        }
        #[expect(deprecated, reason = "the layer that this crate replaces")]
        "tower-http basic: accepted" => {
            let layer = ValidateRequestHeaderLayer::basic("Aladdin", "open sesame");
            several(len, BASIC, layer.layer(Inner))
        }
        #[expect(deprecated, reason = "the layer that this crate replaces")]
        "tower-http basic: 401" => {
            let layer = ValidateRequestHeaderLayer::basic("Aladdin", "open sesame");
            several(len, nobody, layer.layer(Inner))
        }
        _ => panic!("there is no case {case}"),
    }
}

/// One account in a table of a thousand, whose password was right before.
fn hashed_basic() -> Basic<Hashed<HashedAccounts>> {
    // `htpasswd -nbB -C 4 Aladdin 'open sesame'`
    let hash = "$2y$04$TqxOrVqYE4wKwa5F5gETIegeHeFHPn13YbWILaNPfP/C2wF378pCS";
    let others = (0..999).map(|i| (format!("user{i}"), hash));
    let accounts = HashedAccounts::new(others.chain([("Aladdin".to_owned(), hash)]));
    let verifier = Hashed::new(accounts.expect("they are good")).expect("threads can be started");
    let mut first = pin!(verifier.verify("Aladdin", Secret::new("open sesame")));
    let mut cx = Context::from_waker(Waker::noop());
    while first.as_mut().poll(&mut cx).is_pending() {
        std::thread::sleep(Duration::from_millis(10));
    }
    Basic::new("interop", verifier).expect("a good realm")
}

fn protected<A: Scheme<Reads = Head>>(scheme: A) -> RequireAuthService<Inner, A> {
    RequireAuth::new(scheme)
        .expect("it has challenges")
        .layer(Inner)
}

fn several<S>(len: u32, authorization: &str, service: S) -> (Vec<BenchRequest>, Answer)
where
    S: Service<BenchRequest, Response = Response<Body>, Error = Infallible> + 'static,
{
    let requests = (0..len).map(|_| request(authorization)).collect();
    (requests, answer(service))
}

fn digested(len: u32, algorithm: Algorithm) -> (Vec<BenchRequest>, Answer) {
    let mut service = protected(digest(algorithm));
    let requests = digest_requests(&mut service, algorithm, len);
    (requests, answer(service))
}

/// What Digest cannot do without: both responses, from a hash that is kept.
fn hashed(len: u32, algorithm: Algorithm) -> (Vec<BenchRequest>, Answer) {
    let ha1 = Ha1::of(algorithm, b"mufasa", b"interop", b"Circle of Life");
    let requests = digest_requests(&mut protected(digest(algorithm)), algorithm, len);
    let compute = move |request: BenchRequest| {
        let proof = Proof {
            method: b"GET",
            uri: b"/dir/index.html",
            nonce: &[b'n'; 52],
            nc: b"00000001",
            cnonce: b"0a4f113b0a4f113b",
            qop: b"auth",
        };
        black_box(proof.responses(black_box(&ha1)).rspauth());
        black_box(now(&mut Inner, request));
    };
    (requests, Box::new(compute))
}

fn signed(len: u32) -> Vec<BenchRequest> {
    (0..len).map(|_| signed_request()).collect()
}

/// What a signature cannot do without: two hashes, over texts that are here already, with a key that is kept.
fn signature_alone() -> Answer {
    let (key, canonical) = (signing_key(), canonical());
    Box::new(move |request| {
        black_box(signature(black_box(&key), black_box(&canonical)));
        black_box(now(&mut Inner, request));
    })
}
