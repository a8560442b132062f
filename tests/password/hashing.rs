//! A verifier for tests, which records each computed hash and can block, fail or panic in it.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use tower_challenge::clock::ManualClock;
use tower_challenge::password::hash::PasswordHash;
use tower_challenge::password::{
    HashStore, HashedAccount, HashedAccounts, HashedPasswords, HashedPasswordsBuilder, HashingPool,
    VerifiedPasswordCache, VerifyPassword,
};
use tower_challenge::{Principal, Secret, Unavailable, Verified};

/// `htpasswd -nbB -C 4 ada lovelace`.
pub(crate) const ADA: &str = "$2y$04$2CV/BG476iz5Zm2oZa.0i.M4dzfIjAAp5izu7MkY8QgU6qol8HZgq";

/// Blocks until the future is ready.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

/// Whether the future is not ready yet.
pub(crate) fn is_pending<F: Future + Unpin>(future: &mut F) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    matches!(std::pin::Pin::new(future).poll(&mut context), Poll::Pending)
}

/// Blocks until the condition is true.
pub(crate) fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        std::thread::yield_now();
    }
}

/// Blocks threads while it is closed. It is open at first.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn close(&self) {
        *self.0.0.lock().unwrap() = true;
    }

    pub(crate) fn open(&self) {
        *self.0.0.lock().unwrap() = false;
        self.0.1.notify_all();
    }

    pub(crate) fn wait(&self) {
        let closed = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(closed, |closed| *closed).unwrap());
    }
}

/// Runs around every hash: records it, and blocks, panics or fails as the test demands.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    /// The estimated time and the password of each computed hash.
    pub(crate) computed: Arc<Mutex<Vec<(Duration, String)>>>,
    pub(crate) gate: Gate,
    /// The next hash panics.
    pub(crate) panics: Arc<AtomicBool>,
    /// The next hash fails with an error.
    pub(crate) fails: Arc<AtomicBool>,
}

impl Watch {
    pub(crate) fn take(&self) -> Vec<(Duration, String)> {
        std::mem::take(&mut self.computed.lock().unwrap())
    }

    pub(crate) fn count(&self) -> usize {
        self.computed.lock().unwrap().len()
    }

    fn check(&self, hash: &PasswordHash, password: Secret<'_>) -> Result<bool, Unavailable> {
        let seen = (hash.estimated_time(), password.expose().to_owned());
        self.computed.lock().unwrap().push(seen);
        self.gate.wait();
        assert!(
            !self.panics.swap(false, Ordering::SeqCst),
            "the test demands a panic"
        );
        if self.fails.swap(false, Ordering::SeqCst) {
            return Err(Unavailable::new("the test demands an error"));
        }
        hash.matches(password)
    }
}

/// A manual clock that starts on a day in 2024.
pub(crate) fn clock() -> ManualClock {
    ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_000_000))
}

/// A verifier, and the parts that a test controls and observes.
pub(crate) struct Bench<S> {
    pub(crate) verifier: HashedPasswords<S>,
    pub(crate) watch: Watch,
    pub(crate) clock: ManualClock,
    pub(crate) pool: HashingPool,
    pub(crate) cache: VerifiedPasswordCache,
}

impl<S: HashStore<Identity = Principal>> Bench<S> {
    pub(crate) fn of(store: S) -> Self {
        Self::tuned(store, |builder| builder)
    }

    /// A verifier with one thread and a queue of eight, with the further settings of `tune`.
    pub(crate) fn tuned(
        store: S,
        tune: impl FnOnce(HashedPasswordsBuilder<S>) -> HashedPasswordsBuilder<S>,
    ) -> Self {
        let (watch, clock) = (Watch::default(), clock());
        let pool = HashingPool::builder().threads(1).queue(8);
        let pool = pool.clock(clock.clone()).build().unwrap();
        let cache = VerifiedPasswordCache::new().unwrap().clock(clock.clone());
        let watching = watch.clone();
        let builder = HashedPasswords::builder(store)
            .pool(pool.clone())
            .cache(cache.clone(), "files")
            .clock(clock.clone())
            .check_with(move |hash, password| watching.check(hash, password));
        Self {
            verifier: tune(builder).build().unwrap(),
            watch,
            clock,
            pool,
            cache,
        }
    }

    pub(crate) fn ask(
        &self,
        user: &str,
        password: &str,
    ) -> Result<Verified<Principal>, Unavailable> {
        wait(self.verifier.verify(user, Secret::new(password)))
    }

    pub(crate) fn admits(&self, user: &str, password: &str) -> bool {
        let identity = self.ask(user, password).unwrap();
        let admitted = identity.map(|identity| identity.name().to_owned());
        assert!(admitted.as_deref().map_or(true, |name| name == user));
        admitted.is_ok()
    }
}

pub(crate) fn hash(text: &str) -> PasswordHash {
    PasswordHash::parse(text).unwrap()
}

pub(crate) fn account(name: &str, hash: &PasswordHash) -> HashedAccount {
    HashedAccount::new(hash.clone(), Principal::new(name))
}

/// A table with the account `ada`, whose password is `lovelace`.
pub(crate) fn ada() -> HashedAccounts {
    HashedAccounts::new([("ada", ADA)]).unwrap()
}

/// A plaintext `password` in place of a hash, which is quick to compare.
pub(crate) fn quick(password: &str) -> PasswordHash {
    PasswordHash::insecure_plaintext(Secret::new(password))
}
