//! The numbers of a key, as they stand in a JSON Web Key or in PEM.

use zeroize::Zeroizing;

use super::algorithm::{self, SignatureAlgorithm};

/// The numbers of a key. The constructors check their lengths. A backend checks the rest, for example that a point is on
/// its curve.
pub(super) enum KeyMaterial {
    /// A modulus and a public exponent, big-endian and without leading zeros.
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    /// The coordinates of a point, each as long as the curve prescribes.
    Ec {
        curve: Curve,
        x: Vec<u8>,
        y: Vec<u8>,
    },
    /// A public key of Ed25519.
    Ed25519([u8; 32]),
    /// A shared secret.
    Secret(Zeroizing<Vec<u8>>),
}

/// A curve of ECDSA (RFC 7518 section 6.2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

/// The limits of an RSA modulus in bits. RFC 7518 section 3.3: "A key of size 2048 bits or larger MUST be used". The
/// upper limit bounds the work of one verification.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

impl Curve {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "P-256" => Self::P256,
            "P-384" => Self::P384,
            "P-521" => Self::P521,
            _ => return None,
        })
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// The length of a coordinate in bytes.
    const fn length(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    const fn algorithms(self) -> &'static [SignatureAlgorithm] {
        match self {
            Self::P256 => &[SignatureAlgorithm::Es256],
            Self::P384 => &[SignatureAlgorithm::Es384],
            Self::P521 => &[SignatureAlgorithm::Es512],
        }
    }
}

impl KeyMaterial {
    /// An RSA key. Leading zeros are dropped, which some issuers send although RFC 7518 section 6.3.1.1 forbids them.
    pub(super) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, &'static str> {
        let (modulus, exponent) = (without_zeros(modulus), without_zeros(exponent));
        if !RSA_BITS.contains(&bits(modulus)) {
            return Err("an RSA key needs 2048 to 8192 bits");
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        if !is_odd(modulus) || !is_odd(exponent) || !(2..=33).contains(&bits(exponent)) {
            return Err("the modulus must be odd, and the exponent odd and from 3 to 33 bits long");
        }
        Ok(Self::Rsa {
            modulus: modulus.to_owned(),
            exponent: exponent.to_owned(),
        })
    }

    /// A point of `curve`.
    pub(super) fn ec(curve: Curve, x: &[u8], y: &[u8]) -> Result<Self, &'static str> {
        if [x.len(), y.len()] != [curve.length(); 2] {
            return Err("a coordinate has the wrong length for its curve");
        }
        let (x, y) = (x.to_owned(), y.to_owned());
        Ok(Self::Ec { curve, x, y })
    }

    /// A point of `curve` in the uncompressed form of SEC 1: the byte 4, and both coordinates.
    pub(super) fn ec_point(curve: Curve, point: &[u8]) -> Result<Self, &'static str> {
        let coordinates = point.strip_prefix(&[4]);
        let coordinates = coordinates.filter(|both| both.len() == 2 * curve.length());
        let (x, y) = coordinates
            .and_then(|both| both.split_at_checked(curve.length()))
            .ok_or("the point must be uncompressed")?;
        Self::ec(curve, x, y)
    }

    /// A public key of Ed25519.
    pub(super) fn ed25519(key: &[u8]) -> Result<Self, &'static str> {
        let key = key.try_into();
        key.map(Self::Ed25519)
            .map_err(|_| "a key of Ed25519 has 32 bytes")
    }

    /// The algorithms that the key can verify.
    pub(super) fn algorithms(&self) -> &'static [SignatureAlgorithm] {
        match self {
            Self::Rsa { .. } => algorithm::RSA,
            Self::Ec { curve, .. } => curve.algorithms(),
            Self::Ed25519(_) => &[SignatureAlgorithm::EdDsa],
            Self::Secret(_) => algorithm::HMAC,
        }
    }

    /// The uncompressed form of a point: the byte 4, and both coordinates.
    pub(super) fn uncompressed(x: &[u8], y: &[u8]) -> Vec<u8> {
        [&[4], x, y].concat()
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// The length in bits of a number without leading zeros.
fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |first| first.leading_zeros());
    number.len() * 8 - unused as usize
}
