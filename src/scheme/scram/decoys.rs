//! Which secret has a user who does not exist? A made-up one, which is the same each time.

use zeroize::Zeroizing;

use super::mechanism::ScramMechanism;
use super::proof::padded;
use super::secret::{SALT, ScramSecret};

/// Makes up secrets for users who do not exist. The server sends their salt, so a name gets the same salt each time.
pub(super) struct DecoySecrets {
    pub(super) key: Zeroizing<[u8; 32]>,
    pub(super) mechanism: ScramMechanism,
    pub(super) iterations: u32,
}

impl DecoySecrets {
    /// The secret for a name: a keyed hash. The realm is not a part of it: an account that two realms share has one salt,
    /// and so must a name without an account.
    pub(super) fn secret(&self, name: &str) -> ScramSecret {
        #[cfg(test)]
        tests::count_decoy();
        let mut hash = blake3::Hasher::new_keyed(&self.key);
        hash.update(self.mechanism.name().as_bytes());
        hash.update(&[0]).update(name.as_bytes());
        let mut bytes = Zeroizing::new([0; SALT + 64]);
        hash.finalize_xof().fill(&mut *bytes);
        let (salt, keys) = bytes.split_at(SALT);
        let key = |from: usize| {
            padded(
                self.mechanism,
                &keys[from..from + self.mechanism.hash_len()],
            )
        };
        ScramSecret::of_checked(salt, self.iterations, key(0), key(32))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;

    thread_local! {
        /// How many secrets this thread has made up.
        pub(in crate::scheme::scram) static DECOYS: Cell<u32> = const { Cell::new(0) };
    }

    pub(super) fn count_decoy() {
        DECOYS.set(DECOYS.get() + 1);
    }
}
