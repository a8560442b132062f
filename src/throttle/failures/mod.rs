//! How does a throttle count failures in a store?

mod canonical;
mod keys;
mod shared;
mod tell;
mod ticket;

use std::sync::Arc;
use std::time::Duration;

use self::shared::{Settings, Shared};
use self::ticket::Reserved;
use super::{Outcome, Reservation, Throttle, Ticket};
use crate::client::Client;
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
use crate::principal::Account;
use crate::request_head::RequestHead;
use crate::store::{
    KnownPlaces, MemoryThrottleStore, NetworkLimit, Strangers, ThrottleAttempt, ThrottleStore,
};
use crate::unavailable::Unavailable;

/// A [`Throttle`] that bounds how often passwords can be guessed, by the [rules](crate::throttle) of this module.
///
/// All layers that guard the same users are given clones of one throttle, whatever their schemes, so that they count
/// together. Layers with other users need a throttle of their own.
///
/// A client that has no attempt left is answered `429`, before its password is looked at: the right password and a wrong one
/// get the same answer at the same cost, and so do accounts that do not exist.
///
/// # What counts
///
/// Wrong credentials count, and so do attempts that were never settled, because the client or the process went away.
/// Malformed credentials count for the network alone. Challenges, credentials that are out of date, legs of an exchange,
/// and requests for which no secret was compared ([`Unavailable::no_guess`]) do not count. Bearer tokens claim no account,
/// so they count for the network.
///
/// A verifier that is [`Unavailable`] in any other way may have begun a comparison. Then the account counts the attempt and
/// the network does not. For example, an office that asks on while the database is away is not shut out afterwards: each
/// owner's repeats of one password are one attempt.
///
/// # What may be tuned
///
/// | | default |
/// |---|---|
/// | [`strangers`](Self::strangers) | [`Strangers::bounded`]: 20 failures, one forgiven each day, 5 for one neighbourhood |
/// | [`stop_after`](Self::stop_after) | 100 failures without a success of the account |
/// | [`known`](Self::known) | 20 failures at each known place, one given back for each hour, known for 90 days |
/// | [`line`](Self::line) | 50 failures, one forgiven each 15 minutes |
/// | [`neighbourhood`](Self::neighbourhood) | 500 failures, one forgiven each 7.5 minutes |
/// | [`fold`](Self::fold) | names are folded by case, width, normal form, marks and strokes |
/// | [`place`](Self::place) | a place is an address |
/// | [`key`](Self::key) | random |
/// | [`store`](Self::store) | a [`MemoryThrottleStore`] |
/// | [`on_used_up`](Self::on_used_up), [`on_stop`](Self::on_stop) | nothing is told |
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
/// use tower_challenge::throttle::FailureThrottle;
///
/// let throttle = FailureThrottle::new()?;
/// let auth = RequireAuth::new(Basic::new("files", OneAccount::new("ada", "lovelace")?)?)?.throttle(throttle.clone());
/// let service = ServiceBuilder::new()
///     .layer(auth)
///     .service(service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new(()))));
///
/// let right = || Request::get("/").header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(());
/// assert_eq!(service.clone().oneshot(right()?).await?.status(), StatusCode::OK);
/// // "ada:a", "ada:b" and so on: 20 wrong passwords.
/// for wrong in "abcdefghijklmnopqrst".chars() {
///     let ask = Request::get("/").header(AUTHORIZATION, format!("Basic {}", base64(&format!("ada:{wrong}"))));
///     assert_eq!(service.clone().oneshot(ask.body(())?).await?.status(), StatusCode::UNAUTHORIZED);
/// }
/// let response = service.clone().oneshot(right()?).await?;
/// assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS, "right or wrong: the password is not looked at");
/// assert_eq!(response.headers()[RETRY_AFTER], "86400");
///
/// use tower_challenge::Account;
/// throttle.release(&Account::new("ada")).await?;
/// assert_eq!(service.oneshot(right()?).await?.status(), StatusCode::OK);
/// # Ok(()) }
/// # fn base64(text: &str) -> String { use base64::Engine; base64::engine::general_purpose::STANDARD.encode(text) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
pub struct FailureThrottle<S = MemoryThrottleStore>(Arc<Shared<S>>);

