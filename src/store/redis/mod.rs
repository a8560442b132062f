//! A store in Redis or Valkey, which several machines share.
//!
//! - `link` is the connection below everything else: one time limit, a circuit breaker, and a new connection after a fault.
//! - `core` is what all operations share. `watch` looks at the server once a second, and is the probe of the breaker.
//! - `claim` and `throttle` are the operations. `lua` has their scripts.
//! - `keys`, `epochs`, `reply`, `script` and `throttle_call` are pure: they make keys and commands, and read replies.

mod alone;
mod breaker;
mod builder;
mod claim;
mod connection;
mod core;
mod epochs;
mod event;
mod fault;
mod keys;
mod link;
mod note;
mod reply;
#[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]
mod revocations;
mod script;
mod settings;
mod store;
mod throttle;
mod throttle_call;
mod watch;

pub use self::builder::RedisStoreBuilder;
pub use self::event::{RedisEvent, RedisHealth};
#[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]
pub(crate) use self::revocations::{
    LoggedRevocation, LoggedSince, RevocationLog, wake_on_messages,
};
pub use self::store::RedisStore;
