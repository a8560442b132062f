//! A password hash of any algorithm.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::algorithm::HashAlgorithm;
use super::plaintext::PlaintextPassword;
use super::stored::StoredHash;
use crate::derives::shows;
use crate::secret::Secret;
use crate::unavailable::Unavailable;

/// A stored hash of a password, parsed and ready to be compared with a password. A clone is cheap: it increments one
/// reference counter.
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

/// Identifies a hash: 128 bits of a digest of its text form, so that another hash has another fingerprint.
pub(in crate::password) type HashFingerprint = [u8; 16];

impl PasswordHash {
    /// Stores the password itself in clear text and not a hash.
    ///
    /// Use it for tests, and for generated passwords that protect nothing of value: an attacker who reads the store has
    /// the password. A password that contains a NUL matches nothing.
    ///
    /// No text form is parsed to this value. Otherwise a malformed hash in a file could be taken for a plaintext
    /// password.
    #[must_use]
    pub fn insecure_plaintext(password: Secret<'_>) -> Self {
        let stored = PlaintextPassword::new(password.expose().as_bytes());
        // The text in front keeps the fingerprint of the password `$2y$..` apart from that of the hash `$2y$..`.
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

    /// Computes the hash of `password` and compares it with this one. Returns whether they are equal.
    ///
    /// The function blocks for as long as the hash takes: see [`estimated_time`](Self::estimated_time). Do not call it
    /// on a thread that serves requests; a [`HashingPool`](crate::password::HashingPool) has threads for it.
    ///
    /// The time depends on the length of the password, and not on where it is wrong. Two kinds of passwords never
    /// match, and take as long as any other:
    ///
    /// - With bcrypt, a password of more than 72 bytes. bcrypt ignores the bytes after the first 72.
    /// - With every algorithm, a password that contains a NUL. bcrypt computes the same hash for `a` and `a\0a`, and
    ///   the algorithms with HMAC compute the same hash for `a` and `a\0`.
    ///
    /// # Errors
    ///
    /// There is not enough memory to compute the hash.
    pub fn matches(&self, password: Secret<'_>) -> Result<bool, Unavailable> {
        let password = password.expose().as_bytes();
        let holds_nul = password.contains(&0);
        Ok(self.stored.matches(password)? & !holds_nul)
    }

    /// The algorithm of the hash.
    #[must_use]
    pub fn algorithm(&self) -> HashAlgorithm {
        self.stored.algorithm()
    }

    /// How long one check takes on one core of a machine of 2026, estimated from the parameters of the hash.
    ///
    /// Use it to compare the costs of hashes, and to decide which passwords should be hashed again with better
    /// parameters.
    #[must_use]
    pub fn estimated_time(&self) -> Duration {
        self.stored.cost().time
    }

    /// How much memory one check takes, in bytes. 0 stands for an algorithm that needs next to none.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.stored.cost().memory
    }

    /// A decoy: a hash with the same parameters that no password matches. Computing it for an unknown user takes as
    /// long as this hash, so that the time does not tell whether the user exists.
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
    /// Shows the algorithm and the estimated time, which are not secret, and neither the salt nor the hash.
    impl[] PasswordHash[] as self { algorithm: self.algorithm(), estimated_time: self.estimated_time() }
}
