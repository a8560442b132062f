//! The verifier of passwords that are stored as slow hashes.

use std::sync::Arc;

use super::account::HashedAccount;
use super::store::HashStore;
use crate::client::{IpNetwork, UnresolvedClient};
use crate::clock::Clock;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
use crate::password::VerifyPassword;
use crate::password::hash::PasswordHash;
use crate::password::hashing_pool::HashingPool;
use crate::password::verified_password_cache::{PasswordMac, VerifiedPasswordCache};
use crate::secret::{Secret, SecretString};
use crate::single_flight::{
    FlightEntry, Leader, LeaderOrWaiter, NoResult, SharedComputations, Waiter, computation,
};
use crate::unavailable::Unavailable;
use crate::verified::{Verified, VerifiedNowOrLater, VerifyFailure};

/// Verifies passwords against slow hashes without blocking the threads that serve requests. A clone shares the pool and
/// the cache.
///
/// - **A [`HashingPool`] computes the hashes.** No thread that serves requests is blocked. If the pool has no time for
///   a hash, the answer is [`Unavailable`]. Each claimed account and each network of clients has its
///   [turn](HashingPool#turns).
/// - **A right password is hashed once.** A [`VerifiedPasswordCache`] remembers it until the hash changes. So users who
///   are logged in can go on working while an attacker fills the pool with guesses.
/// - **Equal requests share one computation.** Requests with the same name and password that arrive at the same time
///   wait for one hash. If that computation fails or does not begin in time, each of the others computes its own hash
///   and waits for it.
/// - **Refusals do not tell which accounts exist.** Every refusal waits for one hash. For an unknown user, it is a
///   [decoy](HashStore::decoy). For an account that is disabled or has expired, it is the hash of the account, and the
///   verifier refuses only after it is computed.
///
/// A client can learn two things from response times:
///
/// - That the *right* password of an account was used lately, if the client knows that password: the answer comes
///   sooner.
/// - That an account exists, if its hash is cheaper than the most costly hash in the store. A table reports hashes of
///   different costs when it is loaded ([`mixed_costs`](super::HashedAccounts::mixed_costs)). Replace the cheaper
///   hashes with [`needs_rehash`](super::HashedPasswordsBuilder::needs_rehash).
///
/// # Debug builds
///
/// Without optimisation, one slow hash takes half a second to eight seconds, many times longer than in a release build.
/// Add this to the `Cargo.toml` of your application, or of its workspace. Cargo ignores these lines in the manifest of a
/// library, so this crate cannot do it for you:
///
/// ```toml
/// [profile.dev.package]
/// argon2 = { opt-level = 3 }
/// blake2 = { opt-level = 3 }
/// bcrypt = { opt-level = 3 }
/// blowfish = { opt-level = 3 }
/// scrypt = { opt-level = 3 }
/// salsa20 = { opt-level = 3 }
/// pbkdf2 = { opt-level = 3 }
/// sha1 = { opt-level = 3 }
/// sha2 = { opt-level = 3 }
/// sha-crypt = { opt-level = 3 }
/// md-5 = { opt-level = 3 }
/// yescrypt = { opt-level = 3 }
/// ```
///
/// Argon2 needs `argon2` and `blake2` alone, and bcrypt needs `bcrypt` and `blowfish`. Cargo warns of a crate in this list
/// that the build does not use.
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
/// assert!(again.try_now().is_ok(), "the cache answers at once, without a hash");
/// assert!(verifier.verify("ada", Secret::new("babbage")).await?.is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub struct HashedPasswords<S>(pub(super) Arc<VerifierInner<S>>);

pub(super) struct VerifierInner<S> {
    pub(super) store: S,
    pub(super) pool: HashingPool,
    pub(super) cache: VerifiedPasswordCache,
    pub(super) realm: Box<str>,
    /// The running computations, each under the MAC of realm, name, password and hash. Two unknown names share the
    /// decoy hash but not the computation, because the name is in the MAC.
    pub(super) computations: SharedComputations<PasswordMac, MatchResult>,
    pub(super) max_length: usize,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) check: Box<HashCheckFn>,
    pub(super) rehash: Option<RehashPolicy>,
}

