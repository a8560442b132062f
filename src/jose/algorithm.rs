//! The algorithms of signatures (RFC 7518 section 3.1, RFC 8037 section 3.1).

use crate::derives::writes;

/// An algorithm that signs a token.
///
/// `none` is not among them, so no setting and no token can choose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// HMAC with SHA-256. A server that verifies with the secret can also sign with it.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256, and a salt of 32 bytes.
    Ps256,
    /// RSASSA-PSS with SHA-384, and a salt of 48 bytes.
    Ps384,
    /// RSASSA-PSS with SHA-512, and a salt of 64 bytes.
    Ps512,
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// ECDSA with P-384 and SHA-384.
    Es384,
    /// ECDSA with P-521 and SHA-512.
    Es512,
    /// Ed25519. A token names it `EdDSA` (RFC 8037) or `Ed25519` (RFC 9864). Ed448 is not supported.
    EdDsa,
}

/// The algorithms of an RSA key.
pub(super) const RSA: &[SignatureAlgorithm] = &[
    SignatureAlgorithm::Rs256,
    SignatureAlgorithm::Rs384,
    SignatureAlgorithm::Rs512,
    SignatureAlgorithm::Ps256,
    SignatureAlgorithm::Ps384,
    SignatureAlgorithm::Ps512,
];

/// The algorithms of a shared secret.
pub(super) const HMAC: &[SignatureAlgorithm] = &[
    SignatureAlgorithm::Hs256,
    SignatureAlgorithm::Hs384,
    SignatureAlgorithm::Hs512,
];

impl SignatureAlgorithm {
    /// Finds the algorithm that the member `alg` of a header or a key names. Names are compared exactly, with their
    /// case. Returns `None` for `none`, for an algorithm of encryption, and for every other name.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::jose::SignatureAlgorithm;
    ///
    /// assert_eq!(SignatureAlgorithm::from_name("RS256"), Some(SignatureAlgorithm::Rs256));
    /// assert_eq!(SignatureAlgorithm::from_name("Ed25519"), Some(SignatureAlgorithm::EdDsa));
    /// assert_eq!(SignatureAlgorithm::from_name("none"), None);
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "HS256" => Self::Hs256,
            "HS384" => Self::Hs384,
            "HS512" => Self::Hs512,
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "ES512" => Self::Es512,
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ => return None,
        })
    }

    /// Returns the name of the algorithm (RFC 7518 section 3.1), for example `RS256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Whether the algorithm uses a secret that both sides share.
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }

    /// The smallest permitted secret of an HMAC in bytes. RFC 7518 section 3.2: "A key of the same size as the hash
    /// output (for instance, 256 bits for "HS256") or larger MUST be used with this algorithm."
    pub(super) const fn smallest_secret(self) -> usize {
        match self {
            Self::Hs384 => 48,
            Self::Hs512 => 64,
            _ => 32,
        }
    }
}

writes! { impl[] SignatureAlgorithm[] as self => self.name() }
