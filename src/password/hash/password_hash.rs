//! Which hash does an account have?

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::algorithm::HashAlgorithm;
use super::plaintext::PlaintextPassword;
use super::stored::StoredHash;
use crate::derives::shows;
use crate::secret::Secret;
use crate::unavailable::Unavailable;

/// A stored hash of a password, ready to be compared with one. A clone costs one counter.
///
/// # Example
///
/// ```
/// use tower_challenge::password::hash::PasswordHash;
///
/// for broken in ["", "*", "lovelace", "$2y$broken", "$2x$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy"] {
///     assert!(PasswordHash::parse(broken).is_err());
/// }
/// let costly = PasswordHash::parse("$2y$31$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy");
/// assert!(costly.is_err(), "one login would take a day and a half");
/// ```
#[derive(Clone)]
pub struct PasswordHash {
    stored: Arc<dyn StoredHash>,
    fingerprint: HashFingerprint,
}

/// Which hash it is: 128 bits that change with the text.
pub(in crate::password) type HashFingerprint = [u8; 16];

impl PasswordHash {
    /// Keeps the password itself. Whoever reads it has it: for tests, and for generated passwords that guard nothing.
    ///
    /// One that holds NUL matches nothing. No text form leads here, so that a file with a broken hash never becomes one with a password.
    #[must_use]
    pub fn insecure_plaintext(password: Secret<'_>) -> Self {
        let stored = PlaintextPassword::new(password.expose().as_bytes());
        // A password may look like a hash, and is another one.
        let text = Zeroizing::new(format!("the password {}", password.expose()));
        Self::new(text.as_bytes(), Arc::new(stored))
    }

    pub(super) fn new(text: &[u8], stored: Arc<dyn StoredHash>) -> Self {
        let fingerprint = fingerprint(text);
        Self {
            stored,
            fingerprint,
        }
    }

    /// Whether `password` has this hash. It takes as long as the hash takes, so call it where that blocks nobody: a
    /// [`HashingPool`](crate::password::HashingPool) has threads for it.
    ///
    /// The time depends on the password's length, not on where it is wrong. For bcrypt, which hears 72 octets and stops,
    /// a longer password is wrong after as much work as any other. So is one that holds NUL for every algorithm: bcrypt
    /// takes `a` and `a\0a` for the same, and what is built on HMAC `a` and `a\0`.
    ///
    /// # Errors
    ///
    /// There is no memory to compute it in.
    pub fn matches(&self, password: Secret<'_>) -> Result<bool, Unavailable> {
        let password = password.expose().as_bytes();
        let holds_nul = password.contains(&0);
        Ok(self.stored.matches(password)? & !holds_nul)
    }

    /// Its algorithm.
    #[must_use]
    pub fn algorithm(&self) -> HashAlgorithm {
        self.stored.algorithm()
    }

    /// How long one check takes on one core of a machine of 2026, estimated from its parameters: to compare hashes with
    /// each other, and to say which should be made anew.
    #[must_use]
    pub fn estimated_time(&self) -> Duration {
        self.stored.cost().time
    }

    /// How much memory one check takes, in octets.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.stored.cost().memory
    }

    /// A hash with the same parameters that no password matches: what is computed for an account that does not exist.
    #[must_use]
    pub fn decoy(&self) -> Self {
        let mut text = *b"decoy of 0123456789abcdef";
        text[9..].copy_from_slice(&self.fingerprint);
        Self::new(&text, self.stored.decoy())
    }

    pub(in crate::password) fn fingerprint(&self) -> &HashFingerprint {
        &self.fingerprint
    }
}

fn fingerprint(text: &[u8]) -> HashFingerprint {
    let mut fingerprint = HashFingerprint::default();
    let hash = blake3::hash(text);
    fingerprint.copy_from_slice(&hash.as_bytes()[..size_of::<HashFingerprint>()]);
    fingerprint
}

shows! {
    /// Shows the parameters, which are no secret, and neither salt nor hash.
    impl[] PasswordHash[] as self { algorithm: self.algorithm(), estimated_time: self.estimated_time() }
}
