//! The wire form of Basic credentials (RFC 7617 section 2).
//!
//! ```
//! use tower_challenge::scheme::basic::message::{self, UndecodableCredentials};
//!
//! let token68 = message::encode("Aladdin", "open sesame")?;
//! assert_eq!(token68, "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
//!
//! message::decode(&token68, |decoded| {
//!     let user_pass = decoded.expect("it was encoded above");
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
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct UserPass<'a> {
    user: &'a str,
    password: &'a str,
}

impl<'a> UserPass<'a> {
    /// The user-id. It holds no colon and no control character; it may be empty.
    #[must_use]
    pub const fn user(&self) -> &'a str {
        self.user
    }

    /// The password. It holds no control character; it may be empty.
    #[must_use]
    pub const fn password(&self) -> Secret<'a> {
        Secret::new(self.password)
    }
}

/// Why a token68 is not Basic credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UndecodableCredentials {
    /// It is not base64 of RFC 4648 section 4, with padding and with zero bits at the end.
    Base64,
    /// There is no colon, so that it is not known where the password starts.
    NoColon,
    /// RFC 7617 section 2: "The user-id and password MUST NOT contain any control characters".
    Control,
    /// The octets are not UTF-8. They are well-formed Basic in some other encoding, which is not guessed at: a second
    /// try against the same account would double an attacker's guesses.
    Charset,
}

writes! {
    impl[] UndecodableCredentials[] as self => match self {
        Self::Base64 => "the credentials are not base64",
        Self::NoColon => "the credentials hold no colon",
        Self::Control => "the credentials hold a control character",
        Self::Charset => "the credentials are not UTF-8",
    }
}

impl Error for UndecodableCredentials {}

/// Why a user-id or a password cannot be sent in Basic.
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
        Self::Colon => "the user-id holds a colon",
        Self::Control => "the user-id or the password holds a control character",
    }
}

impl Error for UnencodableCredentials {}

/// The token68 for `user` and `password`, in UTF-8.
///
/// # Errors
///
/// Basic cannot carry them.
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

/// What fits on the stack once it is decoded.
const SHORT: usize = 192;

/// Shows `f` what `token68` says. The decoded octets are wiped afterwards, and seldom leave the stack.
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
    let octets = written.map(|len| &buffer[..len]);
    let result = f(octets.ok_or(UndecodableCredentials::Base64).and_then(split));
    // What is not base64 to its end was decoded up to there.
    let dirty = written.unwrap_or(buffer.len());
    buffer[..dirty].zeroize();
    result
}

/// RFC 7617 section 2: the first colon separates; the password may hold others.
fn split(octets: &[u8]) -> Result<UserPass<'_>, UndecodableCredentials> {
    let colon = octets.iter().position(|&octet| octet == b':');
    let colon = colon.ok_or(UndecodableCredentials::NoColon)?;
    let text = std::str::from_utf8(octets).map_err(|_| UndecodableCredentials::Charset)?;
    if has_control(text) {
        return Err(UndecodableCredentials::Control);
    }
    Ok(UserPass {
        user: &text[..colon],
        password: &text[colon + 1..],
    })
}

/// Looks at every octet, many at once.
fn has_control(text: &str) -> bool {
    text.bytes()
        .fold(false, |any, octet| any | octet.is_ascii_control())
}
