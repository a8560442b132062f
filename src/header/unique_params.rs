//! Collects the parameters of a list and refuses a name that occurs twice.

use super::grammar::same_name;
use super::parse_error::ExpectedSyntax;
use super::{MAX_PARAMS, Param, ParamValue};

/// The parameters of one list, without repeated names.
///
/// Each parameter name may occur only once per challenge, in any case (RFC 9110 section 11.2). The parameters are in an
/// array on the stack, so that parsing credentials allocates no memory.
#[derive(Clone)]
pub(crate) struct UniqueParams<'a> {
    params: [Param<'a>; MAX_PARAMS],
    count: usize,
    /// The [`mark`] bits of all names so far. If the bit of a new name is not set, the name is new without any
    /// comparison.
    marks: u64,
}

impl<'a> UniqueParams<'a> {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            params: [Param::new(&[], ParamValue::from_token(&[])); MAX_PARAMS],
            count: 0,
            marks: 0,
        }
    }

    /// Adds `param`. It fails if the list already has that name, or already has [`MAX_PARAMS`] parameters.
    #[inline]
    pub(super) fn add(&mut self, param: Param<'a>) -> Result<(), ExpectedSyntax> {
        let name = param.name_bytes();
        let mark = mark(name);
        if self.marks & mark != 0 && self.holds(name) {
            return Err(ExpectedSyntax::NewParamName);
        }
        let free = self.params.get_mut(self.count);
        *free.ok_or(ExpectedSyntax::FewerParams)? = param;
        self.count += 1;
        self.marks |= mark;
        Ok(())
    }

    fn holds(&self, name: &[u8]) -> bool {
        let mut used = self.as_slice().iter();
        used.any(|param| same_name(param.name_bytes(), name))
    }

    /// Returns the parameters in the order in which the field has them.
    #[inline]
    pub(crate) fn as_slice(&self) -> &[Param<'a>] {
        self.params.get(..self.count).unwrap_or_default()
    }
}

/// Returns one bit that depends on the length and on the first and last letter of a name. Names that differ only in
/// case have the same bit. `0x1F` masks out the bits that hold the case of an ASCII letter.
#[inline]
fn mark(name: &[u8]) -> u64 {
    let ends = name.first().zip(name.last());
    let (first, last) = ends.map_or((0, 0), |(first, last)| (first & 0x1F, last & 0x1F));
    1 << ((name.len() + 5 * usize::from(first) + usize::from(last)) % 64)
}
