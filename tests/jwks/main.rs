//! Tests that the keys of an issuer are fetched when they are needed, at most once in an interval, and only from the
//! configured URL. No good token is refused while the issuer fails.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

mod discovery;
mod events;
mod faults;
mod issuer;
mod raw_server;
mod requests;
mod runtimes;
mod schedule;
mod settings;
mod tls;
mod tokens;
