//! Tests of the store in Redis, against real servers.

mod backend;
mod conformance;
mod model;
#[path = "../support/redis/mod.rs"]
pub mod redis;
