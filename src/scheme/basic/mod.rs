//! Basic (RFC 7617): the client sends a name and a password with every request.
//!
//! An attacker who reads the traffic reads the password: use Basic only with TLS.

pub mod message;
mod reasons;
mod server;

pub use self::server::Basic;
