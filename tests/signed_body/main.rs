//! Tests of bodies that credentials cover. The inner service never sees an unverified byte, and the server never waits
//! for a body without a limit.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

mod chunks;
mod extractors;
mod fed;
mod matrix;
mod memory;
mod readiness;

mod scheme;
mod sockets;
#[path = "../support/watchdog.rs"]
pub mod watchdog;
mod whole;
