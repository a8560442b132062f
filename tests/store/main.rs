//! Tests of the stores that come with the crate, and of the suite that every store must pass.
#![cfg(feature = "testing")]

mod backend;
mod encoding;
mod extremes;
mod faults;
mod memory;
mod oracle;
mod plain;
mod plain_throttle;
mod slow;
mod throttle;
#[path = "../support/watchdog.rs"]
pub mod watchdog;
