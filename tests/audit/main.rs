//! What the operator is told, and what nobody can make them believe.
//!
//! Every stand of these and of all other tests has all sinks attached, and what they write is searched for secrets.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "../support/mod.rs"]
pub mod support;

mod events;
mod fail2ban;
mod faults;
mod hostile;
mod sinks;
