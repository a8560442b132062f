//! Who has which password: hashes, the threads that compute them, what is remembered, and files. Names that start with
//! `a` and a number are those of the abuse cases.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

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
mod pool;
mod vectors;
