//! Computes the hashes of Digest (RFC 7616 sections 3.4.1 to 3.5), for servers, clients and tests.
//!
//! ```
//! use tower_challenge::scheme::digest::DigestAlgorithm;
//! use tower_challenge::scheme::digest::proof::{Ha1, ResponseInputs};
//!
//! // RFC 7616 section 3.9.1
//! let ha1 = Ha1::of(DigestAlgorithm::Md5, b"Mufasa", b"http-auth@example.org", b"Circle of Life");
//! let proof = ResponseInputs {
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

use super::algorithm::DigestAlgorithm;
use crate::secret::{SecretString, same};
use crate::text::hex::{self, HexHash, MAX};

/// `H(user:realm:password)`, called HA1, which stands for the password in one realm (RFC 7616 section 3.4.2). Its
/// memory is wiped when it is dropped. It has no `Debug`, since it is a secret.
///
/// Keep it and do not make it anew for each request: for SHA-256 it has hashed the first block of every response.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a log must not show a secret")]
pub struct Ha1 {
    algorithm: DigestAlgorithm,
    hash: [u8; MAX],
    /// The state of SHA-256 after the digits, which fill exactly one of its blocks. Every response begins with them.
    /// `None` for other algorithms, whose blocks have other sizes.
    begun: Option<Box<Sha256>>,
}

impl Ha1 {
    /// Computes the HA1 of a user, a realm and a password, given as bytes.
    #[must_use]
    pub fn of(algorithm: DigestAlgorithm, user: &[u8], realm: &[u8], password: &[u8]) -> Self {
        let hash = digest_of(algorithm, &[user, b":", realm, b":", password]);
        Self::new(algorithm, hash)
    }

    /// Computes the secret of a session from this HA1 (RFC 7616 section 3.4.2):
    /// `H(H(user:realm:password) ":" nonce ":" cnonce)`. With a session algorithm, it takes the place of the HA1.
    ///
    /// The text of the RFC takes the nonces of the session's first request. Deployed clients take the nonces of the
    /// present request.
    #[must_use]
    pub fn in_session(&self, nonce: &[u8], cnonce: &[u8]) -> Self {
        #[cfg(test)]
        tests::count_work();
        let digits = self.hex();
        let parts = [digits.as_bytes(), b":", nonce, b":", cnonce];
        Self::new(self.algorithm, digest_of(self.algorithm, &parts))
    }

    /// Reads an HA1 from the hexadecimal digits in an `htdigest` file or a database. `None` if the text does not have
    /// as many digits as the algorithm needs.
    #[must_use]
    pub fn from_hex(algorithm: DigestAlgorithm, digits: &str) -> Option<Self> {
        let (len, hash) = hex::read(digits.as_bytes(), true)?;
        (len == algorithm.hash_len()).then(|| Self::new(algorithm, hash))
    }

    /// Its hexadecimal digits, for a file or a database. An attacker who has them can log in: keep them as safe as a
    /// password.
    #[must_use]
    pub fn to_hex(&self) -> SecretString {
        SecretString::new(self.hex().as_str())
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// Makes a decoy, which belongs to no password, for users that do not exist.
    pub(super) fn decoy(algorithm: DigestAlgorithm, hash: [u8; MAX]) -> Self {
        Self::new(algorithm, hash)
    }

    fn new(algorithm: DigestAlgorithm, hash: [u8; MAX]) -> Self {
        let begun = None;
        let mut ha1 = Self {
            algorithm,
            hash,
            begun,
        };
        if algorithm == DigestAlgorithm::Sha256 {
            ha1.begun = Some(Box::new(ha1.begin()));
        }
        ha1
    }

    /// Hashes the digits.
    fn begin<H: Hash>(&self) -> H {
        H::new_with_prefix(self.hex().as_bytes())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.hash[..self.algorithm.hash_len()]
    }

    fn hex(&self) -> HexHash {
        HexHash::of(self.bytes())
    }
}

impl Drop for Ha1 {
    fn drop(&mut self) {
        self.hash.zeroize();
    }
}

fn zero_padded(bytes: &[u8]) -> [u8; MAX] {
    let mut hash = [0; MAX];
    hash[..bytes.len()].copy_from_slice(bytes);
    hash
}

/// The parameters that a response covers. A right response proves that a client with the password made it for this
/// method and target, with this nonce and count.
///
/// All are the bytes that the client hashed: without the surrounding quotes and without quoting backslashes, and
/// otherwise unchanged.
#[derive(Clone, Copy, Debug)]
pub struct ResponseInputs<'a> {
    /// The method; case matters.
    pub method: &'a [u8],
    /// The `uri` parameter, as the client sent it.
    pub uri: &'a [u8],
    /// The nonce.
    pub nonce: &'a [u8],
    /// The nonce count, as the 8 digits that the client sent.
    pub nc: &'a [u8],
    /// The client's nonce.
    pub cnonce: &'a [u8],
    /// The quality of protection, such as `auth`.
    pub qop: &'a [u8],
}

/// The `response` that is expected of the client, and the `rspauth` of the server.
#[derive(Clone, Copy)]
#[expect(
    missing_debug_implementations,
    reason = "a reader of a log could log in with it once"
)]
pub struct ExpectedResponses {
    len: usize,
    request: [u8; MAX],
    reply: HexHash,
}

impl ExpectedResponses {
    /// Whether `response`, hexadecimal digits of either case, is the expected one. The comparison takes constant time.
    #[must_use]
    pub fn verify(&self, response: &str) -> bool {
        hex::read(response.as_bytes(), true)
            .is_some_and(|(len, bytes)| self.verify_bytes(&bytes[..len]))
    }

