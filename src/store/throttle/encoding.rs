//! Reads records from bytes: the parts that the three kinds of records share.
//!
//! Each record begins with the version of its layout. Numbers are big-endian and have a fixed width, so every record
//! has exactly one encoding. The counts near its start determine its length.

use crate::unavailable::Unavailable;

/// The version of all three layouts. Change it when a layout changes, so that an old process does not misread new
/// records.
pub(super) const VERSION: u8 = 1;

/// The bytes of a record that are still to be read.
pub(super) struct RecordReader<'a>(&'a [u8]);

impl<'a> RecordReader<'a> {
    /// Reads the version, which must be the current one.
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

    /// Reads a byte with `N` flags, the lowest bit first.
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

    /// Checks that no bytes are left.
    pub(super) fn end(self) -> Result<(), Unavailable> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(wrong_length())
        }
    }
}

/// Makes the byte that [`RecordReader::flags`] reads.
pub(super) fn flags<const N: usize>(flags: [bool; N]) -> u8 {
    let bits = flags.iter().rev();
    bits.fold(0, |byte, flag| byte << 1 | u8::from(*flag))
}

/// Returns a value if its flag says that it is present. Otherwise the bytes of the value must be zero, so that a record
/// has one encoding only.
pub(super) fn present<T: Default + PartialEq>(
    is_present: bool,
    value: T,
) -> Result<Option<T>, Unavailable> {
    match is_present {
        true => Ok(Some(value)),
        false if value == T::default() => Ok(None),
        false => Err(corrupt("nonzero value although its flag is not set")),
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
