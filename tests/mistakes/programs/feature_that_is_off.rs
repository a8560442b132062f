//! Uses parts of the crate without their features. The library of this program has the feature `basic` only.
//!
//~ the item is gated behind the `sigv4` feature
//~ the item is gated behind the `throttle` feature
//~ the item is gated behind the `hashes` feature
//~ the item is gated behind the `htpasswd` feature
//~ the item is gated behind the `digest` feature
//~ #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]

use tower_challenge::jwt::JwtVerifier;
use tower_challenge::password::hash::HashFormats;
use tower_challenge::password::htpasswd;
use tower_challenge::scheme::{Digest, SigV4};
use tower_challenge::throttle::FailureThrottle;

fn main() {}
