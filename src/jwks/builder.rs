//! The settings of [`RemoteKeys`].

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::discovery::IssuerMetadata;
use super::fetch_event::{FetchEvent, FetchListener};
use super::keys_state::{FetchTiming, Jitter, KeysState};
use super::loader::{KeysLoader, KeysLocation};
use super::remote_keys::RemoteKeys;
use super::task::KeysFetcher;
use crate::clock::{Timer, TokioClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::http_client::{HttpClient, RemoteUrl, UrlRule, default_client, service_client};
use crate::jose::SignatureBackend;
use crate::random::random;

/// The settings of [`RemoteKeys`]. The [module](super) says what they mean.
#[must_use]
pub struct RemoteKeysBuilder {
    place: ConfiguredPlace,
    rule: UrlRule,
    client: Option<Arc<dyn HttpClient>>,
    clock: Arc<dyn Timer>,
    jitter: Option<Box<Jitter>>,
    listener: Option<FetchListener>,
    backend: SignatureBackend,
    refresh_after: Duration,
    stale_for: Duration,
    min_interval: Duration,
    timeout: Duration,
    max_size: usize,
}

/// How many connections a client of this crate keeps. Minutes pass between two fetches.
pub(super) const IDLE_CONNECTIONS: usize = 0;

enum ConfiguredPlace {
    Url(String),
    Issuer(String),
}

impl RemoteKeys {
    /// Begins with the URL of a JSON Web Key Set, for example `https://as.example/jwks`.
    pub fn at(url: &str) -> RemoteKeysBuilder {
        RemoteKeysBuilder::new(ConfiguredPlace::Url(url.to_owned()))
    }

    /// Begins with an issuer, for example `https://as.example`. Each fetch reads the metadata of the issuer, which names
    /// the URL of its keys (`jwks_uri`), and then the keys.
    ///
    /// The metadata is at `/.well-known/openid-configuration` after the path of the issuer (OpenID Connect Discovery 1.0
    /// section 4). If the issuer answers there with a status from 400 to 499, the metadata is at
    /// `/.well-known/oauth-authorization-server` before the path (RFC 8414 section 3).
    ///
    /// The metadata must name the issuer in exactly the spelling of `issuer`: a slash at the end counts. If the metadata
    /// of your issuer names another one, as that of Microsoft's `common` does, use [`at`](Self::at).
    pub fn discover(issuer: &str) -> RemoteKeysBuilder {
        RemoteKeysBuilder::new(ConfiguredPlace::Issuer(issuer.to_owned()))
    }
}

impl RemoteKeysBuilder {
    fn new(place: ConfiguredPlace) -> Self {
        Self {
            place,
            rule: UrlRule::HttpsOnly,
            client: None,
            clock: Arc::new(TokioClock::new()),
            jitter: None,
            listener: None,
            backend: SignatureBackend::default(),
            refresh_after: Duration::from_secs(10 * 60),
            stale_for: Duration::from_secs(24 * 60 * 60),
            min_interval: Duration::from_secs(30),
            timeout: Duration::from_secs(10),
            max_size: 256 * 1024,
        }
    }

    /// Sends the requests with `service`, an HTTP client that the application has. Its requests have an absolute URL
    /// and an empty body of the type `Q`.
    ///
    /// A clone of `service` sends each request. The service must verify certificates and must not follow redirects. It
    /// should limit the time of a connection. The limits of size and of the whole time hold with every service.
    ///
    /// With the feature `jwks`, the default is a client of hyper and rustls.
    pub fn client<S, Q, R>(self, service: S) -> Self
    where
        S: Service<Request<Q>, Response = Response<R>> + Clone + Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        S::Future: Send,
        Q: Default + Send + 'static,
        R: Body + Send,
        R::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        self.with_client(service_client(service, |_| Q::default()))
    }

    pub(super) fn with_client(mut self, client: Arc<dyn HttpClient>) -> Self {
        self.client = Some(client);
        self
    }

    /// Sets after which time the keys are fetched again. The default is 10 minutes. A `max-age` of the issuer can shorten
    /// it down to a minute, and cannot prolong it.
    ///
    /// If no token has arrived for twice that time, the next one waits for the fetch.
    pub const fn refresh_after(mut self, time: Duration) -> Self {
        self.refresh_after = time;
        self
    }

    /// Sets for how long keys may be used while fetches fail, from the last good fetch on. The default is 24 hours. Then
    /// there are no keys, and the layer answers `503`.
    pub const fn stale_for(mut self, time: Duration) -> Self {
        self.stale_for = time;
        self
    }

    /// Sets the least time between the beginnings of two fetches. The default is 30 seconds.
    pub const fn min_interval(mut self, time: Duration) -> Self {
        self.min_interval = time;
        self
    }

    /// Sets how long a fetch may take: all its requests and bodies together. The default is 10 seconds.
    pub const fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Sets how many bytes the body of a response may have. The default is 256 KiB.
    pub const fn max_size(mut self, bytes: usize) -> Self {
        self.max_size = bytes;
        self
    }

    /// Reads and waits for the time with `clock`. The default is a [`TokioClock`].
    pub fn clock(mut self, clock: impl Timer) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Sets by how much sooner than due the keys are fetched again, so that many servers that start together do not
    /// fetch together. `jitter` gets the time after which the fetch is due, and more than half of it counts as half.
    ///
    /// The default is a random part of a tenth of the time.
    pub fn jitter(mut self, jitter: impl Fn(Duration) -> Duration + Send + Sync + 'static) -> Self {
        self.jitter = Some(Box::new(jitter));
        self
    }

    /// Sets the library that verifies signatures with the keys.
    pub const fn backend(mut self, backend: SignatureBackend) -> Self {
        self.backend = backend;
        self
    }

    /// Sets the listener that is called with the result of a fetch, on the task that fetches. See
    /// [`FetchEvent`] for which results. There is one listener; a later call replaces it. A panic of the listener is
    /// caught.
    pub fn on_fetch(mut self, listener: impl Fn(&FetchEvent) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Accepts URLs with `http` if their host is an address of the same machine, or `localhost`. Use it in tests alone:
    /// without TLS, every program that can answer for the issuer can replace its keys.
    pub const fn danger_http_on_loopback(mut self) -> Self {
        self.rule = UrlRule::HttpOnLoopback;
        self
    }

    /// Makes the source of keys. It fetches nothing yet.
    ///
    /// # Errors
    ///
    /// - The URL is not an absolute `https` URL, or has a user name or a fragment. An issuer must not have a query.
    /// - There is no client: [`client`](Self::client) was not called, and the feature `jwks` is not enabled.
    /// - [`min_interval`](Self::min_interval) is less than a second,
    ///   [`refresh_after`](Self::refresh_after) is less than `min_interval`, or
    ///   [`stale_for`](Self::stale_for) is less than `refresh_after`.
    /// - [`timeout`](Self::timeout) or [`max_size`](Self::max_size) is zero.
    /// - The backend of the signatures is not enabled.
    /// - The system random number generator failed.
    pub fn build(self) -> Result<RemoteKeys, ConfigError> {
        self.check_limits()?;
        let location = self.place.location(self.rule)?;
        let client = self
            .client
            .map_or_else(|| default_client(IDLE_CONNECTIONS), Ok)?;
        let jitter = self.jitter.map_or_else(random_jitter, Ok)?;
        Ok(RemoteKeys::of(KeysFetcher {
            loader: KeysLoader {
                location,
                rule: self.rule,
                client,
                max_size: self.max_size,
                backend: self.backend,
            },
            timing: FetchTiming {
                refresh_after: self.refresh_after,
                stale_for: self.stale_for,
                min_interval: self.min_interval,
                timeout: self.timeout,
                jitter,
            },
            clock: self.clock,
            listener: self.listener,
            state: Mutex::new(KeysState::default()),
        }))
    }

    fn check_limits(&self) -> Result<(), ConfigError> {
        let why = if self.min_interval < Duration::from_secs(1) {
            "the interval between two fetches of keys must be at least a second"
        } else if self.refresh_after < self.min_interval {
            "keys cannot be refreshed sooner than the interval between two fetches allows"
        } else if self.stale_for < self.refresh_after {
            "keys must be usable until they are refreshed: raise `stale_for`"
        } else if self.timeout.is_zero() || self.max_size == 0 {
            "the time and the size of a fetch must not be zero"
        } else if !self.backend.is_enabled() {
            "no library verifies signatures: enable the feature `jwt-aws-lc` or `jwt-rust-crypto`"
        } else {
            return Ok(());
        };
        Err(ConfigError::new(why))
    }
}

impl ConfiguredPlace {
    fn location(&self, rule: UrlRule) -> Result<KeysLocation, ConfigError> {
        let location = match self {
            Self::Url(url) => RemoteUrl::parse(url, rule).map(KeysLocation::Url),
            Self::Issuer(issuer) => IssuerMetadata::of(issuer, rule).map(KeysLocation::Issuer),
        };
        // The message does not repeat the URL, which may contain a secret.
        location.map_err(|why| ConfigError::new(format!("the keys cannot be fetched: {why}")))
    }
}

/// Shows no query and no user name, which may contain a secret of the application.
impl fmt::Debug for ConfiguredPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Url(text) | Self::Issuer(text)) = self;
        match RemoteUrl::parse(text, UrlRule::HttpOnLoopback) {
            Ok(url) => write!(f, "{url}"),
            Err(why) => f.write_str(why),
        }
    }
}

/// Each server draws its part once. That is enough to spread the fetches of many servers.
fn random_jitter() -> Result<Box<Jitter>, ConfigError> {
    let [share, ..] = random()?;
    // The division comes first, because the product of a very long time would overflow.
    Ok(Box::new(move |time| time / 2560 * u32::from(share)))
}

shows! {
    impl[] RemoteKeysBuilder[] as self {
        place: self.place,
        rule: self.rule,
        refresh_after: self.refresh_after,
        stale_for: self.stale_for,
        min_interval: self.min_interval,
        timeout: self.timeout,
        max_size: self.max_size,
    }
}
