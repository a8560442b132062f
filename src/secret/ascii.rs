//! A secret whose text is known to be ASCII.

use super::Secret;

impl<'a> Secret<'a> {
    /// Wraps a text that the caller has found to be ASCII.
    #[inline]
    pub(crate) const fn of_ascii(text: &'a [u8]) -> Self {
        debug_assert!(text.is_ascii(), "the caller has not looked");
        Self(text)
    }
}
