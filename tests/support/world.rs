//! The dependencies of a layer under test: a clock, a replay store, accounts, an audit and a throttle.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, SystemTime};

use tower_challenge::Principal;
use tower_challenge::clock::ManualClock;
use tower_challenge::password::PlaintextAccounts;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::digest::{DigestAccounts, DigestBuilder};
use tower_challenge::scheme::mutual::{MutualAccounts, MutualBuilder};
use tower_challenge::scheme::scram::{ScramAccounts, ScramBuilder};
use tower_challenge::scheme::{Basic, Bearer, Digest, Mutual, Scram};
use tower_challenge::store::MemoryStore;

use super::canary::{OTHER_PASSWORD, OTHER_TOKEN, OTHER_USER, PASSWORD, REALM, TOKEN, USER};
use super::mutual_client::MutualLogin;
use super::stand::Boxed;
use super::watch::{CountingStore, Recording, RecordingAudit, RecordingThrottle};

/// A builder of Digest whose account table records its calls.
pub type WatchedDigest = DigestBuilder<Recording<DigestAccounts>>;

/// A builder of SCRAM whose account table records its calls.
pub type WatchedScram = ScramBuilder<Recording<ScramAccounts>>;

/// A builder of Mutual whose account table records its calls.
pub type WatchedMutual = MutualBuilder<Recording<MutualAccounts>>;

/// The accounts of SCRAM. To make them takes some milliseconds, so it is done once.
static SCRAM_ACCOUNTS: LazyLock<ScramAccounts> =
    LazyLock::new(|| ScramAccounts::new(TestWorld::accounts()).unwrap());

/// The dependencies of a layer under test. All of them record their calls.
#[derive(Clone, Debug)]
pub struct TestWorld {
    /// The clock of the schemes and the store.
    pub clock: ManualClock,
    /// The replay store of Digest.
    pub store: CountingStore,
    /// The calls of verifiers and account tables. A call of Basic is a name and a password in two lines, a call of
    /// Bearer a token, a call of Digest a name.
    pub asked: Arc<Mutex<Vec<String>>>,
    /// The audit.
    pub ear: RecordingAudit,
    /// The throttle.
    pub tally: RecordingThrottle,
}

impl TestWorld {
    /// Makes a world whose clock shows 2024-07-03 09:46:40 UTC.
    #[must_use]
    pub fn new() -> Self {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_000_000);
        let clock = ManualClock::new(start);
        let store = MemoryStore::new().with_clock(clock.clone());
        Self {
            clock,
            store: CountingStore::new(store),
            asked: Arc::default(),
            ear: RecordingAudit::default(),
            tally: RecordingThrottle::default(),
        }
    }

    /// Returns the names and the passwords of the accounts.
    #[must_use]
    pub fn accounts() -> [(&'static str, &'static str); 2] {
        [(USER, PASSWORD), (OTHER_USER, OTHER_PASSWORD)]
    }

    /// Makes Basic with these accounts.
    #[must_use]
    pub fn basic(&self) -> Boxed {
        let accounts = PlaintextAccounts::new(Self::accounts()).unwrap();
        let verifier = Recording::new(accounts, &self.asked);
        Box::new(Basic::new(REALM, verifier).unwrap())
    }

    /// Makes Bearer with the tokens of these accounts.
    #[must_use]
    pub fn bearer(&self) -> Boxed {
        let tokens = StaticTokens::new().unwrap().with_clock(self.clock.clone());
        let tokens = tokens.token(TOKEN, Principal::new(USER)).unwrap();
        let other = Principal::new(OTHER_USER);
        let tokens = tokens.token(OTHER_TOKEN, other).unwrap();
        let verifier = Recording::new(tokens, &self.asked);
        Box::new(Bearer::new(REALM, verifier).unwrap())
    }

    /// Makes Digest with SHA-256 and these accounts.
    #[must_use]
    pub fn digest(&self) -> Boxed {
        self.digest_with(|builder| builder)
    }

    /// Makes Digest, and changes its builder with `tune`.
    pub fn digest_with(&self, tune: impl FnOnce(WatchedDigest) -> WatchedDigest) -> Boxed {
        self.digest_in(REALM, tune)
    }

    /// Makes Digest for `realm`, and changes its builder with `tune`.
    pub fn digest_in(
        &self,
        realm: &str,
        tune: impl FnOnce(WatchedDigest) -> WatchedDigest,
    ) -> Boxed {
        let accounts = DigestAccounts::new(realm, Self::accounts()).unwrap();
        let builder = Digest::builder(realm, Recording::new(accounts, &self.asked))
            .store(self.store.clone())
            .clock(self.clock.clone());
        Box::new(tune(builder).build().unwrap())
    }

    /// Makes SCRAM with SHA-256 and these accounts.
    #[must_use]
    pub fn scram(&self) -> Boxed {
        self.scram_in(REALM, |builder| builder)
    }

    /// Makes SCRAM for `realm`, and changes its builder with `tune`.
    pub fn scram_in(&self, realm: &str, tune: impl FnOnce(WatchedScram) -> WatchedScram) -> Boxed {
        let accounts = Recording::new(SCRAM_ACCOUNTS.clone(), &self.asked);
        let builder = Scram::builder(realm, accounts)
            .store(self.store.clone())
            .clock(self.clock.clone());
        Box::new(tune(builder).build().unwrap())
    }

    /// Makes Mutual with P-256 and these accounts.
    #[must_use]
    pub fn mutual(&self) -> Boxed {
        self.mutual_in(|builder| builder)
    }

    /// Makes Mutual, and changes its builder with `tune`.
    pub fn mutual_in(&self, tune: impl FnOnce(WatchedMutual) -> WatchedMutual) -> Boxed {
        static ACCOUNTS: LazyLock<MutualAccounts> = LazyLock::new(|| {
            let login = MutualLogin::of(USER, PASSWORD);
            MutualAccounts::new(&login.space, TestWorld::accounts()).unwrap()
        });
        let login = MutualLogin::of(USER, PASSWORD);
        let accounts = Recording::new(ACCOUNTS.clone(), &self.asked);
        let builder = Mutual::builder(&login.space, login.host, accounts)
            .store(self.store.clone())
            .clock(self.clock.clone());
        Box::new(tune(builder).build().unwrap())
    }

    /// Returns the calls of verifiers and account tables, and clears the record.
    #[must_use]
    pub fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Default for TestWorld {
    fn default() -> Self {
        Self::new()
    }
}
