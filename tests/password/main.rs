//! Tests of the verifiers of passwords: hashes, the pool of threads that computes them, the cache of right passwords,
//! and files of accounts. A test name that starts with `a` and a number belongs to the abuse case with that number.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod account_lines;
mod any_text;
mod cache;
mod enumeration;
mod files;
mod formats;
mod hash;
mod hashing;
mod htdigest;
mod htpasswd;
mod mixed;
mod mutual_accounts;
mod pool;
mod retired;
mod turns;
mod vectors;
#[path = "../support/watchdog.rs"]
pub mod watchdog;
