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

/// The limits of an RSA modulus in bits. RFC 7518 section 3.3: "A key of size 2048 bits or larger MUST be used with these
/// algorithms." The upper limit bounds the work of one verification.
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
    ///
    /// A point of small order is refused. With such a key, every client can make signatures, and of the two backends only
    /// RustCrypto would refuse them. RFC 8032 section 5.1.3 says of `y`: "If the resulting value is >= p, decoding fails."
    pub(super) fn ed25519(key: &[u8]) -> Result<Self, &'static str> {
        let key: [u8; 32] = key
            .try_into()
            .map_err(|_| "a key of Ed25519 has 32 bytes")?;
        if has_small_order(key) {
            return Err("a key of Ed25519 must not be a point of small order");
        }
        if is_at_least_prime(key) {
            return Err("the y of a key of Ed25519 must be below the prime");
        }
        Ok(Self::Ed25519(key))
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

/// The `y` of the points of order eight, little-endian. Each is the negative of the other.
const ORDER_EIGHT: [[u8; 32]; 2] = [
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

/// Whether a point of Ed25519 has an order of 1, 2, 4 or 8. Only its `y` counts: the highest bit is the sign of `x`.
pub(super) fn has_small_order(mut point: [u8; 32]) -> bool {
    point[31] &= 0x7f;
    // The prime is 2^255 - 19: its lowest byte is 0xed, the highest is 0x7f, and all others are 0xff. A point has the order
    // 1, 2 or 4 if `y` is 1, -1 or 0. Both spellings of 0 and of 1 are found.
    let [lowest, middle @ .., highest] = point;
    let is_few = lowest <= 1 && middle == [0; 30] && highest == 0;
    let is_prime = (0xec..=0xee).contains(&lowest) && middle == [0xff; 30] && highest == 0x7f;
    is_few || is_prime || ORDER_EIGHT.contains(&point)
}

/// Whether the `y` of a point is the prime or above it.
fn is_at_least_prime(mut point: [u8; 32]) -> bool {
    point[31] &= 0x7f;
    let [lowest, middle @ .., highest] = point;
    lowest >= 0xed && middle == [0xff; 30] && highest == 0x7f
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
