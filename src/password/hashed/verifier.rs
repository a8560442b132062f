//! How is a password verified against a slow hash?

use std::sync::Arc;

use super::account::HashedAccount;
use super::store::HashStore;
use crate::clock::Clock;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
use crate::password::VerifyPassword;
use crate::password::hash::PasswordHash;
use crate::password::hashing_pool::{HashingPool, unavailable};
use crate::password::verified_password_cache::{PasswordMac, VerifiedPasswordCache};
use crate::secret::{Secret, SecretString};
use crate::single_flight::{
    FlightEntry, InFlight, Leader, LeaderOrWaiter, NoResult, Waiter, flight,
};
use crate::unavailable::Unavailable;
use crate::verified::{Unverified, Verified, VerifiedNowOrLater};

/// Verifies passwords against slow hashes, and lets nobody wait for them who need not. Its clones are the same verifier.
///
/// - **Hashes are computed by a [`HashingPool`]**: no thread that serves is blocked, and what the pool has no time for is
///   [`Unavailable`].
/// - **A password that was right is not hashed again**: a [`VerifiedPasswordCache`] remembers it, until the hash changes. So whoever
///   is logged in goes on working while strangers guess.
/// - **Those who come with the same name and password at the same time** wait for one computation. If that comes to
///   nothing, or does not begin in time, the others compute for themselves, and wait once more for that.
/// - **Nobody learns who has an account.** Whatever is wrong, one hash is computed: for a user who does not exist, a
///   [decoy](HashStore::decoy); for an account that is disabled or has expired, its own, and only then is it refused. What
///   can be learnt is that somebody with the *right* password has used it lately: that answer comes sooner. And where
///   hashes differ in what they cost, that an account has a cheaper one than the dearest: it exists. A table says so when it
///   is loaded ([`mixed_costs`](super::HashedAccounts::mixed_costs)). Make those anew ([`needs_rehash`](super::HashedPasswordsBuilder::needs_rehash)).
///
/// # Example
///
/// ```
/// use tower_challenge::password::{HashedPasswords, HashedAccounts, VerifyPassword};
/// use tower_challenge::{Principal, Secret};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let hash = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";
/// let accounts = HashedAccounts::new([("ada", hash)])?;
/// let verifier = HashedPasswords::new(accounts)?;
///
/// let first = verifier.verify("ada", Secret::new("lovelace"));
/// assert_eq!(first.await?, Ok(Principal::new("ada")));
/// let again = verifier.verify("ada", Secret::new("lovelace"));
/// assert!(again.try_now().is_ok(), "without a hash, and so at once");
/// assert!(verifier.verify("ada", Secret::new("babbage")).await?.is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub struct HashedPasswords<S>(pub(super) Arc<VerifierInner<S>>);

pub(super) struct VerifierInner<S> {
    pub(super) store: S,
    pub(super) pool: HashingPool,
    pub(super) cache: VerifiedPasswordCache,
    pub(super) realm: Box<str>,
    /// The computations that others may wait for, each under the MAC of what was submitted. Two unknown names do not share
    /// one because they share a decoy.
    pub(super) in_flight: InFlight<PasswordMac, MatchResult>,
    pub(super) max_length: usize,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) check: Box<HashCheck>,
    pub(super) rehash: Option<RehashPolicy>,
}

