//! API keys: the client sends a key in a field of its own, such as `X-Api-Key`, and any client that has the key is
//! admitted.
//!
//! No RFC defines this scheme, and every service writes it in its own way. [`ApiKey`] does what most of them do: the key is
//! the whole value of one field. The verifiers are those of Bearer: see [`bearer`](super::bearer).

mod message;
mod reasons;
mod server;

pub use self::server::ApiKey;
