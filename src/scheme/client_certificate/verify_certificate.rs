//! The interface of the verifiers of certificates.

use crate::client::ClientCertificate;
use crate::forward::forward;
use crate::now_or_later::IntoAnswer;
use crate::verified::{IntoVerified, VerifiedNowOrLater, verification};
use std::sync::Arc;

/// Finds the caller to whom a certificate belongs, for example in a table of thumbprints.
///
/// Every closure from `&ClientCertificate` to `Option<I>` or [`Verified<I>`](crate::Verified), or to a `Result` or
/// [`NowOrLater`](crate::NowOrLater) of these, implements this trait.
///
/// The TLS layer has verified the certificate before. So a verifier only finds the name: from the
/// [thumbprint](ClientCertificate::thumbprint), or from the names in the [DER](ClientCertificate::der), for which the
/// application brings a parser, such as the crate `x509-parser`. If you take the name from the subject, then only your own
/// authority may issue certificates: every authority that the TLS layer trusts can choose the subject.
///
/// # Example
///
/// ```
/// use tower_challenge::Principal;
/// use tower_challenge::client::ClientCertificate;
/// use tower_challenge::scheme::client_certificate::{CertificateLogin, VerifyCertificate};
///
/// /// Stands for a parser of certificates.
/// fn common_name(der: &[u8]) -> Option<&str> {
///     std::str::from_utf8(der.get(2..)?).ok()
/// }
///
/// let by_name = |certificate: &ClientCertificate| common_name(certificate.der()).map(Principal::new);
/// let ada = ClientCertificate::from_der(*b"\x30\x03ada");
/// let verified = by_name.verify(&ada).try_now().unwrap().unwrap();
/// assert_eq!(verified.unwrap().name(), "ada");
/// assert!(CertificateLogin::new(by_name).is_ok());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not verify certificates",
    note = "a closure does if it names the type of its argument: `|certificate: &ClientCertificate| ..`",
    note = "a table of thumbprints is a `KnownCertificates`"
)]
pub trait VerifyCertificate: Send + Sync + 'static {
    /// The identity of a caller with a known certificate.
    type Identity: Clone + Send + Sync + 'static;

    /// Finds the caller to whom `certificate` belongs. For an unknown certificate, the answer is
    /// [`VerifyFailure`](crate::VerifyFailure), or `None` from a closure.
    ///
    /// # Errors
    ///
    /// The answer is an error if the verifier cannot tell, for example because its database is out of reach.
    fn verify(&self, certificate: &ClientCertificate) -> VerifiedNowOrLater<Self::Identity>;

    /// Whether the verifier knows beforehand that it will accept no certificate.
    fn is_empty(&self) -> bool {
        false
    }
}

impl<F, A, V> VerifyCertificate for F
where
    F: Fn(&ClientCertificate) -> A + Send + Sync + 'static,
    A: IntoAnswer<Value = V>,
    V: IntoVerified<Identity: Clone + Send + Sync> + 'static,
{
    type Identity = V::Identity;

    fn verify(&self, certificate: &ClientCertificate) -> VerifiedNowOrLater<V::Identity> {
        verification(self(certificate))
    }
}

forward! { Arc: VerifyCertificate {
    type Identity;
    fn verify(&self, certificate: &ClientCertificate) -> VerifiedNowOrLater<T::Identity>;
    fn is_empty(&self) -> bool;
} }
