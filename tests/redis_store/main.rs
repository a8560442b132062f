//! Tests of the store in Redis, against real servers.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a helper of tests fails as a test does"
)]

mod backend;
mod budget;
mod cluster_failover;
mod conformance;
#[path = "../support/fault_proxy.rs"]
pub mod fault_proxy;
mod faults;
mod model;
mod operations;
mod reasons;
#[path = "../support/redis/mod.rs"]
pub mod redis;
mod revocations;
mod room;
mod sentinel;
mod tls;
