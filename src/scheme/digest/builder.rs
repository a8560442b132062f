//! What a Digest scheme can be told.

use std::sync::Arc;
use std::time::Duration;

use super::algorithm::DigestAlgorithm;
use super::core::UserNames;
use super::quirks::ClientQuirk;
use super::rules::{DigestRules, NextNonce};
use super::user_hash::UserHash;
use crate::clock::{Clock, SystemClock};
use crate::derives::shows;
use crate::password::Lookup;
use crate::stateless_nonce::NonceKeys;
use crate::store::ReplayStore;

/// Builds a [`Digest`](super::Digest).
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
/// assert!(nothing.is_err(), "nobody could log in");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct DigestBuilder<L> {
    pub(super) realm: String,
    pub(super) lookup: L,
    pub(super) algorithms: Vec<DigestAlgorithm>,
    pub(super) sessions: Vec<DigestAlgorithm>,
    pub(super) legacy_md5: bool,
    pub(super) names: Option<Arc<UserNames>>,
    pub(super) domain: Option<String>,
    pub(super) opaque: Option<String>,
    pub(super) rules: DigestRules,
    pub(super) keys: Option<NonceKeys>,
    pub(super) lifetime: Duration,
    pub(super) store: Option<Arc<dyn ReplayStore>>,
    pub(super) clock: Arc<dyn Clock>,
}

impl<L> DigestBuilder<L> {
    pub(super) fn new(realm: &str, lookup: L) -> Self {
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

    /// Offers these algorithms in place of SHA-256 alone: one challenge for each, all with one nonce, the preferred first
    /// (RFC 7616 section 3.7), and MD5 last, since some clients look no further than the first that they know.
    ///
    /// An account needs a secret for each: a client takes one, and does not come back with another.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = DigestAlgorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Offers the session forms of these algorithms (`SHA-256-sess`), too, after the others.
    ///
    /// They spare a server that asks another for the secret of each session some of the asking, and nobody anything else.
    /// The text of the RFC has the secret of a session made once, from the nonces of its first request. Clients make it from
    /// those of each request; so that is what is taken, and needs no memory.
    ///
    /// A response to one of the plain forms is what a session's key is, if the client's nonce is chosen to that end. So one
    /// with a colon in it is refused there, and one of as many lower-case digits as the hash has, which Ruby's
    /// net-http-digest_auth sends with `MD5-sess`.
    pub fn session_algorithms(
        mut self,
        algorithms: impl IntoIterator<Item = DigestAlgorithm>,
    ) -> Self {
        self.sessions = algorithms.into_iter().collect();
        self
    }

    /// Lets MD5 be offered; where nobody names it, as the last of the [`algorithms`](Self::algorithms).
    ///
    /// MD5 is broken as a hash. Digest rests on less than what is broken, but a password of ordinary strength that is
    /// seen in an exchange is soon guessed.
    pub const fn legacy_md5(mut self) -> Self {
        self.legacy_md5 = true;
        self
    }

    /// Takes credentials in the form of RFC 2069, too, which have no `qop`, no count and no nonce of the client's. A nonce
    /// is good for one such request, and the response names the next.
    ///
    /// Whoever can pass for the server can choose the nonce there, and have guesses computed beforehand.
    pub const fn legacy_rfc2069(mut self) -> Self {
        self.rules.rfc2069 = true;
        self
    }

    /// Offers nothing but the form of RFC 2069, for clients that stumble over a `qop` in the challenge. A client that uses
    /// one anyhow is let in.
    pub const fn legacy_rfc2069_alone(mut self) -> Self {
        self.rules.rfc2069 = true;
        self.rules.silent = true;
        self
    }

    /// Lets clients send [hashes](UserHash) in the place of names, and asks them to. `names` is the index: it knows the name
    /// of each hash, for every algorithm that is offered. [`DigestAccounts`](super::DigestAccounts) and htdigest files have
    /// one; a database wants a column for each algorithm.
    ///
    /// A [throttle](crate::throttle) counts failures under the hash and under the name apart, whether the name is known or
    /// not. So a guesser has as many attempts at each form that is offered.
    pub fn userhash(mut self, names: impl Lookup<UserHash, Record = String>) -> Self {
        self.names = Some(Arc::new(names));
        self
    }

    /// Says which URIs are in the protection space, absolute or as paths; without it, all of the server are. A client may
    /// send credentials to them unasked. A proxy does not say it: it guards everything.
    pub fn domain<U: AsRef<str>>(mut self, uris: impl IntoIterator<Item = U>) -> Self {
        let uris = uris.into_iter();
        let uris = uris.map(|uri| uri.as_ref().to_owned()).collect::<Vec<_>>();
        self.domain = Some(uris.join(" "));
        self
    }

    /// Sends `opaque`, and requires it back.
    pub fn opaque(mut self, opaque: &str) -> Self {
        self.opaque = Some(opaque.to_owned());
        self
    }

    /// Tolerates what some client does. Can be called for several.
    pub const fn tolerate(mut self, quirk: ClientQuirk) -> Self {
        self.rules.quirks.add(quirk);
        self
    }

    /// Refuses `algorithm`, `qop` and `nc` in quotes. RFC 7616 has no client write them; requests, urllib, wget, LWP and
    /// iOS do.
    pub const fn strict_quoting(mut self) -> Self {
        self.rules.strict_quoting = true;
        self
    }

    /// Issues nonces under `keys`, which can be shared with other servers and changed, in place of a key of this
    /// process. Servers that share keys must share a [`store`](Self::store), or nonces could be replayed from one to
    /// the other.
    pub fn nonce_keys(mut self, keys: NonceKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Lets nonces live that long, in place of 5 minutes. A client that comes later is told `stale=true` and comes again
    /// by itself.
    pub const fn nonce_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Lets a nonce be used once, whatever the count, and names the next in every response.
    ///
    /// A client that heeds that needs no more round trips, but cannot send requests at the same time; one that does not
    /// (curl, browsers) is told `stale=true` at every other request.
    pub const fn one_time_nonces(mut self) -> Self {
        self.rules.one_time = true;
        self.rules.next_nonce = NextNonce::Always;
        self
    }

    /// When a response names the next nonce.
    pub const fn next_nonce(mut self, when: NextNonce) -> Self {
        self.rules.next_nonce = when;
        self
    }

    /// Remembers nonce counts in `store`, in place of a [`MemoryStore`](crate::store::MemoryStore) of its own.
    pub fn store(mut self, store: impl ReplayStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Tells the time by `clock`.
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
