//! Which verifier has accepted a token before?

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use crate::secret::Secret;
use crate::set_cache::{CacheTag, SetCache};

/// Remembers which verifier has accepted a token, so that a token that comes again is not parsed to choose one.
///
/// It decides nothing: the verifier judges the token each time. A token that is wrong is not remembered, so a client
/// without a good token can neither add an entry nor evict one.
pub(super) struct AcceptedTokens<V: ?Sized> {
    hasher: RandomState,
    verifiers: SetCache<TokenMark, Arc<V>, WAYS>,
}

/// How many entries one set has.
const WAYS: usize = 4;

/// How many tokens have a place. They take 100 KiB.
const CAPACITY: usize = 4096;

/// A hash of a whole token, under a random key of this value alone. A client that does not have the key cannot make two
/// tokens with the same hash.
#[derive(Clone, Copy)]
pub(super) struct TokenMark(u64);

impl<V: ?Sized> AcceptedTokens<V> {
    pub(super) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            verifiers: SetCache::new(CAPACITY),
        }
    }

    #[inline]
    pub(super) fn mark(&self, token: Secret<'_>) -> TokenMark {
        TokenMark(self.hasher.hash_one(token.expose_bytes()))
    }

    pub(super) fn verifier_of(&self, token: TokenMark) -> Option<Arc<V>> {
        self.verifiers
            .find(&token, |verifier| Some(Arc::clone(verifier)))
    }

    pub(super) fn keep(&self, token: TokenMark, verifier: Arc<V>) {
        self.verifiers.keep(token, verifier);
    }
}

impl CacheTag for TokenMark {
    fn spread(&self) -> u64 {
        self.0
    }

    fn is(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
