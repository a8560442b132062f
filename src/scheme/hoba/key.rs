//! The record of a key: its owner, and which sessions of it are good.

use super::public_key::HobaPublicKey;
use crate::derives::shows;
use crate::principal::Principal;

/// The record that a [`Lookup`](crate::password::Lookup) finds for a kid: the public key of a device, and the identity
/// of its owner.
///
/// # Example
///
/// ```
/// use tower_challenge::Principal;
/// use tower_challenge::scheme::hoba::{HobaKey, HobaPublicKey};
///
/// fn key_of(public: HobaPublicKey) -> HobaKey {
///     HobaKey::new(public, Principal::new("ada")).with_account("ada").with_generation(2)
/// }
/// ```
#[derive(Clone)]
#[must_use]
pub struct HobaKey<I = Principal> {
    public: HobaPublicKey,
    identity: I,
    account: Option<Box<str>>,
    generation: u64,
}

impl<I> HobaKey<I> {
    /// Says that `identity` owns the key `public`.
    pub const fn new(public: HobaPublicKey, identity: I) -> Self {
        Self {
            public,
            identity,
            account: None,
            generation: 0,
        }
    }

    /// Names the account of the key. All keys of one account share one part of the capacity of the
    /// [store](crate::store::ReplayStore). Without it, each key has a part of its own.
    pub fn with_account(mut self, account: &str) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Sets the generation of the key's [sessions](super::HobaSessions). A session that was begun in another generation
    /// has ended. So a logout adds one to this number in the database.
    ///
    /// Start the number of a new key at the present time, in seconds since 1970. Otherwise an old session is good again if
    /// the key is removed and later registered again.
    pub const fn with_generation(mut self, generation: u64) -> Self {
        self.generation = generation;
        self
    }

    /// Returns the public key.
    #[must_use]
    pub const fn public(&self) -> &HobaPublicKey {
        &self.public
    }

    /// Returns the identity of the owner.
    #[must_use]
    pub const fn identity(&self) -> &I {
        &self.identity
    }

    /// Returns the generation of the sessions.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// The name by which the store counts the claims of this key.
    pub(super) fn holder<'a>(&'a self, kid: &'a str) -> &'a str {
        self.account.as_deref().unwrap_or(kid)
    }
}

shows! { impl[I] HobaKey[I] as self { public: self.public, account: self.account, generation: self.generation } }