impl FailureThrottle {
    /// The rules with the numbers above, in a [`MemoryThrottleStore`].
    ///
    /// # Errors
    ///
    /// The operating system has no random bytes to give.
    pub fn new() -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(Shared {
            store: Arc::new(MemoryThrottleStore::new()),
            settings: Settings::new()?,
        })))
    }
}

impl<S: ThrottleStore> FailureThrottle<S> {
    /// Counts in `store` instead, with the same numbers.
    ///
    /// Throttles that share a store must have the same [key](Self::key) and the same numbers: a full store judges by the
    /// numbers of the attempt at hand which records are idle, and forgets those.
    #[must_use]
    pub fn store<T: ThrottleStore>(self, store: T) -> FailureThrottle<T> {
        let settings = self.0.settings.clone();
        let store = Arc::new(store);
        FailureThrottle(Arc::new(Shared { store, settings }))
    }

    /// Hashes names, addresses and passwords under `key`. Processes that share a store share it too. It is a secret, and does
    /// not belong into the store: a thief of both could try passwords against the tags.
    #[must_use]
    pub fn key(self, key: [u8; 32]) -> Self {
        self.with(|settings| settings.keys.share(key))
    }

    /// Gives strangers these failures at each account: [`Strangers::bounded`], [`Strangers::open`], or numbers of your own.
    #[must_use]
    pub fn strangers(self, strangers: Strangers) -> Self {
        self.with(|settings| settings.limits = settings.limits.strangers(strangers))
    }

    /// Stops strangers at an account after so many failures without a success of the account in between; with 0, never.
    ///
    /// NIST SP 800-63B-4 section 3.2.2 allows at most 100 consecutive failures. Each known place adds up to 20. For example,
    /// 80 keeps within 100 while one known place is used up.
    #[must_use]
    pub fn stop_after(self, failures: u8) -> Self {
        self.with(|settings| {
            let strangers = settings.limits.of_strangers().stop_after(failures);
            settings.limits = settings.limits.strangers(strangers);
        })
    }

    /// Gives each known place of an account so many failures. A success there gives back one for each `refill` that has
    /// passed, and a place is known for `memory` after its latest success. With 0 failures no place is ever known.
    #[must_use]
    pub fn known(self, failures: u8, refill: Duration, memory: Duration) -> Self {
        let known = KnownPlaces::new(failures, refill, memory);
        self.with(|settings| settings.limits = settings.limits.known(known))
    }

    /// Gives each line so many failures at all accounts together, of which one is forgiven each time that `every` has passed.
    ///
    /// This is the limit of every address, not of one. Raise it for an office that shares an address, when many people there
    /// mistype. It does not change the 5 failures that one neighbourhood has at one account. For colleagues who share address
    /// and account, use [`place`](Self::place) with a device cookie.
    ///
    /// An unfinished request counts like a failure until it ends, so a busy gateway can reach the limit without a wrong
    /// password. Name the gateway as a [proxy](crate::client::FindClient), or raise the limit.
    #[must_use]
    pub fn line(self, failures: u32, every: Duration) -> Self {
        let line = NetworkLimit::new(failures, every);
        self.with(|settings| settings.limits = settings.limits.line(line))
    }

    /// Gives each neighbourhood so many failures at all accounts together, of which one is forgiven each time that `every` has
    /// passed.
    ///
    /// As with [`line`](Self::line), this is the limit of every neighbourhood, unfinished requests count, and the 5 failures
    /// at one account stay.
    #[must_use]
    pub fn neighbourhood(self, failures: u32, every: Duration) -> Self {
        let neighbourhood = NetworkLimit::new(failures, every);
        self.with(|settings| settings.limits = settings.limits.neighbourhood(neighbourhood))
    }

