//! A store that lets a nonce be used once.

use std::time::Duration;

use tower_challenge::store::{Claim, Epoch, Key, MemoryStore, ReplayStore};
use tower_challenge::{NowOrLater, Unavailable};

/// Claims a nonce whole, whatever the count: the second request with it is told `stale=true`, new as its count may be.
#[derive(Clone, Default)]
pub(crate) struct OneUse(MemoryStore);

impl ReplayStore for OneUse {
    fn claim_once(&self, key: Key, ttl: Duration) -> NowOrLater<Result<Claim, Unavailable>> {
        self.0.claim_once(key, ttl)
    }

    fn claim_count(
        &self,
        key: Key,
        _: u32,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        self.0.claim_once(key, ttl)
    }

    fn epoch(&self) -> NowOrLater<Result<Epoch, Unavailable>> {
        self.0.epoch()
    }
}
