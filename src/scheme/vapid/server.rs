//! The scheme vapid of a push service.

use std::sync::Arc;

use http::Uri;

use super::application_server::ApplicationServer;
use super::cache::VapidCache;
use super::message::VapidParams;
use super::{proof, reasons};
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::error_params::ErrorParams;
use crate::header::{Challenge, SchemeName};
use crate::jose::SignatureBackend;
use crate::principal::ClaimedAccount;
use crate::reason::ReasonText;
use crate::scheme::{Admission, Attempt, BodyUnread, Refusal, Scheme, VerdictNowOrLater};
use crate::server_role::ServerRole;
use crate::text::secure_url::is_secure_url;

/// Admits application servers that have signed a token for this push service. See the [module](super) for an example.
///
/// The checks are those of RFC 8292, in this order: the key is a point of P-256; the algorithm is ES256; the signature is
/// right; the token expires now or later, and within 24 hours; it is for the origin of this service. A token that has
/// verified is remembered until it expires, up to 4,096 tokens.
///
/// The challenge is `vapid`, without parameters. Behind a [`ServerRole::Proxy`], the scheme admits no request and has no
/// challenge: section 3 allows it for origin servers alone. A throttle counts failures by the client, because a key is no
/// account that someone could guess a secret of. It does not count an expired token.
///
/// A clone shares the remembered tokens.
#[derive(Clone)]
pub struct Vapid {
    origin: Arc<str>,
    challenge: Challenge,
    forbids: bool,
    clock: Arc<dyn Clock>,
    cache: Arc<VapidCache>,
}

impl Vapid {
    /// Protects the push service at `origin`, for example `https://push.example.net`: the origin of its push resources, as
    /// application servers see them (RFC 6454 section 6.2).
    ///
    /// # Errors
    ///
    /// The text is not an origin: a scheme, a host in lower case, and a port if it is not the default port, with nothing
    /// behind. `http` is allowed for the local machine only. Or no library verifies signatures: the feature `jwt-aws-lc` or
    /// `jwt-rust-crypto` is needed. Or the system random number generator failed.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
    /// use tower_challenge::scheme::Vapid;
    ///
    /// assert!(Vapid::new("https://push.example.net").is_ok());
    /// assert!(Vapid::new("https://push.example.net:8443").is_ok());
    /// assert!(Vapid::new("https://push.example.net/").is_err(), "an origin has no path");
    /// assert!(Vapid::new("https://push.example.net:443").is_err(), "443 is the default");
    /// # }
    /// ```
    pub fn new(origin: &str) -> Result<Self, ConfigError> {
        if !is_origin(origin) {
            return Err(ConfigError::new(format!(
                "{origin:?} is not an origin for vapid: write it as `https://push.example.net`, without a path and a default port"
            )));
        }
        if !SignatureBackend::default().is_enabled() {
            return Err(ConfigError::new(
                "no library verifies the tokens of vapid: enable the feature `jwt-aws-lc` or `jwt-rust-crypto`",
            ));
        }
        Ok(Self {
            origin: origin.into(),
            challenge: Challenge::builder(SchemeName::VAPID).build()?,
            forbids: false,
            clock: Arc::new(SystemClock::new()),
            cache: Arc::new(VapidCache::new()?),
        })
    }

    /// Refuses an invalid token with `403` in place of `401`, as RFC 8292 section 4.2 suggests. A client without a token
    /// still gets `401`, and credentials without `t` or `k` get `400`.
    #[must_use]
    pub const fn forbid_invalid(mut self) -> Self {
        self.forbids = true;
        self
    }

    /// Reads the time from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn verify(&self, params: &VapidParams<'_>) -> Result<ApplicationServer, ReasonText> {
        let now = self.clock.wall();
        let mac = self.cache.mac(params);
        if let Some(sender) = self.cache.find(&mac, params, now) {
            return Ok(sender);
        }
        let (sender, expiry) = proof::verify(&params.token, &params.key, &self.origin, now)?;
        self.cache.keep(mac, sender.clone(), expiry);
        Ok(sender)
    }

    /// A throttle does not count a token that has expired: its signature is right, so the client did not guess it.
    fn refuse(&self, reason: ReasonText) -> Refusal {
        let refusal = match self.forbids {
            true => Refusal::rejected_because(reason),
            false => Refusal::wrong_because(reason),
        };
        match reason == reasons::EXPIRED {
            true => refusal.uncounted(),
            false => refusal,
        }
    }
}

/// Whether `text` is an origin as tokens write it: `https://host` or `https://host:port`.
fn is_origin(text: &str) -> bool {
    let Some((uri, (scheme, host))) = text.parse::<Uri>().ok().zip(text.split_once("://")) else {
        return false;
    };
    let default_port = if scheme == "https" { 443 } else { 80 };
    let has_port = host.len() > uri.host().unwrap_or_default().len();
    let port = uri.port_u16().filter(|port| *port != default_port);
    is_secure_url(text)
        && !host.contains(['/', '?'])
        && has_port == port.is_some()
        && !text.bytes().any(|byte| byte.is_ascii_uppercase())
}

impl Scheme for Vapid {
    type Identity = ApplicationServer;
    type BodyAccess = BodyUnread;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        _: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        if attempt.role() == ServerRole::Origin {
            challenges.push(self.challenge.clone());
        }
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.role() == ServerRole::Origin && attempt.names(SchemeName::VAPID)
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<ApplicationServer>> {
        self.may_claim(attempt).then_some(())?;
        let params = attempt.params(SchemeName::VAPID)?;
        let Some(params) = VapidParams::of(params) else {
            return Some(Refusal::malformed_because(reasons::PARAMETER_MISSING).at_once());
        };
        Some(match self.verify(&params) {
            Ok(sender) => Admission::new(sender).at_once(),
            Err(reason) => self.refuse(reason).at_once(),
        })
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        attempt.breaks_grammar(SchemeName::VAPID)
    }
}

shows! { impl[] Vapid[] as self { origin: self.origin, forbids: self.forbids } }
