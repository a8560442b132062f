//! The mathematics of Digest (RFC 7616 sections 3.4.1 to 3.5), without a server around it.
//!
//! ```
//! use tower_challenge::scheme::digest::DigestAlgorithm;
//! use tower_challenge::scheme::digest::proof::{Ha1, DigestProof};
//!
//! // RFC 7616 section 3.9.1
//! let ha1 = Ha1::of(DigestAlgorithm::Md5, b"Mufasa", b"http-auth@example.org", b"Circle of Life");
//! let proof = DigestProof {
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

/// `H(user:realm:password)`, which stands for the password in one realm. Wiped when it is dropped; it has no `Debug`.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a secret has none")]
pub struct Ha1 {
    algorithm: DigestAlgorithm,
    hash: [u8; MAX],
}

impl Ha1 {
    /// That of a user, a realm and a password, as octets.
    #[must_use]
    pub fn of(algorithm: DigestAlgorithm, user: &[u8], realm: &[u8], password: &[u8]) -> Self {
        let hash = digest_of(algorithm, &[user, b":", realm, b":", password]);
        Self { algorithm, hash }
    }

    /// That of a session (RFC 7616 section 3.4.2): `H(H(user:realm:password) ":" nonce ":" cnonce)`. To be used in the
    /// place of the first.
    ///
    /// The text has the nonces of the session's first request here, and deployed clients those of the present one.
    #[must_use]
    pub fn in_session(&self, nonce: &[u8], cnonce: &[u8]) -> Self {
        let digits = self.hex();
        let parts = [digits.as_bytes(), b":", nonce, b":", cnonce];
        let hash = digest_of(self.algorithm, &parts);
        Self {
            algorithm: self.algorithm,
            hash,
        }
    }

    /// Reads one from an `htdigest` file or a database. `None` if it has not as many hexadecimal digits as the
    /// algorithm needs.
    #[must_use]
    pub fn from_hex(algorithm: DigestAlgorithm, digits: &str) -> Option<Self> {
        let (len, hash) = hex::read(digits.as_bytes(), true)?;
        (len == algorithm.hash_len()).then_some(Self { algorithm, hash })
    }

    /// Its digits, to be kept in a file or a database. Whoever has them can log in: keep them as safe as a password.
    #[must_use]
    pub fn to_hex(&self) -> SecretString {
        SecretString::new(self.hex().as_str())
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// One that no password has, for users that do not exist.
    pub(super) const fn dummy(algorithm: DigestAlgorithm, hash: [u8; MAX]) -> Self {
        Self { algorithm, hash }
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.hash[..self.algorithm.hash_len()]
    }

    fn hex(&self) -> HexHash {
        HexHash::of(self.octets())
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
pub struct DigestProof<'a> {
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
pub struct ExpectedResponses {
    len: usize,
    request: [u8; MAX],
    reply: HexHash,
}

impl ExpectedResponses {
    /// Whether `response` is the client's: hexadecimal digits in any case, compared in constant time.
    #[must_use]
    pub fn verify(&self, response: &str) -> bool {
        hex::read(response.as_bytes(), true).is_some_and(|(len, octets)| self.are(&octets[..len]))
    }

    /// Whether `response`, read already, is the client's.
    pub(super) fn are(&self, response: &[u8]) -> bool {
        same(response, &self.request[..self.len])
    }

    /// The `rspauth` of the reply (RFC 7616 section 3.5): proof that the server knows the password too.
    #[must_use]
    pub fn rspauth(&self) -> &str {
        self.reply.as_str()
    }

    /// Its digits.
    pub(super) fn rspauth_digits(&self) -> &[u8] {
        self.reply.as_bytes()
    }

    /// The `response` of the request, for a client to send.
    #[must_use]
    pub fn response(&self) -> String {
        HexHash::of(&self.request[..self.len]).as_str().to_owned()
    }
}

/// The bodies that a digest covers, where it covers any.
#[derive(Clone, Copy, Debug, Default)]
struct BodyHashes<'a> {
    request: Option<&'a [u8]>,
    reply: Option<&'a [u8]>,
}

impl DigestProof<'_> {
    /// Computes both responses. What the bodies hold is not covered.
    #[must_use]
    pub fn responses(&self, ha1: &Ha1) -> ExpectedResponses {
        self.of(ha1, true, BodyHashes::default())
    }

    /// Those of `qop=auth-int`, which cover the body of the request, and of the reply: as they are before a transfer
    /// coding. One that is empty counts, too.
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

    /// Those of RFC 2069, which knew no `qop`: the count and the client's nonce are not covered.
    #[must_use]
    pub fn responses_without_qop(&self, ha1: &Ha1) -> ExpectedResponses {
        self.of(ha1, false, BodyHashes::default())
    }

    fn of(&self, ha1: &Ha1, with_qop: bool, bodies: BodyHashes<'_>) -> ExpectedResponses {
        match ha1.algorithm {
            DigestAlgorithm::Sha512_256 => self.compute::<Sha512_256>(ha1, with_qop, bodies),
            DigestAlgorithm::Sha256 => self.compute::<Sha256>(ha1, with_qop, bodies),
            DigestAlgorithm::Md5 => self.compute::<Md5>(ha1, with_qop, bodies),
        }
    }

    /// RFC 7616 section 3.4.1:
    /// `response = H(H(A1) ":" nonce ":" nc ":" cnonce ":" qop ":" H(A2))`, and for the reply (section 3.5) the same with
    /// an `A2` that has no method. They differ in their ends alone.
    fn compute<H: Hash + Clone>(
        &self,
        ha1: &Ha1,
        with_qop: bool,
        bodies: BodyHashes<'_>,
    ) -> ExpectedResponses {
        let prefix = self.prefix::<H>(ha1, with_qop);
        let finish = |prefix: H, method: &[u8], body| {
            let ha2 = self.ha2::<H>(method, body);
            prefix.chain_update(ha2.as_bytes()).finalize()
        };
        ExpectedResponses {
            len: ha1.algorithm.hash_len(),
            request: wide(&finish(prefix.clone(), self.method, bodies.request)),
            reply: HexHash::of(&finish(prefix, b"", bodies.reply)),
        }
    }

    /// What comes before `H(A2)`; RFC 2069 section 2.1.2 has less of it.
    fn prefix<H: Hash>(&self, ha1: &Ha1, with_qop: bool) -> H {
        let mut prefix = H::new();
        prefix.update(ha1.hex().as_bytes());
        let parts = [self.nonce, self.nc, self.cnonce, self.qop];
        let parts = if with_qop { &parts[..] } else { &parts[..1] };
        for part in parts {
            prefix.update(b":");
            prefix.update(part);
        }
        prefix.update(b":");
        prefix
    }

    /// RFC 7616 section 3.4.3: `A2 = Method ":" uri`, and for `auth-int` `A2 = Method ":" uri ":" H(entity-body)`.
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

/// The hash of `parts`, one after the other; zeros follow where it is shorter.
pub(super) fn digest_of(algorithm: DigestAlgorithm, parts: &[&[u8]]) -> [u8; MAX] {
    match algorithm {
        DigestAlgorithm::Sha512_256 => wide(&hash::<Sha512_256>(parts)),
        DigestAlgorithm::Sha256 => wide(&hash::<Sha256>(parts)),
        DigestAlgorithm::Md5 => wide(&hash::<Md5>(parts)),
    }
}

fn hash<H: Hash>(parts: &[&[u8]]) -> Output<H> {
    let mut hash = H::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize()
}
