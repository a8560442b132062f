//! Tests that typical mistakes give a message that says what to do: from the compiler, from the audit, or from `tracing`.
//!
//! `compile` compiles the programs in the folder `programs`, which the compiler refuses. The other modules run programs
//! that compile.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "../support/mod.rs"]
pub mod support;

mod clones;
mod compile;
mod missing_address;
mod missing_layer;
