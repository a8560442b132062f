//! An account, and the hash of its password.

use std::time::SystemTime;

use crate::clock::Clock;
use crate::password::hash::{HashFormats, PasswordHash};
use crate::principal::Principal;
use crate::verified::{Unverified, Verified};

/// An account, the hash of its password, and whether it may log in.
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
/// assert!(from_a_row.is_broken(), "nobody can log in with it");
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
    /// An account with this hash, which may log in.
    #[must_use]
    pub const fn new(hash: PasswordHash, identity: I) -> Self {
        Self::with_hash(Some(hash), identity)
    }

    /// An account from a database, whose hash is read when it is needed. One that cannot be read makes an account that
    /// nobody can log in to, at the cost of any other: an error would tell that it exists.
    #[must_use]
    pub fn from_stored(formats: &HashFormats, text: &str, identity: I) -> Self {
        Self::with_hash(formats.parse(text).ok(), identity)
    }

    const fn with_hash(hash: Option<PasswordHash>, identity: I) -> Self {
        Self {
            hash,
            identity,
            disabled: false,
            expires: None,
        }
    }

    /// Refuses whoever comes, with the right password too.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// Refuses whoever comes from `at` on.
    #[must_use]
    pub fn expires(mut self, at: SystemTime) -> Self {
        self.expires = Some(at);
        self
    }

    /// Whether its hash cannot be read.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.hash.is_none()
    }

    pub(super) const fn hash(&self) -> Option<&PasswordHash> {
        self.hash.as_ref()
    }

    /// The hash to compare with, and who is admitted if that goes well.
    #[inline]
    pub(super) fn open(self, clock: &dyn Clock) -> (Option<PasswordHash>, Verified<I>) {
        let has_expired = self.expires.is_some_and(|at| clock.wall() >= at);
        let admits = match (self.disabled, has_expired) {
            (true, _) => Err(Unverified::because("the account is disabled")),
            (_, true) => Err(Unverified::because("the account has expired")),
            (false, false) => Ok(self.identity),
        };
        (self.hash, admits)
    }
}
