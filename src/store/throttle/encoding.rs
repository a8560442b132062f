//! How records are read from bytes: the parts that the three kinds of records share.
//!
//! Each record begins with the version of its layout. Numbers are big-endian and have a fixed width, so every record has
//! exactly one encoding, and its length follows from the counts in its head.

use crate::unavailable::Unavailable;

/// The version of all three layouts. A layout that changes is given another version.
pub(super) const VERSION: u8 = 1;

/// The bytes of a record that were not read yet.
pub(super) struct RecordReader<'a>(&'a [u8]);

impl<'a> RecordReader<'a> {
    /// Reads the version, which must be the present one.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, Unavailable> {
        let mut reader = Self(bytes);
        match reader.u8()? {
            VERSION => Ok(reader),
            _ => Err(corrupt("unknown version")),
        }
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Unavailable> {
        let (first, rest) = self.0.split_first_chunk().ok_or_else(wrong_length)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Unavailable> {
        self.bytes().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Unavailable> {
        self.bytes().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Unavailable> {
        self.bytes().map(u64::from_be_bytes)
    }

    /// Reads a byte of so many flags, the lowest bit first.
    pub(super) fn flags<const N: usize>(&mut self) -> Result<[bool; N], Unavailable> {
        let mut rest = self.u8()?;
        let flags = std::array::from_fn(|_| {
            let flag = rest & 1 != 0;
            rest >>= 1;
            flag
        });
        match rest {
            0 => Ok(flags),
            _ => Err(corrupt("unknown flags")),
        }
    }

    /// The record ends here.
    pub(super) fn end(self) -> Result<(), Unavailable> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(wrong_length())
        }
    }
}

/// The byte that [`RecordReader::flags`] reads.
pub(super) fn flags<const N: usize>(flags: [bool; N]) -> u8 {
    let bits = flags.iter().rev();
    bits.fold(0, |byte, flag| byte << 1 | u8::from(*flag))
}

/// A value that a flag says is absent, so its bytes must be zero.
pub(super) fn present<T: Default + PartialEq>(
    is_present: bool,
    value: T,
) -> Result<Option<T>, Unavailable> {
    match is_present {
        true => Ok(Some(value)),
        false if value == T::default() => Ok(None),
        false => Err(corrupt("a value that its flag says is absent")),
    }
}

#[cold]
pub(super) fn corrupt(why: &'static str) -> Unavailable {
    Unavailable::new(format!("corrupt throttle record: {why}"))
}

#[cold]
fn wrong_length() -> Unavailable {
    corrupt("wrong length")
}
