//! Counts failed attempts in a store, by the rules of [`crate::throttle`].

mod canonical;
mod keys;
mod shared;
mod tell;
mod ticket;

use std::sync::Arc;
use std::time::Duration;

use self::shared::{SharedThrottle, ThrottleSettings};
use self::ticket::ReservedAttempt;
use super::{AttemptOutcome, Reservation, Throttle, ThrottleTicket};
use crate::client::Client;
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
use crate::principal::ClaimedAccount;
use crate::request_head::RequestHead;
use crate::store::{
    FamiliarLimit, MemoryThrottleStore, NetworkLimit, ThrottleAttempt, ThrottleStore,
    UnfamiliarLimit,
};
use crate::unavailable::Unavailable;

/// A [`Throttle`] that limits how often passwords can be guessed, by the [rules](crate::throttle) of this module.
///
/// Give all layers that guard the same users clones of one throttle, so that they count together. Change the
/// settings before you clone it: a setting does not reach the clones that exist. The layers may have different schemes.
/// Layers with other users need a throttle of their own.
///
/// A client that has no attempt left gets `429` before the verifier sees its password. The right password and a wrong
/// one get the same answer at the same cost, and so do accounts that do not exist.
///
/// # What counts
///
/// Wrong credentials count, and so do attempts that are never settled, because the client disconnected or the process
/// died. Malformed credentials count for the network alone. Challenges, expired credentials, intermediate steps of an
/// exchange, and requests for which no secret was compared ([`Unavailable::not_compared`]) do not count. Bearer tokens
/// claim no account, so they count for the network.
///
/// A verifier that is [`Unavailable`] in any other way may have begun a comparison. Then the account counts the attempt
/// and the network does not. For example, clients of an office that keep trying while the database is down are not
/// locked out afterwards: all repeats of one password of an owner are one attempt.
///
/// # Settings
///
/// | | default |
/// |---|---|
/// | [`unfamiliar`](Self::unfamiliar) | 20 failures, one forgiven each day, 5 for one subnet |
/// | [`lockout_after`](Self::lockout_after) | 100 failures without a success of the account |
/// | [`familiar`](Self::familiar) | 20 failures at each location, of which a login returns one for each hour that has passed, familiar for 90 days |
/// | [`subscriber`](Self::subscriber) | 50 failures, one forgiven each 15 minutes |
/// | [`subnet`](Self::subnet) | 500 failures, one forgiven each 7.5 minutes |
/// | [`fold_name`](Self::fold_name) | names are folded by case, width, normal form, marks and strokes |
/// | [`location`](Self::location) | a location is an address |
/// | [`key`](Self::key) | random |
/// | [`store`](Self::store) | a [`MemoryThrottleStore`] |
/// | [`on_exhausted`](Self::on_exhausted), [`on_lockout`](Self::on_lockout) | no listener |
///
/// The default of `unfamiliar` and `lockout_after` is [`UnfamiliarLimit::bounded`].
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
/// assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS, "the verifier does not see the password");
/// assert_eq!(response.headers()[RETRY_AFTER], "86400");
///
/// use tower_challenge::ClaimedAccount;
/// throttle.unlock(&ClaimedAccount::new("ada")).await?;
/// assert_eq!(service.oneshot(right()?).await?.status(), StatusCode::OK);
/// # Ok(()) }
/// # fn base64(text: &str) -> String { use base64::Engine; base64::engine::general_purpose::STANDARD.encode(text) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
pub struct FailureThrottle<S = MemoryThrottleStore>(Arc<SharedThrottle<S>>);

impl FailureThrottle {
    /// Makes a throttle with the defaults above, which counts in a [`MemoryThrottleStore`].
    ///
    /// # Errors
    ///
    /// An error if the random number generator of the operating system fails.
    pub fn new() -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(SharedThrottle {
            store: Arc::new(MemoryThrottleStore::new()),
            settings: ThrottleSettings::new()?,
        })))
    }
}

impl<S: ThrottleStore> FailureThrottle<S> {
    /// Counts in `store` instead, with the same settings.
    ///
    /// Throttles that share a store must have the same [key](Self::key) and the same limits. A full store
    /// forgets records that are idle by the limits of the current attempt. With other limits, it could forget a record
    /// that another throttle still needs.
    #[must_use]
    pub fn store<T: ThrottleStore>(self, store: T) -> FailureThrottle<T> {
        let settings = self.0.settings.clone();
        let store = Arc::new(store);
        FailureThrottle(Arc::new(SharedThrottle { store, settings }))
    }

