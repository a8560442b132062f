//! Configures a DPoP scheme.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::nonces::DpopNonces;
use crate::clock::{Clock, SystemClock};
use crate::derives::shows;
use crate::identity_names::IdentityNames;
use crate::jose::SignatureAlgorithm;
use crate::scheme::bearer::VerifyBoundToken;
use crate::stateless_nonce::NonceKeys;
use crate::store::ReplayStore;

/// The algorithms of proofs that a scheme accepts unless [`DpopBuilder::algorithms`] names others.
pub(super) const DEFAULT_ALGORITHMS: [SignatureAlgorithm; 5] = [
    SignatureAlgorithm::Es256,
    SignatureAlgorithm::Es384,
    SignatureAlgorithm::EdDsa,
    SignatureAlgorithm::Ps256,
    SignatureAlgorithm::Rs256,
];

/// Configures and builds a [`Dpop`](super::Dpop). [`Dpop::builder`](super::Dpop::builder) makes one.
///
/// The [external origin](Self::external_origin) is required. The defaults of the rest: the algorithms ES256, ES384, EdDSA,
/// PS256 and RS256; proofs that are at most 300 seconds old and at most 5 seconds from the future; no nonces; and a
/// [`MemoryStore`](crate::store::MemoryStore).
///
/// # Example
///
/// ```
/// # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
/// use std::time::Duration;
///
/// use tower_challenge::jose::{KeySet, SignatureAlgorithm};
/// use tower_challenge::jwt::JwtVerifier;
/// use tower_challenge::scheme::Dpop;
/// use tower_challenge::scheme::dpop::DpopNonces;
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// # let jwk = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
/// let keys = KeySet::from_jwks(&format!(r#"{{"keys":[{jwk}]}}"#))?;
/// let tokens = JwtVerifier::builder("https://as.example", keys).audience("https://api.example").build()?;
/// let dpop = Dpop::builder("api", tokens.clone())
///     .external_origin("https://api.example")
///     .algorithms([SignatureAlgorithm::Es256, SignatureAlgorithm::EdDsa])
///     .nonces(DpopNonces::Required)
///     .build()?;
/// assert!(Dpop::builder("api", tokens).build().is_err(), "the external origin is missing");
/// # drop(dpop);
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
#[must_use]
pub struct DpopBuilder<V> {
    pub(super) realm: String,
    pub(super) verifier: V,
    pub(super) origin: Option<String>,
    pub(super) path_prefix: String,
    pub(super) algorithms: Vec<SignatureAlgorithm>,
    pub(super) proof_age: Duration,
    pub(super) clock_skew: Duration,
    pub(super) nonces: DpopNonces,
    pub(super) nonce_lifetime: Duration,
    pub(super) keys: Option<NonceKeys>,
    pub(super) store: Option<Arc<dyn ReplayStore>>,
    pub(super) holders: IdentityNames,
    pub(super) scope: Option<String>,
    pub(super) resource_metadata: Option<String>,
    pub(super) clock: Arc<dyn Clock>,
}

impl<V> DpopBuilder<V> {
    pub(super) fn new(realm: &str, verifier: V) -> Self {
        Self {
            realm: realm.to_owned(),
            verifier,
            origin: None,
            path_prefix: String::new(),
            algorithms: DEFAULT_ALGORITHMS.to_vec(),
            proof_age: Duration::from_secs(300),
            clock_skew: Duration::from_secs(5),
            nonces: DpopNonces::Off,
            nonce_lifetime: Duration::from_secs(300),
            keys: None,
            store: None,
            holders: IdentityNames::default(),
            scope: None,
            resource_metadata: None,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Sets the origin under which clients reach this server, for example `https://api.example`. It is required.
    ///
    /// The proof names the URI of the request (`htu`), and the server compares it with this origin and the path of the
    /// request. The origin does not come from the request: an attacker who forwards requests chooses `Host` and
    /// `X-Forwarded-Host`. If clients know the server under several origins, make a scheme and a layer for each.
    pub fn external_origin(mut self, origin: &str) -> Self {
        self.origin = Some(origin.to_owned());
        self
    }

    /// Sets the prefix of the path that a proxy removes before it forwards a request. For example, with `/v1` a client makes
    /// its proof for `https://api.example/v1/notes`, and this server gets a request for `/notes`.
    ///
    /// Do not use it for axum's nested routers: the scheme knows the path that the client sent to this server.
    pub fn path_prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.path_prefix);
        self
    }

