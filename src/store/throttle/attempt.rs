//! An attempt to log in, as a throttle store sees it: keys, tags and limits.

use super::limits::ThrottleLimits;
use crate::store::ClaimKey;

/// An attempt to log in, as a store sees it: up to four keys, the tag of the password, the tag of the location, and
/// the limits.
///
/// Keys and tags are keyed hashes, so a store learns no name, no address and no password.
///
/// # Example
///
/// ```
/// use tower_challenge::store::{ClaimKey, ThrottleAttempt, ThrottleLimits};
///
/// let attempt = ThrottleAttempt::new(ThrottleLimits::new())
///     .for_account(ClaimKey::new([1; 16]), ClaimKey::new([2; 16]), 0x5eed)
///     .at_location(7)
///     .on_network(ClaimKey::new([3; 16]), ClaimKey::new([4; 16]));
/// assert_eq!(attempt.tag(), Some(0x5eed));
/// assert_eq!(attempt.without_network().subscriber_key(), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThrottleAttempt {
    limits: ThrottleLimits,
    account: Option<AccountKeys>,
    location: Option<u32>,
    network: Option<NetworkKeys>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AccountKeys {
    unfamiliar: ClaimKey,
    familiar: ClaimKey,
    tag: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NetworkKeys {
    subscriber: ClaimKey,
    subnet: ClaimKey,
}

impl ThrottleAttempt {
    /// Makes an attempt without an account, a location or a network. It uses no budget until it gets one of them.
    #[must_use]
    pub const fn new(limits: ThrottleLimits) -> Self {
        Self {
            limits,
            account: None,
            location: None,
            network: None,
        }
    }

    /// Sets the account. `unfamiliar` is the key of its folded name, and `familiar` is the key of the name as the
    /// client spells it. `tag` is 32 bits of a keyed hash over the name as spelled and the password. If the client
    /// sends no password, `tag` is a random number.
    #[must_use]
    pub const fn for_account(mut self, unfamiliar: ClaimKey, familiar: ClaimKey, tag: u32) -> Self {
        self.account = Some(AccountKeys {
            unfamiliar,
            familiar,
            tag,
        });
        self
    }

    /// Sets the location, as a keyed hash of an address or a device.
    #[must_use]
    pub const fn at_location(mut self, location: u32) -> Self {
        self.location = Some(location);
        self
    }

    /// Sets the subscriber and the subnet that it is part of. The keys must differ from each other and from all
    /// other keys.
    #[must_use]
    pub const fn on_network(mut self, subscriber: ClaimKey, subnet: ClaimKey) -> Self {
        self.network = Some(NetworkKeys { subscriber, subnet });
        self
    }

    /// Returns a copy without the network. Settle the copy as [undone](super::Settlement::Undone) to give the attempt
    /// back to the account only. For example, the throttle settles malformed credentials in this way.
    #[must_use]
    pub fn without_network(&self) -> Self {
        Self {
            network: None,
            ..self.clone()
        }
    }

    /// Returns a copy without the account. Settle the copy as [undone](super::Settlement::Undone) to give the attempt
    /// back to the network only. For example, the throttle settles an attempt in this way if the verifier may have begun a comparison and gave no
    /// verdict.
    #[must_use]
    pub fn without_account(&self) -> Self {
        Self {
            account: None,
            ..self.clone()
        }
    }

    /// Returns a copy with other limits.
    #[must_use]
    pub fn with_limits(&self, limits: ThrottleLimits) -> Self {
        Self {
            limits,
            ..self.clone()
        }
    }

    /// The limits of all budgets.
    #[must_use]
    pub const fn limits(&self) -> &ThrottleLimits {
        &self.limits
    }

    /// The key of the record of unfamiliar locations, if the attempt has an account.
    #[must_use]
    pub fn unfamiliar_key(&self) -> Option<ClaimKey> {
        self.account.map(|keys| keys.unfamiliar)
    }

    /// The key of the record of familiar locations, if this attempt has an account and a location, and the limits
    /// allow familiar locations.
    #[must_use]
    pub fn familiar_key(&self) -> Option<ClaimKey> {
        let can_be_familiar = self.limits.familiar_limit().failures() > 0;
        let keys = self
            .account
            .filter(|_| can_be_familiar && self.location.is_some());
        keys.map(|keys| keys.familiar)
    }

    /// The key of the record of the subscriber.
    #[must_use]
    pub fn subscriber_key(&self) -> Option<ClaimKey> {
        self.network.map(|keys| keys.subscriber)
    }

    /// The key of the record of the subnet.
    #[must_use]
    pub fn subnet_key(&self) -> Option<ClaimKey> {
        self.network.map(|keys| keys.subnet)
    }

    /// The tag of the password.
    #[must_use]
    pub fn tag(&self) -> Option<u32> {
        self.account.map(|keys| keys.tag)
    }

    /// The keyed hash of the location.
    #[must_use]
    pub const fn location(&self) -> Option<u32> {
        self.location
    }

    /// The two bytes by which the record of unfamiliar locations distinguishes subnets. Two bytes keep the record
    /// small. Two subnets that share them also share their part of the budget.
    pub(in crate::store) fn subnet_tag(&self) -> Option<[u8; 2]> {
        let key = self.subnet_key()?;
        let [first, second, ..] = *key.as_bytes();
        Some([first, second])
    }
}
