//! Makes the services of a builder, and invitations.

use std::sync::Arc;
use std::time::Duration;

use super::builder::HobaServicesBuilder;
use super::core::ServicesCore;
use super::event::{HobaServicesEvent, HobaServicesEventKind};
use super::invitations::InvitationTokens;
use super::key_store::{HobaKeyStore, InvitationHash};
use crate::body_limits::BodyLimits;
use crate::clock::Timer;
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
use crate::scheme::Hoba;
use crate::unavailable::Unavailable;

/// The longest form in bytes. A key of 8,192 bits takes less than 2,000.
const LONGEST_FORM: u64 = 16 * 1024;

/// The longest life of an invitation.
const LONGEST_INVITATION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Serves `/.well-known/hoba/register`, `getchal` and `logout` (RFC 7486 section 6), and `invitation`, which is of this crate.
/// Every other path is `404`.
///
/// Put it beside the layer that requires authentication and not inside of it: strangers register, too. With axum:
/// `Router::new().route_service("/.well-known/hoba/{name}", services)`.
///
/// All four need `POST`, TLS and, from a browser, a page of the own origin. No response may be cached.
///
/// | path | what it does |
/// |---|---|
/// | `register` | stores the key of the form; its field `join`, or the query `?join=TOKEN`, uses an invitation |
/// | `invitation` | responds with the name of the account of the invitation in the field `join` of the form, and leaves the invitation as it is |
/// | `getchal` | responds with a new challenge |
/// | `logout` | ends all sessions of the key that signed the request, and removes the cookie |
///
/// A client should send the token of an invitation in the form. Most servers write the query into their access logs, and a
/// reader of the log could use the invitation first. A query other than `join=TOKEN` at `register` is refused like an unknown
/// invitation, and a token in both places is malformed.
///
/// A page asks for `invitation` before its user joins, and shows the name. Otherwise an attacker could send a link of his own,
/// and the user would add his device to the account of the attacker.
///
/// A logout does not end TLS sessions. RFC 7486 section 6.3 requires that they are not resumed after it. This crate does not
/// see TLS, so this is a duty of the server that terminates TLS. For example, turn session tickets and the session cache
/// off. A resumed TLS session alone signs no client in here: each request needs a signature or a cookie.
///
/// # Example
///
/// ```
/// # #[cfg(all(feature = "testing", any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")))] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::SystemTime;
///
/// use http::{Request, StatusCode};
/// use tower::ServiceExt;
/// use tower_challenge::client::SecureTransport;
/// use tower_challenge::clock::ManualClock;
/// use tower_challenge::hoba_services::{HobaServices, MemoryHobaKeys, RegisteredKeys};
/// use tower_challenge::scheme::Hoba;
///
/// let keys = MemoryHobaKeys::new();
/// let hoba = Hoba::builder("https://example.com", RegisteredKeys::of(keys.clone())).build()?;
/// let timer = ManualClock::new(SystemTime::UNIX_EPOCH); // `TokioClock::new()` in a server
/// let services = HobaServices::builder(hoba, keys, timer).build()?;
///
/// let ask = || Request::post("/.well-known/hoba/getchal").body(String::new());
/// let response = services.clone().oneshot(ask()?).await?;
/// assert_eq!(response.status(), StatusCode::FORBIDDEN, "no TLS");
/// let mut request = ask()?;
/// request.extensions_mut().insert(SecureTransport);
/// let response = services.oneshot(request).await?;
/// assert_eq!(response.body().len(), 52, "a challenge");
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
pub struct HobaServices<L>(pub(super) Arc<ServicesCore<L>>);

impl<L> HobaServices<L> {
    /// Starts a builder: `hoba` is the scheme of the protected service, and `keys` the store of its keys. `timer` limits how
    /// slowly a client may send a form.
    pub fn builder(
        hoba: Hoba<L>,
        keys: impl HobaKeyStore,
        timer: impl Timer,
    ) -> HobaServicesBuilder<L> {
        HobaServicesBuilder::new(hoba, keys, timer)
    }

    /// Makes an invitation to add a further key to `account`: the path and the query to which the new device sends its form,
    /// for example `/.well-known/hoba/register?join=TOKEN`. The token has 256 random bits and is good once, for 10 minutes. The
    /// new device can also send the token in the field `join` of the form, which no access log has:
    /// [`with_invitation`](crate::scheme::hoba::client::with_invitation).
    ///
    /// Call it for an authenticated caller and with his own account. He carries the token to the other device, for example as
    /// a link or a QR code (RFC 7486 section 6.2). The answer is `None` if the account has too many open invitations.
    pub fn invite(&self, account: &str) -> NowOrLater<Result<Option<String>, Unavailable>> {
        let core = &self.0;
        let token = core.tokens.issue();
        let now = core.timer.wall();
        let until = now.checked_add(core.invitation_lifetime).unwrap_or(now);
        let hash = InvitationHash::of(&token);
        let stored = core.keys.invite(hash, account, now, until);
        let (listener, account) = (core.listener.clone(), account.to_owned());
        stored.map(move |stored| {
            let stored = stored?;
            let kind = match stored {
                true => HobaServicesEventKind::Invited,
                false => HobaServicesEventKind::TooManyInvitations,
            };
            listener.tell(|| HobaServicesEvent {
                account: Some(account),
                ..HobaServicesEvent::new(kind)
            });
            let path = format!("/.well-known/hoba/register?join={token}");
            Ok(stored.then_some(path))
        })
    }

    /// Removes a key of an account, as [`HobaKeyStore::remove`] does, and tells the
    /// [listener](HobaServicesBuilder::on_event). The answer is `false` if the account has no such key.
    ///
    /// Call it for an authenticated caller and with his own account.
    pub fn remove(&self, account: &str, kid: &str) -> NowOrLater<Result<bool, Unavailable>> {
        let removed = self.0.keys.remove(account, kid);
        let listener = self.0.listener.clone();
        let (account, kid) = (account.to_owned(), kid.to_owned());
        removed.map(move |removed| {
            if matches!(removed, Ok(true)) {
                listener.tell(|| HobaServicesEvent {
                    account: Some(account),
                    kid: Some(kid),
                    ..HobaServicesEvent::new(HobaServicesEventKind::Removed)
                });
            }
            removed
        })
    }
}

impl<L> HobaServicesBuilder<L> {
    /// Builds the services.
    ///
    /// # Errors
    ///
    /// The lifetime of invitations is zero or more than 30 days, or the system random number generator failed.
    pub fn build(self) -> Result<HobaServices<L>, ConfigError> {
        if self.invitation_lifetime.is_zero() || self.invitation_lifetime > LONGEST_INVITATION {
            return Err(ConfigError::new(
                "`invitation_lifetime` must be more than zero and at most 30 days",
            ));
        }
        let timer = Arc::clone(&self.timer);
        Ok(HobaServices(Arc::new(ServicesCore {
            hoba: self.hoba,
            keys: self.keys,
            limits: BodyLimits::new(timer).max_length(LONGEST_FORM),
            timer: self.timer,
            policy: self.policy,
            client: self.client,
            is_local_excepted: self.is_local_excepted,
            allows_other_kids: self.allows_other_kids,
            invitation_lifetime: self.invitation_lifetime,
            tokens: InvitationTokens::new()?,
            listener: self.listener,
        })))
    }
}

clones! {
    /// A clone has the same keys and the same invitations.
    impl[L] HobaServices[L] { 0 }
}

shows! { impl[L] HobaServices[L] as self { hoba: self.0.hoba } }