    /// Sets the algorithms of proofs, in place of ES256, ES384, EdDSA, PS256 and RS256. The challenge lists them in this
    /// order. A key of RSA needs at least 2,048 bits.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = SignatureAlgorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Sets how old a proof may be by its claim `iat`, in whole seconds, at most one hour. The default is 300 seconds.
    ///
    /// The store remembers the use of a proof for up to this age, plus [`clock_skew`](Self::clock_skew), plus 10 seconds for
    /// differences between the clocks of servers. So the age also decides how many requests fit into the
    /// [`store`](Self::store).
    ///
    /// With [nonces](Self::nonces) that are good for no longer than this age, as by default, the nonce tells the time, and
    /// `iat` may be any time. With a longer [`nonce_lifetime`](Self::nonce_lifetime), the age counts, too.
    pub const fn proof_age(mut self, age: Duration) -> Self {
        self.proof_age = age;
        self
    }

    /// Sets how far in the future a proof may be by its claim `iat`, because the clock of the client is ahead. It is at most
    /// 60 seconds. The default is 5 seconds. It does not matter where a nonce tells the time, see
    /// [`proof_age`](Self::proof_age).
    pub const fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew;
        self
    }

    /// Sets whether a proof needs a nonce of this server.
    pub const fn nonces(mut self, nonces: DpopNonces) -> Self {
        self.nonces = nonces;
        self
    }

    /// Sets how long a nonce is good, from 10 seconds to 24 hours. The default is 300 seconds. When less than a fifth of it is
    /// left, a response to an admitted client has the next nonce.
    ///
    /// If it is longer than [`proof_age`](Self::proof_age), the server also checks the `iat` of a proof, and a client with a
    /// wrong clock never gets in.
    pub const fn nonce_lifetime(mut self, lifetime: Duration) -> Self {
        self.nonce_lifetime = lifetime;
        self
    }

    /// Issues nonces under `keys` in place of a random key of this process. Servers that share keys must also share a
    /// [`store`](Self::store): a nonce is bound to the epoch of the store.
    pub fn nonce_keys(mut self, keys: NonceKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Remembers used proofs in `store`, in place of a [`MemoryStore`](crate::store::MemoryStore) for this scheme alone.
    /// Servers behind one origin must share a store, or a proof is good once at each of them.
    ///
    /// A store that is full or out of reach makes the answer `503`. Each request takes a place for about
    /// [`proof_age`](Self::proof_age). The 200,000 places of the default store suffice for 645 requests per second of all
    /// clients, and for 322 of one [holder](Self::holder), with an age of 300 seconds. For more, take a larger store
    /// ([`with_capacity`](crate::store::MemoryStore::with_capacity)), or a shorter age: with 30 seconds, the same places
    /// suffice for 5,000 requests per second.
    pub fn store(mut self, store: impl ReplayStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Names in the challenge the scopes that a token needs, separated by spaces. This informs clients only: a
    /// [policy](crate::policy::scopes) has to check the scopes. The scopes in the refusal of a policy replace these.
    pub fn scope(mut self, scopes: &str) -> Self {
        self.scope = Some(scopes.to_owned());
        self
    }

    /// Names in the challenge the URL of the metadata of this resource (RFC 9728 section 5.1).
    pub fn resource_metadata(mut self, url: &str) -> Self {
        self.resource_metadata = Some(url.to_owned());
        self
    }

    /// Reads the time from `clock`. A step back of its wall clock does not revive a used proof: until the wall clock has caught
    /// up, the scheme measures with the monotonic clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

impl<V: VerifyBoundToken> DpopBuilder<V> {
    /// Names the owner of a token. All proofs of one owner have one share of the [`store`](Self::store), with however many
    /// keys: an owner who fills the share gets `503`, and other owners do not.
    ///
    /// By default, a [`Principal`](crate::Principal) has its own name. An identity of another type has no name, and then each
    /// key of a client has a share of its own. A client can make any number of keys, so name such identities.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::scheme::bearer::VerifyBoundToken;
    /// use tower_challenge::scheme::dpop::DpopBuilder;
    ///
    /// #[derive(Clone)]
    /// struct User {
    ///     id: u64,
    /// }
    ///
    /// fn shared<V: VerifyBoundToken<Identity = User>>(dpop: DpopBuilder<V>) -> DpopBuilder<V> {
    ///     dpop.holder(|user| user.id.to_string().into())
    /// }
    /// ```
    pub fn holder<F>(mut self, name: F) -> Self
    where
        F: Fn(&V::Identity) -> Cow<'_, str> + Send + Sync + 'static,
    {
        self.holders = IdentityNames::by(name);
        self
    }
}

shows! { impl[V] DpopBuilder[V] as self {
    realm: self.realm,
    origin: self.origin,
    path_prefix: self.path_prefix,
    algorithms: self.algorithms,
    proof_age: self.proof_age,
    clock_skew: self.clock_skew,
    nonces: self.nonces,
} }
