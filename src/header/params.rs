//! What a challenge or credentials say beside the name of their scheme.

use std::fmt;
use std::iter::FusedIterator;

use super::cursor::FieldCursor;
use super::{Param, ParamValue};

/// The parameters of a challenge, of credentials or of Authentication-Info, in the order of the
/// wire: an iterator, and a look-up by name.
///
/// They are a piece of text that has been checked, and are found in it again each time: a copy is
/// cheap, [`get`](Self::get) is a scan. Who needs many of them goes through them once.
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
    /// The parameters in `rest`, a list that has been read before.
    #[inline]
    pub(super) const fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    /// The value of the parameter `name`, in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<ParamValue<'a>> {
        let mut params = *self;
        let found = params.find(|param| param.is(name))?;
        Some(found.value())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let mut params = *self;
        params.next().is_none()
    }

    /// Whether `other` has the same names and values, in whatever order.
    pub(super) fn same_as(self, mut other: Self) -> bool {
        let same_count = self.count() == other.count();
        same_count && other.all(|param| self.get(param.name()) == Some(param.value()))
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    #[inline]
    fn next(&mut self) -> Option<Param<'a>> {
        let mut cursor = FieldCursor::again(self.rest);
        cursor.skip_separators();
        let param = cursor.param().ok();
        self.rest = cursor.rest();
        param
    }
}

impl FusedIterator for Params<'_> {}

/// Shows the names only: a value may be somebody's credentials.
impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.map(|param| param.name()))
            .finish()
    }
}
