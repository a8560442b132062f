//! The trait that a store of registered keys implements.

use std::sync::Arc;
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::derives::shows;
use crate::forward::forward;
use crate::now_or_later::NowOrLater;
use crate::scheme::hoba::HobaPublicKey;
use crate::unavailable::Unavailable;

/// An answer of a store, at once or later.
type StoreAnswer<T> = NowOrLater<Result<T, Unavailable>>;

/// A registered key: one device of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HobaDevice {
    /// The identifier of the key. No two keys have the same.
    pub kid: String,
    /// The account that owns the key.
    pub account: String,
    /// The public key.
    pub public_key: HobaPublicKey,
    /// The name of the device, for its owner; often empty.
    pub name: String,
    /// The generation of the sessions. A new key starts with the time of its registration, in seconds since 1970, and
    /// [`end_sessions`](HobaKeyStore::end_sessions) adds one. A store keeps this number. If it starts each key at zero, an
    /// old session is good again when its key is removed and later registered again.
    pub generation: u64,
}

/// The result of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum RegistrationOutcome {
    /// The key is stored, or the same key of the same account was stored before. So a client that lost the response may
    /// repeat a registration without an invitation. An invitation is used up by then: see
    /// [`NoInvitation`](Self::NoInvitation).
    Registered,
    /// The kid belongs to another account or another key.
    KidTaken,
    /// The account has keys already. A further key needs an invitation.
    AccountTaken,
    /// The invitation is unknown, used or expired. A client that lost the response to its first request gets this outcome
    /// when it repeats the request. Its key may be registered, so it tries to sign in.
    NoInvitation,
    /// The account has as many keys as the store allows.
    TooManyDevices,
}

/// The hash of the token of an invitation. The store keeps hashes, so a stolen database holds no invitation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct InvitationHash([u8; 32]);

impl InvitationHash {
    /// Hashes a token with SHA-256. A token has 256 random bits, so a fast hash is enough.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// Returns the bytes, for a database.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

shows! { impl[] InvitationHash[] as self {} }

/// Stores the registered keys and the invitations.
///
/// Each method is **one atomic step**: two registrations of one kid at the same time end with one owner, and an invitation
/// admits one key. In SQL, a method is a statement or a transaction. The guide [`hoba`](crate::guide::hoba) has a store for
/// `sqlx`, and [`MemoryHobaKeys`](super::MemoryHobaKeys) is one in memory.
///
/// An answer is an error if the store is out of reach or full. The services then answer `503`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store of HOBA keys",
    note = "implement `HobaKeyStore` for it, or use `MemoryHobaKeys`"
)]
pub trait HobaKeyStore: Send + Sync + 'static {
    /// Finds the key of a kid. Each login asks for it.
    fn find(&self, kid: &str) -> StoreAnswer<Option<HobaDevice>>;

    /// Stores the first key of a new account.
    ///
    /// The answer is [`AccountTaken`](RegistrationOutcome::AccountTaken) if the account has another key: otherwise a
    /// stranger could add a key of his own to it.
    fn register(&self, device: HobaDevice) -> StoreAnswer<RegistrationOutcome>;

    /// Stores an invitation to add a key to `account`. It is good until the time `until`; the time is now `now`. The answer
    /// is `false` if the account has too many open invitations.
    fn invite(
        &self,
        invitation: InvitationHash,
        account: &str,
        now: SystemTime,
        until: SystemTime,
    ) -> StoreAnswer<bool>;

    /// Returns the account of an invitation that is good at the time `now`. The invitation stays.
    fn invited(&self, invitation: InvitationHash, now: SystemTime) -> StoreAnswer<Option<String>>;

    /// Uses up an invitation that is good at the time `now`, and stores the key in its account. The account in `device` is
    /// empty. If the key is not stored, the invitation stays.
    fn accept(
        &self,
        invitation: InvitationHash,
        device: HobaDevice,
        now: SystemTime,
    ) -> StoreAnswer<RegistrationOutcome>;

    /// Ends all sessions of a key: adds one to its generation.
    fn end_sessions(&self, kid: &str) -> StoreAnswer<()>;

    /// Lists the keys of an account.
    fn devices(&self, account: &str) -> StoreAnswer<Vec<HobaDevice>>;

    /// Removes a key of an account, and all open invitations of the account: the thief of a device may have made one. The
    /// answer is `false` if the account has no such key.
    ///
    /// The kid is free again. Keep the name of an account whose last key is gone, so that no stranger can register it.
    fn remove(&self, account: &str, kid: &str) -> StoreAnswer<bool>;
}

forward! { Arc, Box: HobaKeyStore {
    fn find(&self, kid: &str) -> StoreAnswer<Option<HobaDevice>>;
    fn register(&self, device: HobaDevice) -> StoreAnswer<RegistrationOutcome>;
    fn invite(&self, invitation: InvitationHash, account: &str, now: SystemTime, until: SystemTime) -> StoreAnswer<bool>;
    fn invited(&self, invitation: InvitationHash, now: SystemTime) -> StoreAnswer<Option<String>>;
    fn accept(&self, invitation: InvitationHash, device: HobaDevice, now: SystemTime) -> StoreAnswer<RegistrationOutcome>;
    fn end_sessions(&self, kid: &str) -> StoreAnswer<()>;
    fn devices(&self, account: &str) -> StoreAnswer<Vec<HobaDevice>>;
    fn remove(&self, account: &str, kid: &str) -> StoreAnswer<bool>;
} }
