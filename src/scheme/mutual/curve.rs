//! The groups of points of the curves P-256 and P-521 (RFC 8121 section 3.3).
//!
//! A point `(x, y)` is the number `2 x + (y mod 2)`.
//!
//! # Constant time
//!
//! The secrets are the scalars `pi`, `S_c1` and `S_s1`, and the points `J` and `z`.
//!
//! - Every multiplication is that of `ProjectivePoint` of `primeorder`: complete formulas, with windows of 4 bits whose
//!   entry is selected by reading all 16, over the field arithmetic of `p256` and of `p521`.
//! - The sums, products and inverses are those of `Scalar`. The inverse of `p256` is a power with a public exponent. That of
//!   `p521` is the division step of Bernstein and Yang, which it does a fixed number of times, without branches.
//! - `J` comes from the look-up as bytes. The square root of its `y` is a power with a public exponent.
//! - Whether a point of a peer is on the curve is no secret.
//!
//! `cargo bench -p benches --bench mutual_timing` measures it: two classes of secrets, and the t of Welch.

use std::marker::PhantomData;

use p256::elliptic_curve::group::{Curve as _, Group as _};
use p256::elliptic_curve::ops::Reduce;
use p256::elliptic_curve::sec1::{
    EncodedPoint, FromEncodedPoint, ModulusSize, Tag, ToEncodedPoint,
};
use p256::elliptic_curve::{
    AffinePoint, CurveArithmetic, Field, FieldBytes, FieldBytesSize, PrimeField, ProjectivePoint,
    Scalar,
};
use zeroize::Zeroizing;

use super::group::{ClientExponents, Group, SecretBytes, padded};

/// The points of a curve. Their number is a prime, so each point but the neutral one generates them all.
pub(super) struct PointGroup<C> {
    /// The length of a point in bytes.
    len: usize,
    /// The bits that the first byte of a scalar may have.
    mask: u8,
    curve: PhantomData<fn() -> C>,
}

pub(super) static P256: PointGroup<p256::NistP256> = PointGroup {
    len: 33,
    mask: 0xff,
    curve: PhantomData,
};

pub(super) static P521: PointGroup<p521::NistP521> = PointGroup {
    len: 66,
    mask: 0x01,
    curve: PhantomData,
};

impl<C> PointGroup<C>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromEncodedPoint<C> + ToEncodedPoint<C>,
    Scalar<C>: Reduce<C::Uint>,
{
    /// The point with this number, if there is one. The points with `x = 0` are refused: some encodings write the neutral
    /// point so, and no client with a random exponent sends one.
    fn point(&self, octets: &[u8]) -> Option<ProjectivePoint<C>> {
        if octets.len() != self.len {
            return None;
        }
        let is_odd = octets.last()? & 1;
        let halved = halved(octets);
        // P-256 has one byte more than `x`, for the bit of `y`.
        let (above, x) = halved.split_at_checked(self.len - FieldBytes::<C>::default().len())?;
        let is_zero = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum | byte) == 0;
        if !is_zero(above) || is_zero(x) {
            return None;
        }
        let tag = if is_odd == 1 {
            Tag::CompressedOddY
        } else {
            Tag::CompressedEvenY
        };
        let encoded = Zeroizing::new([&[tag.into()], x].concat());
        let encoded = EncodedPoint::<C>::from_bytes(&*encoded).ok()?;
        // This refuses an `x` that is not below the prime of the field, and one without a point on the curve.
        let point = Option::<AffinePoint<C>>::from(AffinePoint::<C>::from_encoded_point(&encoded))?;
        Some(point.into())
    }

    /// The number of a point. The neutral point has none.
    fn number(&self, point: &ProjectivePoint<C>) -> Option<SecretBytes> {
        let encoded = point.to_affine().to_encoded_point(true);
        let (tag, x) = encoded.as_bytes().split_first()?;
        let is_odd = *tag & 1;
        let is_neutral: bool = point.is_identity().into();
        let mut number = doubled(&padded(x, self.len)?);
        *number.last_mut()? |= is_odd;
        (!is_neutral).then_some(number)
    }

    /// The scalar with these bytes, modulo `r`.
    fn reduced(octets: &[u8]) -> Option<Scalar<C>> {
        Some(Scalar::<C>::reduce_bytes(&*field_bytes::<C>(octets)?))
    }

    /// The scalar with these bytes, if it is from 1 to `r - 1`.
    fn scalar(octets: &[u8]) -> Option<Scalar<C>> {
        let bytes = field_bytes::<C>(octets).filter(|bytes| bytes.len() == octets.len())?;
        let scalar = Option::<Scalar<C>>::from(Scalar::<C>::from_repr((*bytes).clone()))?;
        let is_zero: bool = scalar.is_zero().into();
        (!is_zero).then_some(scalar)
    }

    fn multiple(point: ProjectivePoint<C>, scalar: &Scalar<C>) -> ProjectivePoint<C> {
        #[cfg(test)]
        super::group::tests::count_power();
        point * scalar
    }

    fn generator() -> ProjectivePoint<C> {
        ProjectivePoint::<C>::generator()
    }
}

