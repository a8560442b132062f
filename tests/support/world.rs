//! The world around a layer under test: a clock, a store, accounts, an audit, a throttle.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tower_challenge::Principal;
use tower_challenge::clock::ManualClock;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::digest::{DigestAccounts, DigestBuilder};
use tower_challenge::scheme::{Basic, Bearer, Digest};
use tower_challenge::store::MemoryStore;

use super::canary::{OTHER_PASSWORD, OTHER_TOKEN, OTHER_USER, PASSWORD, REALM, TOKEN, USER};
use super::stand::Boxed;
use super::watch::{Ear, Tally, Watched, WatchedStore};

/// Digest over accounts that are watched.
pub type WatchedDigest = DigestBuilder<Watched<DigestAccounts>>;

/// Everything that a layer under test depends on.
#[derive(Clone, Debug)]
pub struct World {
    /// The time, for schemes and stores.
    pub clock: ManualClock,
    /// What Digest remembers.
    pub store: WatchedStore,
    /// What verifiers and tables were asked: a name and a password in two lines, a token, a name.
    pub asked: Arc<Mutex<Vec<String>>>,
    /// The audit.
    pub ear: Ear,
    /// The throttle.
    pub tally: Tally,
}

impl World {
    /// A world at some time in 2024.
    #[must_use]
    pub fn new() -> Self {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_000_000);
        let clock = ManualClock::new(start);
        let store = MemoryStore::new().with_clock(clock.clone());
        Self {
            clock,
            store: WatchedStore::new(store),
            asked: Arc::default(),
            ear: Ear::default(),
            tally: Tally::default(),
        }
    }

    /// Names and passwords of the accounts.
    #[must_use]
    pub fn accounts() -> [(&'static str, &'static str); 2] {
        [(USER, PASSWORD), (OTHER_USER, OTHER_PASSWORD)]
    }

    /// Basic.
    #[must_use]
    pub fn basic(&self) -> Boxed {
        let accounts = PlaintextAccounts::new(Self::accounts()).unwrap();
        let verifier = Watched::new(accounts, &self.asked);
        Box::new(Basic::new(REALM, verifier).unwrap())
    }

    /// Bearer.
    #[must_use]
    pub fn bearer(&self) -> Boxed {
        let tokens = StaticTokens::new().unwrap().with_clock(self.clock.clone());
        let tokens = tokens.token(TOKEN, Principal::new(USER)).unwrap();
        let other = Principal::new(OTHER_USER);
        let tokens = tokens.token(OTHER_TOKEN, other).unwrap();
        let verifier = Watched::new(tokens, &self.asked);
        Box::new(Bearer::new(REALM, verifier).unwrap())
    }

    /// Digest with SHA-256.
    #[must_use]
    pub fn digest(&self) -> Boxed {
        self.digest_with(|builder| builder)
    }

    /// Digest, tuned.
    pub fn digest_with(&self, tune: impl FnOnce(WatchedDigest) -> WatchedDigest) -> Boxed {
        self.digest_in(REALM, tune)
    }

    /// Digest of another realm, tuned.
    pub fn digest_in(
        &self,
        realm: &str,
        tune: impl FnOnce(WatchedDigest) -> WatchedDigest,
    ) -> Boxed {
        let accounts = DigestAccounts::new(realm, Self::accounts()).unwrap();
        let builder = Digest::builder(realm, Watched::new(accounts, &self.asked))
            .store(self.store.clone())
            .clock(self.clock.clone());
        Box::new(tune(builder).build().unwrap())
    }

    /// What verifiers and tables were asked since that was last taken.
    #[must_use]
    pub fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}
