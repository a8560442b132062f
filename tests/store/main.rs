//! What is remembered between requests: the store that comes with the crate, and the suite that every store must pass.
#![cfg(feature = "testing")]

mod backend;
mod elsewhere;
mod encoding;
mod extremes;
mod faults;
mod memory;
mod oracle;
mod plain;
mod plain_throttle;
mod throttle;
