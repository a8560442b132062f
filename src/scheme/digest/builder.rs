//! Configures a Digest scheme.

use std::sync::Arc;
use std::time::Duration;

use super::algorithm::DigestAlgorithm;
use super::core::UserHashLookup;
use super::quirks::ClientQuirk;
use super::rules::{DigestRules, NextNonce};
use super::user_hash::UserHash;
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::password::Lookup;
use crate::stateless_nonce::NonceKeys;
use crate::store::ReplayStore;

/// Configures and builds a [`Digest`](super::Digest). [`Digest::builder`](super::Digest::builder) makes one.
///
/// The defaults: SHA-256 alone, `qop="auth"`, nonces that live for 5 minutes, `nextnonce` near the end of that time, a
/// key of this process, and a [`MemoryStore`](crate::store::MemoryStore).
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::Digest;
/// use tower_challenge::scheme::digest::{DigestAlgorithm, DigestAccounts, NextNonce};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let accounts = DigestAccounts::new("files", [("ada", "lovelace")])?;
/// let digest = Digest::builder("files", accounts.clone())
///     .algorithms([DigestAlgorithm::Sha256])
///     .legacy_md5()
///     .userhash(accounts.clone())
///     .domain(["/files", "/archive"])
///     .next_nonce(NextNonce::Always)
///     .build()?;
/// # let _ = digest;
///
/// let nothing = Digest::builder("files", accounts).algorithms([]).build();
/// assert!(nothing.is_err(), "without an algorithm, no client could log in");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct DigestBuilder<L> {
    pub(super) realm: String,
    /// The error stands here until `build` returns it, so that the setters can be chained.
    pub(super) lookup: Result<L, ConfigError>,
    pub(super) algorithms: Vec<DigestAlgorithm>,
    pub(super) sessions: Vec<DigestAlgorithm>,
    pub(super) legacy_md5: bool,
    pub(super) names: Option<Arc<UserHashLookup>>,
    pub(super) domain: Option<String>,
    pub(super) opaque: Option<String>,
    pub(super) rules: DigestRules,
    pub(super) keys: Option<NonceKeys>,
    pub(super) lifetime: Duration,
    pub(super) store: Option<Arc<dyn ReplayStore>>,
    pub(super) clock: Arc<dyn Clock>,
}

