//! A fixed set of certificates.

use std::collections::HashMap;

use super::verify_certificate::VerifyCertificate;
use crate::client::{CertificateThumbprint, ClientCertificate};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::now_or_later::NowOrLater;
use crate::principal::Principal;
use crate::verified::{VerifiedNowOrLater, VerifyFailure};

/// Knows certificates by their thumbprints, and the caller to whom each belongs.
///
/// A certificate that is renewed has another thumbprint, also with the same key. So add the new certificate before the
/// client changes to it: a caller may have several.
///
/// # Example
///
/// ```
/// use tower_challenge::Principal;
/// use tower_challenge::client::ClientCertificate;
/// use tower_challenge::scheme::client_certificate::{KnownCertificates, VerifyCertificate};
///
/// // `openssl x509 -noout -fingerprint -sha256 -in ada.pem` prints it.
/// let of_ada = "1B:65:F6:8A:52:2C:85:87:15:F5:DD:95:1C:D0:40:2D:C1:66:91:77:88:14:BF:07:59:82:2B:7A:25:74:21:D0";
/// let known = KnownCertificates::new([(of_ada, Principal::new("ada"))])?;
/// let owner = |der: &[u8]| {
///     let verified = known.verify(&ClientCertificate::from_der(der)).try_now().unwrap().unwrap();
///     verified.ok().map(|caller| caller.name().to_owned())
/// };
/// assert_eq!(owner(&[0x30, 0x03, 0x02, 0x01, 0x01]).as_deref(), Some("ada"));
/// assert_eq!(owner(&[0x30, 0x03, 0x02, 0x01, 0x02]), None);
///
/// assert!(KnownCertificates::new([("ada.pem", Principal::new("ada"))]).is_err(), "this is no thumbprint");
/// # Ok::<(), tower_challenge::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct KnownCertificates<I = Principal>(HashMap<CertificateThumbprint, I>);

impl<I> KnownCertificates<I> {
    /// Knows these certificates: pairs of a thumbprint and the caller to whom it belongs.
    /// [`CertificateThumbprint`] says how a thumbprint is written.
    ///
    /// # Errors
    ///
    /// A text is no SHA-256 thumbprint, or a certificate is there twice.
    pub fn new<T: AsRef<str>>(
        certificates: impl IntoIterator<Item = (T, I)>,
    ) -> Result<Self, ConfigError> {
        let mut known = HashMap::new();
        for (thumbprint, owner) in certificates {
            if known.insert(thumbprint.as_ref().parse()?, owner).is_some() {
                return Err(ConfigError::new(
                    "a certificate has two owners: name each thumbprint once",
                ));
            }
        }
        Ok(Self(known))
    }
}

impl<I: Clone + Send + Sync + 'static> VerifyCertificate for KnownCertificates<I> {
    type Identity = I;

    /// A thumbprint is no secret, so the time of the look-up tells an attacker nothing.
    fn verify(&self, certificate: &ClientCertificate) -> VerifiedNowOrLater<I> {
        let owner = self.0.get(&certificate.thumbprint()).cloned();
        NowOrLater::now(Ok(owner.ok_or(VerifyFailure::default())))
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

shows! { impl[I] KnownCertificates[I] as self { len: self.0.len() } }
