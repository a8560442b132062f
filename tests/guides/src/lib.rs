//! Tests the guides of the library whose code needs crates that the library does not.

/// How to keep users in a database.
#[cfg(doctest)]
#[doc = include_str!("../../../src/guide/users_in_a_database.md")]
pub mod users_in_a_database {}
/// How to sign in with keys.
#[cfg(doctest)]
#[doc = include_str!("../../../src/guide/hoba.md")]
pub mod hoba {}
/// How to protect a gRPC service.
#[cfg(doctest)]
#[doc = include_str!("../../../src/guide/tonic.md")]
pub mod tonic {}
/// How to protect a WebSocket.
#[cfg(doctest)]
#[doc = include_str!("../../../src/guide/websocket.md")]
pub mod websocket {}
/// How to move from another crate.
#[cfg(doctest)]
#[doc = include_str!("../../../src/guide/migrate.md")]
pub mod migrate {}
