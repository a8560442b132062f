//! What a challenge or credentials say beside the name of their scheme.

use std::fmt;
use std::iter::FusedIterator;

use super::Value;
use super::cursor::Cursor;
use super::grammar::{same_name, text};

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
    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        let mut params = *self;
        let found = params.find(|param| param.is(name))?;
        Some(found.value)
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
        same_count && other.all(|param| self.get(param.name()) == Some(param.value))
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    #[inline]
    fn next(&mut self) -> Option<Param<'a>> {
        let mut cursor = Cursor::again(self.rest);
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

/// One parameter: a name that compares without case, and a value.
///
/// # Example
///
/// ```
/// use tower_challenge::header::Challenge;
///
/// let challenge = Challenge::parse(b"Basic Realm=\"tea\"")?;
/// let realm = challenge.params().next();
/// assert!(realm.is_some_and(|param| param.is("realm") && param.name() == "Realm"));
///
/// assert!(Challenge::parse(b"Basic Realm=\"tea\", realm=\"pot\"").is_err());
/// # Ok::<(), tower_challenge::header::ParseError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Param<'a> {
    name: &'a [u8],
    value: Value<'a>,
}

impl<'a> Param<'a> {
    pub(super) const fn new(name: &'a [u8], value: Value<'a>) -> Self {
        Self { name, value }
    }

    /// The name as it was spelled. Compare it with [`is`](Self::is).
    #[must_use]
    pub fn name(&self) -> &'a str {
        text(self.name)
    }

    /// Whether the name is `name`, in any case.
    #[must_use]
    #[inline]
    pub fn is(&self, name: &str) -> bool {
        same_name(self.name, name.as_bytes())
    }

    /// The value.
    #[must_use]
    #[inline]
    pub const fn value(&self) -> Value<'a> {
        self.value
    }

    pub(crate) const fn name_octets(&self) -> &'a [u8] {
        self.name
    }
}

/// Shows the name and the form of the value: it may be somebody's credentials.
impl fmt::Debug for Param<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Param");
        shown
            .field("name", &self.name())
            .field("value", &self.value);
        shown.finish()
    }
}
