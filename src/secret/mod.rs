//! Passwords and tokens: types that no log shows by accident, and a comparison in constant time.

#[cfg(feature = "bearer")]
mod ascii;

use constant_time_eq::constant_time_eq;
use zeroize::Zeroizing;

/// A password or a token that a client sent.
///
/// The type has no `Debug`, no `Display` and no `PartialEq`. Code that logs the text, or that compares it with `==`,
/// has to call [`expose`](Self::expose) first, and a review finds that call by its name. Compare with
/// [`matches`](Self::matches), because `==` stops at the first wrong byte and an attacker can measure where.
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
pub struct Secret<'a>(
    /// Always UTF-8. A verifier that only compares or hashes a token never needs the text, and to check the bytes of the
    /// field for UTF-8 takes as long as to compare them.
    &'a [u8],
);

impl<'a> Secret<'a> {
    /// Wraps `text`.
    #[must_use]
    #[inline]
    pub const fn new(text: &'a str) -> Self {
        Self(text.as_bytes())
    }

    /// Returns the text itself, for a hash function or a protocol that needs it.
    #[must_use]
    pub const fn expose(self) -> &'a str {
        match std::str::from_utf8(self.0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }

    /// Returns the bytes of the text.
    #[inline]
    pub(crate) const fn expose_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Whether this secret is equal to `expected`. The time depends only on the length of this secret, which the client
    /// knows, and not on `expected`.
    #[must_use]
    #[inline]
    pub fn matches(self, expected: &str) -> bool {
        same(self.0, expected.as_bytes())
    }

    /// Makes a copy that a future can keep. The copy is wiped from memory when it is dropped.
    #[must_use]
    pub fn to_owned(self) -> SecretString {
        SecretString::new(self.expose())
    }
}

/// An owned [`Secret`]. Its memory is wiped when it is dropped.
///
/// Use it for a secret that outlives the request's headers: for example, the expected password of an account, or the
/// password that an `async` function of [`password::verify_async`](crate::password::verify_async) takes.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a secret has none")]
pub struct SecretString(Zeroizing<String>);

impl SecretString {
    /// Copies `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// Borrows the secret.
    #[must_use]
    pub fn as_secret(&self) -> Secret<'_> {
        Secret::new(&self.0)
    }

    /// Returns the text itself.
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

/// Whether `presented` is equal to `expected`. All comparisons of secrets in this crate use this function. Its time
/// depends only on the length of `presented`.
#[inline]
pub(crate) fn same(presented: &[u8], expected: &[u8]) -> bool {
    let equally_long = presented.len() == expected.len();
    // `constant_time_eq` returns at once for different lengths, and so would tell the length of `expected`.
    let other = if equally_long { expected } else { presented };
    constant_time_eq(presented, other) & equally_long
}
