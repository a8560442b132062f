//! SCRAM (RFC 7804): the client proves the password in two requests, and the server proves that it knows it, too.
//!
//! The client never sends the password, and the server does not keep it. An attacker who steals what the server keeps
//! cannot log in with it. SCRAM does not replace TLS: it protects nothing else of the request, and an attacker who sees
//! one exchange can try passwords against it offline.
//!
//! # How a login goes
//!
//! 1. The server refuses the first request with `401` and a challenge. It names the realm.
//! 2. The client sends the name of its user and a nonce. It may send this without a challenge.
//! 3. The server answers `401` with the salt of the account, the number of iterations, a nonce of its own and a `sid`, a
//!    text that stands for this exchange.
//! 4. The client hashes the password with the salt, computes a *proof* over all messages, and sends it with the sid.
//! 5. The server compares the proof, and lets the request through. The response has `Authentication-Info` with the proof
//!    of the server, also if the application or a policy refuses the request.
//!
//! Each login is one exchange: the server accepts a sid once. A client that has more to ask therefore needs two requests
//! for each, or a session of the application. With [`reauthentication`](ScramBuilder::reauthentication), which is off by
//! default, a client that has logged in before needs one request (RFC 7804 section 5.1).
//!
//! # What the server remembers
//!
//! Nothing of an exchange that is under way. The sid holds the first message under a MAC, so an attacker who begins a
//! million exchanges uses no memory. The server remembers a sid only after the proof has verified, until the sid expires.
//!
//! A reauthentication adds nothing to this: the nonces in the challenges are under a MAC as well, and the server remembers
//! a count only after the proof has verified.
//!
//! A client may send several wrong proofs with one sid. Each is an attempt for the [throttle](crate::throttle), which
//! counts it for the user whom the sid names. So a sid gives an attacker no more guesses than the throttle allows.
//!
//! # Which users exist
//!
//! A client that names an unknown user gets a salt, too: a keyed hash of the name, under
//! [`fake_salt_key`](ScramBuilder::fake_salt_key). The second request then fails as with a wrong password, at the same
//! cost. The guide [`scram`](crate::guide::scram) says what an application must do for it.
//!
//! # Options
//!
//! | option | how to set it |
//! |---|---|
//! | `SCRAM-SHA-1` in place of `SCRAM-SHA-256` | [`legacy_sha1`](ScramBuilder::legacy_sha1) |
//! | names and passwords that are not ASCII | [`preparation`](ScramBuilder::preparation) |
//! | secrets of PostgreSQL | [`ScramSecret::parse`] |
//! | a login with one request | [`reauthentication`](ScramBuilder::reauthentication) |
//! | several machines | [`nonce_keys`](ScramBuilder::nonce_keys), [`store`](ScramBuilder::store), [`fake_salt_key`](ScramBuilder::fake_salt_key) |
//!
//! [`ScramClient`] is the side of a client, as functions without I/O.

mod accounts;
mod assembly;
mod builder;
mod client;
mod client_error;
mod client_final;
mod core;
mod decoys;
mod into_scram_lookup;
mod judge;
mod mechanism;
pub mod message;
#[cfg(feature = "precis")]
mod opaque_string;
mod params;
mod preparation;
pub mod proof;
mod reasons;
mod reauthentication;
#[cfg(feature = "saslprep")]
mod saslprep;
mod secret;
mod server;
mod sid;
#[cfg(test)]
mod tests_of_work;

pub use self::accounts::{ScramAccount, ScramAccounts};
pub use self::builder::ScramBuilder;
pub use self::client::{ScramClient, ScramFirstMessage};
pub use self::client_error::ScramClientError;
pub use self::client_final::ScramFinalMessage;
pub use self::into_scram_lookup::IntoScramLookup;
pub use self::mechanism::ScramMechanism;
pub use self::preparation::StringPreparation;
pub use self::secret::{MIN_ITERATIONS, ScramSecret};
pub use self::server::Scram;
pub use crate::stateless_nonce::NonceKeys;
