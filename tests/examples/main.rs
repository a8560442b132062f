//! Runs the examples, and checks that they answer as they say.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod audit_log;
mod client;
mod conformance;
mod conformance_copies;
mod conformance_tokens;
mod cookbook;
mod gateway;
mod guide_commands;
mod guides;
mod placeholders;
mod printed;
mod process;
mod proxy;
#[expect(
    clippy::missing_panics_doc,
    reason = "a helper of tests fails as a test does"
)]
#[path = "../support/redis/mod.rs"]
pub mod redis;
mod schemes;
mod showcase;
mod transcript;
