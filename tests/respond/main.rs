//! Tests the renderers through the whole layer and over real connections.
//!
//! The unit tests beside the renderers test each renderer with each kind of refusal. A test name that starts with `a`
//! and a number has the number of an abuse case.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod aws;
mod concealed;
mod cors;
mod grpc;
mod head;
mod login;
mod overread;
mod plain;
mod refused;
mod scripts;
#[path = "../support/watchdog.rs"]
pub mod watchdog;
mod wire;

use self::refused::{ADA, EXHAUSTED, UNAVAILABLE, WRONG, basic, layer};
