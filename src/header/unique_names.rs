//! Which parameter names a list has used.

use super::MAX_PARAMS;
use super::grammar::same_name;
use super::parse_error::Expected;

/// The names of one list of parameters, each of them once.
///
/// RFC 9110 section 11.2: each parameter name occurs only once per challenge, in whatever case.
/// They are kept on the stack, so that reading credentials allocates nothing.
pub(super) struct UniqueNames<'a> {
    names: [&'a [u8]; MAX_PARAMS],
    count: usize,
    /// A bit for the [`mark`] of each name: if it is not set, no name needs to be compared.
    marks: u64,
}

impl<'a> UniqueNames<'a> {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            names: [&[]; MAX_PARAMS],
            count: 0,
            marks: 0,
        }
    }

    /// Adds `name`, unless it is there or there are too many.
    #[inline]
    pub(super) fn add(&mut self, name: &'a [u8]) -> Result<(), Expected> {
        let mark = mark(name);
        if self.marks & mark != 0 && self.holds(name) {
            return Err(Expected::NewParamName);
        }
        let free = self.names.get_mut(self.count);
        *free.ok_or(Expected::FewerParams)? = name;
        self.count += 1;
        self.marks |= mark;
        Ok(())
    }

    fn holds(&self, name: &[u8]) -> bool {
        let mut names = self.names.iter().take(self.count);
        names.any(|used| same_name(used, name))
    }
}

/// The same bit for names that are the same without case.
#[inline]
fn mark(name: &[u8]) -> u64 {
    let ends = name.first().zip(name.last());
    let (first, last) = ends.map_or((0, 0), |(first, last)| (first & 0x1F, last & 0x1F));
    1 << ((name.len() + 5 * usize::from(first) + usize::from(last)) % 64)
}
