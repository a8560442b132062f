//! The list of parameters that follows the name of a scheme.

use std::fmt;
use std::iter::FusedIterator;

use super::cursor::FieldCursor;
use super::{Param, ParamValue};

/// The parameters of a challenge, of credentials or of `Authentication-Info`.
///
/// This type is an iterator over the parameters in the order in which the field has them. [`get`](Self::get) finds a
/// parameter by its name.
///
/// The type borrows the checked text of the field and reads the parameters from it each time. Therefore a copy is
/// cheap, but each call of [`get`](Self::get) scans the text from the start. A caller that needs many parameters should
/// iterate once.
///
/// # Example
///
/// ```
/// use tower_challenge::header::Credentials;
///
/// let credentials = Credentials::parse(b"Digest username=\"Mufasa\", nc=00000001")?;
/// let params = credentials.params();
/// assert!(params.get("NC").is_some_and(|nc| nc.eq_ignore_ascii_case("00000001")));
/// assert_eq!(params.get("cnonce"), None);
///
/// let names = params.map(|param| param.name()).collect::<Vec<_>>();
/// assert_eq!(names, ["username", "nc"]);
/// # Ok::<(), tower_challenge::header::ParseError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Params<'a> {
    rest: &'a [u8],
}

impl<'a> Params<'a> {
    /// Wraps `rest`, a list of parameters that the parser has already accepted.
    #[inline]
    pub(super) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// Returns the value of the parameter `name`. The case of the name does not matter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<ParamValue<'a>> {
        let mut params = *self;
        let found = params.find(|param| param.is(name))?;
        Some(found.value())
    }

    /// Returns whether there are no parameters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let mut params = *self;
        params.next().is_none()
    }

    /// Returns whether `other` has the same names and values in any order.
    pub(super) fn same_as(self, mut other: Self) -> bool {
        let same_count = self.count() == other.count();
        same_count && other.all(|param| self.get(param.name()) == Some(param.value()))
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    #[inline]
    fn next(&mut self) -> Option<Param<'a>> {
        let mut cursor = FieldCursor::of_checked(self.rest);
        cursor.skip_separators();
        let param = cursor.param().ok();
        self.rest = cursor.rest();
        param
    }
}

impl FusedIterator for Params<'_> {}

/// Shows only the names, because a value may be a secret.
impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.map(|param| param.name()))
            .finish()
    }
}
