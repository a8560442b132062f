//! What is one parameter?

use super::ParamValue;
use super::grammar::{same_name, text};
use crate::derives::shows;

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
    value: ParamValue<'a>,
}

impl<'a> Param<'a> {
    pub(super) const fn new(name: &'a [u8], value: ParamValue<'a>) -> Self {
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
    pub const fn value(&self) -> ParamValue<'a> {
        self.value
    }

    pub(crate) const fn name_octets(&self) -> &'a [u8] {
        self.name
    }
}

shows! {
    /// Shows the name and the form of the value: it may be somebody's credentials.
    all impl[] Param['_] as self { name: self.name(), value: self.value }
}
