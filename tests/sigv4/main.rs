//! AWS Signature Version 4: the published vectors, and what a server has to insist on beside them.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "../support/mod.rs"]
pub mod support;

mod documents;
mod head;
mod negative;
mod suite;
mod vectors;
