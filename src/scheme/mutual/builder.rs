//! Configures a Mutual scheme.

use std::sync::Arc;
use std::time::Duration;

use super::host_validation::HostValidation;
use super::space::MutualSpace;
use super::work::{ExchangeRunner, RunInline};
use crate::clock::{Clock, SystemClock};
use crate::derives::shows;
use crate::stateless_nonce::NonceKeys;
use crate::store::ReplayStore;

/// The requests of a session, and the marks of sessions, by default.
const NC_MAX: u32 = 1024;
const MARKS: usize = 65_536;

/// Configures and builds a [`Mutual`](super::Mutual). [`Mutual::builder`](super::Mutual::builder) makes one.
///
/// The defaults: sessions of 300 seconds and 1,024 requests, keys of this process, a
/// [`MemoryStore`](crate::store::MemoryStore), and key exchanges on the thread of the request. With a group of integers, the
/// application has to say where key exchanges are computed: in a `pool` (feature `hashes`), or
/// [inline](Self::compute_inline).
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::scheme::Mutual;
/// use tower_challenge::scheme::mutual::{HostValidation, MutualAccounts, MutualAlgorithm, MutualSpace};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let space = MutualSpace::new(MutualAlgorithm::P256, "http://127.0.0.1:3000", "notes")?;
/// let host = HostValidation::host("http://127.0.0.1:3000")?;
/// let accounts = MutualAccounts::new(&space, [("ada", "lovelace")])?;
/// let mutual = Mutual::builder(&space, host.clone(), accounts.clone())
///     .session_lifetime(Duration::from_secs(60))
///     .build()?;
/// # let _ = mutual;
///
/// let endless = Mutual::builder(&space, host, accounts).requests_of_session(5000).build();
/// assert!(endless.is_err(), "a store remembers 4,096 counts of a session");
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct MutualBuilder<L> {
    pub(super) space: MutualSpace,
    pub(super) host: HostValidation,
    pub(super) lookup: L,
    pub(super) keys: Option<NonceKeys>,
    pub(super) lifetime: Duration,
    pub(super) nc_max: u32,
    pub(super) marks: usize,
    pub(super) store: Option<Arc<dyn ReplayStore>>,
    pub(super) runner: Option<Arc<dyn ExchangeRunner>>,
    pub(super) clock: Arc<dyn Clock>,
}

impl<L> MutualBuilder<L> {
    pub(super) fn new(space: &MutualSpace, host: HostValidation, lookup: L) -> Self {
        Self {
            space: space.clone(),
            host,
            lookup,
            keys: None,
            lifetime: Duration::from_secs(300),
            nc_max: NC_MAX,
            marks: MARKS,
            store: None,
            runner: None,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Seals the sids under `keys` in place of a random key of this process. The application can share `keys` with other
    /// servers, and [rotate](NonceKeys::rotate) them. A sid holds the secret of its session, so an attacker with the keys
    /// can use every session.
    ///
    /// Servers that share keys must also share a [`store`](Self::store), and must be built with the same lifetime. Each server
    /// has its own [marks](Self::session_marks), so an exchange is good for one guess at each of them.
    pub fn nonce_keys(mut self, keys: NonceKeys) -> Self {
        self.keys = Some(keys);
        self
    }

    /// Sets how long a session lasts, counted from the server's answer to the key exchange, in place of 300 seconds; the
    /// shortest is 1 second. Then the client begins another one, without asking its user. RFC 8120 section 4.3 recommends at least 60 seconds.
    pub const fn session_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets how many requests a session has, in place of 1,024; 128 to 4,096. It is `nc-max` and also `nc-window`: the
    /// client may use the counts in any order.
    pub const fn requests_of_session(mut self, requests: u32) -> Self {
        self.nc_max = requests;
        self
    }

    /// Sets how many sessions the server marks as proved or over, in place of 65,536; at least 1. A mark takes about 40 bytes.
    ///
    /// Each client that signs in uses a mark, and so does each wrong password. If more than this number come within the
    /// life of a session, the oldest sessions end early, and their clients begin new ones.
    pub const fn session_marks(mut self, marks: usize) -> Self {
        self.marks = marks;
        self
    }

    /// Remembers the counts of sessions in `store`, in place of a [`MemoryStore`](crate::store::MemoryStore) for this scheme
    /// alone. It holds one key for each session that is proved, for as long as the session lasts and 10 seconds.
    pub fn store(mut self, store: impl ReplayStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Computes key exchanges on the thread of the request, also with a group of integers. The curves need no such setting.
    ///
    /// With the groups of integers, a key exchange takes 10 to 100 milliseconds. A client without a password can begin one,
    /// and all other requests of the thread wait meanwhile. Use it only where strangers cannot send requests, and prefer a
    /// `pool` (feature `hashes`) elsewhere.
    pub fn compute_inline(mut self) -> Self {
        self.runner = Some(Arc::new(RunInline));
        self
    }

    /// Reads the time from `clock`.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

shows! { impl[L] MutualBuilder[L] as self {
    space: self.space,
    host: self.host,
    lifetime: self.lifetime,
    nc_max: self.nc_max,
} }
