//! Runs the examples, and checks that they answer as they say.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod audit_log;
mod client;
mod conformance;
mod conformance_tokens;
mod cookbook;
mod gateway;
mod guide_commands;
mod guides;
mod placeholders;
mod printed;
mod process;
mod proxy;
mod schemes;
mod showcase;
mod transcript;
