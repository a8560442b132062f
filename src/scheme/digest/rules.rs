//! What a server takes, and when it names the next nonce.

use super::quirks::{ClientQuirk, QuirkSet};
use crate::config_error::ConfigError;

/// When a response names the nonce to use next (RFC 7616 section 3.5, `nextnonce`).
///
/// A client that goes on with the nonce it has is not refused for it, unless nonces are good
/// [once](super::DigestBuilder::one_time_nonces).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NextNonce {
    /// Never. A client whose nonce has ended is told `stale=true`.
    Never,
    /// In the last fifth of a nonce's life, and for its last counts.
    #[default]
    NearEnd,
    /// In every response. Requests of one client that run at the same time each get another.
    Always,
}

/// Which of what a client may send is taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct DigestRules {
    pub(super) quirks: QuirkSet,
    /// Whether what RFC 7616 wants bare must be bare.
    pub(super) strict_quoting: bool,
    /// Whether credentials may come without `qop`.
    pub(super) rfc2069: bool,
    /// Whether the challenge says nothing of `qop`.
    pub(super) silent: bool,
    /// Whether `qop=auth` is offered.
    pub(super) auth: bool,
    /// Whether `qop=auth-int` is offered.
    pub(super) auth_int: bool,
    pub(super) one_time: bool,
    pub(super) next_nonce: NextNonce,
}

impl Default for DigestRules {
    fn default() -> Self {
        Self {
            quirks: QuirkSet::default(),
            strict_quoting: false,
            rfc2069: false,
            silent: false,
            auth: true,
            auth_int: false,
            one_time: false,
            next_nonce: NextNonce::default(),
        }
    }
}

impl DigestRules {
    /// What the challenge offers. `auth` comes first: some clients look no further, and no comma is followed by a space,
    /// which others stumble over.
    pub(super) const fn qop(&self) -> Option<&'static str> {
        match (self.auth, self.auth_int) {
            _ if self.silent => None,
            (true, true) => Some("auth,auth-int"),
            (false, true) => Some("auth-int"),
            (_, false) => Some("auth"),
        }
    }

    /// How the uses of a nonce are counted. What was used by one count may be unused by another.
    pub(super) fn uses(&self) -> [u8; 2] {
        let from_zero = self.quirks.has(ClientQuirk::RubyNonceCount);
        [u8::from(self.one_time), u8::from(from_zero)]
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match self.auth_int && !self.auth && self.rfc2069 {
            true => Err(ConfigError::new(
                "where every body is to be covered, the form of RFC 2069 cannot be taken: it covers none",
            )),
            false => Ok(()),
        }
    }
}
