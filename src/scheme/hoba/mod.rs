//! HOBA (RFC 7486): the client signs a challenge with a key of its own. There is no password.
//!
//! Each device of a user has a key pair. The server keeps the public keys, so a stolen database lets no attacker log in.
//! The signature covers the origin of the server, so a phishing site cannot use it.
//!
//! # How a login goes
//!
//! 1. The server refuses the first request with `401` and a *challenge* (RFC 7486 section 3): a text that this server
//!    recognises later, and `max-age`, which says how long the text is good.
//! 2. The client makes a *nonce* and signs both, together with the origin of the server, the realm and the *kid*, the
//!    identifier of its key (section 2). It repeats the request with kid, challenge, nonce and signature.
//! 3. The server finds the public key of the kid and verifies the signature. Then it uses up the challenge, or, with a
//!    `max-age` above zero, the signature.
//!
//! The server stores nothing for a challenge: it carries a time and a MAC. The server remembers a use only after the
//! signature of a registered key has verified. So a stranger without a key uses no memory. With
//! [open registration](crate::hoba_services::HobaServicesBuilder::open_registration), a stranger can register a key, and
//! each account can fill a part of the [store](crate::store::ReplayStore). So limit the rate of registrations.
//!
//! # The parts
//!
//! | part | what it does |
//! |---|---|
//! | [`Hoba`] | the scheme; its [builder](HobaBuilder) has the settings |
//! | [`HobaKey`], [`HobaPublicKey`] | what the look-up returns for a kid |
//! | [`HobaSessions`], [`HobaSession`] | a cookie after a login, so that a page does not sign each request |
//! | [`client`] | the side of a client, without I/O |
//! | [`hoba_services`](crate::hoba_services) | the registration of keys, and the other URIs of section 6 |
//!
//! The guide [`hoba`](crate::guide::hoba) says when to choose HOBA.

mod algorithm;
mod assembly;
mod builder;
pub mod client;
mod core;
mod judge;
mod key;
pub mod message;
mod origin;
pub mod proof;
mod public_key;
mod reasons;
mod server;
mod session;
mod sessions;
#[cfg(test)]
mod tests_of_work;

pub use self::algorithm::HobaAlgorithm;
pub use self::builder::HobaBuilder;
pub use self::key::HobaKey;
pub use self::origin::HobaOrigin;
pub use self::public_key::HobaPublicKey;
pub use self::server::Hoba;
pub use self::session::HobaSession;
pub use self::sessions::HobaSessions;
pub use crate::stateless_nonce::NonceKeys;
