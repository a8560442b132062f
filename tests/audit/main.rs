//! Tests of the audit: what it tells the operator, and that a client cannot forge it.
//!
//! Every `TestServer` of these and of all other tests has all sinks attached, and searches their output for secrets.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "../support/mod.rs"]
pub mod support;

mod events;
mod fail2ban;
mod faults;
mod hostile;
mod sinks;