    /// Hashes names, addresses and passwords under `key`. Processes that share a store must share the key too. It
    /// is a secret. Do not keep it in the store: a thief of both could try passwords against the tags.
    #[must_use]
    pub fn key(self, key: [u8; 32]) -> Self {
        self.with(|settings| settings.keys.share(key))
    }

    /// Sets the budget that all unfamiliar locations share at each account: [`UnfamiliarLimit::bounded`],
    /// [`UnfamiliarLimit::open`], or numbers of your own.
    #[must_use]
    pub fn unfamiliar(self, unfamiliar: UnfamiliarLimit) -> Self {
        self.with(|settings| settings.limits = settings.limits.unfamiliar(unfamiliar))
    }

    /// Locks unfamiliar locations out of an account after this many failures without a success of the account in
    /// between. With 0 there is no lockout.
    ///
    /// NIST SP 800-63B-4 section 3.2.2 allows at most 100 consecutive failures. An attacker at a familiar
    /// location has 20 more. For example, with `lockout_after(80)` the total is still 100 with one such location.
    #[must_use]
    pub fn lockout_after(self, failures: u8) -> Self {
        self.with(|settings| {
            let unfamiliar = settings.limits.unfamiliar_limit().lockout_after(failures);
            settings.limits = settings.limits.unfamiliar(unfamiliar);
        })
    }

    /// Gives each familiar location of an account this many failures. A success there returns one for each `refill`
    /// that has passed. A location stays familiar for `memory` after its latest success. With 0 failures no
    /// location is ever familiar.
    #[must_use]
    pub fn familiar(self, failures: u8, refill: Duration, memory: Duration) -> Self {
        let familiar = FamiliarLimit::new(failures, refill, memory);
        self.with(|settings| settings.limits = settings.limits.familiar(familiar))
    }

    /// Gives each subscriber this many failures at all accounts together. Time forgives one of them each time that
    /// `every` has passed.
    ///
    /// This is the limit of every subscriber, not of one. Raise it for an office that shares an address, when many
    /// people there mistype. It does not change the 5 failures that one subnet has at one account. For colleagues
    /// who share address and account, use [`location`](Self::location) with a device cookie.
    ///
    /// An unfinished request counts like a failure until it ends, so a busy gateway can reach the limit without a
    /// wrong password. Name the gateway as a [proxy](crate::client::ClientResolver), or raise the limit.
    #[must_use]
    pub fn subscriber(self, failures: u32, every: Duration) -> Self {
        let subscriber = NetworkLimit::new(failures, every);
        self.with(|settings| settings.limits = settings.limits.subscriber(subscriber))
    }

    /// Gives each subnet this many failures at all accounts together. Time forgives one of them each time that
    /// `every` has passed.
    ///
    /// As with [`subscriber`](Self::subscriber), this is the limit of every subnet, unfinished requests count, and
    /// the 5 failures of one subnet at one account stay.
    #[must_use]
    pub fn subnet(self, failures: u32, every: Duration) -> Self {
        let subnet = NetworkLimit::new(failures, every);
        self.with(|settings| settings.limits = settings.limits.subnet(subnet))
    }

