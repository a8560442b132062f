//! Passwords that are kept as slow hashes.

mod account;
mod accounts;
mod builder;
mod in_flight;
mod looked_up;

use std::fmt;
use std::sync::Arc;

pub use self::account::HashedAccount;
pub use self::accounts::HashedAccounts;
pub use self::builder::HashedBuilder;
pub use self::looked_up::{LookedUp, looked_up};

use self::in_flight::{Boarding, Entry, InFlight};
use super::VerifyPassword;
use super::flight::{Lost, Passenger, Pilot, flight};
use super::hash::PasswordHash;
use super::hashing_pool::{HashingPool, unavailable};
use super::verdict_cache::{Mac, VerdictCache};
use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::now_or_later::NowOrLater;
use crate::secret::{Secret, SecretString};
use crate::unavailable::Unavailable;

/// Where hashes of passwords are kept: a table, a file, a database.
pub trait HashStore: Send + Sync + 'static {
    /// Who an account identifies.
    type Identity: Clone + Send + Sync + 'static;

    /// Finds the account of `user`.
    ///
    /// # Errors
    ///
    /// The answer is an error when nobody can tell; an unknown user is `None`.
    fn find(
        &self,
        user: &str,
    ) -> NowOrLater<Result<Option<HashedAccount<Self::Identity>>, Unavailable>>;

    /// What is computed for a user who does not exist: a [decoy](PasswordHash::decoy) of the most expensive hash there is.
    fn decoy(&self) -> PasswordHash;
}

/// Forwards every question to the store within: one that several share, or that may be any.
macro_rules! hash_store_within {
    ($($pointer:ident),*) => {$(
        impl<S: HashStore + ?Sized> HashStore for $pointer<S> {
            type Identity = S::Identity;

            fn find(
                &self,
                user: &str,
            ) -> NowOrLater<Result<Option<HashedAccount<S::Identity>>, Unavailable>> {
                (**self).find(user)
            }

            fn decoy(&self) -> PasswordHash {
                (**self).decoy()
            }
        }
    )*};
}

hash_store_within!(Arc, Box);

/// Verifies passwords against slow hashes, and lets nobody wait for them who need not. Its clones are the same verifier.
///
/// - **Hashes are computed by a [`HashingPool`]**: no thread that serves is blocked, and what the pool has no time for is
///   [`Unavailable`].
/// - **A password that was right is not hashed again**: a [`VerdictCache`] remembers it, until the hash changes. So whoever
///   is logged in goes on working while strangers guess.
/// - **Those who come with the same name and password at the same time** wait for one computation. If that comes to
///   nothing, or does not begin in time, the others compute for themselves, and wait once more for that.
/// - **Nobody learns who has an account.** Whatever is wrong, one hash is computed: for a user who does not exist, a
///   [decoy](HashStore::decoy); for an account that is disabled or has expired, its own, and only then is it refused. What
///   can be learnt is that somebody with the *right* password has used it lately: that answer comes sooner. And where
///   hashes differ in what they cost, that an account has a cheaper one than the dearest: it exists. A table says so when it
///   is loaded ([`mixed_costs`](HashedAccounts::mixed_costs)). Make those anew ([`needs_rehash`](HashedBuilder::needs_rehash)).
///
/// # Example
///
/// ```
/// use tower_challenge::password::{Hashed, HashedAccounts, VerifyPassword};
/// use tower_challenge::{Principal, Secret};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let hash = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";
/// let accounts = HashedAccounts::new([("ada", hash)])?;
/// let verifier = Hashed::new(accounts)?;
///
/// let first = verifier.verify("ada", Secret::new("lovelace"));
/// assert_eq!(first.await?, Some(Principal::new("ada")));
/// let again = verifier.verify("ada", Secret::new("lovelace"));
/// assert!(again.try_now().is_ok(), "without a hash, and so at once");
/// assert_eq!(verifier.verify("ada", Secret::new("babbage")).await?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub struct Hashed<S>(Arc<Inside<S>>);

struct Inside<S> {
    store: S,
    pool: HashingPool,
    cache: VerdictCache,
    realm: Box<str>,
    in_flight: InFlight,
    max_length: usize,
    clock: Arc<dyn Clock>,
    check: Box<Check>,
    rehash: Option<Rehash>,
}

