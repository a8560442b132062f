//! A store of registered keys in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::key_store::{HobaDevice, HobaKeyStore, InvitationHash, RegistrationOutcome};
use crate::derives::shows;
use crate::now_or_later::NowOrLater;
use crate::unavailable::Unavailable;

const DEFAULT_CAPACITY: usize = 100_000;

/// The most open invitations.
const INVITATIONS: usize = 10_000;

/// The most keys of one account, and the most invitations that it can have open.
const PER_ACCOUNT: usize = 16;

/// A [`HobaKeyStore`] in memory, for tests and examples: a bounded table, which a restart empties. A clone shares the keys.
///
/// It holds 100,000 keys and 10,000 open invitations. An account has at most 16 of each. A key takes about 2 KB. When the
/// table is full, registrations are `503`, and registered keys still log in. When the last key of an account is removed, its
/// name is free for a stranger.
///
/// # Example
///
/// ```
/// use tower_challenge::hoba_services::{HobaKeyStore, MemoryHobaKeys};
///
/// # async fn example() -> Result<(), tower_challenge::Unavailable> {
/// let keys = MemoryHobaKeys::new();
/// assert!(keys.find("a2lk").await?.is_none());
/// assert!(!keys.remove("ada", "a2lk").await?);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct MemoryHobaKeys {
    capacity: usize,
    tables: Arc<Mutex<KeyTables>>,
}

#[derive(Default)]
struct KeyTables {
    devices: HashMap<String, HobaDevice>,
    /// The kids of each account.
    accounts: HashMap<String, Vec<String>>,
    invitations: HashMap<InvitationHash, Invitation>,
}

struct Invitation {
    account: String,
    until: SystemTime,
}

impl MemoryHobaKeys {
    /// Makes an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self {
            capacity: DEFAULT_CAPACITY,
            tables: Arc::default(),
        }
    }

    /// Makes an empty store for at most `keys` keys, and at most as many open invitations.
    #[must_use]
    pub fn with_capacity(self, keys: usize) -> Self {
        Self {
            capacity: keys,
            tables: Arc::default(),
        }
    }

    /// Returns how many keys the store has.
    #[must_use]
    pub fn key_count(&self) -> usize {
        self.tables().devices.len()
    }

    /// Returns how many invitations the store holds, some of which may have expired.
    #[must_use]
    pub fn invitation_count(&self) -> usize {
        self.tables().invitations.len()
    }

    fn tables(&self) -> MutexGuard<'_, KeyTables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryHobaKeys {
    fn default() -> Self {
        Self::new()
    }
}

impl KeyTables {
    /// The outcome, if the kid is known.
    fn known(&self, device: &HobaDevice) -> Option<RegistrationOutcome> {
        let known = self.devices.get(&device.kid)?;
        let is_same = known.account == device.account && known.public_key == device.public_key;
        Some(match is_same {
            true => RegistrationOutcome::Registered,
            false => RegistrationOutcome::KidTaken,
        })
    }

    fn count_of(&self, account: &str) -> usize {
        self.accounts.get(account).map_or(0, Vec::len)
    }

    fn insert(
        &mut self,
        capacity: usize,
        device: HobaDevice,
    ) -> Result<RegistrationOutcome, Unavailable> {
        if self.count_of(&device.account) >= PER_ACCOUNT {
            return Ok(RegistrationOutcome::TooManyDevices);
        }
        if self.devices.len() >= capacity {
            return Err(Unavailable::new("the table of HOBA keys is full"));
        }
        let kids = self.accounts.entry(device.account.clone()).or_default();
        kids.push(device.kid.clone());
        self.devices.insert(device.kid.clone(), device);
        Ok(RegistrationOutcome::Registered)
    }

    fn accept(
        &mut self,
        capacity: usize,
        invitation: InvitationHash,
        mut device: HobaDevice,
        now: SystemTime,
    ) -> Result<RegistrationOutcome, Unavailable> {
        let open = self.invitations.get(&invitation);
        let Some(open) = open.filter(|open| now < open.until) else {
            return Ok(RegistrationOutcome::NoInvitation);
        };
        open.account.clone_into(&mut device.account);
        if let Some(outcome) = self.known(&device) {
            return Ok(outcome);
        }
        let outcome = self.insert(capacity, device)?;
        if outcome == RegistrationOutcome::Registered {
            self.invitations.remove(&invitation);
        }
        Ok(outcome)
    }

