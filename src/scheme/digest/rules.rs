//! Which deviations and options a Digest scheme accepts, and when it names the next nonce.

use super::quirks::{ClientQuirk, QuirkSet};
use crate::config_error::ConfigError;

/// When a response names the nonce to use next (RFC 7616 section 3.5, `nextnonce`).
///
/// A client may ignore the new nonce and go on with its old one, unless nonces are
/// [one-time](super::DigestBuilder::one_time_nonces).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NextNonce {
    /// Never. A client whose nonce has expired gets `stale=true`.
    Never,
    /// In the last fifth of a nonce's life, and for its last 16 counts. For example, a nonce that lives for 5 minutes
    /// is replaced in its last minute.
    #[default]
    NearEnd,
    /// In every response. If a client sends several requests at the same time, each response names a different nonce.
    Always,
}

/// Which variants of credentials the scheme accepts, and which it offers.
#[derive(Clone, Copy, Debug)]
pub(super) struct DigestRules {
    pub(super) quirks: QuirkSet,
    /// Whether quotes around `algorithm`, `qop` and `nc` are refused, as RFC 7616 section 3.4 forbids them.
    pub(super) strict_quoting: bool,
    /// Whether credentials without `qop` are accepted (RFC 2069).
    pub(super) rfc2069: bool,
    /// Whether the challenge leaves out `qop`.
    pub(super) omit_qop: bool,
    /// Whether `qop=auth` is offered.
    pub(super) auth: bool,
    /// Whether `qop=auth-int` is offered.
    pub(super) auth_int: bool,
    /// Whether each nonce is good for one request.
    pub(super) one_time: bool,
    pub(super) next_nonce: NextNonce,
}

impl Default for DigestRules {
    fn default() -> Self {
        Self {
            quirks: QuirkSet::default(),
            strict_quoting: false,
            rfc2069: false,
            omit_qop: false,
            auth: true,
            auth_int: false,
            one_time: false,
            next_nonce: NextNonce::default(),
        }
    }
}

impl DigestRules {
    /// The `qop` of the challenge, or `None` to leave it out. `auth` comes first, because some clients look no further.
    /// There is no space after the comma, because other clients fail on one.
    pub(super) const fn qop(&self) -> Option<&'static str> {
        match (self.auth, self.auth_int) {
            _ if self.omit_qop => None,
            (true, true) => Some("auth,auth-int"),
            (false, true) => Some("auth-int"),
            (_, false) => Some("auth"),
        }
    }

    /// The rules for the use of a nonce. They are part of the nonce's space. Two servers with different rules number
    /// the same use differently, or protect the nonce differently, so neither may accept the other's nonces.
    pub(super) fn nonce_use_rules(&self) -> [u8; 3] {
        /// Every client may count from 0. An earlier version of this crate had 0 here and numbered counts from 1. If a
        /// server of that version shared the store, each of the two would accept a request that the other has counted.
        const COUNTED_FROM_ZERO: u8 = 1;
        let hash_like = self.quirks.has(ClientQuirk::HashLikeCnonce);
        [
            u8::from(self.one_time),
            COUNTED_FROM_ZERO,
            u8::from(hash_like),
        ]
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        match self.auth_int && !self.auth && self.rfc2069 {
            true => Err(ConfigError::new(
                "`AuthInt::required` cannot be combined with `legacy_rfc2069`: that form covers no body",
            )),
            false => Ok(()),
        }
    }
}
