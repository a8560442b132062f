//! A key that verifies signatures.

use std::sync::Arc;

use super::algorithm::SignatureAlgorithm;
use super::backend::{PreparedKey, SignatureBackend};
use super::key_material::{KeyMaterial, has_small_order};
use super::thumbprint::thumbprint;
use super::{jwk, pem};
use crate::config_error::ConfigError;
use crate::derives::shows;

/// A key that verifies signatures, and the algorithms with which it may be used.
///
/// A clone is cheap: it shares the key.
///
/// # Example
///
/// ```
/// # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
/// use tower_challenge::jose::{SignatureAlgorithm, VerificationKey};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let key = VerificationKey::from_pem(
///     "-----BEGIN PUBLIC KEY-----\n\
///      MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
///      -----END PUBLIC KEY-----\n",
/// )?;
/// assert!(key.allows(SignatureAlgorithm::EdDsa));
///
/// let secret = VerificationKey::hmac(SignatureAlgorithm::Hs256, &[7; 32])?;
/// assert!(!secret.allows(SignatureAlgorithm::Hs512), "the secret is for one algorithm");
/// assert!(VerificationKey::hmac(SignatureAlgorithm::Hs256, b"secret").is_err(), "too short to be a key");
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
#[derive(Clone)]
pub struct VerificationKey(Arc<KeyParts>);

struct KeyParts {
    id: Option<Box<str>>,
    /// The key for each algorithm that it may be used with.
    prepared: Vec<(SignatureAlgorithm, PreparedKey)>,
    thumbprint: [u8; 32],
    is_secret: bool,
}

impl VerificationKey {
    /// Reads a JSON Web Key (RFC 7517 section 4) with the [default backend](SignatureBackend::default).
    ///
    /// - `kty` is `RSA`, `EC` (`P-256`, `P-384`, `P-521`), `OKP` (`Ed25519`) or `oct`.
    /// - `use` is absent or `sig`. `key_ops` is absent or contains `verify`.
    /// - If the key has an `alg`, it may be used with that algorithm alone. Otherwise it may be used with every algorithm
    ///   of its type: an RSA key with six. RFC 8725 section 3.1 wants one algorithm for each key, so call
    ///   [`only`](Self::only) if you know which one the issuer uses.
    ///
    /// # Errors
    ///
    /// The text is no such key, has the private part of a key pair, or the key is too weak: an RSA key with fewer than
    /// 2,048 bits, a point of small order, or a secret that is shorter than the hash.
    pub fn from_jwk(text: &str) -> Result<Self, ConfigError> {
        Self::from_jwk_with(text, SignatureBackend::default())
    }

    /// Reads a JSON Web Key as [`from_jwk`](Self::from_jwk) does, for the backend `backend`.
    ///
    /// # Errors
    ///
    /// As for [`from_jwk`](Self::from_jwk), or the feature of the backend is not enabled.
    pub fn from_jwk_with(text: &str, backend: SignatureBackend) -> Result<Self, ConfigError> {
        let key = jwk::parse(text).and_then(|jwk| Self::of_jwk(jwk, backend));
        key.map_err(|why| ConfigError::new(format!("this is no key for signatures: {why}")))
    }

    /// Reads a public key in PEM: `PUBLIC KEY` (RFC 7468 section 13) of RSA, ECDSA or Ed25519, or `RSA PUBLIC KEY`
    /// (RFC 8017 appendix A.1.1). An RSA key may be used with six algorithms;
    /// [`only`](Self::only) restricts it.
    ///
    /// # Errors
    ///
    /// The text is no such key. A certificate or a private key is an error, too, and the message says how to get the
    /// public key.
    pub fn from_pem(text: &str) -> Result<Self, ConfigError> {
        Self::from_pem_with(text, SignatureBackend::default())
    }

    /// Reads a public key in PEM as [`from_pem`](Self::from_pem) does, for the backend `backend`.
    ///
    /// # Errors
    ///
    /// As for [`from_pem`](Self::from_pem), or the feature of the backend is not enabled.
    pub fn from_pem_with(text: &str, backend: SignatureBackend) -> Result<Self, ConfigError> {
        let material = pem::parse(text)?;
        let algorithms = material.algorithms();
        let key = Self::new(&material, None, algorithms, backend);
        key.map_err(|why| ConfigError::new(format!("this is no key for signatures: {why}")))
    }

    /// Takes a secret that the issuer and this server share.
    ///
    /// Use it only if one program both issues and verifies the tokens. Every program that has the secret can make tokens.
    ///
    /// # Errors
    ///
    /// `algorithm` is not one of HS256, HS384 and HS512, or the secret is shorter than the hash, which RFC 7518 section
    /// 3.2 forbids: 32, 48 or 64 bytes.
    pub fn hmac(algorithm: SignatureAlgorithm, secret: &[u8]) -> Result<Self, ConfigError> {
        if !algorithm.is_symmetric() {
            return Err(ConfigError::new(format!(
                "{algorithm} does not use a secret: use a public key"
            )));
        }
        let material = KeyMaterial::Secret(secret.to_vec().into());
        let key = Self::new(&material, None, &[algorithm], SignatureBackend::default());
        key.map_err(ConfigError::new)
    }

