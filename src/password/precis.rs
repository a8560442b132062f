//! Names and passwords as PRECIS prepares them (RFC 8265).

use precis_profiles::precis_core::profile::Profile;
use precis_profiles::{OpaqueString, UsernameCasePreserved};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::VerifyPassword;
use crate::secret::{Secret, SecretString};
use crate::verified::{Unverified, VerifiedNowOrLater};

/// Prepares names as `UsernameCasePreserved` and passwords as `OpaqueString` before a verifier sees them, so that it
/// does not matter how a keyboard composes an accent.
///
/// Enrol with [`username`] and [`password`]: both sides must be prepared, or neither.
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

/// A name to enrol, or `None` if PRECIS allows no such name. Whether it is empty or holds a colon is another question.
#[must_use]
pub fn username(text: &str) -> Option<String> {
    let profile = UsernameCasePreserved::new();
    profile.enforce(composed(text)).ok().map(Into::into)
}

/// A password to enrol, or `None` if PRECIS allows no such password.
#[must_use]
pub fn password(text: &str) -> Option<SecretString> {
    let profile = OpaqueString::new();
    let composed = Zeroizing::new(composed(text));
    let prepared = profile.enforce(composed.as_str()).ok()?;
    Some(SecretString::from(prepared.into_owned()))
}

/// RFC 7617 section 2.1 has clients send NFC. The profiles look at the characters before they normalise them, and refuse
/// some, such as U+212B, whose composed form they allow.
fn composed(text: &str) -> String {
    text.nfc().collect()
}

impl<V: VerifyPassword> VerifyPassword for PrecisVerifier<V> {
    type Identity = V::Identity;

    fn verify(&self, user: &str, presented: Secret<'_>) -> VerifiedNowOrLater<V::Identity> {
        match (username(user), password(presented.expose())) {
            (Some(user), Some(password)) => self.0.verify(&user, password.as_secret()),
            // What PRECIS refuses costs what a wrong password costs.
            _ => {
                let wrong = self.0.verify(user, presented);
                wrong.map(|wrong| wrong.map(|_| Err(Unverified::default())))
            }
        }
    }
}
