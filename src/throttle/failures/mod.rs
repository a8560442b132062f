//! Budgets of failures, in a store.

mod canonical;
mod draw;
mod keys;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::canonical::canonical;
use self::draw::{Drawn, Owner, Plan};
use self::keys::Keys;
use super::{Outcome, Reservation, Throttle, Ticket};
use crate::client::Client;
use crate::config_error::ConfigError;
use crate::now_or_later::NowOrLater;
use crate::principal::Account;
use crate::random::random;
use crate::request_head::RequestHead;
use crate::store::{Budget, MemoryThrottleStore, Settlement, ThrottleStore};
use crate::unavailable::Unavailable;

/// Slows down who guesses: a [`Throttle`] that counts failures, and nothing else, in three budgets.
///
/// | budget of | by default | cleared |
/// |---|---|---|
/// | an account, in whichever case, width and normal form it is spelled | from the 5th failure a wait of 1 s, doubling to 15 min; at the 100th, shut | by a success |
/// | a source, an IPv4 address or 64 bits of IPv6 | 50 failures, one forgiven every 30 s; then waits of 1 s to 15 min | by time |
/// | everybody | 5,000 failures, one forgiven every 100 ms; then waits of 1 s | by time |
///
/// Accounts and sources that nothing has been tried on for a day are forgotten. The numbers are [`Budget`]s, and can be
/// others.
///
/// A success clears an account only if all of its failures were made with the name spelled as it is now: where `ada` and
/// `ADA` are two accounts, the owner of one has no more guesses at the other for it. So a user table should not be able to
/// hold both; and layers with other users need a throttle of their own, not a clone.
///
/// Whoever cannot be given an attempt hears `429`, before anything is verified: the right password and a wrong one get
/// the same answer at the same cost, for accounts that exist and for such as do not. All schemes draw on the same
/// budgets; a layer for each route is given a clone, so that they do, too.
///
/// **A known source** is one from which the account was used before, within 30 days, with the name spelled the same. It has
/// an allowance of 20 failures of its own, which a success renews, once a minute at the most, and is asked for nothing else.
/// So no stranger can lock an owner out, and no login of the owner's, who may send a password with every request, gives a
/// stranger new guesses. Whoever shares the owner's address, in an office or behind a carrier's NAT, shares the allowance: 20
/// guesses a minute while the owner is at work. Once it is used up, a known source is a stranger.
///
/// **What counts**: wrong credentials, and attempts that nobody settled because the client or the process went away.
/// Malformed credentials count for the source alone. Challenges, credentials that are out of date, legs of an exchange,
/// preflights and what could not be judged do not.
///
/// **The hard stop** (NIST SP 800-63B-4 section 3.2.2: at most 100 consecutive failures) is for strangers, and for good:
/// only [`release`](Self::release) opens the account to them. A store in memory forgets it at a restart, so have
/// [`on_hard_stop`](Self::on_hard_stop) disable the account where it is kept. To stay below 100 whatever sources are known,
/// lower it by their allowances.
///
/// Attempts that are under way count as failures until they are settled. Where verifying takes time, a source has as many
/// requests under way as it has failures, and a known source as many as its allowance: raise both for gateways.
///
/// Where nobody says from which address a request comes, it has no source, and none is known: a budget that everybody
/// shares would let anyone shut everyone out. Accounts then have the budgets of accounts and of everybody alone, and a
/// stranger can shut one. Say it: see [`RequireAuth::client`](crate::RequireAuth::client).
///
/// # Example
///
/// ```
/// # #[cfg(feature = "basic")] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use http::header::{AUTHORIZATION, RETRY_AFTER};
/// use http::{Request, Response, StatusCode};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
/// use tower_challenge::RequireAuth;
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::scheme::Basic;
/// use tower_challenge::store::Budget;
/// use tower_challenge::throttle::FailureThrottle;
///
/// let throttle = FailureThrottle::new()?.account(Budget::failures(3));
/// let auth = RequireAuth::new(Basic::new("files", OneAccount::new("ada", "lovelace")?)?)?.throttle(throttle.clone());
/// let service = ServiceBuilder::new()
///     .layer(auth)
///     .service(service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new(()))));
///
/// let right = || Request::get("/").header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(());
/// let wrong = || Request::get("/").header(AUTHORIZATION, "Basic YWRhOmJ5cm9u").body(());
/// assert_eq!(service.clone().oneshot(right()?).await?.status(), StatusCode::OK);
/// for _ in 0..3 {
///     assert_eq!(service.clone().oneshot(wrong()?).await?.status(), StatusCode::UNAUTHORIZED);
/// }
/// let response = service.clone().oneshot(right()?).await?;
/// assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS, "right or wrong: nobody looks");
/// assert_eq!(response.headers()[RETRY_AFTER], "1");
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
pub struct FailureThrottle<S = MemoryThrottleStore>(Arc<Rules<S>>);

