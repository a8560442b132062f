//! Tests three copies of the conformance server, which share their memory in a real Redis server.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use tower_challenge::clock::{Clock, SystemClock};

use crate::client::{Answer, ask, digest};
use crate::process::Running;
use crate::redis::RedisServer;

/// The origin that clients would see behind a balancer.
const ORIGIN: &str = "http://127.0.0.1:8080";
const MUFASA: (&str, &str) = ("mufasa", "Circle of Life");

/// Starts a copy. Without `keys`, it issues tokens itself; with it, it trusts the copy with these keys.
fn copy(redis: &RedisServer, keys: Option<&str>) -> Running {
    let redis = redis.url();
    let mut arguments = vec!["--listen", "127.0.0.1:0", "--origin", ORIGIN];
    arguments.extend(["--audience", "https://api.example"]);
    arguments.extend(["--redis", &redis, "--nodes", "3"]);
    if let Some(keys) = keys {
        arguments.extend(["--issuer", ORIGIN, "--jwks", keys]);
    }
    Running::start_with("conformance", &arguments)
}

fn copies(redis: &RedisServer) -> [Running; 3] {
    let first = copy(redis, None);
    let keys = format!("http://{}/jwks", first.address);
    let others = [(); 2].map(|()| copy(redis, Some(&keys)));
    let [second, third] = others;
    [first, second, third]
}

fn get(copy: SocketAddr, path: &str, credentials: &str) -> Answer {
    let field = format!("Authorization: {credentials}");
    ask(copy, &format!("GET {path}"), &[&field])
}

#[test]
fn three_copies_accept_a_nonce_once_and_lock_an_account_together() {
    let redis = RedisServer::start();
    let copies = copies(&redis);
    let path = "/digest/sha-256";
    let mut tries = 0;
    for round in 0..30 {
        let challenge = ask(copies[round % 3].address, &format!("GET {path}"), &[]);
        let challenge = challenge.lines("www-authenticate")[0].to_owned();
        let credentials = digest(&challenge, MUFASA, ("GET", path), 1);
        let answers = copies
            .iter()
            .map(|copy| get(copy.address, path, &credentials));
        let statuses: Vec<u16> = answers.map(|answer| answer.status()).collect();
        assert_eq!(statuses, [200, 401, 401], "round {round}");
        tries += statuses.len();
    }
    println!("{tries} tries at three copies: {} admitted", tries / 3);

    let basic = |password: &str| format!("Basic {}", STANDARD.encode(format!("mufasa:{password}")));
    for number in 0..5 {
        let wrong = basic(&format!("wrong {number}"));
        let answer = get(copies[number % 2].address, "/throttled", &wrong);
        assert_eq!(answer.status(), 401);
    }
    for copy in &copies {
        let answer = get(copy.address, "/throttled", &basic(MUFASA.1));
        assert_eq!(answer.status(), 429);
    }
}

/// Requests with another token go on at all copies meanwhile.
#[test]
fn three_copies_refuse_a_revoked_token() {
    let redis = RedisServer::start();
    let copies = copies(&redis);
    let addresses = copies.each_ref().map(|copy| copy.address);
    let token = || {
        ask(addresses[0], "GET /jwt-token?scope=write&ttl=3600", &[])
            .body()
            .to_owned()
    };
    let status = |copy, token: &str| get(copy, "/jwt", &format!("Bearer {token}")).status();
    let (ended, requests) = (AtomicBool::new(false), AtomicU32::new(0));
    let clock = SystemClock::new();
    let good = token();
    thread::scope(|threads| {
        let end = EndOnDrop(&ended);
        for copy in addresses {
            let (good, ended, requests) = (&good, &ended, &requests);
            threads.spawn(move || {
                while !ended.load(Ordering::SeqCst) {
                    assert_eq!(status(copy, good), 200);
                    requests.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        let times = (0..9).map(|number| {
            let token = token();
            assert!(addresses.iter().all(|copy| status(*copy, &token) == 200));
            let revoked = clock.monotonic();
            let revoke = format!("POST /revoke?jti={}", identifier(&token));
            assert_eq!(ask(addresses[number % 3], &revoke, &[]).status(), 204);
            while !addresses.iter().all(|copy| status(*copy, &token) == 401) {
                let since = clock.monotonic().saturating_sub(revoked);
                assert!(since < Duration::from_secs(20), "the token is still good");
            }
            clock.monotonic().saturating_sub(revoked)
        });
        let longest = times.max().unwrap().as_millis();
        drop(end);
        let requests = requests.load(Ordering::SeqCst);
        println!(
            "9 tokens were refused by three copies after {longest} ms at most, among {requests} other requests"
        );
    });
}

/// Ends the load, also if the test fails.
struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The `jti` of a token.
fn identifier(token: &str) -> String {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap());
    let claims: serde_json::Value = serde_json::from_slice(&claims.unwrap()).unwrap();
    claims["jti"].as_str().unwrap().to_owned()
}
