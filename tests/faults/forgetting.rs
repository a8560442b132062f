//! Tests a replay store that loses its data in the middle of a request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MemoryStore, ReplayStore, StoreEpoch};
use tower_challenge::{NowOrLater, Unavailable};

use crate::support::run::later;
use crate::support::{Login, TestServer, TestWorld, USER, get};

/// A replay store that loses its data after the scheme has asked for its epoch and before the claim.
#[derive(Clone, Debug, Default)]
struct Forgetful(Arc<Memory>);

#[derive(Debug, Default)]
struct Memory {
    loses: AtomicBool,
    waits: AtomicBool,
    inside: Mutex<MemoryStore>,
}

impl Forgetful {
    /// Returns the store that answers. After `loses`, it is a new and empty store, as after a reconnect to a database
    /// that lost its table.
    fn inside(&self) -> MemoryStore {
        let mut inside = self.0.inside.lock().unwrap();
        if self.0.loses.swap(false, Ordering::SeqCst) {
            *inside = MemoryStore::new();
        }
        inside.clone()
    }
}

impl ReplayStore for Forgetful {
    fn claim_once(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        self.inside().claim_once(key, holder, ttl)
    }

    fn claim_count(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        count: u32,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        if !self.0.waits.load(Ordering::SeqCst) {
            return self.inside().claim_count(key, holder, count, ttl);
        }
        let store = self.clone();
        NowOrLater::later(async move {
            later().await;
            store.inside().claim_count(key, holder, count, ttl).await
        })
    }

    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>> {
        self.0.inside.lock().unwrap().epoch()
    }
}

/// A nonce of an earlier epoch is stale, also for the request during which the epoch changes.
#[test]
fn a_store_that_loses_its_data_during_a_request_admits_no_replay() {
    for waits in [false, true] {
        let store = Forgetful::default();
        store.0.waits.store(waits, Ordering::SeqCst);
        let kept = store.clone();
        let digest = |world: &TestWorld| vec![world.digest_with(|builder| builder.store(kept))];
        let stand = TestServer::build(digest, |layer| layer);
        let ask = |login: &Login| stand.ask(get("/").authorization(login.header()));
        let login = stand.login();
        ask(&login).is_admitted_as(USER);
        ask(&login).is_stale();
        store.0.loses.store(true, Ordering::SeqCst);
        ask(&login).is_stale();
        ask(&login).is_stale();
        ask(&login.nc(2)).is_stale();
        ask(&stand.login()).is_admitted_as(USER);
    }
}
