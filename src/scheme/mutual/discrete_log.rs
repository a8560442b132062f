//! The groups of integers modulo a prime: groups 14 and 16 of RFC 3526 (RFC 8121 section 3.2).
//!
//! # Constant time
//!
//! The secrets are the exponents `pi`, `S_c1` and `S_s1`, and the elements `J` and `z`.
//!
//! - Every power is `DynResidue::pow_bounded_exp` of `crypto-bigint`: Montgomery arithmetic, with windows of 4 bits whose
//!   entry is selected by reading all 16. Its time depends on the number of bits that it is asked to use. That number is
//!   the length of the field (2,048 or 4,096 bits) or of a hash, and never the length of a value.
//! - The sums and products of exponents are `DynResidue` modulo `r`. The quotient is a power with the public exponent
//!   `r - 2`, because `r` is a prime.
//! - The comparisons with 1 and `q - 1` are of `K_c1` and `K_s1`, which both sides see. Their time does not matter.
//!
//! `cargo bench -p benches --bench mutual_timing` measures it: two classes of secrets, and the t of Welch.

use std::sync::LazyLock;

use crypto_bigint::modular::runtime_mod::{DynResidue, DynResidueParams};
use crypto_bigint::{U2048, U4096, Uint};
use zeroize::Zeroizing;

use super::group::{ClientExponents, Group, SecretBytes, padded};

/// The integers modulo the prime `q = 2 r + 1`. The generator is 2, whose order is the prime `r`.
pub(super) struct IntegerGroup<const LIMBS: usize> {
    /// `q`.
    modulus: DynResidueParams<LIMBS>,
    /// `r`.
    order: DynResidueParams<LIMBS>,
}

/// Group 14 of RFC 3526: a prime of 2,048 bits.
pub(super) static GROUP_14: LazyLock<IntegerGroup<{ U2048::LIMBS }>> =
    LazyLock::new(|| IntegerGroup::new(&U2048::from_be_hex(PRIME_14)));

/// Group 16 of RFC 3526: a prime of 4,096 bits.
pub(super) static GROUP_16: LazyLock<IntegerGroup<{ U4096::LIMBS }>> =
    LazyLock::new(|| IntegerGroup::new(&U4096::from_be_hex(PRIME_16)));

impl<const LIMBS: usize> IntegerGroup<LIMBS> {
    const LEN: usize = Uint::<LIMBS>::BYTES;

    fn new(prime: &Uint<LIMBS>) -> Self {
        Self {
            modulus: DynResidueParams::new(prime),
            order: DynResidueParams::new(&prime.shr_vartime(1)),
        }
    }

    /// The element with these bytes, if it is above 1 and below `q - 1`. The time depends on the element.
    fn element(&self, octets: &[u8]) -> Option<DynResidue<LIMBS>> {
        let number = (octets.len() == Self::LEN).then(|| Uint::from_be_slice(octets))?;
        let last = self.modulus.modulus().wrapping_sub(&Uint::ONE);
        (Uint::ONE < number && number < last).then(|| DynResidue::new(&number, self.modulus))
    }

    /// An exponent of full length, if it is from 1 to `r - 1`.
    fn scalar(&self, octets: &[u8]) -> Option<Zeroizing<Uint<LIMBS>>> {
        let number = number(octets)?;
        let is_good = *number != Uint::ZERO && *number < *self.order.modulus();
        is_good.then_some(number)
    }

    /// The exponent as a residue modulo `r`.
    fn residue(&self, octets: &[u8]) -> Option<DynResidue<LIMBS>> {
        Some(DynResidue::new(&*number(octets)?, self.order))
    }

    fn generator(&self) -> DynResidue<LIMBS> {
        DynResidue::new(&Uint::from_u8(2), self.modulus)
    }

    /// The power of a base with the exponent in these bytes. The time depends on their number alone.
    fn power(base: &DynResidue<LIMBS>, octets: &[u8]) -> Option<DynResidue<LIMBS>> {
        #[cfg(test)]
        super::group::tests::count_power();
        let exponent = number::<LIMBS>(octets)?;
        Some(base.pow_bounded_exp(&exponent, 8 * octets.len()))
    }

    /// The power of a base with an exponent from 1 to `r - 1`.
    fn full_power(
        base: &DynResidue<LIMBS>,
        exponent: &Zeroizing<Uint<LIMBS>>,
    ) -> DynResidue<LIMBS> {
        #[cfg(test)]
        super::group::tests::count_power();
        base.pow(&**exponent)
    }

    /// The element as bytes, if a peer may get it.
    fn public(&self, element: &DynResidue<LIMBS>) -> Option<Vec<u8>> {
        let octets = octets(&element.retrieve());
        self.is_element(&octets).then(|| octets.to_vec())
    }
}

