//! Which parameter names a list has used.

use super::MAX_PARAMS;
use super::parse_error::Expected;

/// The names of one list of parameters, each of them once.
///
/// RFC 9110 section 11.2: each parameter name occurs only once per challenge, in whatever case.
/// They are kept on the stack, so that reading credentials allocates nothing.
pub(super) struct UniqueNames<'a> {
    names: [&'a [u8]; MAX_PARAMS],
    count: usize,
}

impl<'a> UniqueNames<'a> {
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            names: [&[]; MAX_PARAMS],
            count: 0,
        }
    }

    /// Adds `name`, unless it is there or there are too many.
    #[inline]
    pub(super) fn add(&mut self, name: &'a [u8]) -> Result<(), Expected> {
        let Some((used, [free, ..])) = self.names.split_at_mut_checked(self.count) else {
            return Err(Expected::FewerParams);
        };
        let is_name = |used: &&[u8]| used.len() == name.len() && used.eq_ignore_ascii_case(name);
        if used.iter().any(is_name) {
            return Err(Expected::NewParamName);
        }
        *free = name;
        self.count += 1;
        Ok(())
    }
}
