//! The keys of one attempt.

use super::limits::ThrottleLimits;
use crate::store::Key;

/// One attempt to log in, as a store sees it: up to four keys, the tag of the password, and the numbers of the rules.
///
/// Keys and tags are keyed hashes, so a store learns no name, no address and no password.
///
/// # Example
///
/// ```
/// use tower_challenge::store::{Key, ThrottleAttempt, ThrottleLimits};
///
/// let attempt = ThrottleAttempt::new(ThrottleLimits::new())
///     .for_account(Key::new([1; 16]), Key::new([2; 16]), 0x5eed)
///     .at_place(7)
///     .on_network(Key::new([3; 16]), Key::new([4; 16]));
/// assert_eq!(attempt.tag(), Some(0x5eed));
/// assert_eq!(attempt.without_network().line_key(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThrottleAttempt {
    limits: ThrottleLimits,
    account: Option<AccountKeys>,
    place: Option<u32>,
    network: Option<NetworkKeys>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AccountKeys {
    strangers: Key,
    places: Key,
    tag: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NetworkKeys {
    line: Key,
    neighbourhood: Key,
}

impl ThrottleAttempt {
    /// An attempt without an account, a place or a network: it draws on no budget.
    #[must_use]
    pub const fn new(limits: ThrottleLimits) -> Self {
        Self {
            limits,
            account: None,
            place: None,
            network: None,
        }
    }

    /// Claims an account. `strangers` is the key of its folded name, and `places` that of the name as the client spells it.
    /// `tag` is 32 bits of a keyed hash over the name as spelled and the password, or a random number where the client
    /// sends no password.
    #[must_use]
    pub const fn for_account(mut self, strangers: Key, places: Key, tag: u32) -> Self {
        self.account = Some(AccountKeys {
            strangers,
            places,
            tag,
        });
        self
    }

    /// Comes from the place with this keyed hash: an address, or a device.
    #[must_use]
    pub const fn at_place(mut self, place: u32) -> Self {
        self.place = Some(place);
        self
    }

    /// Comes from this line, which is part of this neighbourhood. The keys differ from each other and from all others.
    #[must_use]
    pub const fn on_network(mut self, line: Key, neighbourhood: Key) -> Self {
        self.network = Some(NetworkKeys {
            line,
            neighbourhood,
        });
        self
    }

    /// The same attempt with its account alone. [Undone](super::Settlement::Undone) like this, the account gets its attempt
    /// back and the network does not: so malformed credentials are settled.
    #[must_use]
    pub fn without_network(&self) -> Self {
        Self {
            network: None,
            ..self.clone()
        }
    }

    /// The same attempt with its network alone. [Undone](super::Settlement::Undone) like this, the network gets its attempt
    /// back and the account does not: so an attempt is settled whose comparison may have begun and gave no verdict.
    #[must_use]
    pub fn without_account(&self) -> Self {
        Self {
            account: None,
            ..self.clone()
        }
    }

    /// The numbers of the rules.
    #[must_use]
    pub const fn limits(&self) -> &ThrottleLimits {
        &self.limits
    }

    /// The key of the record of strangers.
    #[must_use]
    pub fn strangers_key(&self) -> Option<Key> {
        self.account.map(|keys| keys.strangers)
    }

    /// The key of the record of known places, if this attempt has a place and places can be known.
    #[must_use]
    pub fn places_key(&self) -> Option<Key> {
        let can_be_known = self.limits.of_known_places().failures() > 0;
        let keys = self
            .account
            .filter(|_| can_be_known && self.place.is_some());
        keys.map(|keys| keys.places)
    }

    /// The key of the record of the line.
    #[must_use]
    pub fn line_key(&self) -> Option<Key> {
        self.network.map(|keys| keys.line)
    }

    /// The key of the record of the neighbourhood.
    #[must_use]
    pub fn neighbourhood_key(&self) -> Option<Key> {
        self.network.map(|keys| keys.neighbourhood)
    }

    /// The tag of the password.
    #[must_use]
    pub fn tag(&self) -> Option<u32> {
        self.account.map(|keys| keys.tag)
    }

    /// The keyed hash of the place.
    #[must_use]
    pub const fn place(&self) -> Option<u32> {
        self.place
    }

    /// The two bytes by which the record of strangers tells neighbourhoods apart.
    pub(super) fn neighbourhood_tag(&self) -> Option<[u8; 2]> {
        let key = self.neighbourhood_key()?;
        let [first, second, ..] = *key.as_bytes();
        Some([first, second])
    }
}
