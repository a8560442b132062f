//! The public key of a client: how it is read, and how it verifies.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::algorithm::HobaAlgorithm;
use super::proof::ToBeSigned;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::jose::{RsaHash, RsaPublicKey, SignatureBackend};

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// Accepts PEM with and without padding. The example of RFC 7486 appendix B has none.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A key of 2,048 bits that belongs to no client. A signature with an unknown kid is verified with it, so that the time
/// of the answer is about the same. Most keys have 2,048 bits. A longer key takes longer, so the time may tell that its kid
/// exists.
const DECOY: &str = "\
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA5CLF78OBAdUv+/6gdLGZbDPufxB42XMVhiNXc6Y/fq+KNS\
    G6HGJjruIUbS5/LEWhXAnnMdp23JxrSey6gC6td561CEOM3W5b6SxPLPruCphlHooq+vycxVCSiqfuJ3P7Kyf1Hky3\
    bUy2WtU9orS10eZTwB4ev3MUAo+IFPNWaxDrgfrom0911lhUMnQW0/3BY/ejSQWj1cmdlRFIDZx1IquCMoKbJkr9+t\
    gdnbj2O6+yhZVn0GlZTfmgsyVSJkVTCDTjDfiEK8U5E/jBEcfMeJ3F354Dwkv5MlSIa9498X3mTP6PkMUxV5eGCUs0\
    v/lgok7O+cIA507eyrScnGvRKwIDAQAB";

/// The RSA public key of a client, and the algorithm of its signatures. A clone shares the key.
///
/// # Example
///
/// ```
/// # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
/// use tower_challenge::scheme::hoba::HobaPublicKey;
///
/// # let pem = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtWgkPLe9cKaP+w36xdI2\nTTA5Ps1Z80IN9De9shVGhEy1Oi0F8FVsqM6QHaMo4wfNQU92NXTqhdfrLq0IBBV0\nLY5wHcFLl9h/gaZDqI7m9j3ijqhObPEOAv3EYCRL4nsvBxjNyuixo1wpQGzuJrFy\n1jl+LvphNrdS7x2HVxgM0hhtJSpBkzAuDGDMVwS5RnAl3B7yrzOK6R+OOB88S3sL\nFHDSnhe1DUHmGxBscXymB2w+jNZLS7C0cBZLlym7AffcgdnDONLV3AuwHM3ypxd9\nJvgtusvkpKOuFEeqHr9uuW2WPqJnR0Rs9ka5PfyNdDhwR0kp8Z4y1kOdJMvthmi6\n2wIDAQAB\n-----END PUBLIC KEY-----\n";
/// let key = HobaPublicKey::from_pem(pem)?; // what `openssl rsa -pubout` writes
/// assert_eq!(key.kid(), "JPYQUrBB4okBPdPCSmyU2ToDlzAYNh2MZkZO4otysyk");
/// assert!(HobaPublicKey::from_pem("-----BEGIN CERTIFICATE-----").is_err());
/// # }
/// # Ok::<(), tower_challenge::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct HobaPublicKey {
    der: Box<[u8]>,
    algorithm: HobaAlgorithm,
    backend: SignatureBackend,
    key: RsaPublicKey,
}

impl HobaPublicKey {
    /// Reads a public key in PEM (`PUBLIC KEY`, RFC 7468 section 13) for signatures with SHA-256, with the
    /// [default backend](SignatureBackend::default).
    ///
    /// The characters `-` and `_` of base64url stand for `+` and `/`, and the padding may be missing: RFC 7486 appendix B
    /// writes its example so.
    ///
    /// # Errors
    ///
    /// The text is no such key, the key is not RSA, it has fewer than 2,048 or more than 8,192 bits, or no backend is
    /// enabled.
    pub fn from_pem(text: &str) -> Result<Self, ConfigError> {
        Self::from_pem_with(text, SignatureBackend::default())
    }

    /// Reads a public key as [`from_pem`](Self::from_pem) does, for the backend `backend`.
    ///
    /// # Errors
    ///
    /// As for [`from_pem`](Self::from_pem), or the feature of the backend is not enabled.
    pub fn from_pem_with(text: &str, backend: SignatureBackend) -> Result<Self, ConfigError> {
        let der = decode_pem(text).ok_or_else(|| {
            ConfigError::new(
                "this is no public key in PEM: the first line must be `-----BEGIN PUBLIC KEY-----`",
            )
        })?;
        Self::from_der(&der, HobaAlgorithm::RsaSha256, backend)
    }

