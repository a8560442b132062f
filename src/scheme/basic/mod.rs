//! Basic (RFC 7617): a name and a password in every request.
//!
//! The password crosses the wire in a form that anybody can read: use TLS.

pub mod message;
mod server;

pub use self::server::Basic;
