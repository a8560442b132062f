//! What is on the wire?
//!
//! The fields of HTTP authentication (RFC 9110 section 11): [`Credentials`] that clients send,
//! [`Challenge`]s that servers send, and [`AuthenticationInfo`] that follows. This room knows
//! octets and quoting; no scheme's secrets, no clock.
//!
//! Readers accept what RFC 9110 has recipients accept and nothing else: whitespace around `=`,
//! empty list elements, a token or a quoted-string for every value, names in any case. Writers
//! write none of it.
//!
//! # Example
//!
//! ```
//! use tower_challenge::header::{Credentials, SchemeName, WwwAuthenticate};
//!
//! let line = br#"Digest realm="api", qop="auth, auth-int", Basic realm="api""#;
//! let challenges = WwwAuthenticate::parse([line.as_slice()])?;
//! let schemes = challenges.iter().map(|challenge| challenge.scheme());
//! assert!(schemes.eq([SchemeName::DIGEST, SchemeName::BASIC]));
//!
//! // A parameter that occurs twice has no meaning that two readers would agree on.
//! let error = Credentials::parse(br#"Digest nonce="a", Nonce="b""#).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "expected a parameter name that did not come before at octet 18 of line 1"
//! );
//! # Ok::<(), tower_challenge::header::ParseError>(())
//! ```
//!
//! # Typed headers
//!
//! [`WwwAuthenticate`], [`ProxyAuthenticate`], [`AuthenticationInfo`] and [`ProxyAuthenticationInfo`] read a message with
//! `from_headers` and field values with `parse`. With the feature `headers` they implement the trait `Header` of the crate
//! `headers`, too, and an application can call `typed_get` and `typed_insert` with them.
//!
//! # Limits
//!
//! Reading takes time in proportion to the length of the value. A list of parameters has at most
//! [`MAX_PARAMS`], a list of challenges at most [`MAX_CHALLENGES`], and a field at most
//! [`MAX_EMPTY_ELEMENTS`] empty elements; more is an error, never cut.
//!
//! # Disputed readings
//!
//! Where the grammar leaves room, or deployed readers differ, this is how it is read here.
//!
//! | on the wire | read as | because |
//! |---|---|---|
//! | `Basic realm=foo` | the realm `foo` | section 11.5 has senders quote a realm; section 11.2 has recipients accept both forms |
//! | a name twice in one challenge | error | readers differ over which counts, and an attacker may choose |
//! | `X a=` | the token68 `a=` | the grammar has no empty token; `a=` does match token68 |
//! | `X a=, b=c` | error | after a token68 only another scheme can follow |
//! | `X a, b` | `X` with the token68 `a`; the scheme `b` | a parameter has an `=` |
//! | `X , a=b` | `X` with the parameter `a` | the space begins the list, and its first element is empty |
//! | `X, a=b` | error | without the space `X` has no list, and `a=b` has no scheme |
//! | `X<HTAB>a=b` | error | section 11.3: only SP separates a scheme from the rest |
//! | `X a=b c=d` | error | a list has commas; some browsers take a space |
//! | `X a=b,` and `X ,` | the empty elements are ignored | section 5.6.1.2: recipients must |
//! | a line `nonce="x"` after a line `X realm="r"` | a parameter of `X` | section 5.3: lines are one list |
//! | a quoted-string from one line into the next | error | joined lines would allow it; but whoever adds a line could then swallow or forge a challenge |
//! | whitespace at the ends of a line | not part of it | section 5.5 |
//! | an empty challenge field | an empty list | section 5.6.1.2; whether that is enough for a 401 is not a matter of octets |
//! | empty credentials | error, [told apart](ParseError::is_empty_value) | no scheme; the caller may treat it as absent |
//! | `Bearer abc,` and `Bearer abc, Basic ..` | error | credentials are no list |
//! | obs-text (%x80-FF) | only in a quoted-string, as octets | section 5.6.4; which charset it is nobody says |
//!
//! Section numbers are of RFC 9110.

mod authentication_info;
mod challenge;
mod challenge_builder;
mod challenge_list;
mod challenges;
mod checked_params;
mod credentials;
mod cursor;
pub mod ext_value;
mod grammar;
mod info;
mod param;
mod params;
mod parse;
mod parse_error;
mod proxy_authenticate;
mod proxy_authentication_info;
mod quoted_string;
mod rendered;
mod scheme_name;
#[cfg(feature = "headers")]
mod typed;
mod unique_params;
mod value;
mod www_authenticate;

pub use authentication_info::{
    AuthenticationInfo, AuthenticationInfoBuilder, InvalidAuthenticationInfo,
};
pub use challenge::Challenge;
pub use challenge_builder::{ChallengeBuilder, InvalidChallenge};
pub(crate) use challenges::join;
pub(crate) use credentials::UnparsedCredentials;
pub use credentials::{Credentials, scheme_of};
pub use grammar::is_token68;
pub use param::Param;
pub use params::Params;
pub use parse_error::ParseError;
pub use proxy_authenticate::ProxyAuthenticate;
pub use proxy_authentication_info::ProxyAuthenticationInfo;
pub use scheme_name::SchemeName;
pub(crate) use unique_params::UniqueParams;
pub use value::ParamValue;
pub use www_authenticate::WwwAuthenticate;

/// How many parameters a challenge, credentials or Authentication-Info may have.
///
/// Far more than any registered scheme defines for one message. Names are compared with each
/// other, so that there has to be a limit for the work to stay linear.
pub const MAX_PARAMS: usize = 32;

/// How many challenges a message may have. Each becomes a value of its own, so that a field of
/// bare scheme names would otherwise take many times its size.
pub const MAX_CHALLENGES: usize = 64;

/// How many list elements of a field may be empty. RFC 9110 section 5.6.1.2 asks for "a reasonable
/// number": enough for careless merging of lines, too few to be an attack.
pub const MAX_EMPTY_ELEMENTS: usize = 64;
