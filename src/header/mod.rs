//! Reads and writes the header fields of HTTP authentication (RFC 9110 section 11).
//!
//! - A client sends [`Credentials`] in `Authorization` or `Proxy-Authorization`.
//! - A server sends [`Challenge`]s in [`WwwAuthenticate`], and a proxy sends them in [`ProxyAuthenticate`].
//! - After a server has accepted credentials, it can send [`AuthenticationInfo`].
//! - A server offers a login that a request does not need in [`OptionalWwwAuthenticate`], and advises interactive clients
//!   with [`AuthenticationControl`] (RFC 8053, experimental).
//!
//! This room handles bytes and quoting only. It does not verify secrets, and it needs no clock.
//!
//! The parsers accept exactly the syntax that RFC 9110 requires recipients to accept. For example, they accept
//! whitespace around `=`, empty list elements, a token or a quoted-string for every value, and names in any case. The
//! builders write the stricter syntax of senders. For example, they write no whitespace around `=` and no empty
//! elements.
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
//! // Recipients disagree about which of two equal parameter names counts, so that a repeated name is an error.
//! let error = Credentials::parse(br#"Digest nonce="a", Nonce="b""#).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "expected a parameter name that occurs only once at byte 18 of line 1"
//! );
//! # Ok::<(), tower_challenge::header::ParseError>(())
//! ```
//!
//! # Typed headers
//!
//! [`WwwAuthenticate`], [`ProxyAuthenticate`], [`OptionalWwwAuthenticate`], [`AuthenticationControl`],
//! [`AuthenticationInfo`] and [`ProxyAuthenticationInfo`] have two parsers: `from_headers` reads the headers of a message, and `parse` reads field values. With the feature `headers` these
//! types also implement the trait `Header` of the crate `headers`, so that an application can call `typed_get` and
//! `typed_insert` with them.
//!
//! # Limits
//!
//! The time to parse a value is proportional to its length. A list of parameters has at most [`MAX_PARAMS`] parameters.
//! A list of challenges has at most [`MAX_CHALLENGES`] challenges. A field has at most [`MAX_EMPTY_ELEMENTS`] empty
//! elements. A parser returns an error for a value that exceeds a limit, and never ignores a part of it.
//!
//! # Disputed readings
//!
//! The table lists values that the grammar allows to be read in more than one way, or that deployed parsers read
//! differently. For example, this crate reads `X a=` as the scheme `X` with the token68 `a=`. `<HTAB>` stands for a
//! tab.
//!
//! | field value | this crate reads | reason |
//! |---|---|---|
//! | `Basic realm=foo` | the realm `foo` | section 11.5 requires senders to quote a realm; section 11.2 requires recipients to accept both forms |
//! | a parameter name twice in one challenge | error | parsers disagree about which one counts, and an attacker could choose |
//! | `X a=` | the token68 `a=` | the grammar has no empty token, and `a=` matches token68 |
//! | `X a=, b=c` | error | only another scheme can follow a token68 |
//! | `X a, b` | `X` with the token68 `a`; the scheme `b` | a parameter always has an `=` |
//! | `X , a=b` | `X` with the parameter `a` | the space begins the list of parameters, and its first element is empty |
//! | `X, a=b` | error | without a space `X` has no list of parameters, and `a=b` has no scheme |
//! | `X<HTAB>a=b` | error | section 11.3: only SP separates a scheme from its parameters |
//! | `X a=b c=d` | error | commas separate the elements of a list; some browsers accept a space |
//! | `X a=b,` and `X ,` | the empty elements are ignored | section 5.6.1.2: recipients must ignore them |
//! | a line `nonce="x"` after a line `X realm="r"` | a parameter of `X` | section 5.3: all lines are one list |
//! | a quoted-string that continues in the next line | error | if the lines were joined it would be valid, but then an intermediary that adds a line could hide or forge a challenge |
//! | whitespace at the ends of a line | the whitespace is not part of the value | section 5.5 |
//! | an empty challenge field | an empty list | section 5.6.1.2; the parser does not check that a `401` has a challenge |
//! | empty credentials | error, for which [`is_empty_value`](ParseError::is_empty_value) is `true` | there is no scheme; the caller may treat the field as absent |
//! | `Bearer abc,` and `Bearer abc, Basic ..` | error | credentials are not a list |
//! | an entry of `Authentication-Control` without a parameter | error | RFC 8053 section 4: `1#auth-control-param` |
//! | `username` and `username*` in one entry | no user name | RFC 8053 section 4.1: a sender must not send both |
//! | obs-text (%x80-FF) | bytes, and only in a quoted-string | section 5.6.4; the field does not name a charset |
//!
//! All section numbers without an RFC refer to RFC 9110.

mod authentication_control;
mod authentication_info;
mod challenge;
mod challenge_builder;
mod challenge_list;
mod challenges;
mod checked_params;
mod control_entry;
mod control_entry_builder;
mod credentials;
mod cursor;
pub mod ext_value;
mod grammar;
mod info;
mod optional_www_authenticate;
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

pub(crate) use authentication_control::AUTHENTICATION_CONTROL;
pub use authentication_control::AuthenticationControl;
pub use authentication_info::{
    AuthenticationInfo, AuthenticationInfoBuilder, InvalidAuthenticationInfo,
};
pub use challenge::Challenge;
pub use challenge_builder::{ChallengeBuilder, InvalidChallenge};
pub(crate) use challenges::join;
pub use control_entry::{AuthStyle, ControlEntry};
pub use control_entry_builder::{ControlEntryBuilder, InvalidControlEntry};
pub(crate) use credentials::NamedCredentials;
pub use credentials::{Credentials, scheme_of};
pub use grammar::is_token68;
pub(crate) use optional_www_authenticate::OPTIONAL_WWW_AUTHENTICATE;
pub use optional_www_authenticate::OptionalWwwAuthenticate;
pub use param::Param;
pub use params::Params;
pub use parse_error::ParseError;
pub use proxy_authenticate::ProxyAuthenticate;
pub use proxy_authentication_info::ProxyAuthenticationInfo;
pub use scheme_name::SchemeName;
pub(crate) use unique_params::UniqueParams;
pub use value::ParamValue;
pub use www_authenticate::WwwAuthenticate;

/// The largest number of parameters that a challenge, credentials or `Authentication-Info` may have.
///
/// No registered scheme defines nearly as many parameters for one message. The parser compares each name with the names
/// before it. Without a limit, the time for this would grow with the square of the number of parameters.
pub const MAX_PARAMS: usize = 32;

/// The largest number of challenges that a message may have.
///
/// The parser makes a separate value of each challenge. Without a limit, a field with many short scheme names would
/// need many times its size in memory.
pub const MAX_CHALLENGES: usize = 64;

/// The largest number of empty list elements that a field may have.
///
/// RFC 9110 section 5.6.1.2 requires recipients to accept "a reasonable number of empty list elements". This limit is
/// high enough for software that joins lines carelessly, and too low for an attack.
pub const MAX_EMPTY_ELEMENTS: usize = 64;
