//! Tests of AWS Signature Version 4: the published vectors, and the checks of a server that the vectors do not cover.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "../support/mod.rs"]
pub mod support;

mod documents;
mod ended_bodies;
mod head;
mod negative;
mod suite;
mod vectors;
