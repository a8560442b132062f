//! A single parameter of a challenge, of credentials or of `Authentication-Info`.

use super::ParamValue;
use super::grammar::{same_name, text};
use crate::derives::shows;

/// A parameter: a name and a value.
///
/// The case of the name does not matter (RFC 9110 section 11.2). For example, `Realm="tea"` and `realm="tea"` are the
/// same parameter.
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
    #[inline]
    pub(super) const fn new(name: &'a [u8], value: ParamValue<'a>) -> Self {
        Self { name, value }
    }

    /// Returns the name as it is spelled in the field. To compare the name, use [`is`](Self::is).
    #[must_use]
    pub fn name(&self) -> &'a str {
        text(self.name)
    }

    /// Returns whether the name of the parameter is `name`. The case does not matter.
    #[must_use]
    #[inline]
    pub fn is(&self, name: &str) -> bool {
        same_name(self.name, name.as_bytes())
    }

    /// Returns the value.
    #[must_use]
    #[inline]
    pub const fn value(&self) -> ParamValue<'a> {
        self.value
    }

    #[inline]
    pub(crate) const fn name_bytes(&self) -> &'a [u8] {
        self.name
    }
}

shows! {
    /// Shows the name, and of the value only its form and length, because the value may be a secret.
    all impl[] Param['_] as self { name: self.name(), value: self.value }
}