    /// Folds names as the application's user table does, before they are folded as above. Give it what the table takes for
    /// the same name and this crate does not.
    ///
    /// For example, `utf8mb4_general_ci` of MySQL takes `ß` for `s`, and a mail service takes `ada+news` for `ada`.
    ///
    /// ```
    /// use tower_challenge::throttle::FailureThrottle;
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// let throttle = FailureThrottle::new()?
    ///     .fold(|name| name.split('+').next().unwrap_or_default().replace('ß', "s"));
    /// # let _ = throttle;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn fold(self, fold: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.fold = Some(Arc::new(fold)))
    }

    /// Says what a place is: not the address, but what `name` finds in the request, such as a device cookie or a client
    /// certificate, which travels with its owner. `None` leaves the address.
    ///
    /// An attacker must not be able to make up the name of another device, so a cookie is signed or random, and long. Lines
    /// and neighbourhoods go by addresses all the same.
    ///
    /// ```
    /// use tower_challenge::throttle::FailureThrottle;
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// let throttle = FailureThrottle::new()?
    ///     .place(|request| Some(request.headers().get("x-device")?.as_bytes().to_vec()));
    /// # let _ = throttle;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn place(
        self,
        name: impl Fn(&RequestHead<'_>) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        self.with(|settings| settings.place = Some(Arc::new(name)))
    }

    /// Calls `tell` when a failure is the last that strangers have at an account for now, whether the account exists or not.
    /// Until time forgives a failure, every other stranger gets `429`, which the [audit](crate::audit) hears each time.
    ///
    /// It is called as the listener of [`on_stop`](Self::on_stop) is. For example, it writes a line for the operator:
    ///
    /// ```
    /// use tower_challenge::throttle::FailureThrottle;
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// let throttle = FailureThrottle::new()?
    ///     .on_used_up(|account| eprintln!("strangers have used up their failures at {:?}", account.name()));
    /// # let _ = throttle;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn on_used_up(self, tell: impl Fn(&Account<'_>) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.on_used_up = Some(Arc::new(tell)))
    }

    /// Calls `tell` when strangers are stopped at an account, whether it exists or not, with its name as the last of them has
    /// spelled it.
    ///
    /// It is called where requests are served, and must not wait: let it hand the name on. If it panics, everything goes on.
    #[must_use]
    pub fn on_stop(self, tell: impl Fn(&Account<'_>) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.on_stop = Some(Arc::new(tell)))
    }

    fn with(self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = self.0.settings.clone();
        change(&mut settings);
        let store = Arc::clone(&self.0.store);
        Self(Arc::new(Shared { store, settings }))
    }

    /// The keys of an attempt. A proxy that does not say for whom it speaks gives it no place and no network.
    fn attempt(
        &self,
        account: Option<&Account<'_>>,
        client: &Client,
        place: Option<u32>,
    ) -> ThrottleAttempt {
        let Settings { keys, limits, .. } = &self.0.settings;
        let mut attempt = ThrottleAttempt::new(*limits);
        if let Some(account) = account {
            let (strangers, places) = self.account_keys(account);
            attempt = attempt.for_account(
                strangers,
                places,
                keys.tag(account.name(), account.secret()),
            );
        }
        if let Some(address) = client.own_address() {
            attempt = attempt
                .on_network(keys.line(address), keys.neighbourhood(address))
                .at_place(keys.place(address));
        }
        match place {
            Some(place) => attempt.at_place(place),
            None => attempt,
        }
    }
}

impl<S: ThrottleStore> Throttle for FailureThrottle<S> {
    fn reserve(
        &self,
        account: Option<&Account<'_>>,
        client: &Client,
        request: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>> {
        let name_place = self.0.settings.place.as_ref();
        let place = name_place.and_then(|name| name(request));
        let place = place.map(|name| self.0.settings.keys.named_place(&name));
        let attempt = self.attempt(account, client, place);
        ticket::reserve(&self.0, attempt, account.map(Account::name))
    }

    fn settle(&self, ticket: Ticket, outcome: Outcome) -> NowOrLater<()> {
        match ticket.into_inner::<Reserved<S>>() {
            Some(reserved) => reserved.settle(outcome),
            None => NowOrLater::now(()),
        }
    }
}

clones! { impl[S] FailureThrottle[S] { 0 } }

shows! { impl[S] FailureThrottle[S] as self { limits: self.0.settings.limits } }
