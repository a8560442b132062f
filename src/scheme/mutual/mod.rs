//! Mutual (RFC 8120, RFC 8121): the client proves the password, and the server proves that it knows it, too. An attacker
//! who sees or changes all messages cannot try passwords against them.
//!
//! The client never sends the password, and the server keeps a number `J` in its place. The client and the server exchange
//! keys in which the password is mixed. Their secrets are equal only if the password belongs to `J`. An attacker who poses
//! as the server, or who listens, gets one guess for each exchange with a client. Mutual does not replace TLS: it protects
//! nothing else of the request.
//!
//! # How a session goes
//!
//! 1. The server refuses the first request with `401` and a challenge. It names the protection space.
//! 2. The client sends the name of its user and a key `kc1`. It may send this without a challenge.
//! 3. The server answers `401` with its key `ks1` and a `sid`, a text that stands for the session.
//! 4. The client computes a proof `vkc` for the sid and the count 1, and sends it.
//! 5. The server compares the proof, and lets the request through. The response has `Authentication-Info` with the proof
//!    `vks` of the server, also if the application or a policy refuses the request. Only a `401` has none.
//! 6. Each further request has the next count and its own proof. It costs two hashes.
//!
//! | the server answers `401` with | the client |
//! |---|---|
//! | `reason=initial` | begins a session |
//! | `reason=stale-session` | begins another session, without asking its user |
//! | `reason=auth-failed` | asks its user for the password again |
//! | `reason=invalid-parameters` | has sent a wrong message, and gives up |
//!
//! # What the server remembers
//!
//! Nothing of an exchange that is under way. The sid holds the secret of the session, sealed so that only the server can
//! read it. An attacker who begins a million exchanges uses no memory. After the proof has verified, the server remembers
//! the counts of the session in its [store](MutualBuilder::store).
//!
//! A first proof that is wrong ends its session, so an exchange is good for one guess. The server marks such sessions, and
//! those that are proved, in a table of [fixed size](MutualBuilder::session_marks). Each wrong proof is a failure for the
//! [throttle](crate::throttle), which counts it for the user whom the sid names.
//!
//! # Which users exist
//!
//! A client that names an unknown user gets a key, too, which the server makes of a secret that belongs to no password. The
//! next request then fails as with a wrong password, at the same cost.
//!
//! # Constant time
//!
//! The time of the arithmetic must not depend on the password or on the exponents. The code for the groups has no branch and no
//! index that depends on a secret, and a measurement looks for what the reading missed, in the manner of dudect:
//!
//! - The server answers a key exchange with two classes of `S_s1`: always the smallest one, and random ones. The client computes
//!   `z` with two classes of passwords (`pi`): always the same one, and random ones.
//! - The two classes alternate at random. The slowest tenth of the times is left out, because interruptions cause it.
//! - The t of Welch compares the two classes. A leak makes |t| grow with the number of measurements; above 5 it is proven.
//!
//! | group | pairs of times | t for `S_s1` | t for `pi` |
//! |---|---|---|---|
//! | P-256 | 6,000 | -0.59 | 1.06 |
//! | P-521 | 2,000 | 0.84 | -0.80 |
//! | 2,048 bits | 600 | 0.35 | -0.47 |
//! | 4,096 bits | 200 | -1.66 | -0.78 |
//!
//! `cargo bench -p benches --bench mutual_timing` in the repository of this crate measures again, and fails if a |t| is above 5.
//! A small t is no proof: it says that this many measurements on this machine show no difference.
//!
//! # Where RFC 8120 leaves a choice
//!
//! | point | this crate | reason |
//! |---|---|---|
//! | no `auth-scope` | a request without it is refused, and the server always sends it | section 4.1 and section 5 name different defaults |
//! | `Authentication-Info` | the server sends bare parameters, and the client also accepts the word `Mutual` before them | a figure shows the word, and the text refers to RFC 7615, which has none |
//! | `nc=0` | `invalid-parameters` | counts begin at 1 |
//! | a wrong `vkc` in a session that is proved | changes nothing, and uses up no count | otherwise an attacker who saw one message could end the session |
//! | a `nc` above `nc-max` | `stale-session`, and the session goes on | the proof is not compared, so the message may be an attacker's; the server knows each count that was used |
//! | `nc-window` | is `nc-max` | the server remembers all counts of a session |
//! | a session that was rejected | `stale-session` | the same answer as for one that has ended |
//! | `tls-unique` | is not offered | TLS 1.3 does not have it |
//! | `path`, `reauth-needed`, `internal-error`, `authz-failed` | are not sent | they are optional |
//!
//! # Options
//!
//! | option | how to set it |
//! |---|---|
//! | the server behind TLS | [`HostValidation::certificate`] |
//! | the server without TLS | [`HostValidation::host`] |
//! | accounts of a file that may change | [`accounts_file`] |
//! | accounts of a text | [`MutualAccounts::from_lines`] |
//! | accounts of a database | a closure from a name to a [`MutualAccount`] |
//! | the groups of integers | [`MutualAlgorithm`], with `MutualBuilder::pool` (feature `hashes`) |
//! | several machines | [`nonce_keys`](MutualBuilder::nonce_keys), [`store`](MutualBuilder::store) |
//!
//! [`MutualClient`] is the side of a client, as functions without I/O.

mod account_lines;
mod accounts;
mod algorithm;
mod assembly;
mod begun_proofs;
mod builder;
mod certificate;
mod challenges;
mod client;
mod client_error;
mod client_session;
mod core;
mod curve;
mod discrete_log;
mod encoding;
mod group;
mod host_validation;
mod judge;
mod message;
mod origin;
#[cfg(feature = "hashes")]
mod pool;
pub mod proof;
mod reasons;
mod secret;
mod sensitive;
mod server;
mod session;
mod session_marks;
mod space;
#[cfg(test)]
mod tests_of_memory;
#[cfg(test)]
mod tests_of_work;
mod work;

pub use self::account_lines::accounts_file;
pub use self::accounts::{MutualAccount, MutualAccounts};
pub use self::algorithm::MutualAlgorithm;
pub use self::builder::MutualBuilder;
pub use self::client::{MutualClient, MutualKeyExchange};
pub use self::client_error::MutualClientError;
pub use self::client_session::{MutualProof, MutualSession};
pub use self::host_validation::HostValidation;
pub use self::secret::MutualSecret;
pub use self::server::Mutual;
pub use self::space::MutualSpace;
pub use crate::stateless_nonce::NonceKeys;
