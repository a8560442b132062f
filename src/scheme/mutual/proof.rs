//! The mathematics of Mutual, as pure functions (RFC 8120 section 12, RFC 8121 section 3).
//!
//! ```text
//! pi   = PBKDF2(password, VS(algorithm) VS(auth-scope) VS(realm) VS(user), 16384)
//! J    = g^pi                                                     the server keeps J
//! K_c1 = g^S_c1                                                   the client sends K_c1
//! K_s1 = (J * K_c1^t1)^S_s1                                       the server sends K_s1
//! t1   = H(1 K_c1)                                                t2 = H(2 K_c1 K_s1)
//! z    = (K_c1 * g^t2)^S_s1                                       on the server
//!      = K_s1^((S_c1 + t2) / (S_c1 * t1 + pi))                    on the client
//! VK_c = H(4 K_c1 K_s1 z VI(nc) VS(vh))                           VK_s = H(3 K_c1 K_s1 z VI(nc) VS(vh))
//! ```
//!
//! Each side knows `z` only if the password of the client belongs to the `J` of the server. `VK_c` and `VK_s` prove that,
//! for one count `nc` and one host `vh`.
//!
//! # Example
//!
//! ```
//! use tower_challenge::Secret;
//! use tower_challenge::scheme::mutual::proof::{ClientKey, PasswordKey, ServerKey};
//! use tower_challenge::scheme::mutual::{MutualAlgorithm, MutualSpace};
//!
//! # fn run() -> Option<()> {
//! let space = MutualSpace::new(MutualAlgorithm::P256, "https://example.com", "notes").ok()?;
//! let pi = PasswordKey::new(&space, "ada", Secret::new("lovelace"));
//! let j = pi.verifier();
//!
//! // The exponents must be random. These are for an example only.
//! let client = ClientKey::new(MutualAlgorithm::P256, &[7; 32])?;
//! let server = ServerKey::new(&j, client.element(), &[9; 32])?;
//! let (ours, theirs) = (client.agree(&pi, server.element())?, server.agree()?);
//! assert!(theirs.client_proof(1, b"https://example.com:443").matches(ours.client_proof(1, b"https://example.com:443").as_bytes()));
//!
//! // Zero is refused, although a point of P-256 has this number: see `ServerKey::new`.
//! assert!(ServerKey::new(&j, &[0; 33], &[9; 32]).is_none());
//! # Some(()) }
//! # run().unwrap();
//! ```

use zeroize::Zeroizing;

use super::algorithm::MutualAlgorithm;
pub use super::encoding::{variable_integer, variable_string};
use super::group::{ClientExponents, SecretBytes};
use super::space::MutualSpace;
use crate::secret::{Secret, same};

/// `pi`: the hash of a password. It must never leave the client.
#[expect(missing_debug_implementations, reason = "a secret has none")]
pub struct PasswordKey {
    algorithm: MutualAlgorithm,
    pi: SecretBytes,
}

/// `J`: the number that the server keeps of a password.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a secret has none")]
pub struct Verifier {
    algorithm: MutualAlgorithm,
    j: SecretBytes,
}

/// The keys of a client in one exchange: the secret exponent `S_c1` and the element `K_c1`.
#[expect(missing_debug_implementations, reason = "a secret has none")]
pub struct ClientKey {
    algorithm: MutualAlgorithm,
    s_c1: SecretBytes,
    k_c1: Vec<u8>,
}

/// The keys of a server in one exchange: the secret exponent `S_s1` and the element `K_s1`.
#[expect(missing_debug_implementations, reason = "a secret has none")]
pub struct ServerKey {
    algorithm: MutualAlgorithm,
    k_c1: Vec<u8>,
    s_s1: SecretBytes,
    k_s1: Vec<u8>,
}

/// What both sides know after an exchange: `K_c1`, `K_s1` and the secret `z`.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a secret has none")]
pub struct SessionSecret {
    algorithm: MutualAlgorithm,
    /// `K_c1`, `K_s1` and `z`, one after the other.
    octets: SecretBytes,
}

/// `VK_c` or `VK_s`.
#[expect(missing_debug_implementations, reason = "a secret has none")]
pub struct Proof(SecretBytes);

impl PasswordKey {
    /// Hashes a password for one user of one protection space. It takes about 10 ms.
    #[must_use]
    pub fn new(space: &MutualSpace, user: &str, password: Secret<'_>) -> Self {
        let algorithm = space.algorithm();
        let salt = [algorithm.name(), space.auth_scope(), space.realm(), user];
        let salt = salt.map(|part| variable_string(part.as_bytes())).concat();
        Self {
            algorithm,
            pi: algorithm.stretch(password.expose().as_bytes(), &salt),
        }
    }

    /// Makes a key of random bytes, which belongs to no password.
    pub(super) fn random(algorithm: MutualAlgorithm, fill: &mut dyn FnMut(&mut [u8])) -> Self {
        let mut pi = Zeroizing::new(vec![0; algorithm.hash_len()]);
        fill(&mut pi);
        Self { algorithm, pi }
    }

    /// `J`.
    ///
    /// # Panics
    ///
    /// If `pi` is a multiple of the order of the group. No such password is known.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        let j = self.algorithm.group().verifier(&self.pi);
        Verifier {
            algorithm: self.algorithm,
            j: j.expect("a hash is no multiple of the order of the group"),
        }
    }

    /// `pi` as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.pi
    }
}

impl Verifier {
    /// Reads `J`. Returns `None` if the bytes are no element of the group.
    #[must_use]
    pub fn from_bytes(algorithm: MutualAlgorithm, octets: &[u8]) -> Option<Self> {
        let is_element = algorithm.group().is_element(octets);
        is_element.then(|| Self {
            algorithm,
            j: Zeroizing::new(octets.to_vec()),
        })
    }

