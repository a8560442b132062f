//! Tests access tokens in the form of JWTs. Cases with a number are those of `tests/abuse`.
#![cfg(all(
    feature = "testing",
    any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")
))]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

mod bound;
mod cache;
mod claims;
mod forged;
mod keys;
mod layer;
mod profiles;
mod support;
mod test_issuer;
