//! The keys under which a server issues and recognises nonces.

use std::sync::{Arc, PoisonError, RwLock};

use zeroize::Zeroize;

use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::random::random;

/// The keys for nonces: the current key, under which nonces are issued, and other keys, whose nonces are good, too.
///
/// Without `NonceKeys`, each scheme that issues nonces makes a random key, so its nonces are stale after a restart.
///
/// Servers that answer for each other share a key and a store. Their clocks must agree to within 5 seconds when each
/// server starts, or they find each other's nonces stale. A clone is the same set of keys: to rotate the keys of a
/// running scheme, keep a clone. Servers without a shared store are another case: see
/// [`allow_replay_at_each_machine`](Self::allow_replay_at_each_machine), and
/// [`guide::several_machines`](crate::guide::several_machines) for the choice.
///
/// # Rotation
///
/// A nonce names its key by a byte, so a server finds the key at once. To change the key of several servers, without a
/// nonce that is stale:
///
/// 1. Configure the new key as a further key on all servers ([`accept`](Self::accept)).
/// 2. Make it the current key on all servers, and the old one a further key ([`rotate`](Self::rotate) does both).
/// 3. Remove the old key when its last nonces have expired. By default that is after 5 minutes.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "digest")] {
/// # use tower_challenge::ConfigError;
/// use tower_challenge::scheme::digest::NonceKeys;
///
/// # fn main() -> Result<(), ConfigError> {
/// let keys = NonceKeys::new([7; 32])?;
/// let kept = keys.clone(); // `keys` goes into the scheme
/// kept.rotate([8; 32])?; // a day later
/// assert!(kept.rotate([0; 32]).is_err(), "a key of zeros was not loaded");
///
/// // A server that starts in the middle of a rotation: the first key of the configuration is the current one.
/// let keys = NonceKeys::new([8; 32])?.accept([7; 32])?;
/// # Ok(())
/// # }
/// # main().unwrap(); }
/// ```
#[derive(Clone)]
pub struct NonceKeys {
    ring: Arc<RwLock<KeyRing>>,
    at_each_machine: bool,
}

struct KeyRing {
    current: NonceKey,
    /// The keys under which no nonces are issued any more, or not yet.
    others: Vec<NonceKey>,
}

/// The most keys that [`NonceKeys::accept`] takes. A rotation needs one.
const MOST_OTHERS: usize = 4;

pub(super) struct NonceKey {
    /// Tells the keys apart. It is a keyed hash, so it reveals nothing about the key.
    pub(super) id: u8,
    pub(super) key: [u8; 32],
}

impl Drop for NonceKey {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl NonceKey {
    fn new(key: [u8; 32]) -> Result<Self, ConfigError> {
        if key == [0; 32] {
            return Err(ConfigError::new(
                "the nonce key is all zeros: load 32 random bytes",
            ));
        }
        let id = blake3::keyed_hash(&key, b"tower-challenge nonce key id").as_bytes()[0];
        Ok(Self { id, key })
    }

    /// The number that stands for the account with this secret. Servers that share a store also share the key, so they
    /// compute the same number. A reader of the store learns nothing about the secret from it.
    pub(super) fn holder(&self, secret: &[u8]) -> u64 {
        let mut hash = blake3::Hasher::new_keyed(&self.key);
        hash.update(b"tower-challenge holder").update(secret);
        u64::from_le_bytes(first(hash.finalize().as_bytes()))
    }
}

impl NonceKeys {
    /// Issues nonces under `key`, which must be 32 random bytes.
    ///
    /// # Errors
    ///
    /// All bytes are zero, so the application has not loaded the key.
    pub fn new(key: [u8; 32]) -> Result<Self, ConfigError> {
        Ok(Self {
            ring: Arc::new(RwLock::new(KeyRing {
                current: NonceKey::new(key)?,
                others: Vec::new(),
            })),
            at_each_machine: false,
        })
    }

