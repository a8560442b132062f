//! How are names and passwords prepared before SCRAM hashes or looks them up?

use std::fmt;

use crate::secret::{Secret, SecretString};

/// Prepares names and passwords, so that different encodings of the same text are equal. The client and the server must
/// prepare a password in the same way.
///
/// | preparation | text that is not ASCII | use it for |
/// |---|---|---|
/// | [`ascii`](Self::ascii), the default | is refused | passwords that a program makes |
/// | `opaque_string` (feature `precis`) | OpaqueString of RFC 8265, as RFC 7804 says | accounts of a web application |
/// | `saslprep` (feature `saslprep`) | SASLprep of RFC 4013, as RFC 5802 says | accounts that are shared with XMPP, IMAP or PostgreSQL |
///
/// The three agree about passwords in printable ASCII. They disagree about other text: for example, `½` is `1⁄2` for
/// SASLprep, and stays `½` for OpaqueString. So a password with such a character works with one of them alone.
///
/// Names can differ in ASCII, too: `opaque_string` removes repeated spaces and those at the ends, and the others keep them.
///
/// # Example
///
/// ```
/// use tower_challenge::Secret;
/// use tower_challenge::scheme::scram::StringPreparation;
///
/// let ascii = StringPreparation::ascii();
/// assert!(ascii.password(Secret::new("correct horse")).is_some());
/// assert!(ascii.password(Secret::new("caf\u{e9}")).is_none());
/// assert_eq!(ascii.user("ada").as_deref(), Some("ada"));
/// ```
#[derive(Clone, Copy)]
pub struct StringPreparation {
    name: &'static str,
    user: fn(&str) -> Option<String>,
    password: fn(&str) -> Option<SecretString>,
}

impl StringPreparation {
    /// Leaves printable ASCII as it is, and refuses every other text.
    #[must_use]
    pub const fn ascii() -> Self {
        Self::new(
            "ascii",
            |text| is_printable_ascii(text).then(|| text.to_owned()),
            |text| is_printable_ascii(text).then(|| SecretString::new(text)),
        )
    }

    pub(super) const fn new(
        name: &'static str,
        user: fn(&str) -> Option<String>,
        password: fn(&str) -> Option<SecretString>,
    ) -> Self {
        Self {
            name,
            user,
            password,
        }
    }

    /// Prepares a name. Returns `None` if the preparation does not allow it. `saslprep` and `opaque_string` also return
    /// `None` if nothing of the name is left. Prepare the names that you store.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<String> {
        (self.user)(name)
    }

    /// Prepares a password. Returns `None` if the preparation does not allow it.
    #[must_use]
    pub fn password(&self, password: Secret<'_>) -> Option<SecretString> {
        (self.password)(password.expose())
    }
}

impl Default for StringPreparation {
    fn default() -> Self {
        Self::ascii()
    }
}

impl fmt::Debug for StringPreparation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StringPreparation")
            .field(&self.name)
            .finish()
    }
}

fn is_printable_ascii(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
