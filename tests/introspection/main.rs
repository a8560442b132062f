//! Tests that an authorization server is asked about tokens (RFC 7662): what is sent, what an answer means, what is
//! remembered, and that no fault of the server lets a request pass.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

mod answers;
mod authority;
mod bound;
mod cache;
mod credentials;
mod faults;
mod questions;
#[path = "../jwks/raw_server.rs"]
mod raw_server;
mod server;
mod settings;
mod several;
mod vectors;