/// What all clones share.
struct Rules<S> {
    store: Arc<S>,
    keys: Keys,
    account: Budget,
    source: Budget,
    everybody: Budget,
    known: Budget,
    known_for: Duration,
    on_hard_stop: Option<Arc<OnHardStop>>,
}

/// Who is told of accounts that were shut for good.
type OnHardStop = dyn Fn(&Account<'_>) + Send + Sync;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How often a known source is given its allowance anew at the most. An owner who is at work succeeds every second, and
/// whoever shares the address would have all of it again as often.
const RENEWAL: Duration = Duration::from_secs(60);

impl FailureThrottle {
    /// The budgets above, in a [`MemoryThrottleStore`].
    ///
    /// # Errors
    ///
    /// The operating system has no random octets to give.
    pub fn new() -> Result<Self, ConfigError> {
        let second = Duration::from_secs(1);
        let (source, everybody) = (Budget::failures(50), Budget::failures(5000));
        Ok(Self(Arc::new(Rules {
            store: Arc::new(MemoryThrottleStore::new()),
            keys: Keys::new(random()?),
            account: Budget::failures(5).hard_stop(100),
            source: source.recovery(Duration::from_secs(30)),
            everybody: everybody
                .delay(second, second)
                .recovery(Duration::from_millis(100)),
            known: Budget::allowance(20).recovery(RENEWAL),
            known_for: DAY * 30,
            on_hard_stop: None,
        })))
    }
}

impl<S: ThrottleStore> FailureThrottle<S> {
    /// Counts in `store` instead, with the same numbers.
    #[must_use]
    pub fn store<T: ThrottleStore>(self, store: T) -> FailureThrottle<T> {
        let rules = Arc::unwrap_or_clone(self.0);
        FailureThrottle(Arc::new(Rules {
            store: Arc::new(store),
            keys: rules.keys,
            account: rules.account,
            source: rules.source,
            everybody: rules.everybody,
            known: rules.known,
            known_for: rules.known_for,
            on_hard_stop: rules.on_hard_stop,
        }))
    }

    /// Files accounts and sources under `key`, which processes must share that share a store. A secret: whoever knows it
    /// can work out who shares a place in the table.
    #[must_use]
    pub fn key(self, key: [u8; 32]) -> Self {
        self.with(|rules| rules.keys = Keys::new(key))
    }

    /// What an account has.
    #[must_use]
    pub fn account(self, budget: Budget) -> Self {
        self.with(|rules| rules.account = budget)
    }

    /// What a source has.
    #[must_use]
    pub fn source(self, budget: Budget) -> Self {
        self.with(|rules| rules.source = budget)
    }

    /// What everybody has together, but for known sources.
    #[must_use]
    pub fn everybody(self, budget: Budget) -> Self {
        self.with(|rules| rules.everybody = budget)
    }

    /// Gives a source from which an account was used an allowance of so many failures, for `time` after the last use, which
    /// a success renews once a minute at the most. An allowance of 0 is none.
    ///
    /// It bounds how many requests of a known source can be under way at once, too, where passwords are not verified at
    /// once.
    #[must_use]
    pub fn known_source(self, failures: u32, time: Duration) -> Self {
        self.with(|rules| {
            rules.known = Budget::allowance(failures).recovery(RENEWAL);
            rules.known_for = if failures == 0 { Duration::ZERO } else { time };
        })
    }

    /// Calls `tell` when an account, in one of its spellings, was shut for good, whether it exists or not: disable it
    /// where it is kept.
    ///
    /// It is called where requests are served, and must not wait: let it hand the name on. If it panics, everything goes on.
    #[must_use]
    pub fn on_hard_stop(self, tell: impl Fn(&Account<'_>) + Send + Sync + 'static) -> Self {
        self.with(|rules| rules.on_hard_stop = Some(Arc::new(tell)))
    }

    /// Forgets the failures of an account, and opens it if it was shut for good: for an operator who has made sure, or
    /// once the password is another. An account that shares its place in a full store has to wait instead.
    ///
    /// # Errors
    ///
    /// The answer is an error when the store cannot be reached.
    pub fn release(&self, account: &Account<'_>) -> NowOrLater<Result<(), Unavailable>> {
        let key = self.0.keys.account(&canonical(account.name()));
        self.0.store.settle(key, u64::MAX, Settlement::Clear)
    }

    fn with(self, change: impl FnOnce(&mut Rules<S>)) -> Self {
        let mut rules = Arc::unwrap_or_clone(self.0);
        change(&mut rules);
        Self(Arc::new(rules))
    }

    /// In the order in which they are asked, the last first: whoever is shut out themselves takes nothing from the account,
    /// nor from everybody, not even by going away before that could be given back.
    fn plan(&self, account: Option<&Account<'_>>, client: &Client) -> Plan {
        let (keys, network) = (&self.0.keys, client.network());
        let name = account.map(Account::name);
        let mut rest = Vec::with_capacity(4);
        if let Some(name) = name {
            rest.push((Owner::Spelling, keys.spelling(name)));
            rest.push((Owner::Account, keys.account(&canonical(name))));
        }
        rest.push((Owner::Everybody, keys.everybody()));
        rest.extend(network.map(|it| (Owner::Source, keys.source(it))));
        let pair = name.zip(network);
        Plan {
            known: pair.map(|(name, network)| keys.pair(name, network)),
            rest,
            account: name.map(Into::into),
        }
    }
}

impl<S: ThrottleStore> Throttle for FailureThrottle<S> {
    fn reserve(
        &self,
        account: Option<&Account<'_>>,
        client: &Client,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>> {
        draw::reserve(&self.0, self.plan(account, client))
    }

    fn settle(&self, ticket: Ticket, outcome: Outcome) -> NowOrLater<()> {
        match ticket.into_inner::<Drawn<S>>() {
            Some(drawn) => drawn.settle(outcome),
            None => NowOrLater::now(()),
        }
    }
}

impl<S> Rules<S> {
    fn budget(&self, owner: Owner) -> Budget {
        match owner {
            Owner::Known => self.known,
            Owner::Everybody => self.everybody,
            Owner::Source => self.source,
            Owner::Account => self.account,
            Owner::Spelling => self.spelling(),
        }
    }

    /// What counts as the account's budget does, and shuts nothing.
    fn spelling(&self) -> Budget {
        let count = Budget::failures(u32::MAX).memory(self.account.remembered_for());
        let recovery = self.account.recovers_every();
        recovery.map_or(count, |every| count.recovery(every))
    }
}

impl<S> Clone for Rules<S> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            keys: self.keys.clone(),
            on_hard_stop: self.on_hard_stop.clone(),
            ..*self
        }
    }
}

impl<S> Clone for FailureThrottle<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for FailureThrottle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailureThrottle")
            .field("account", &self.0.account)
            .field("source", &self.0.source)
            .field("everybody", &self.0.everybody)
            .finish_non_exhaustive()
    }
}
