//! What must not be shown, and how it is compared.

use constant_time_eq::constant_time_eq;
use zeroize::Zeroizing;

/// A password or a token that a client presented.
///
/// It has no `Debug`, no `Display` and no `PartialEq`, so that it reaches a log or an early-exit comparison only
/// through [`expose`](Self::expose), which is easy to search for.
///
/// # Example
///
/// ```
/// use tower_challenge::Secret;
///
/// let presented = Secret::new("Circle of Life");
/// assert!(presented.matches("Circle of Life"));
/// assert!(!presented.matches("Circle of life"));
/// ```
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "a secret has none")]
pub struct Secret<'a>(&'a str);

impl<'a> Secret<'a> {
    /// Wraps `text`.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The text itself, for a hash function or a protocol that needs it.
    #[must_use]
    pub const fn expose(self) -> &'a str {
        self.0
    }

    /// Whether it is `expected`, in a time that depends on the length of what was presented alone.
    #[must_use]
    pub fn matches(self, expected: &str) -> bool {
        same(self.0.as_bytes(), expected.as_bytes())
    }

    /// A copy for a future to keep, which is wiped when it is dropped.
    #[must_use]
    pub fn to_owned(self) -> SecretString {
        SecretString::new(self.0)
    }
}

/// A [`Secret`] that is kept: an expected password, or one that a future holds. Wiped when it is dropped.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a secret has none")]
pub struct SecretString(Zeroizing<String>);

impl SecretString {
    /// Keeps a copy of `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The secret, to look at.
    #[must_use]
    pub fn as_secret(&self) -> Secret<'_> {
        Secret(&self.0)
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SecretString {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for SecretString {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

/// The one comparison of secrets: whether `presented` is `expected`, in a time that depends on the length of
/// `presented` alone.
#[inline]
pub(crate) fn same(presented: &[u8], expected: &[u8]) -> bool {
    let equally_long = presented.len() == expected.len();
    let other = if equally_long { expected } else { presented };
    constant_time_eq(presented, other) & equally_long
}