impl<C> Group for PointGroup<C>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromEncodedPoint<C> + ToEncodedPoint<C>,
    Scalar<C>: Reduce<C::Uint>,
{
    fn is_element(&self, octets: &[u8]) -> bool {
        self.point(octets).is_some()
    }

    fn verifier(&self, pi: &[u8]) -> Option<SecretBytes> {
        self.number(&Self::multiple(Self::generator(), &Self::reduced(pi)?))
    }

    fn client_element(&self, s_c1: &[u8]) -> Option<Vec<u8>> {
        let k_c1 = self.number(&Self::multiple(Self::generator(), &Self::scalar(s_c1)?))?;
        Some(k_c1.to_vec())
    }

    fn server_element(&self, j: &[u8], k_c1: &[u8], t1: &[u8], s_s1: &[u8]) -> Option<Vec<u8>> {
        let (k_c1, s_s1) = (self.point(k_c1)?, Self::scalar(s_s1)?);
        let base = self.point(j)? + Self::multiple(k_c1, &Self::reduced(t1)?);
        let k_s1 = self.number(&Self::multiple(base, &s_s1))?;
        Some(k_s1.to_vec())
    }

    fn server_z(&self, k_c1: &[u8], t2: &[u8], s_s1: &[u8]) -> Option<SecretBytes> {
        let (k_c1, s_s1) = (self.point(k_c1)?, Self::scalar(s_s1)?);
        let base = k_c1 + Self::multiple(Self::generator(), &Self::reduced(t2)?);
        self.number(&Self::multiple(base, &s_s1))
    }

    fn client_z(&self, k_s1: &[u8], exponents: &ClientExponents<'_>) -> Option<SecretBytes> {
        let (k_s1, s_c1) = (self.point(k_s1)?, Self::scalar(exponents.s_c1)?);
        let (t1, t2) = (Self::reduced(exponents.t1)?, Self::reduced(exponents.t2)?);
        let divisor = s_c1 * t1 + Self::reduced(exponents.pi)?;
        let inverse = Option::<Scalar<C>>::from(Field::invert(&divisor))?;
        self.number(&Self::multiple(k_s1, &((s_c1 + t2) * inverse)))
    }

    fn exponent(&self, fill: &mut dyn FnMut(&mut [u8])) -> SecretBytes {
        let mut octets = Zeroizing::new(vec![0; FieldBytes::<C>::default().len()]);
        loop {
            fill(&mut octets);
            octets[0] &= self.mask;
            if Self::scalar(&octets).is_some() {
                return octets;
            }
        }
    }
}

/// The bytes as those of a field element, with zeros in front.
fn field_bytes<C: CurveArithmetic>(octets: &[u8]) -> Option<Zeroizing<FieldBytes<C>>> {
    let mut bytes = Zeroizing::new(FieldBytes::<C>::default());
    let padded = padded(octets, bytes.len())?;
    bytes.copy_from_slice(&padded);
    Some(bytes)
}

/// Half of the number, without the bit that is lost.
fn halved(octets: &[u8]) -> SecretBytes {
    let above = [0].iter().chain(octets);
    let halved = above
        .zip(octets)
        .map(|(above, byte)| above << 7 | byte >> 1);
    Zeroizing::new(halved.collect())
}

/// Twice the number. Its highest bit must be free.
fn doubled(octets: &[u8]) -> SecretBytes {
    let below = octets.iter().skip(1).chain([&0]);
    let doubled = octets.iter().zip(below);
    Zeroizing::new(
        doubled
            .map(|(byte, below)| byte << 1 | below >> 7)
            .collect(),
    )
}
