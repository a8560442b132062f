//! An account with the hash of its password.

use std::time::SystemTime;

use crate::clock::Clock;
use crate::password::hash::{HashFormats, PasswordHash};
use crate::principal::Principal;
use crate::reason::coded;
use crate::verified::{Verified, VerifyFailure};

/// An account: the hash of its password, the identity that a right password proves, and whether the account may log in.
///
/// # Example
///
/// ```
/// use tower_challenge::Principal;
/// use tower_challenge::password::HashedAccount;
/// use tower_challenge::password::hash::{HashFormats, PasswordHash};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let text = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";
/// let ada = HashedAccount::new(PasswordHash::parse(text)?, Principal::new("ada"));
/// let guest = HashedAccount::new(PasswordHash::parse(text)?, Principal::new("guest")).disabled();
/// let from_a_row = HashedAccount::from_stored(&HashFormats::new(), "!", Principal::new("grace"));
/// assert!(from_a_row.is_broken(), "no password matches an unreadable hash");
/// # let _ = (ada, guest);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HashedAccount<I = Principal> {
    hash: Option<PasswordHash>,
    identity: I,
    disabled: bool,
    expires: Option<SystemTime>,
}

impl<I> HashedAccount<I> {
    /// Creates an account with this hash. It may log in.
    #[must_use]
    pub const fn new(hash: PasswordHash, identity: I) -> Self {
        Self::with_hash(Some(hash), identity)
    }

    /// Creates an account from a row of a database. `text` is the stored hash, which `formats` parses.
    ///
    /// If `formats` cannot read the hash, the account [is broken](Self::is_broken). The verifier refuses every password
    /// for it, and computes a decoy hash first, as for an unknown user. An error instead would tell a client that the
    /// account exists.
    #[must_use]
    pub fn from_stored(formats: &HashFormats, text: &str, identity: I) -> Self {
        Self::with_hash(formats.parse(text).ok(), identity)
    }

    /// Creates an account with this hash. Without one, the account [is broken](Self::is_broken).
    pub(in crate::password) const fn with_hash(hash: Option<PasswordHash>, identity: I) -> Self {
        Self {
            hash,
            identity,
            disabled: false,
            expires: None,
        }
    }

    /// Disables the account: the verifier refuses the right password as well. It still computes the hash first, so that
    /// neither the answer nor the time tells that the account is disabled.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// Sets the time from which the account is refused, by the wall clock of the verifier.
    #[must_use]
    pub fn expires(mut self, at: SystemTime) -> Self {
        self.expires = Some(at);
        self
    }

    /// Whether the hash of the account could not be read. No password is right for such an account.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.hash.is_none()
    }

    pub(super) const fn hash(&self) -> Option<&PasswordHash> {
        self.hash.as_ref()
    }

    /// Splits the account into the hash to compare with, and the result if the password is right.
    #[inline]
    pub(super) fn into_hash_and_result(
        self,
        clock: &dyn Clock,
    ) -> (Option<PasswordHash>, Verified<I>) {
        let has_expired = self.expires.is_some_and(|at| clock.wall() >= at);
        let if_right = match (self.disabled, has_expired) {
            (true, _) => Err(VerifyFailure::for_reason(coded!(
                "account_disabled",
                "the account is disabled"
            ))),
            (_, true) => Err(VerifyFailure::for_reason(coded!(
                "account_expired",
                "the account has expired"
            ))),
            (false, false) => Ok(self.identity),
        };
        (self.hash, if_right)
    }
}