    /// `J` as bytes: as many as an element of the group has.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.j
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> MutualAlgorithm {
        self.algorithm
    }
}

impl ClientKey {
    /// Computes `K_c1`. `s_c1` must be random bytes, as many as [an exponent](MutualAlgorithm::exponent_len) has, and the
    /// same ones never twice. Returns `None` if they are zero, or not below the order of the group.
    #[must_use]
    pub fn new(algorithm: MutualAlgorithm, s_c1: &[u8]) -> Option<Self> {
        Some(Self {
            algorithm,
            k_c1: algorithm.group().client_element(s_c1)?,
            s_c1: Zeroizing::new(s_c1.to_vec()),
        })
    }

    /// `K_c1`.
    #[must_use]
    pub fn element(&self) -> &[u8] {
        &self.k_c1
    }

    /// Computes `z`. Returns `None` if `k_s1` is no element of the group, or if the password is for another algorithm.
    #[must_use]
    pub fn agree(&self, password: &PasswordKey, k_s1: &[u8]) -> Option<SessionSecret> {
        let algorithm = self.algorithm;
        let exponents = ClientExponents {
            s_c1: &self.s_c1,
            pi: &password.pi,
            t1: &t1(algorithm, &self.k_c1),
            t2: &t2(algorithm, &self.k_c1, k_s1),
        };
        let z = algorithm.group().client_z(k_s1, &exponents)?;
        (password.algorithm == algorithm)
            .then(|| SessionSecret::new(algorithm, &self.k_c1, k_s1, &z))
    }
}

impl ServerKey {
    /// Computes `K_s1`. `s_s1` must be random bytes, as many as [an exponent](MutualAlgorithm::exponent_len) has, and the
    /// same ones never twice.
    ///
    /// Returns `None` if `k_c1` is no element of the group, or a point with `x = 0`: some encodings write the neutral point
    /// so, and no client with a random exponent sends one. Returns `None` also if `s_s1` is zero or not below the order of the group, or if
    /// `K_s1` is no element that a client accepts. In the last case, the exchange must end (RFC 8121 section 3).
    #[must_use]
    pub fn new(verifier: &Verifier, k_c1: &[u8], s_s1: &[u8]) -> Option<Self> {
        let algorithm = verifier.algorithm;
        let (group, t1) = (algorithm.group(), t1(algorithm, k_c1));
        Some(Self {
            algorithm,
            k_s1: group.server_element(&verifier.j, k_c1, &t1, s_s1)?,
            k_c1: k_c1.to_vec(),
            s_s1: Zeroizing::new(s_s1.to_vec()),
        })
    }

    /// `K_s1`.
    #[must_use]
    pub fn element(&self) -> &[u8] {
        &self.k_s1
    }

    /// Computes `z`. Returns `None` if `z` is the neutral point of a curve, which happens to no random exponent.
    #[must_use]
    pub fn agree(&self) -> Option<SessionSecret> {
        let t2 = t2(self.algorithm, &self.k_c1, &self.k_s1);
        let group = self.algorithm.group();
        let z = group.server_z(&self.k_c1, &t2, &self.s_s1)?;
        Some(SessionSecret::new(
            self.algorithm,
            &self.k_c1,
            &self.k_s1,
            &z,
        ))
    }
}

impl SessionSecret {
    pub(super) fn new(algorithm: MutualAlgorithm, k_c1: &[u8], k_s1: &[u8], z: &[u8]) -> Self {
        Self {
            algorithm,
            octets: Zeroizing::new([k_c1, k_s1, z].concat()),
        }
    }

    pub(super) const fn algorithm(&self) -> MutualAlgorithm {
        self.algorithm
    }

    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// `z`.
    #[must_use]
    pub fn z(&self) -> &[u8] {
        let z = self.octets.get(2 * self.algorithm.element_len()..);
        z.unwrap_or_default()
    }

    /// `VK_c`: the client proves that it knows the password. `count` is `nc`, and `host` is `vh`.
    #[must_use]
    pub fn client_proof(&self, count: u64, host: &[u8]) -> Proof {
        self.proof(CLIENT, count, host)
    }

    /// `VK_s`: the server proves that it knows `J`. It must not leave the server before `VK_c` has verified.
    #[must_use]
    pub fn server_proof(&self, count: u64, host: &[u8]) -> Proof {
        self.proof(SERVER, count, host)
    }

    fn proof(&self, kind: u8, count: u64, host: &[u8]) -> Proof {
        let (count, host) = (variable_integer(count.into()), variable_string(host));
        let parts = [&[kind], &**self.octets, &count, &host];
        Proof(self.algorithm.hash(&parts))
    }
}

/// The first byte under the hash of `VK_c`, and of `VK_s`.
pub(super) const CLIENT: u8 = 4;
pub(super) const SERVER: u8 = 3;

impl Proof {
    pub(super) const fn new(octets: SecretBytes) -> Self {
        Self(octets)
    }

    /// Whether `presented` are the bytes of this proof. The time does not depend on them.
    #[must_use]
    pub fn matches(&self, presented: &[u8]) -> bool {
        same(presented, &self.0)
    }

    /// The bytes of the proof: as many as the hash has.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn t1(algorithm: MutualAlgorithm, k_c1: &[u8]) -> SecretBytes {
    algorithm.hash(&[&[1], k_c1])
}

fn t2(algorithm: MutualAlgorithm, k_c1: &[u8], k_s1: &[u8]) -> SecretBytes {
    algorithm.hash(&[&[2], k_c1, k_s1])
}