impl<L> DigestBuilder<L> {
    pub(super) fn new(realm: &str, lookup: Result<L, ConfigError>) -> Self {
        Self {
            realm: realm.to_owned(),
            lookup,
            algorithms: vec![DigestAlgorithm::Sha256],
            sessions: Vec::new(),
            legacy_md5: false,
            names: None,
            domain: None,
            opaque: None,
            rules: DigestRules::default(),
            keys: None,
            lifetime: Duration::from_secs(300),
            store: None,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Offers these algorithms in place of SHA-256 alone. Every `401` then has one challenge for each algorithm, in
    /// this order, the preferred first (RFC 7616 section 3.7). All challenges share one nonce.
    ///
    /// MD5 always comes last, since some clients look no further than the first algorithm that they know. It needs
    /// [`legacy_md5`](Self::legacy_md5).
    ///
    /// Every account needs a hash for every algorithm: a client chooses one algorithm and does not try another. For
    /// example, a client that chooses SHA-256 for an account with only an MD5 hash is refused.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = DigestAlgorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Also offers the session forms of these algorithms, such as `SHA-256-sess`, after the plain ones.
    ///
    /// With a session algorithm, the client hashes its secret once more with both nonces (RFC 7616 section 3.4.2). This
    /// helps only a server that asks another server for the secret of each session: it has to ask less often. It has no
    /// other benefit.
    ///
    /// By the text of the RFC, the client makes the secret of a session once, from the nonces of its first request.
    /// Deployed clients make it from the nonces of each request. This scheme computes it as deployed clients do, which
    /// needs no memory.
    ///
    /// A session secret has the same form as the response to a plain algorithm, so an attacker who saw such a response
    /// could choose a client nonce that makes it the session secret. To prevent this, the scheme answers `401` to two
    /// kinds of client nonces with a session algorithm: those that contain a colon, and those that consist of as many
    /// lower-case hexadecimal digits as the hash has. For example, `a:b` is of the first kind, and
    /// `0123456789abcdef0123456789abcdef` is of the second kind for `MD5-sess`. Qt, w3m and other clients send the
    /// second kind: see [`ClientQuirk::HashLikeCnonce`].
    pub fn session_algorithms(
        mut self,
        algorithms: impl IntoIterator<Item = DigestAlgorithm>,
    ) -> Self {
        self.sessions = algorithms.into_iter().collect();
        self
    }

    /// Allows MD5. If [`algorithms`](Self::algorithms) does not name it, MD5 is added as the last one.
    ///
    /// MD5 is broken as a hash. Digest depends on less than the property that is broken. However, an attacker who sees
    /// one exchange with MD5 can soon guess a password of ordinary strength.
    pub const fn legacy_md5(mut self) -> Self {
        self.legacy_md5 = true;
        self
    }

    /// Also accepts credentials in the form of RFC 2069, which have no `qop`, no nonce count and no client nonce. Each
    /// nonce is then good for one such request, and the response names the next nonce.
    ///
    /// This form is weaker. An attacker who poses as the server chooses the nonce, and can compute the responses for
    /// many guessed passwords beforehand.
    pub const fn legacy_rfc2069(mut self) -> Self {
        self.rules.rfc2069 = true;
        self
    }

    /// Offers only the form of RFC 2069, for clients that fail on a challenge with `qop`. The challenge then has no
    /// `qop`. A client that sends a `qop` all the same is still admitted.
    pub const fn legacy_rfc2069_alone(mut self) -> Self {
        self.rules.rfc2069 = true;
        self.rules.omit_qop = true;
        self
    }

    /// Asks clients to send a [hash](UserHash) in place of the name (RFC 7616 section 3.4.4), and accepts it. Names are
    /// still accepted.
    ///
    /// `names` is the index from hashes to names. It must know the hash of every name, for every algorithm that is
    /// offered. [`DigestAccounts`](super::DigestAccounts) and htdigest files have such an index; a database needs a
    /// column for each algorithm.
    ///
    /// A [throttle](crate::throttle) counts failures for the hash and failures for the name separately, whether or not
    /// the account exists. An attacker therefore has one set of attempts for the name, and another for the hash under
    /// each algorithm that is offered.
    pub fn userhash(mut self, names: impl Lookup<UserHash, Record = String>) -> Self {
        self.names = Some(Arc::new(names));
        self
    }

    /// Names the URIs of the protection space in the challenge, as absolute URIs or as paths (`domain`, RFC 7616
    /// section 3.3). Without it, the protection space is the whole server. A client may send credentials to these URIs
    /// without waiting for a challenge.
    ///
    /// The challenges of a proxy omit `domain`, because a proxy protects everything behind it.
    pub fn domain<U: AsRef<str>>(mut self, uris: impl IntoIterator<Item = U>) -> Self {
        let uris = uris.into_iter();
        let uris = uris.map(|uri| uri.as_ref().to_owned()).collect::<Vec<_>>();
        self.domain = Some(uris.join(" "));
        self
    }

    /// Sends this `opaque` text in every challenge, and requires that the client returns it unchanged (RFC 7616 section
    /// 3.3). A request with another text, or with none, gets `401`.
    pub fn opaque(mut self, opaque: &str) -> Self {
        self.opaque = Some(opaque.to_owned());
        self
    }

    /// Tolerates one deviation of some clients from RFC 7616. Call it once for each.
    pub const fn tolerate(mut self, quirk: ClientQuirk) -> Self {
        self.rules.quirks.add(quirk);
        self
    }

    /// Refuses credentials with quotes around `algorithm`, `qop` or `nc`, with `400`. RFC 7616 section 3.4 forbids
    /// these quotes, but requests, urllib, wget, LWP and iOS send them, so they are accepted by default.
    pub const fn strict_quoting(mut self) -> Self {
        self.rules.strict_quoting = true;
        self
    }

    /// Issues nonces under `keys` in place of a random key of this process. The application can share `keys` with other
    /// servers, and [rotate](NonceKeys::rotate) them.
    ///
    /// Servers that share keys must also share a [`store`](Self::store). A nonce is bound to the epoch of the store, so
    /// servers with separate stores find each other's nonces stale. If two separate stores ever had the same epoch, an
    /// attacker could replay a request of one server at the other.
    pub fn nonce_keys(mut self, keys: NonceKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Sets how long a nonce is good, in place of 5 minutes; the shortest is 1 second. A client with an older nonce
    /// gets `stale=true`, and repeats its request with a new nonce by itself.
    pub const fn nonce_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Makes each nonce good for one request, no matter which count the client sends. Every response then names the
    /// next nonce.
    ///
    /// A client that follows `nextnonce` needs no more round trips, but cannot send several requests at the same time.
    /// A client that ignores `nextnonce`, such as curl or a browser, gets `stale=true` at every other request.
    pub const fn one_time_nonces(mut self) -> Self {
        self.rules.one_time = true;
        self.rules.next_nonce = NextNonce::Always;
        self
    }

    /// Sets when a response names the next nonce.
    pub const fn next_nonce(mut self, when: NextNonce) -> Self {
        self.rules.next_nonce = when;
        self
    }

    /// Remembers nonce counts in `store`, in place of a [`MemoryStore`](crate::store::MemoryStore) for this scheme
    /// alone.
    pub fn store(mut self, store: impl ReplayStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Reads the time from `clock`.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

shows! { impl[L] DigestBuilder[L] as self {
    realm: self.realm,
    algorithms: self.algorithms,
    sessions: self.sessions,
    legacy_md5: self.legacy_md5,
    rules: self.rules,
    lifetime: self.lifetime,
} }