    /// Reads the `SubjectPublicKeyInfo` of a key in DER, as [`from_pem`](Self::from_pem) reads it in PEM.
    ///
    /// # Errors
    ///
    /// As for [`from_pem`](Self::from_pem).
    pub fn from_spki_der(der: &[u8]) -> Result<Self, ConfigError> {
        let backend = SignatureBackend::default();
        Self::from_der(der, HobaAlgorithm::RsaSha256, backend)
    }

    /// Uses the key for signatures with `algorithm`.
    ///
    /// # Errors
    ///
    /// The backend has no such algorithm.
    pub fn with_algorithm(self, algorithm: HobaAlgorithm) -> Result<Self, ConfigError> {
        Self::from_der(&self.der, algorithm, self.backend)
    }

    fn from_der(
        der: &[u8],
        algorithm: HobaAlgorithm,
        backend: SignatureBackend,
    ) -> Result<Self, ConfigError> {
        let hash = match algorithm {
            HobaAlgorithm::RsaSha256 => RsaHash::Sha256,
            HobaAlgorithm::RsaSha1 => RsaHash::Sha1,
        };
        let key = RsaPublicKey::from_spki_der(der, hash, backend)
            .map_err(|why| ConfigError::new(format!("this is no key for HOBA: {why}")))?;
        let der = der.into();
        Ok(Self {
            der,
            algorithm,
            backend,
            key,
        })
    }

    /// The key that belongs to no client.
    pub(super) fn decoy() -> Result<Self, ConfigError> {
        let der = STANDARD.decode(DECOY).unwrap_or_default();
        Self::from_der(&der, HobaAlgorithm::RsaSha256, SignatureBackend::default())
    }

    /// Returns the kid of a hashed key (`kidtype` 0): the SHA-256 of the `SubjectPublicKeyInfo` in base64url.
    #[must_use]
    pub fn kid(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.der))
    }

    /// Returns the algorithm of the signatures.
    #[must_use]
    pub const fn algorithm(&self) -> HobaAlgorithm {
        self.algorithm
    }

    /// Returns the key in PEM, for a database.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let encoded = STANDARD.encode(&self.der);
        let lines = encoded.as_bytes().chunks(64).map(String::from_utf8_lossy);
        let lines = lines.collect::<Vec<_>>().join("\n");
        format!("{BEGIN}\n{lines}\n{END}\n")
    }

    /// Whether `signature`, in base64url, is the signature of `signed` under this key, with the algorithm of the key. The
    /// algorithm in `signed` does not count.
    #[must_use]
    pub fn verify(&self, signed: &ToBeSigned<'_>, signature: &str) -> bool {
        #[cfg(test)]
        tests::count_work();
        let algorithm = self.algorithm;
        let message = ToBeSigned {
            algorithm,
            ..*signed
        }
        .to_text();
        // A text that is not base64url is verified all the same, so that every refusal costs the same.
        let decoded = URL_SAFE_NO_PAD.decode(signature);
        let (signature, is_canonical) =
            decoded.map_or_else(|_| (vec![0; 256], false), |bytes| (bytes, true));
        self.key.verify(message.as_bytes(), &signature) & is_canonical
    }
}

/// Two keys are equal if their bytes and their algorithms are.
impl PartialEq for HobaPublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der && self.algorithm == other.algorithm
    }
}

impl Eq for HobaPublicKey {}

fn decode_pem(text: &str) -> Option<Vec<u8>> {
    let body = text.trim_ascii().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let to_standard = |byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    };
    let body = body.bytes().filter(|byte| !byte.is_ascii_whitespace());
    let body = body.map(to_standard).collect::<Vec<_>>();
    LENIENT.decode(body).ok()
}

shows! { impl[] HobaPublicKey[] as self { kid: self.kid(), algorithm: self.algorithm } }

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;

    thread_local! {
        /// How often this thread has verified a signature.
        pub(in crate::scheme::hoba) static WORK: Cell<u32> = const { Cell::new(0) };
    }

    pub(super) fn count_work() {
        WORK.set(WORK.get() + 1);
    }
}
