//! The mathematics of Digest (RFC 7616 sections 3.4.1 to 3.5), without a server around it.
//!
//! ```
//! use tower_challenge::scheme::digest::Algorithm;
//! use tower_challenge::scheme::digest::proof::{Ha1, Proof};
//!
//! // RFC 7616 section 3.9.1
//! let ha1 = Ha1::of(Algorithm::Md5, b"Mufasa", b"http-auth@example.org", b"Circle of Life");
//! let proof = Proof {
//!     method: b"GET",
//!     uri: b"/dir/index.html",
//!     nonce: b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
//!     nc: b"00000001",
//!     cnonce: b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
//!     qop: b"auth",
//! };
//! assert!(proof.responses(&ha1).verify("8ca523f5e9506fed4657c9700eebdbec"));
//! assert!(!proof.responses(&ha1).verify("8ca523f5e9506fed4657c9700eebdbed"));
//! ```

use md5::Md5;
use sha2::digest::{Digest as Hash, Output};
use sha2::{Sha256, Sha512_256};
use zeroize::Zeroize;

use super::algorithm::Algorithm;
use super::hex::{self, Hex, MAX};
use crate::secret::same;

/// `H(user:realm:password)`, which stands for the password in one realm. Wiped when it is dropped; it has no `Debug`.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a secret has none")]
pub struct Ha1 {
    algorithm: Algorithm,
    hash: [u8; MAX],
}

impl Ha1 {
    /// That of a user, a realm and a password, as octets.
    #[must_use]
    pub fn of(algorithm: Algorithm, user: &[u8], realm: &[u8], password: &[u8]) -> Self {
        let parts = [user, b":", realm, b":", password];
        let hash = match algorithm {
            Algorithm::Sha512_256 => wide(&hash::<Sha512_256>(&parts)),
            Algorithm::Sha256 => wide(&hash::<Sha256>(&parts)),
            Algorithm::Md5 => wide(&hash::<Md5>(&parts)),
        };
        Self { algorithm, hash }
    }

    /// Reads one from an `htdigest` file or a database. `None` if it has not as many hexadecimal digits as the
    /// algorithm needs.
    #[must_use]
    pub fn from_hex(algorithm: Algorithm, digits: &str) -> Option<Self> {
        let (len, hash) = hex::read(digits.as_bytes())?;
        (len == algorithm.hash_len()).then_some(Self { algorithm, hash })
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// One that no password has, for users that do not exist.
    pub(super) const fn dummy(algorithm: Algorithm, hash: [u8; MAX]) -> Self {
        Self { algorithm, hash }
    }

    fn hex(&self) -> Hex {
        Hex::of(&self.hash[..self.algorithm.hash_len()])
    }
}

impl Drop for Ha1 {
    fn drop(&mut self) {
        self.hash.zeroize();
    }
}

fn wide(octets: &[u8]) -> [u8; MAX] {
    let mut hash = [0; MAX];
    hash[..octets.len()].copy_from_slice(octets);
    hash
}

/// What a response proves: that who knows the password made it for this method and target, with this nonce and count.
///
/// All are the octets that entered the client's hash: with quotes and quoting backslashes undone, and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Proof<'a> {
    /// The method, case and all.
    pub method: &'a [u8],
    /// The `uri` parameter as it was sent.
    pub uri: &'a [u8],
    /// The nonce.
    pub nonce: &'a [u8],
    /// The nonce count, as its 8 digits.
    pub nc: &'a [u8],
    /// The client's nonce.
    pub cnonce: &'a [u8],
    /// The quality of protection.
    pub qop: &'a [u8],
}

/// The client's `response` and the server's `rspauth`.
#[derive(Clone, Copy)]
#[expect(
    missing_debug_implementations,
    reason = "whoever has it may log in once"
)]
pub struct Responses {
    len: usize,
    request: [u8; MAX],
    reply: Hex,
}

impl Responses {
    /// Whether `response` is the client's: hexadecimal digits in any case, compared in constant time.
    #[must_use]
    pub fn verify(&self, response: &str) -> bool {
        hex::read(response.as_bytes()).is_some_and(|(len, octets)| self.are(&octets[..len]))
    }

    /// Whether `response`, read already, is the client's.
    pub(super) fn are(&self, response: &[u8]) -> bool {
        same(response, &self.request[..self.len])
    }

    /// The `rspauth` of the reply (RFC 7616 section 3.5): proof that the server knows the password too.
    #[must_use]
    pub fn rspauth(&self) -> &str {
        // Hexadecimal digits are ASCII.
        std::str::from_utf8(self.reply.as_bytes()).unwrap_or_default()
    }

    /// The `response` of the request, for a client to send.
    #[must_use]
    pub fn response(&self) -> String {
        let digits = Hex::of(&self.request[..self.len]);
        String::from_utf8_lossy(digits.as_bytes()).into_owned()
    }
}

impl Proof<'_> {
    /// Computes both responses.
    #[must_use]
    pub fn responses(&self, ha1: &Ha1) -> Responses {
        match ha1.algorithm {
            Algorithm::Sha512_256 => self.compute::<Sha512_256>(ha1),
            Algorithm::Sha256 => self.compute::<Sha256>(ha1),
            Algorithm::Md5 => self.compute::<Md5>(ha1),
        }
    }

    /// RFC 7616 section 3.4.1:
    /// `response = H(H(A1) ":" nonce ":" nc ":" cnonce ":" qop ":" H(A2))`, where section 3.4.3 has
    /// `A2 = Method ":" uri`, and section 3.5 for the reply `A2 = ":" uri`. They differ in their ends alone.
    fn compute<H: Hash + Clone>(&self, ha1: &Ha1) -> Responses {
        let mut prefix = H::new();
        prefix.update(ha1.hex().as_bytes());
        for part in [self.nonce, self.nc, self.cnonce, self.qop] {
            prefix.update(b":");
            prefix.update(part);
        }
        prefix.update(b":");
        let finish = |prefix: H, method: &[u8]| {
            let ha2 = Hex::of(&hash::<H>(&[method, b":", self.uri]));
            prefix.chain_update(ha2.as_bytes()).finalize()
        };
        Responses {
            len: ha1.algorithm.hash_len(),
            request: wide(&finish(prefix.clone(), self.method)),
            reply: Hex::of(&finish(prefix, b"")),
        }
    }
}

fn hash<H: Hash>(parts: &[&[u8]]) -> Output<H> {
    let mut hash = H::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize()
}
