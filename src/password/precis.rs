//! Prepares names and passwords with PRECIS (RFC 8265), so that different encodings of the same text are equal.

use precis_profiles::precis_core::profile::Profile;
use precis_profiles::{OpaqueString, UsernameCasePreserved};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::VerifyPassword;
use crate::client::UnresolvedClient;
use crate::secret::{Secret, SecretString};
use crate::verified::{VerifiedNowOrLater, VerifyFailure};

/// Prepares the name and the password of a client with PRECIS before the inner verifier compares them.
///
/// Names are prepared with the profile `UsernameCasePreserved` and passwords with `OpaqueString` (RFC 8265). For
/// example, a keyboard may send `é` as one character or as `e` with a combining accent. Both are then the same
/// password.
///
/// Prepare the names and passwords that you store with [`username`] and [`password`] as well. If only one side is
/// prepared, some right passwords are refused.
///
/// PRECIS allows no empty text. An empty name or password stays empty, so that a token can be the other part: see
/// [`Basic::allow_empty_user`](crate::scheme::Basic::allow_empty_user).
///
/// # Example
///
/// ```
/// use tower_challenge::password::precis::{PrecisVerifier, username};
/// use tower_challenge::password::{OneAccount, VerifyPassword};
/// use tower_challenge::Secret;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let composed = username("caf\u{e9}").expect("PRECIS allows it");
/// let verifier = PrecisVerifier(OneAccount::new(&composed, "coffee")?);
/// let verify = |user, password| verifier.verify(user, Secret::new(password)).try_now().unwrap().unwrap();
/// assert!(verify("cafe\u{301}", "coffee").is_ok());
/// assert!(verify("cafe", "coffee").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct PrecisVerifier<V>(pub V);

/// Prepares a name that is to be stored. Returns `None` if PRECIS does not allow the name.
///
/// An account has more rules than PRECIS: its name must not be empty and must not contain a colon, which Basic cannot
/// carry.
#[must_use]
pub fn username(text: &str) -> Option<String> {
    let profile = UsernameCasePreserved::new();
    profile.enforce(composed(text)).ok().map(Into::into)
}

/// Prepares a password that is to be stored. Returns `None` if PRECIS does not allow the password.
#[must_use]
pub fn password(text: &str) -> Option<SecretString> {
    let profile = OpaqueString::new();
    let composed = Zeroizing::new(composed(text));
    let prepared = profile.enforce(composed.as_str()).ok()?;
    Some(SecretString::from(prepared.into_owned()))
}

/// Composes `text` to NFC, which RFC 7617 section 2.1 wants clients to send.
///
/// The PRECIS profiles check the characters before they normalise them. They refuse some characters whose composed form
/// they allow: for example, they refuse U+212B (Angstrom sign) and allow U+00C5 (letter A with ring).
fn composed(text: &str) -> String {
    text.nfc().collect()
}

impl<V: VerifyPassword> PrecisVerifier<V> {
    /// Prepares the name and the password, and calls `verify` of the inner verifier with them.
    fn prepared(
        presented_user: &str,
        presented: Secret<'_>,
        verify: impl Fn(&str, Secret<'_>) -> VerifiedNowOrLater<V::Identity>,
    ) -> VerifiedNowOrLater<V::Identity> {
        // RFC 8265 refuses empty text, and Basic refuses it by default. A scheme that allows an empty name or password has
        // a reason: the other part is a token.
        let user = match presented_user {
            "" => Some(String::new()),
            user => username(user),
        };
        let password = match presented.expose() {
            "" => Some(SecretString::new("")),
            text => password(text),
        };
        match (user, password) {
            (Some(user), Some(password)) => verify(&user, password.as_secret()),
            // PRECIS refuses the name or the password. Verify anyway and refuse: the time is that of a wrong password.
            _ => {
                let wrong = verify(presented_user, presented);
                wrong.map(|wrong| wrong.map(|_| Err(VerifyFailure::default())))
            }
        }
    }
}

impl<V: VerifyPassword> VerifyPassword for PrecisVerifier<V> {
    type Identity = V::Identity;

    fn verify(&self, user: &str, password: Secret<'_>) -> VerifiedNowOrLater<V::Identity> {
        Self::prepared(user, password, |user, password| {
            self.0.verify(user, password)
        })
    }

    fn verify_for(
        &self,
        user: &str,
        password: Secret<'_>,
        client: &UnresolvedClient<'_>,
    ) -> VerifiedNowOrLater<V::Identity> {
        Self::prepared(user, password, |user, password| {
            self.0.verify_for(user, password, client)
        })
    }
}