    /// Adds an invitation, unless there are too many. The expired ones are removed only when there is no room, so that the
    /// work is spread over many calls.
    fn invite(
        &mut self,
        capacity: usize,
        (invitation, account): (InvitationHash, &str),
        (now, until): (SystemTime, SystemTime),
    ) -> Result<bool, Unavailable> {
        let is_full = |tables: &Self| tables.invitations.len() >= capacity.min(INVITATIONS);
        let open = |tables: &Self| {
            let open = tables.invitations.values();
            open.filter(|open| open.account == account).count() >= PER_ACCOUNT
        };
        if is_full(self) || open(self) {
            self.invitations.retain(|_, open| now < open.until);
        }
        if is_full(self) {
            return Err(Unavailable::new("the table of HOBA invitations is full"));
        }
        if open(self) {
            return Ok(false);
        }
        let account = account.to_owned();
        self.invitations
            .insert(invitation, Invitation { account, until });
        Ok(true)
    }

    fn remove(&mut self, account: &str, kid: &str) -> bool {
        let Some(kids) = self.accounts.get_mut(account) else {
            return false;
        };
        let before = kids.len();
        kids.retain(|own| own != kid);
        let was_there = kids.len() < before;
        if kids.is_empty() {
            self.accounts.remove(account);
        }
        if was_there {
            self.devices.remove(kid);
            self.invitations.retain(|_, open| open.account != account);
        }
        was_there
    }
}

impl HobaKeyStore for MemoryHobaKeys {
    fn find(&self, kid: &str) -> NowOrLater<Result<Option<HobaDevice>, Unavailable>> {
        NowOrLater::now(Ok(self.tables().devices.get(kid).cloned()))
    }

    fn register(&self, device: HobaDevice) -> NowOrLater<Result<RegistrationOutcome, Unavailable>> {
        let mut tables = self.tables();
        NowOrLater::now(match tables.known(&device) {
            Some(outcome) => Ok(outcome),
            None if tables.count_of(&device.account) > 0 => Ok(RegistrationOutcome::AccountTaken),
            None => tables.insert(self.capacity, device),
        })
    }

    fn invite(
        &self,
        invitation: InvitationHash,
        account: &str,
        now: SystemTime,
        until: SystemTime,
    ) -> NowOrLater<Result<bool, Unavailable>> {
        let mut tables = self.tables();
        NowOrLater::now(tables.invite(self.capacity, (invitation, account), (now, until)))
    }

    fn invited(
        &self,
        invitation: InvitationHash,
        now: SystemTime,
    ) -> NowOrLater<Result<Option<String>, Unavailable>> {
        let tables = self.tables();
        let open = tables.invitations.get(&invitation);
        let open = open.filter(|open| now < open.until);
        NowOrLater::now(Ok(open.map(|open| open.account.clone())))
    }

    fn accept(
        &self,
        invitation: InvitationHash,
        device: HobaDevice,
        now: SystemTime,
    ) -> NowOrLater<Result<RegistrationOutcome, Unavailable>> {
        let mut tables = self.tables();
        NowOrLater::now(tables.accept(self.capacity, invitation, device, now))
    }

    fn end_sessions(&self, kid: &str) -> NowOrLater<Result<(), Unavailable>> {
        if let Some(device) = self.tables().devices.get_mut(kid) {
            device.generation = device.generation.wrapping_add(1);
        }
        NowOrLater::now(Ok(()))
    }

    fn devices(&self, account: &str) -> NowOrLater<Result<Vec<HobaDevice>, Unavailable>> {
        let tables = self.tables();
        let kids = tables.accounts.get(account).into_iter().flatten();
        let devices = kids.filter_map(|kid| tables.devices.get(kid).cloned());
        NowOrLater::now(Ok(devices.collect()))
    }

    fn remove(&self, account: &str, kid: &str) -> NowOrLater<Result<bool, Unavailable>> {
        NowOrLater::now(Ok(self.tables().remove(account, kid)))
    }
}

shows! { impl[] MemoryHobaKeys[] as self { capacity: self.capacity, keys: self.key_count() } }
