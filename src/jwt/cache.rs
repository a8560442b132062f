//! Tokens that have verified.

use super::reasons;
use super::rules::{Why, why};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::jose::{KeySet, SignatureAlgorithm};
use crate::jwt::RevocationList;
use crate::scheme::bearer::TokenConfirmation;
use crate::secret::Secret;
use crate::set_cache::{MacKey, SetCache, TextMac};
use crate::token_claims::{BindingCheck, NumericDate, UncheckedBinding, ValidTime};

/// Remembers tokens that have verified, so that a token that comes again costs a hash and no signature.
///
/// The cache holds no token. An entry is found by a MAC of the token, under a random key that no other verifier has. So
/// what one verifier has accepted never counts for another, which may be stricter. A token that is wrong is not
/// remembered, so a client without a good token can neither add an entry nor evict one.
pub(super) struct TokenCache<I> {
    key: MacKey,
    capacity: usize,
    tokens: SetCache<TextMac, RememberedToken<I>, WAYS>,
}

/// How many entries one set has.
const WAYS: usize = 4;

/// A token that has verified: its owner, and everything that can end its validity.
pub(super) struct RememberedToken<I> {
    pub(super) identity: I,
    pub(super) valid: ValidTime,
    /// The key to which the token is bound. Most tokens are bound to none.
    pub(super) confirmation: Option<Box<TokenConfirmation>>,
    /// The set of keys in which the key was found last.
    pub(super) generation: u64,
    pub(super) key: [u8; 32],
    pub(super) algorithm: SignatureAlgorithm,
    /// How many revocations there were when the token was looked up last.
    pub(super) epoch: u64,
    pub(super) ids: TokenIds,
}

/// The claims by which a [`RevocationList`] finds a token.
#[derive(Default)]
pub(super) struct TokenIds {
    pub(super) token: Option<Box<str>>,
    pub(super) subject: Option<Box<str>>,
    pub(super) issued: Option<NumericDate>,
}

impl<I: Clone> TokenCache<I> {
    pub(super) fn new(capacity: usize) -> Result<Self, ConfigError> {
        Ok(Self {
            key: MacKey::new()?,
            capacity,
            tokens: SetCache::new(capacity),
        })
    }

    /// The MAC of a token. `None` if the cache keeps nothing.
    #[inline]
    pub(super) fn mac(&self, token: Secret<'_>) -> Option<TextMac> {
        (self.capacity > 0).then(|| self.key.mac(token))
    }

    /// Returns the identity of a remembered token, as `C` gives it to the caller, or why the token is not valid any more.
    /// Returns `None` if the cache does not know the token, or if its key is not among `keys` any more.
    #[inline]
    pub(super) fn find<C: BindingCheck<I>>(
        &self,
        mac: &TextMac,
        now: NumericDate,
        keys: &KeySet,
        revocations: Option<&RevocationList>,
    ) -> Option<Result<C::Found, Why>> {
        self.tokens.find(mac, |token| {
            let has_key = token.has_its_key(keys);
            has_key.then(|| {
                token.valid.check(now).map_err(why)?;
                let is_good = revocations.is_none_or(|list| token.is_not_revoked(list));
                is_good.then_some(()).ok_or(reasons::REVOKED)?;
                token.found::<C>()
            })
        })
    }

    pub(super) fn keep(&self, mac: TextMac, token: RememberedToken<I>) {
        self.tokens.keep(mac, token);
    }
}

impl<I> RememberedToken<I> {
    /// Returns the identity for a caller that checks bindings as `C` says.
    ///
    /// # Errors
    ///
    /// The token is bound, and the caller does not check to what.
    #[inline]
    pub(super) fn found<C: BindingCheck<I>>(&self) -> Result<C::Found, Why> {
        let found = C::found(&self.identity, self.confirmation.as_deref());
        found.map_err(|UncheckedBinding| reasons::BOUND_TO_KEY)
    }

    fn has_its_key(&mut self, keys: &KeySet) -> bool {
        if self.generation == keys.generation() {
            return true;
        }
        let is_there = keys.still_has(&self.key, self.algorithm);
        if is_there {
            self.generation = keys.generation();
        }
        is_there
    }

    fn is_not_revoked(&mut self, list: &RevocationList) -> bool {
        // The epoch is read before the list. If a revocation comes between, the next look asks again.
        let epoch = list.epoch();
        if self.epoch == epoch {
            return true;
        }
        let is_revoked = self.ids.are_revoked(list);
        if !is_revoked {
            self.epoch = epoch;
        }
        !is_revoked
    }
}

impl TokenIds {
    pub(super) fn are_revoked(&self, list: &RevocationList) -> bool {
        list.revokes(self.token.as_deref(), self.subject.as_deref(), self.issued)
    }
}

shows! { impl[I] TokenCache[I] as self { capacity: self.capacity } }
