//! Bodies that credentials cover: nobody sees an octet of one that has not verified, and nobody waits for one for good.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

mod chunks;
mod extractors;
mod fed;
mod matrix;
mod memory;
mod places;
mod scheme;
mod sockets;
mod whole;