/// The function that computes and compares a hash.
pub(super) type HashCheckFn =
    dyn Fn(&PasswordHash, Secret<'_>) -> Result<bool, Unavailable> + Send + Sync;

/// Decides which hashes should be replaced, and replaces them when the password is at hand.
pub(super) struct RehashPolicy {
    pub(super) is_needed: Box<dyn Fn(&PasswordHash) -> bool + Send + Sync>,
    pub(super) rehash: Box<RehashListener>,
}

type RehashListener = dyn Fn(&str, Secret<'_>) + Send + Sync;

impl<S: HashStore> HashedPasswords<S> {
    /// Returns the store of the accounts.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.0.store
    }
}

/// The question whether a password has a hash. It does not depend on the identity type of the store.
struct PasswordComparison {
    user: String,
    password: SecretString,
    /// The network of the client, if it is known.
    network: Option<IpNetwork>,
    hash: PasswordHash,
    mac: PasswordMac,
    /// Whether a right password is remembered and its hash may be replaced. It is `false` for an account that may not
    /// log in.
    may_log_in: bool,
}

/// Whether the password is right. `None` if the hash could not be computed.
type MatchResult = Option<bool>;

impl<S: HashStore> HashedPasswords<S> {
    /// Verifies a password of a client in the network that `network` finds. It is called only if the cache does not know
    /// the password. It is no generic function, so that the path of a password in the cache is compiled once.
    #[inline]
    fn verify_from(
        &self,
        user: &str,
        password: Secret<'_>,
        network: &dyn Fn() -> Option<IpNetwork>,
    ) -> VerifiedNowOrLater<S::Identity> {
        match self.0.store.find(user).try_now() {
            Ok(Ok(found)) => self.judge(user, password, network, found),
            Ok(Err(error)) => NowOrLater::now(Err(error.not_compared())),
            Err(waiting) => {
                let (this, user, password) = (self.clone(), user.to_owned(), password.to_owned());
                // The request is gone when the store answers.
                let network = network();
                NowOrLater::later(async move {
                    let found = waiting.await.map_err(Unavailable::not_compared)?;
                    let judged = this.judge(&user, password.as_secret(), &|| network, found);
                    judged.await
                })
            }
        }
    }

    fn judge(
        &self,
        user: &str,
        password: Secret<'_>,
        network: &dyn Fn() -> Option<IpNetwork>,
        found: Option<HashedAccount<S::Identity>>,
    ) -> VerifiedNowOrLater<S::Identity> {
        let inner = &*self.0;
        let (hash, password, if_right) = inner.to_compare(password, found);
        let fingerprint = hash.fingerprint();
        let mac = inner.cache.mac(&inner.realm, user, password, fingerprint);
        // A disabled account must cost a hash even if the cache remembers its password from before. A quick refusal
        // would tell the client that the password is right.
        if if_right.is_ok() && inner.cache.holds(mac) {
            return NowOrLater::now(Ok(if_right));
        }
        let right = self.ask(PasswordComparison {
            user: user.to_owned(),
            password: password.to_owned(),
            network: network(),
            hash,
            mac,
            may_log_in: if_right.is_ok(),
        });
        right.map(|right| {
            Ok(match right? {
                true => if_right,
                false => Err(VerifyFailure::default()),
            })
        })
    }

    /// Waits for a running computation of the same question, or begins one in the pool.
    fn ask(&self, question: PasswordComparison) -> NowOrLater<Result<bool, Unavailable>> {
        match self.0.computations.join(question.mac) {
            LeaderOrWaiter::Leader(leader, waiter, entry) => {
                self.compute(question, leader, waiter, Some(entry))
            }
            LeaderOrWaiter::Waiter(waiter) => {
                let this = self.clone();
                NowOrLater::later(async move {
                    match waiter.await {
                        Ok(Some(right)) => Ok(right),
                        // The leader's failure need not be this caller's. For example, the leader may have been late.
                        Ok(None) | Err(_) => this.ask_alone(question).await,
                    }
                })
            }
        }
    }

    /// Begins a computation that other callers cannot join.
    fn ask_alone(&self, question: PasswordComparison) -> NowOrLater<Result<bool, Unavailable>> {
        let (leader, waiter) = computation();
        self.compute(question, leader, waiter, None)
    }

    fn compute(
        &self,
        question: PasswordComparison,
        leader: Leader<MatchResult>,
        waiter: Waiter<MatchResult>,
        entry: Option<FlightEntry<PasswordMac, MatchResult>>,
    ) -> NowOrLater<Result<bool, Unavailable>> {
        let inner = Arc::clone(&self.0);
        let origin = inner.pool.origin(Some(&question.user), question.network);
        let work = move || {
            let answer = inner.answer(&question);
            // By now the cache remembers a right password, so a later caller needs no entry.
            drop(entry);
            answer
        };
        if let Err(full) = self.0.pool.submit(origin, leader, work) {
            return NowOrLater::now(Err(full));
        }
        let unavailable = self.0.pool.unavailable();
        NowOrLater::later(async move {
            let answer = waiter.await.map_err(unavailable)?;
            answer.ok_or_else(|| unavailable(NoResult::Dropped))
        })
    }
}

impl<S: HashStore> VerifierInner<S> {
    /// Returns the hash and the password to compare, and the result if they match.
    ///
    /// Every case leads to one comparison of a hash. For an unknown user or a broken account, the hash is the decoy.
    /// For an empty or overlong password, the password is empty. In these cases the result is a refusal even if they
    /// match.
    #[inline]
    fn to_compare<'p>(
        &self,
        password: Secret<'p>,
        found: Option<HashedAccount<S::Identity>>,
    ) -> (PasswordHash, Secret<'p>, Verified<S::Identity>) {
        let found = found.map(|account| account.into_hash_and_result(&*self.clock));
        let (hash, if_right) = match found {
            Some((Some(hash), if_right)) => (hash, if_right),
            _ => (self.store.decoy(), Err(VerifyFailure::default())),
        };
        // The rule is the same for all users, known or not, so that the time does not tell them apart. An overlong
        // password must not be hashed, because its length would decide how long that takes.
        match password.expose_bytes().len() {
            length if (1..=self.max_length).contains(&length) => (hash, password, if_right),
            _ => (hash, Secret::new(""), Err(VerifyFailure::default())),
        }
    }
}

