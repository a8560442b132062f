//! Runs the examples, and checks that they answer as they say.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod audit_log;
mod client;
mod conformance;
mod conformance_tokens;
mod gateway;
mod printed;
mod process;
mod proxy;
mod schemes;
mod scram;
mod showcase;