/// What computes and compares a hash.
pub(super) type HashCheck =
    dyn Fn(&PasswordHash, Secret<'_>) -> Result<bool, Unavailable> + Send + Sync;

/// Which hashes should be made anew, and who is told when that can be done.
pub(super) struct RehashPolicy {
    pub(super) is_needed: Box<dyn Fn(&PasswordHash) -> bool + Send + Sync>,
    pub(super) tell: Box<RehashListener>,
}

type RehashListener = dyn Fn(&str, Secret<'_>) + Send + Sync;

impl<S: HashStore> HashedPasswords<S> {
    /// The accounts.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.0.store
    }
}

/// One password to be judged, apart from who has it.
struct PasswordQuestion {
    user: String,
    password: SecretString,
    hash: PasswordHash,
    mac: PasswordMac,
    /// Whether it is to be remembered, and made anew, if it is right.
    counts: bool,
}

/// `None`: nobody can tell.
type MatchResult = Option<bool>;

impl<S: HashStore> HashedPasswords<S> {
    fn judge(
        &self,
        user: &str,
        password: Secret<'_>,
        found: Option<HashedAccount<S::Identity>>,
    ) -> VerifiedNowOrLater<S::Identity> {
        let inside = &*self.0;
        let (hash, password, admits) = inside.to_compare(password, found);
        let (text, fingerprint) = (password.expose(), hash.fingerprint());
        let mac = inside.cache.mac(&inside.realm, user, text, fingerprint);
        // An account that admits nobody computes its hash, however often its password was right.
        if admits.is_ok() && inside.cache.holds(mac) {
            return NowOrLater::now(Ok(admits));
        }
        let right = self.ask(PasswordQuestion {
            user: user.to_owned(),
            password: password.to_owned(),
            hash,
            mac,
            counts: admits.is_ok(),
        });
        right.map(|right| {
            Ok(match right? {
                true => admits,
                false => Err(Unverified::default()),
            })
        })
    }

    /// Waits for whoever is already asking the same, or asks the pool.
    fn ask(&self, question: PasswordQuestion) -> NowOrLater<Result<bool, Unavailable>> {
        match self.0.in_flight.board(question.mac) {
            LeaderOrWaiter::Leader(pilot, passenger, entry) => {
                self.compute(question, pilot, passenger, Some(entry))
            }
            LeaderOrWaiter::Waiter(passenger) => {
                let this = self.clone();
                NowOrLater::later(async move {
                    match passenger.await {
                        Ok(Some(right)) => Ok(right),
                        // What went wrong for the first need not go wrong for the next.
                        Ok(None) | Err(_) => this.ask_alone(question).await,
                    }
                })
            }
        }
    }

    fn ask_alone(&self, question: PasswordQuestion) -> NowOrLater<Result<bool, Unavailable>> {
        let (pilot, passenger) = flight();
        self.compute(question, pilot, passenger, None)
    }

    fn compute(
        &self,
        question: PasswordQuestion,
        pilot: Leader<MatchResult>,
        passenger: Waiter<MatchResult>,
        entry: Option<FlightEntry<PasswordMac, MatchResult>>,
    ) -> NowOrLater<Result<bool, Unavailable>> {
        let inside = Arc::clone(&self.0);
        let work = move || {
            let answer = inside.answer(&question);
            drop(entry);
            answer
        };
        if let Err(full) = self.0.pool.submit(pilot, work) {
            return NowOrLater::now(Err(full));
        }
        NowOrLater::later(async move {
            let answer = passenger.await.map_err(unavailable)?;
            answer.ok_or_else(|| unavailable(NoResult::Dropped))
        })
    }
}

impl<S: HashStore> VerifierInner<S> {
    /// What is compared with what, and who is admitted if that goes well. What is missing is replaced by what costs the
    /// same and admits nobody.
    #[inline]
    fn to_compare<'p>(
        &self,
        password: Secret<'p>,
        found: Option<HashedAccount<S::Identity>>,
    ) -> (PasswordHash, Secret<'p>, Verified<S::Identity>) {
        let (hash, admits) = match found.map(|account| account.open(&*self.clock)) {
            Some((Some(hash), admits)) => (hash, admits),
            _ => (self.store.decoy(), Err(Unverified::default())),
        };
        // By the same rule for everybody: what no account has is compared as if it were empty, and refused.
        match password.expose().len() {
            length if (1..=self.max_length).contains(&length) => (hash, password, admits),
            _ => (hash, Secret::new(""), Err(Unverified::default())),
        }
    }
}

impl<S> VerifierInner<S> {
    /// Computes the hash, on a thread that does nothing else.
    fn answer(&self, question: &PasswordQuestion) -> MatchResult {
        let password = question.password.as_secret();
        let right = (self.check)(&question.hash, password).ok()?;
        if right && question.counts {
            // Before the flight ends, so that nobody misses both.
            self.cache.remember(question.mac);
            self.rehash.iter().for_each(|it| it.consider(question));
        }
        Some(right)
    }
}

impl RehashPolicy {
    fn consider(&self, question: &PasswordQuestion) {
        if (self.is_needed)(&question.hash) {
            (self.tell)(&question.user, question.password.as_secret());
        }
    }
}

impl<S: HashStore> VerifyPassword for HashedPasswords<S> {
    type Identity = S::Identity;

    fn verify(&self, user: &str, password: Secret<'_>) -> VerifiedNowOrLater<S::Identity> {
        match self.0.store.find(user).try_now() {
            Ok(Ok(found)) => self.judge(user, password, found),
            Ok(Err(error)) => NowOrLater::now(Err(error.not_compared())),
            Err(waiting) => {
                let (this, user, password) = (self.clone(), user.to_owned(), password.to_owned());
                NowOrLater::later(async move {
                    let found = waiting.await.map_err(Unavailable::not_compared)?;
                    this.judge(&user, password.as_secret(), found).await
                })
            }
        }
    }
}

clones! { impl[S] HashedPasswords[S] { 0 } }

shows! { impl[S] HashedPasswords[S] as self { pool: self.0.pool, cache: self.0.cache } }
