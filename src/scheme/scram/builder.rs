//! Configures a SCRAM scheme.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::mechanism::ScramMechanism;
use super::preparation::StringPreparation;
use super::secret::MIN_ITERATIONS;
use crate::clock::{Clock, SystemClock};
use crate::derives::shows;
use crate::stateless_nonce::NonceKeys;
use crate::store::ReplayStore;

/// Configures and builds a [`Scram`](super::Scram). [`Scram::builder`](super::Scram::builder) makes one.
///
/// The defaults: `SCRAM-SHA-256`, names in ASCII, 60 seconds for an exchange, keys of this process, and a
/// [`MemoryStore`](crate::store::MemoryStore).
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::scheme::Scram;
/// use tower_challenge::Principal;
/// use tower_challenge::scheme::scram::{ScramAccount, ScramAccounts, ScramSecret};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// // Stored secrets have the same salt in each process, as the made-up salts have.
/// let stored = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
/// let ada = ScramAccount::new(ScramSecret::parse(stored)?, Principal::new("ada"));
/// let accounts = ScramAccounts::from_accounts([("ada".to_owned(), ada)])?;
/// let scram = Scram::builder("notes", accounts.clone())
///     .fake_salt_key([7; 32]) // in an application: 32 random bytes, loaded as a secret
///     .exchange_lifetime(Duration::from_secs(20))
///     .build()?;
/// # let _ = scram;
///
/// let weak = Scram::builder("notes", accounts).fake_iterations(1000).build();
/// assert!(weak.is_err(), "RFC 7804 needs 4,096");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct ScramBuilder<L> {
    pub(super) realm: String,
    pub(super) lookup: L,
    pub(super) mechanism: ScramMechanism,
    pub(super) preparation: StringPreparation,
    pub(super) fake_salt_key: Option<Zeroizing<[u8; 32]>>,
    pub(super) fake_iterations: u32,
    pub(super) keys: Option<NonceKeys>,
    pub(super) lifetime: Duration,
    pub(super) reauthentication: Option<Duration>,
    pub(super) store: Option<Arc<dyn ReplayStore>>,
    pub(super) clock: Arc<dyn Clock>,
}

impl<L> ScramBuilder<L> {
    pub(super) fn new(realm: &str, lookup: L) -> Self {
        Self {
            realm: realm.to_owned(),
            lookup,
            mechanism: ScramMechanism::Sha256,
            preparation: StringPreparation::ascii(),
            fake_salt_key: None,
            fake_iterations: MIN_ITERATIONS,
            keys: None,
            lifetime: Duration::from_secs(60),
            reauthentication: None,
            store: None,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Offers `SCRAM-SHA-1` in place of `SCRAM-SHA-256`, for accounts whose secrets an older service has stored.
    ///
    /// SHA-1 is broken as a hash, although SCRAM does not depend on the property that is broken. RFC 7804 registers the
    /// mechanism for such accounts alone.
    pub const fn legacy_sha1(mut self) -> Self {
        self.mechanism = ScramMechanism::Sha1;
        self
    }

    /// Prepares the names of clients in this way before it looks them up, in place of
    /// [`StringPreparation::ascii`]. Store prepared names, and prepare the passwords in the same way.
    ///
    /// A client whose name the preparation refuses is not admitted. The look-up gets such a name as the client sent it, so
    /// that the answer takes as long as for another name.
    pub const fn preparation(mut self, preparation: StringPreparation) -> Self {
        self.preparation = preparation;
        self
    }

    /// Makes up the salts of unknown users with this key, in place of a random key of this process. It must be 32 random
    /// bytes.
    ///
    /// The server sends the salt of an account to each client that names the account, and the salt of an account does not
    /// change. With a random key, the salt of a name without an account changes with each restart, and differs on each
    /// machine. An attacker who asks twice then knows which names have an account. So load the key as a secret, and give
    /// the same key to all schemes and machines that have the same accounts.
    ///
    /// The key works only under two conditions:
    ///
    /// - The accounts have stored secrets. A [list of passwords](super::ScramAccounts::new) has new salts in each process,
    ///   so a salt that changes would tell which names have an account. Set no key for such a list.
    /// - The look-up tells names apart by their bytes. A database that ignores case finds the account `ada` for `ADA`, too.
    ///   The two names then have one salt, and two names without an account have two. So compare the bytes, or use a
    ///   collation that does.
    pub fn fake_salt_key(mut self, key: [u8; 32]) -> Self {
        self.fake_salt_key = Some(Zeroizing::new(key));
        self
    }

    /// Says the number of iterations of unknown users, in place of 4,096. Set the number that the accounts have.
    ///
    /// The server sends the number to each client. If accounts have different numbers, a client can tell that a name with
    /// another number than this one has an account. The same holds for salts that are not 16 bytes long.
    pub const fn fake_iterations(mut self, iterations: u32) -> Self {
        self.fake_iterations = iterations;
        self
    }

    /// Issues the nonces and sids under `keys` in place of a random key of this process. The application can share `keys`
    /// with other servers, and [rotate](NonceKeys::rotate) them.
    ///
    /// Servers that share keys must also share a [`store`](Self::store). A sid is bound to the epoch of the store, so
    /// servers with separate stores refuse the exchanges that began at another server. If two separate stores ever had the
    /// same epoch, an attacker could replay the proof of one exchange at the other server.
    pub fn nonce_keys(mut self, keys: NonceKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Sets how much time a client has between its two requests, in place of 60 seconds; the shortest is 1 second. In
    /// this time, a client computes the hash of its password, and perhaps asks its user for the password.
    ///
    /// Servers that share keys must have the same lifetime: they refuse the exchanges that began under another one.
    pub const fn exchange_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Lets a client that has logged in before log in again with one request (RFC 7804 section 5.1). Without this call,
    /// each login needs two.
    ///
    /// Each challenge then has a nonce in `sr`, and its lifetime `lifetime` in `ttl`, in whole seconds; the shortest is 1
    /// second. The client sends its proof over this nonce, with the sid of an earlier exchange and a count. The store
    /// remembers each count until the nonce has expired, so the same message is good once, also with another sid. A client
    /// whose nonce has expired gets `stale=true` and a new nonce.
    ///
    /// A client can log in 4,096 times after one exchange, and then begins another one. In RFC 7804 the count starts with the
    /// iterations and rises with each login, so a new `sr` does not reset it. A sid is good for as long as the server has the
    /// [key](Self::nonce_keys) that made it. It says who the client is, and proves nothing: after a change of the password, the
    /// client needs the new one.
    ///
    /// The RFC does not say how the server learns which user sends the message. The sid is the answer of this crate, and
    /// [`ScramClient`](super::ScramClient) sends it. A client without it begins a new exchange.
    pub const fn reauthentication(mut self, lifetime: Duration) -> Self {
        self.reauthentication = Some(lifetime);
        self
    }

    /// Remembers the sids that are used up in `store`, in place of a [`MemoryStore`](crate::store::MemoryStore) for this
    /// scheme alone. It holds one key for each login, for the lifetime of an exchange and 10 seconds. All
    /// [reauthentications](Self::reauthentication) of a client with one `sr` share a key.
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

shows! { impl[L] ScramBuilder[L] as self {
    realm: self.realm,
    mechanism: self.mechanism,
    preparation: self.preparation,
    fake_iterations: self.fake_iterations,
    lifetime: self.lifetime,
    reauthentication: self.reauthentication,
} }
