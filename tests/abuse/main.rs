//! How somebody would try to get in, and what must come of it: one file a section, one number a case.
//!
//! In the words of the cases: *refuse* is a `401` with the configured challenges, one failure event, one failure
//! counted; *challenge* is the same `401`, and nothing counted; `400` is a malformed request, for which no verifier is
//! asked and no account blamed. [`Stand::send`](support::Stand::send) checks the rest for every request: the inner
//! service was not called, there was no panic and no `500`, and nothing that can be seen holds a secret.

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
mod p_policies;
mod q_guessing;
mod waiting;
mod wire;