    /// Folds names as the user table of the application does, before this crate folds them as described above. Use
    /// it when the table treats names as equal that this crate does not.
    ///
    /// For example, `utf8mb4_general_ci` of MySQL treats `ß` as `s`, and a mail service treats `ada+news` as `ada`.
    ///
    /// ```
    /// use tower_challenge::throttle::FailureThrottle;
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// let throttle = FailureThrottle::new()?
    ///     .fold_name(|name| name.split('+').next().unwrap_or_default().replace('ß', "s"));
    /// # let _ = throttle;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn fold_name(self, fold: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.fold = Some(Arc::new(fold)))
    }

    /// Names the location of a request: not by its address, but by a value that `name` finds in the request, such
    /// as a device cookie or a client certificate, which moves with its owner. Where `name` returns `None`, the
    /// location is the address.
    ///
    /// An attacker must not be able to make up the name of another device. So a cookie must be signed, or random
    /// and long. Subscribers and subnets still depend on the address.
    ///
    /// ```
    /// use tower_challenge::throttle::FailureThrottle;
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// let throttle = FailureThrottle::new()?
    ///     .location(|request| Some(request.headers().get("x-device")?.as_bytes().to_vec()));
    /// # let _ = throttle;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn location(
        self,
        name: impl Fn(&RequestHead<'_>) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        self.with(|settings| settings.location = Some(Arc::new(name)))
    }

    /// Calls `tell` when a failure is the last that unfamiliar locations have at an account for now, whether the
    /// account exists or not. Until time forgives a failure, every request for this account from an unfamiliar
    /// location gets `429`, and the [audit](crate::audit) receives an event each time.
    ///
    /// As with the listener of [`on_lockout`](Self::on_lockout), `tell` must not block, and the request goes on if it
    /// panics. For example, it writes a line for the operator:
    ///
    /// ```
    /// use tower_challenge::throttle::FailureThrottle;
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// let throttle = FailureThrottle::new()?
    ///     .on_exhausted(|account| eprintln!("unfamiliar locations have exhausted their failures at {:?}",
    ///     account.name()));
    /// # let _ = throttle;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn on_exhausted(self, tell: impl Fn(&ClaimedAccount<'_>) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.on_exhausted = Some(Arc::new(tell)))
    }

    /// Calls `tell` when a lockout begins at an account, whether it exists or not. The account has the name as the
    /// client of the last failure spelled it. For example, an attacker may have sent `ÁDA`, or with Digest's `userhash`
    /// a hash. So look the account up as your login does, and send a notice only if it exists. An attacker can cause a
    /// lockout again after each login of the owner: limit how often you send a notice.
    ///
    /// The thread that serves the request makes the call, so `tell` must not block: let it hand the name to another
    /// thread or task. If it panics, the request goes on.
    #[must_use]
    pub fn on_lockout(self, tell: impl Fn(&ClaimedAccount<'_>) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.on_lockout = Some(Arc::new(tell)))
    }

    fn with(self, change: impl FnOnce(&mut ThrottleSettings)) -> Self {
        let mut settings = self.0.settings.clone();
        change(&mut settings);
        let store = Arc::clone(&self.0.store);
        Self(Arc::new(SharedThrottle { store, settings }))
    }

    /// Makes the keys of an attempt. If a trusted proxy does not name its client, the attempt has no network, and
    /// no location unless the application named one.
    fn attempt(
        &self,
        account: Option<&ClaimedAccount<'_>>,
        client: &Client,
        location: Option<u32>,
    ) -> ThrottleAttempt {
        let ThrottleSettings { keys, limits, .. } = &self.0.settings;
        let mut attempt = ThrottleAttempt::new(*limits);
        if let Some(account) = account {
            let (unfamiliar, familiar) = self.account_keys(account);
            attempt = attempt.for_account(
                unfamiliar,
                familiar,
                keys.tag(account.name(), account.secret()),
            );
        }
        if let Some(address) = client.bannable_address() {
            attempt = attempt
                .on_network(keys.subscriber(address), keys.subnet(address))
                .at_location(keys.location(address));
        }
        match location {
            Some(location) => attempt.at_location(location),
            None => attempt,
        }
    }
}

impl<S: ThrottleStore> Throttle for FailureThrottle<S> {
    fn reserve(
        &self,
        account: Option<&ClaimedAccount<'_>>,
        client: &Client,
        request: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>> {
        let name_location = self.0.settings.location.as_ref();
        let location = name_location.and_then(|name| name(request));
        let location = location.map(|name| self.0.settings.keys.named_location(&name));
        let attempt = self.attempt(account, client, location);
        ticket::reserve(&self.0, attempt, account.map(ClaimedAccount::name))
    }

    fn settle(&self, ticket: ThrottleTicket, outcome: AttemptOutcome) -> NowOrLater<()> {
        match ticket.into_inner::<ReservedAttempt<S>>() {
            Some(reserved) => reserved.settle(outcome),
            None => NowOrLater::now(()),
        }
    }
}

clones! { impl[S] FailureThrottle[S] { 0 } }

shows! { impl[S] FailureThrottle[S] as self { limits: self.0.settings.limits } }