impl<S> VerifierInner<S> {
    /// Computes the hash. It blocks, so it runs on a thread of the pool.
    fn answer(&self, question: &PasswordComparison) -> MatchResult {
        let password = question.password.as_secret();
        let right = (self.check)(&question.hash, password).ok()?;
        if right && question.may_log_in {
            // The cache has to know before the computation leaves the table. Otherwise a request in between would find
            // neither and compute the hash again.
            self.cache.remember(question.mac);
            self.rehash.iter().for_each(|policy| policy.apply(question));
        }
        Some(right)
    }
}

impl RehashPolicy {
    fn apply(&self, question: &PasswordComparison) {
        if (self.is_needed)(&question.hash) {
            (self.rehash)(&question.user, question.password.as_secret());
        }
    }
}

impl<S: HashStore> VerifyPassword for HashedPasswords<S> {
    type Identity = S::Identity;

    fn verify(&self, user: &str, password: Secret<'_>) -> VerifiedNowOrLater<S::Identity> {
        self.verify_from(user, password, &|| None)
    }

    fn verify_for(
        &self,
        user: &str,
        password: Secret<'_>,
        client: &UnresolvedClient<'_>,
    ) -> VerifiedNowOrLater<S::Identity> {
        self.verify_from(user, password, &|| client.resolve().network())
    }
}

clones! { impl[S] HashedPasswords[S] { 0 } }

shows! { impl[S] HashedPasswords[S] as self { pool: self.0.pool, cache: self.0.cache } }
