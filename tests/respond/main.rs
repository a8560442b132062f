//! What refused clients are shown, through the whole layer and over real connections. What each renderer makes of each
//! refusal is tested beside the renderers; names that start with `a` and a number are those of the abuse cases.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod aws;
mod concealed;
mod cors;
mod grpc;
mod login;
mod plain;
mod refused;
mod scripts;
mod wire;

use self::refused::{ADA, AWAY, EXHAUSTED, WRONG, basic, layer};