impl<const LIMBS: usize> Group for IntegerGroup<LIMBS> {
    fn is_element(&self, octets: &[u8]) -> bool {
        self.element(octets).is_some()
    }

    fn verifier(&self, pi: &[u8]) -> Option<SecretBytes> {
        let j = Self::power(&self.generator(), pi)?;
        Some(octets(&j.retrieve()))
    }

    fn client_element(&self, s_c1: &[u8]) -> Option<Vec<u8>> {
        let k_c1 = Self::full_power(&self.generator(), &self.scalar(s_c1)?);
        self.public(&k_c1)
    }

    fn server_element(&self, j: &[u8], k_c1: &[u8], t1: &[u8], s_s1: &[u8]) -> Option<Vec<u8>> {
        let (k_c1, s_s1) = (self.element(k_c1)?, self.scalar(s_s1)?);
        let j = DynResidue::new(&*number(j)?, self.modulus);
        let base = j * Self::power(&k_c1, t1)?;
        self.public(&Self::full_power(&base, &s_s1))
    }

    fn server_z(&self, k_c1: &[u8], t2: &[u8], s_s1: &[u8]) -> Option<SecretBytes> {
        let (k_c1, s_s1) = (self.element(k_c1)?, self.scalar(s_s1)?);
        let base = k_c1 * Self::power(&self.generator(), t2)?;
        Some(octets(&Self::full_power(&base, &s_s1).retrieve()))
    }

    fn client_z(&self, k_s1: &[u8], exponents: &ClientExponents<'_>) -> Option<SecretBytes> {
        let k_s1 = self.element(k_s1)?;
        let s_c1 = DynResidue::new(&*self.scalar(exponents.s_c1)?, self.order);
        let (t1, t2) = (self.residue(exponents.t1)?, self.residue(exponents.t2)?);
        let divisor = s_c1 * t1 + self.residue(exponents.pi)?;
        // Fermat: the inverse is the power r - 2. The inverse of 0 is 0 here, and `scalar` then finds no exponent.
        let inverse = divisor.pow(&self.order.modulus().wrapping_sub(&Uint::from_u8(2)));
        let exponent = octets(&((s_c1 + t2) * inverse).retrieve());
        let exponent = self.scalar(&exponent)?;
        Some(octets(&Self::full_power(&k_s1, &exponent).retrieve()))
    }

    fn exponent(&self, fill: &mut dyn FnMut(&mut [u8])) -> SecretBytes {
        let mut octets = Zeroizing::new(vec![0; Self::LEN]);
        loop {
            fill(&mut octets);
            // `r` has one bit less than the field has, and its 60 highest bits are ones: the loop hardly ever repeats.
            octets[0] &= 0x7f;
            if self.scalar(&octets).is_some() {
                return octets;
            }
        }
    }
}

/// The number in these bytes, which may be fewer than the field has.
fn number<const LIMBS: usize>(octets: &[u8]) -> Option<Zeroizing<Uint<LIMBS>>> {
    let octets = padded(octets, Uint::<LIMBS>::BYTES)?;
    Some(Zeroizing::new(Uint::from_be_slice(&octets)))
}

fn octets<const LIMBS: usize>(number: &Uint<LIMBS>) -> SecretBytes {
    let words = number.as_words().iter().rev();
    Zeroizing::new(words.flat_map(|word| word.to_be_bytes()).collect())
}

/// `q` of group 14 in hexadecimal.
const PRIME_14: &str = "\
    ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b\
    302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe6\
    49286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb9ed529077096966d\
    670c354e4abc9804f1746c08ca18217c32905e462e36ce3be39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718\
    3995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff";

/// `q` of group 16 in hexadecimal.
const PRIME_16: &str = "\
    ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b\
    302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe6\
    49286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb9ed529077096966d\
    670c354e4abc9804f1746c08ca18217c32905e462e36ce3be39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718\
    3995497cea956ae515d2261898fa051015728e5a8aaac42dad33170d04507a33a85521abdf1cba64ecfb850458dbef0a8aea71575d060c7d\
    b3970f85a6e1e4c7abf5ae8cdb0933d71e8c94e04a25619dcee3d2261ad2ee6bf12ffa06d98a0864d87602733ec86a64521f2b18177b200c\
    bbe117577a615d6c770988c0bad946e208e24fa074e5ab3143db5bfce0fd108e4b82d120a92108011a723c12a787e6d788719a10bdba5b26\
    99c327186af4e23c1a946834b6150bda2583e9ca2ad44ce8dbbbc2db04de8ef92e8efc141fbecaa6287c59474e6bc05d99b2964fa090c3a2\
    233ba186515be7ed1f612970cee2d7afb81bdd762170481cd0069127d5b05aa993b4ea988d8fddc186ffb7dc90a6c08f4df435c934063199\
    ffffffffffffffff";