    /// The same for bytes that are already decoded.
    pub(super) fn verify_bytes(&self, response: &[u8]) -> bool {
        same(response, &self.request[..self.len])
    }

    /// The `rspauth` for `Authentication-Info` (RFC 7616 section 3.5), which proves to the client that the server knows
    /// the password, too.
    #[must_use]
    pub fn rspauth(&self) -> &str {
        self.reply.as_str()
    }

    /// The digits of `rspauth`.
    pub(super) fn rspauth_digits(&self) -> &[u8] {
        self.reply.as_bytes()
    }

    /// The `response` that a client has to send.
    #[must_use]
    pub fn response(&self) -> String {
        HexHash::of(&self.request[..self.len]).as_str().to_owned()
    }
}

/// The bodies that the hashes cover with `auth-int`.
#[derive(Clone, Copy, Debug, Default)]
struct BodyHashes<'a> {
    request: Option<&'a [u8]>,
    reply: Option<&'a [u8]>,
}

impl ResponseInputs<'_> {
    /// Computes both hashes for `qop=auth`, which does not cover the bodies.
    #[must_use]
    pub fn responses(&self, ha1: &Ha1) -> ExpectedResponses {
        self.of(ha1, true, BodyHashes::default())
    }

    /// Computes both hashes for `qop=auth-int`, which cover the body of the request and the body of the reply (RFC 7616
    /// section 3.4.3), as they are before a transfer coding. An empty body is hashed, too.
    #[must_use]
    pub fn responses_with_bodies(
        &self,
        ha1: &Ha1,
        request: &[u8],
        reply: &[u8],
    ) -> ExpectedResponses {
        let bodies = BodyHashes {
            request: Some(request),
            reply: Some(reply),
        };
        self.of(ha1, true, bodies)
    }

    /// Computes both hashes in the form of RFC 2069, which has no `qop` and does not cover the count and the client's
    /// nonce.
    #[must_use]
    pub fn responses_without_qop(&self, ha1: &Ha1) -> ExpectedResponses {
        self.of(ha1, false, BodyHashes::default())
    }

    fn of(&self, ha1: &Ha1, with_qop: bool, bodies: BodyHashes<'_>) -> ExpectedResponses {
        #[cfg(test)]
        tests::count_work();
        match ha1.algorithm {
            DigestAlgorithm::Sha512_256 => {
                self.compute::<Sha512_256>(ha1.begin(), with_qop, bodies)
            }
            DigestAlgorithm::Sha256 => {
                let begun = ha1.begun.as_deref().cloned();
                self.compute(begun.unwrap_or_else(|| ha1.begin()), with_qop, bodies)
            }
            DigestAlgorithm::Md5 => self.compute::<Md5>(ha1.begin(), with_qop, bodies),
        }
    }

    /// RFC 7616 section 3.4.1: `response = H(H(A1) ":" nonce ":" nc ":" cnonce ":" qop ":" H(A2))`. For `rspauth`
    /// (section 3.5), `A2` has no method, and the rest is the same. The two hashes share their beginning, so it is
    /// hashed once.
    fn compute<H: Hash + Clone>(
        &self,
        begun: H,
        with_qop: bool,
        bodies: BodyHashes<'_>,
    ) -> ExpectedResponses {
        let prefix = self.prefix(begun, with_qop);
        let finish = |prefix: H, method: &[u8], body| {
            let ha2 = self.ha2::<H>(method, body);
            prefix.chain_update(ha2.as_bytes()).finalize()
        };
        ExpectedResponses {
            len: <H as Hash>::output_size(),
            request: zero_padded(&finish(prefix.clone(), self.method, bodies.request)),
            reply: HexHash::of(&finish(prefix, b"", bodies.reply)),
        }
    }

    /// Goes on from `H(A1)` and hashes everything before `H(A2)`. RFC 2069 section 2.1.2 has only the nonce there.
    fn prefix<H: Hash>(&self, mut prefix: H, with_qop: bool) -> H {
        let parts = [self.nonce, self.nc, self.cnonce, self.qop];
        let parts = if with_qop { &parts[..] } else { &parts[..1] };
        for part in parts {
            prefix.update(b":");
            prefix.update(part);
        }
        prefix.update(b":");
        prefix
    }

    /// Computes `H(A2)`. RFC 7616 section 3.4.3: `A2 = Method ":" uri`, and for `auth-int`
    /// `A2 = Method ":" uri ":" H(entity-body)`.
    fn ha2<H: Hash>(&self, method: &[u8], body: Option<&[u8]>) -> HexHash {
        let mut a2 = H::new();
        a2.update(method);
        a2.update(b":");
        a2.update(self.uri);
        if let Some(body) = body {
            a2.update(b":");
            a2.update(HexHash::of(&H::digest(body)).as_bytes());
        }
        HexHash::of(&a2.finalize())
    }
}

/// The hash of `parts`, one after the other. A shorter hash is filled up with zeros at the end.
pub(super) fn digest_of(algorithm: DigestAlgorithm, parts: &[&[u8]]) -> [u8; MAX] {
    match algorithm {
        DigestAlgorithm::Sha512_256 => zero_padded(&hash::<Sha512_256>(parts)),
        DigestAlgorithm::Sha256 => zero_padded(&hash::<Sha256>(parts)),
        DigestAlgorithm::Md5 => zero_padded(&hash::<Md5>(parts)),
    }
}

fn hash<H: Hash>(parts: &[&[u8]]) -> Output<H> {
    let mut hash = H::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize()
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;

    thread_local! {
        /// How often this thread has computed the responses or the session secret that belong to an HA1.
        pub(in crate::scheme::digest) static WORK: Cell<u32> = const { Cell::new(0) };
    }

    pub(super) fn count_work() {
        WORK.set(WORK.get() + 1);
    }
}
