//! Tests how an attacker would try to get past the layer. Each file is one section, and each number is one case.
//!
//! The cases use these words. *Refuse* is a `401` with the configured challenges, one failure event, and one counted
//! failure. *Challenge* is the same `401`, but the throttle counts nothing. `400` is a malformed request: the layer
//! asks no verifier and charges no account. [`TestServer::send`](support::TestServer::send) checks the rest for every request:
//! the layer did not call the inner service, there was no panic and no `500`, and no visible text holds a secret.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "../support/mod.rs"]
pub mod support;

mod a_parsing;
mod b_basic;
mod c_digest;
mod d_bearer;
mod f_sigv4;
mod g_sending;
mod h_layering;
mod o_hoba;
mod o_mutual;
mod o_scram;
mod p_policies;
mod q_guessing;
mod waiting;
mod wire;