/// What computes and compares a hash.
type Check = dyn Fn(&PasswordHash, Secret<'_>) -> Result<bool, Unavailable> + Send + Sync;

/// Which hashes should be made anew, and who is told when that can be done.
struct Rehash {
    is_needed: Box<dyn Fn(&PasswordHash) -> bool + Send + Sync>,
    tell: Box<Tell>,
}

type Tell = dyn Fn(&str, Secret<'_>) + Send + Sync;

impl<S: HashStore> Hashed<S> {
    /// Verifies against `store`, with a pool and a cache of its own.
    ///
    /// # Errors
    ///
    /// The operating system starts no thread, or has no random octets to give.
    pub fn new(store: S) -> Result<Self, ConfigError> {
        Self::builder(store).build()
    }

    /// One that is tuned.
    #[must_use]
    pub fn builder(store: S) -> HashedBuilder<S> {
        HashedBuilder::new(store)
    }

    /// The accounts.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.0.store
    }
}

/// One password to be judged, apart from who has it.
struct Question {
    user: String,
    password: SecretString,
    hash: PasswordHash,
    mac: Mac,
    /// Whether it is to be remembered, and made anew, if it is right.
    counts: bool,
}

/// `None`: nobody can tell.
type Answer = Option<bool>;

impl<S: HashStore> Hashed<S> {
    fn judge(
        &self,
        user: &str,
        password: Secret<'_>,
        found: Option<HashedAccount<S::Identity>>,
    ) -> NowOrLater<Result<Option<S::Identity>, Unavailable>> {
        let inside = &*self.0;
        let (hash, password, admits) = inside.to_compare(password, found);
        let (text, fingerprint) = (password.expose(), hash.fingerprint());
        let mac = inside.cache.mac(&inside.realm, user, text, fingerprint);
        // An account that admits nobody computes its hash, however often its password was right.
        if admits.is_some() && inside.cache.holds(mac) {
            return NowOrLater::now(Ok(admits));
        }
        let right = self.ask(Question {
            user: user.to_owned(),
            password: password.to_owned(),
            hash,
            mac,
            counts: admits.is_some(),
        });
        right.map(|right| right.map(|right| admits.filter(|_| right)))
    }

    /// Waits for whoever is already asking the same, or asks the pool.
    fn ask(&self, question: Question) -> NowOrLater<Result<bool, Unavailable>> {
        match self.0.in_flight.board(question.mac) {
            Boarding::First(pilot, passenger, entry) => {
                self.compute(question, pilot, passenger, Some(entry))
            }
            Boarding::Later(passenger) => {
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

    fn ask_alone(&self, question: Question) -> NowOrLater<Result<bool, Unavailable>> {
        let (pilot, passenger) = flight();
        self.compute(question, pilot, passenger, None)
    }

    fn compute(
        &self,
        question: Question,
        pilot: Pilot<Answer>,
        passenger: Passenger<Answer>,
        entry: Option<Entry>,
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
            answer.ok_or_else(|| unavailable(Lost::Dropped))
        })
    }
}

impl<S: HashStore> Inside<S> {
    /// What is compared with what, and who is admitted if that goes well. What is missing is replaced by what costs the
    /// same and admits nobody.
    #[inline]
    fn to_compare<'p>(
        &self,
        password: Secret<'p>,
        found: Option<HashedAccount<S::Identity>>,
    ) -> (PasswordHash, Secret<'p>, Option<S::Identity>) {
        let (hash, admits) = match found.map(|account| account.open(&*self.clock)) {
            Some((Some(hash), admits)) => (hash, admits),
            _ => (self.store.decoy(), None),
        };
        // By the same rule for everybody: what no account has is compared as if it were empty, and refused.
        match password.expose().len() {
            length if (1..=self.max_length).contains(&length) => (hash, password, admits),
            _ => (hash, Secret::new(""), None),
        }
    }
}

impl<S> Inside<S> {
    /// Computes the hash, on a thread that does nothing else.
    fn answer(&self, question: &Question) -> Answer {
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

impl Rehash {
    fn consider(&self, question: &Question) {
        if (self.is_needed)(&question.hash) {
            (self.tell)(&question.user, question.password.as_secret());
        }
    }
}

impl<S: HashStore> VerifyPassword for Hashed<S> {
    type Identity = S::Identity;

    fn verify(
        &self,
        user: &str,
        password: Secret<'_>,
    ) -> NowOrLater<Result<Option<S::Identity>, Unavailable>> {
        match self.0.store.find(user).try_now() {
            Ok(Ok(found)) => self.judge(user, password, found),
            Ok(Err(error)) => NowOrLater::now(Err(error.no_guess())),
            Err(waiting) => {
                let (this, user, password) = (self.clone(), user.to_owned(), password.to_owned());
                NowOrLater::later(async move {
                    let found = waiting.await.map_err(Unavailable::no_guess)?;
                    this.judge(&user, password.as_secret(), found).await
                })
            }
        }
    }
}

impl<S> Clone for Hashed<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for Hashed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hashed")
            .field("pool", &self.0.pool)
            .field("cache", &self.0.cache)
            .finish_non_exhaustive()
    }
}