    /// Names the key. Then only a token whose header has this `kid` is verified with it, or a token without `kid`.
    #[must_use]
    pub fn with_id(self, id: &str) -> Self {
        let mut parts = self.into_parts();
        parts.id = Some(id.into());
        Self(Arc::new(parts))
    }

    /// Allows `algorithm` and no other.
    ///
    /// # Errors
    ///
    /// The key cannot be used with `algorithm`.
    pub fn only(self, algorithm: SignatureAlgorithm) -> Result<Self, ConfigError> {
        if !self.allows(algorithm) {
            return Err(ConfigError::new(format!(
                "the key cannot be used with {algorithm}"
            )));
        }
        let mut parts = self.into_parts();
        parts.prepared.retain(|(known, _)| *known == algorithm);
        Ok(Self(Arc::new(parts)))
    }

    /// Returns the identifier of the key (`kid`).
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.0.id.as_deref()
    }

    /// Whether the key may be used with `algorithm`.
    #[must_use]
    pub fn allows(&self, algorithm: SignatureAlgorithm) -> bool {
        self.prepared(algorithm).is_some()
    }

    /// Iterates over the algorithms with which the key may be used.
    pub fn algorithms(&self) -> impl Iterator<Item = SignatureAlgorithm> {
        self.0.prepared.iter().map(|(algorithm, _)| *algorithm)
    }

    /// Returns the thumbprint of the key (RFC 7638) with SHA-256: 32 bytes, the same for every spelling of the key.
    #[must_use]
    pub fn thumbprint(&self) -> [u8; 32] {
        self.0.thumbprint
    }

    /// Whether the key is a shared secret.
    pub(super) fn is_secret(&self) -> bool {
        self.0.is_secret
    }

    /// Verifies that `signature` is the signature of `message` under `algorithm`.
    ///
    /// A signature of Ed25519 whose `R` is a point of small order is refused. Only the owner of the key can make one, and
    /// of the two backends only RustCrypto would refuse it.
    pub(super) fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let r = signature.first_chunk();
        if algorithm == SignatureAlgorithm::EdDsa && r.is_some_and(|r| has_small_order(*r)) {
            return false;
        }
        let key = self.prepared(algorithm);
        key.is_some_and(|key| key.verify(message, signature))
    }

    pub(super) fn of_jwk(jwk: jwk::Jwk, backend: SignatureBackend) -> Result<Self, String> {
        let all = jwk.material.algorithms();
        let named = jwk.algorithm.as_slice();
        let algorithms = if named.is_empty() { all } else { named };
        Self::new(&jwk.material, jwk.id, algorithms, backend)
    }

    /// Prepares the key for each of `algorithms` that it fits.
    pub(super) fn new(
        material: &KeyMaterial,
        id: Option<Box<str>>,
        algorithms: &[SignatureAlgorithm],
        backend: SignatureBackend,
    ) -> Result<Self, String> {
        let of_its_type = material.algorithms();
        let fitting = algorithms.iter().filter(|one| of_its_type.contains(one));
        let (mut prepared, mut faults) = (Vec::new(), Vec::new());
        for &algorithm in fitting {
            match PreparedKey::new(material, algorithm, backend) {
                Ok(key) => prepared.push((algorithm, key)),
                Err(why) => faults.push(why),
            }
        }
        if prepared.is_empty() {
            // The first algorithm asks the least of a key.
            let mut faults = faults.into_iter();
            let unfit = || "the algorithm does not fit the type of the key".to_owned();
            return Err(faults.next().unwrap_or_else(unfit));
        }
        Ok(Self(Arc::new(KeyParts {
            id,
            prepared,
            thumbprint: thumbprint(material),
            is_secret: matches!(material, KeyMaterial::Secret(_)),
        })))
    }

    fn prepared(&self, algorithm: SignatureAlgorithm) -> Option<&PreparedKey> {
        let mut prepared = self.0.prepared.iter();
        let (_, key) = prepared.find(|(known, _)| *known == algorithm)?;
        Some(key)
    }

    fn into_parts(self) -> KeyParts {
        Arc::try_unwrap(self.0).unwrap_or_else(|shared| KeyParts {
            id: shared.id.clone(),
            prepared: shared.prepared.clone(),
            thumbprint: shared.thumbprint,
            is_secret: shared.is_secret,
        })
    }
}

shows! {
    /// Shows the identifier and the algorithms. A secret is not shown.
    impl[] VerificationKey[] as self {
        id: self.0.id,
        algorithms: self.algorithms().collect::<Vec<_>>(),
    }
}