    /// Issues nonces under a random key of this process.
    ///
    /// # Errors
    ///
    /// The system random number generator failed.
    pub fn random() -> Result<Self, ConfigError> {
        Self::new(random()?)
    }

    /// Also recognises nonces under `key`, without issuing any: a former key after a restart, or the next key, under
    /// which other servers issue nonces already.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new), or there are four such keys.
    pub fn accept(self, key: [u8; 32]) -> Result<Self, ConfigError> {
        let key = NonceKey::new(key)?;
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        if ring.others.len() == MOST_OTHERS {
            return Err(ConfigError::new("there are too many nonce keys"));
        }
        ring.others.push(key);
        drop(ring);
        Ok(self)
    }

    /// Issues nonces under `key` from now on. Nonces under the key before stay good until they expire; nonces under
    /// all other keys are stale.
    ///
    /// The key before is accepted until the next rotation, since the keys do not know how long a nonce lives. If it has leaked,
    /// call this twice, with two new keys: its nonces are then stale at once.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new). The keys then stay unchanged.
    pub fn rotate(&self, key: [u8; 32]) -> Result<(), ConfigError> {
        let key = NonceKey::new(key)?;
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        let former = std::mem::replace(&mut ring.current, key);
        ring.others = vec![former];
        Ok(())
    }

    /// Accepts the nonces of other servers with the same keys, although each server has a store of its own. **An attacker
    /// who has recorded a request can send it once to each other server**, until its nonce expires.
    ///
    /// Without this setting, a nonce of another server is stale if the servers do not share a store. Behind a balancer
    /// that sends each request to another server, a client then never gets in. Choose this setting only if no attacker
    /// can record requests, because all of them come through TLS. All servers must have it.
    ///
    /// Each server grants a nonce and its counts once, and forgets them when it restarts. So it finds each nonce stale
    /// that was issued before it started, or up to 5 seconds after that by another server.
    ///
    /// It is for stores in memory, such as [`MemoryStore`](crate::store::MemoryStore), which lose nothing while the server runs. **Do
    /// not use it with a store in another process**, such as Redis. That may lose its data while the server runs, and the server
    /// would then accept used nonces again, because they are bound to no epoch.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "digest")] {
    /// # use tower_challenge::ConfigError;
    /// use tower_challenge::scheme::Digest;
    /// use tower_challenge::scheme::digest::{DigestAccounts, NonceKeys};
    ///
    /// # fn main() -> Result<(), ConfigError> {
    /// let accounts = DigestAccounts::new("files", [("ada", "lovelace")])?;
    /// let keys = NonceKeys::new([7; 32])?.allow_replay_at_each_machine();
    /// let digest = Digest::builder("files", accounts).nonce_keys(keys).build()?; // the same on each server
    /// # Ok(())
    /// # }
    /// # main().unwrap(); }
    /// ```
    #[must_use]
    pub const fn allow_replay_at_each_machine(mut self) -> Self {
        self.at_each_machine = true;
        self
    }

    /// Whether each machine has a store of its own, and accepts the nonces of the others.
    pub(super) const fn at_each_machine(&self) -> bool {
        self.at_each_machine
    }

    /// Calls `f` with the current key.
    #[inline]
    pub(super) fn with_current<T>(&self, f: impl FnOnce(&NonceKey) -> T) -> T {
        f(&self
            .ring
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .current)
    }

    /// Calls `f` with the current key, and then with the others. Returns the first result that `f` finds.
    #[inline]
    pub(super) fn find<T>(&self, f: impl Fn(&NonceKey) -> Option<T>) -> Option<T> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        f(&ring.current).or_else(|| ring.others.iter().find_map(f))
    }
}

shows! { impl[] NonceKeys[] as self {} }

/// The first `N` bytes, filled up with zeros if there are fewer.
pub(super) fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut first = [0; N];
    for (to, from) in first.iter_mut().zip(bytes) {
        *to = *from;
    }
    first
}
