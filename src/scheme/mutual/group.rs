//! The operations in a group, which both kinds of groups have.
//!
//! All numbers are big-endian bytes. An element and an exponent have the length that
//! [`MutualAlgorithm`](super::MutualAlgorithm) says. An operation returns `None` if a number has another length, is no
//! element or is out of range. It checks this before it uses a secret.

use zeroize::Zeroizing;

/// Bytes that are wiped when they are dropped.
pub(super) type SecretBytes = Zeroizing<Vec<u8>>;

/// The exponents of a client (RFC 8121 section 3).
pub(super) struct ClientExponents<'a> {
    /// `S_c1`, the secret of the exchange.
    pub(super) s_c1: &'a [u8],
    /// `pi`, the hash of the password.
    pub(super) pi: &'a [u8],
    pub(super) t1: &'a [u8],
    pub(super) t2: &'a [u8],
}

/// A group of RFC 8121. `g` is its generator and `r` the order of `g`.
pub(super) trait Group: Sync {
    /// Whether the bytes are an element that a peer may send: not the neutral element, not of order 2, and not a second
    /// spelling of another element.
    fn is_element(&self, octets: &[u8]) -> bool;

    /// `J = g^pi`, which the server keeps.
    fn verifier(&self, pi: &[u8]) -> Option<SecretBytes>;

    /// `K_c1 = g^S_c1`.
    fn client_element(&self, s_c1: &[u8]) -> Option<Vec<u8>>;

    /// `K_s1 = (J * K_c1^t1)^S_s1`.
    fn server_element(&self, j: &[u8], k_c1: &[u8], t1: &[u8], s_s1: &[u8]) -> Option<Vec<u8>>;

    /// `z = (K_c1 * g^t2)^S_s1`, as the server computes it.
    fn server_z(&self, k_c1: &[u8], t2: &[u8], s_s1: &[u8]) -> Option<SecretBytes>;

    /// `z = K_s1^((S_c1 + t2) / (S_c1 * t1 + pi) mod r)`, as the client computes it.
    fn client_z(&self, k_s1: &[u8], exponents: &ClientExponents<'_>) -> Option<SecretBytes>;

    /// An exponent from 1 to `r - 1`, of random bytes. All are equally likely.
    fn exponent(&self, fill: &mut dyn FnMut(&mut [u8])) -> SecretBytes;
}

/// The bytes with zeros in front, so that they are `len` bytes long. Longer bytes are `None`.
pub(super) fn padded(bytes: &[u8], len: usize) -> Option<SecretBytes> {
    let mut padded = Zeroizing::new(vec![0; len]);
    let zeros = len.checked_sub(bytes.len())?;
    padded[zeros..].copy_from_slice(bytes);
    Some(padded)
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;

    thread_local! {
        /// How many powers of elements this thread has computed.
        pub(in crate::scheme::mutual) static POWERS: Cell<u32> = const { Cell::new(0) };
        /// How many hashes this thread has computed, without those of PBKDF2.
        pub(in crate::scheme::mutual) static HASHES: Cell<u32> = const { Cell::new(0) };
    }

    pub(in crate::scheme::mutual) fn count_power() {
        POWERS.set(POWERS.get() + 1);
    }

    pub(in crate::scheme::mutual) fn count_hash() {
        HASHES.set(HASHES.get() + 1);
    }
}
