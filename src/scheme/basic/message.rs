//! Encodes and decodes Basic credentials (RFC 7617 section 2).
//!
//! ```
//! use tower_challenge::scheme::basic::message::{self, UndecodableCredentials};
//!
//! let token68 = message::encode("Aladdin", "open sesame")?;
//! assert_eq!(token68, "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
//!
//! message::decode(&token68, |decoded| {
//!     let user_pass = decoded.expect("`encode` made this text");
//!     assert_eq!(user_pass.user(), "Aladdin");
//!     assert!(user_pass.password().matches("open sesame"));
//! });
//! message::decode("QWxhZGRpbg==", |decoded| assert_eq!(decoded.err(), Some(UndecodableCredentials::NoColon)));
//! # Ok::<(), message::UnencodableCredentials>(())
//! ```

use std::error::Error;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroize;

use crate::derives::writes;
use crate::secret::Secret;

/// A decoded user-id and password.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "a log must not show a secret")]
pub struct UserPass<'a> {
    user: &'a str,
    password: &'a str,
}

impl<'a> UserPass<'a> {
    /// The user-id. It contains no colon and no control character. It may be empty.
    #[must_use]
    pub const fn user(&self) -> &'a str {
        self.user
    }

    /// The password. It contains no control character. It may be empty.
    #[must_use]
    pub const fn password(&self) -> Secret<'a> {
        Secret::new(self.password)
    }
}

/// The reason why [`decode`] cannot read a token68 as Basic credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UndecodableCredentials {
    /// It is not base64 as in RFC 4648 section 4, with padding and with zero bits at the end.
    Base64,
    /// There is no colon, so the start of the password is unknown.
    NoColon,
    /// RFC 7617 section 2: "The user-id and password MUST NOT contain any control characters".
    Control,
    /// The bytes are not UTF-8. They may be Basic in another encoding, but this function does not try others: a second
    /// try against the same account would give an attacker two guesses for one attempt.
    Charset,
}

writes! {
    impl[] UndecodableCredentials[] as self => match self {
        Self::Base64 => "the credentials are not base64",
        Self::NoColon => "the credentials contain no colon",
        Self::Control => "the credentials contain a control character",
        Self::Charset => "the credentials are not UTF-8",
    }
}

impl Error for UndecodableCredentials {}

/// The reason why [`encode`] cannot encode a user-id and a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnencodableCredentials {
    /// RFC 7617 section 2: "a user-id containing a colon character is invalid".
    Colon,
    /// RFC 7617 section 2: "The user-id and password MUST NOT contain any control characters".
    Control,
}

writes! {
    impl[] UnencodableCredentials[] as self => match self {
        Self::Colon => "the user-id contains a colon",
        Self::Control => "the user-id or the password contains a control character",
    }
}

impl Error for UnencodableCredentials {}

/// Encodes `user` and `password` as a token68, in UTF-8. The credentials of a request are the name of the scheme and this
/// text.
///
/// # Errors
///
/// The user-id contains a colon, or one of the two contains a control character.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::basic::message::encode;
///
/// # fn main() -> Result<(), tower_challenge::scheme::basic::message::UnencodableCredentials> {
/// let credentials = format!("Basic {}", encode("ada", "lovelace")?);
/// assert_eq!(credentials, "Basic YWRhOmxvdmVsYWNl");
/// assert!(encode("ada:l", "lovelace").is_err(), "the server would take the name for `ada`");
/// # Ok(())
/// # }
/// ```
pub fn encode(user: &str, password: &str) -> Result<String, UnencodableCredentials> {
    if user.contains(':') {
        return Err(UnencodableCredentials::Colon);
    }
    if has_control(user) || has_control(password) {
        return Err(UnencodableCredentials::Control);
    }
    let mut user_pass = format!("{user}:{password}");
    let token68 = STANDARD.encode(&user_pass);
    user_pass.zeroize();
    Ok(token68)
}

/// The size of the buffer on the stack, in bytes. Longer credentials are decoded on the heap.
const SHORT: usize = 192;

/// Decodes `token68` and calls `f` with the result. The decoded bytes are wiped when `f` returns. They stay on the
/// stack unless the token68 is longer than 256 characters.
pub fn decode<T>(
    token68: impl AsRef<[u8]>,
    f: impl FnOnce(Result<UserPass<'_>, UndecodableCredentials>) -> T,
) -> T {
    let token68 = token68.as_ref();
    if token68.len() <= SHORT / 3 * 4 {
        decode_into(&mut [0; SHORT], token68, f)
    } else {
        decode_into(&mut vec![0; token68.len()], token68, f)
    }
}

fn decode_into<T>(
    buffer: &mut [u8],
    token68: &[u8],
    f: impl FnOnce(Result<UserPass<'_>, UndecodableCredentials>) -> T,
) -> T {
    let written = STANDARD.decode_slice(token68, buffer).ok();
    let bytes = written.map(|len| &buffer[..len]);
    let result = f(bytes.ok_or(UndecodableCredentials::Base64).and_then(split));
    // If the text is invalid base64 somewhere, the part before it may have been decoded, so the whole buffer is wiped.
    let dirty = written.unwrap_or(buffer.len());
    buffer[..dirty].zeroize();
    result
}

/// RFC 7617 section 2: the first colon separates the user-id and the password. The password may contain others.
fn split(bytes: &[u8]) -> Result<UserPass<'_>, UndecodableCredentials> {
    let colon = bytes.iter().position(|&byte| byte == b':');
    let colon = colon.ok_or(UndecodableCredentials::NoColon)?;
    let text = std::str::from_utf8(bytes).map_err(|_| UndecodableCredentials::Charset)?;
    if has_control(text) {
        return Err(UndecodableCredentials::Control);
    }
    Ok(UserPass {
        user: &text[..colon],
        password: &text[colon + 1..],
    })
}

/// Whether the text has an ASCII control character. The fold has no early exit, so the compiler can test many bytes at
/// once.
fn has_control(text: &str) -> bool {
    text.bytes()
        .fold(false, |any, byte| any | byte.is_ascii_control())
}
