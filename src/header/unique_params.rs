//! Which parameters does a list have, each name once?

use super::grammar::same_name;
use super::parse_error::ExpectedSyntax;
use super::{MAX_PARAMS, Param, ParamValue};

/// The parameters of one list, each name once.
///
/// RFC 9110 section 11.2: each parameter name occurs only once per challenge, in whatever case.
/// They are kept on the stack, so that reading credentials allocates nothing.
#[derive(Clone)]
pub(crate) struct UniqueParams<'a> {
    params: [Param<'a>; MAX_PARAMS],
    count: usize,
    /// A bit for the [`mark`] of each name: if it is not set, no name needs to be compared.
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

    /// Adds `param`, unless its name is there or there are too many.
    #[inline]
    pub(super) fn add(&mut self, param: Param<'a>) -> Result<(), ExpectedSyntax> {
        let name = param.name_octets();
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
        used.any(|param| same_name(param.name_octets(), name))
    }

    /// The parameters, in the order of the wire.
    #[inline]
    pub(crate) fn as_slice(&self) -> &[Param<'a>] {
        self.params.get(..self.count).unwrap_or_default()
    }
}

/// The same bit for names that are the same without case.
#[inline]
fn mark(name: &[u8]) -> u64 {
    let ends = name.first().zip(name.last());
    let (first, last) = ends.map_or((0, 0), |(first, last)| (first & 0x1F, last & 0x1F));
    1 << ((name.len() + 5 * usize::from(first) + usize::from(last)) % 64)
}
