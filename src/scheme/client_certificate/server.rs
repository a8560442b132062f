//! The scheme for certificates of a server.

use super::reasons;
use super::verify_certificate::VerifyCertificate;
use crate::client::ClientCertificate;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::principal::ClaimedAccount;
use crate::request_head::RequestHead;
use crate::scheme::{Admission, Attempt, BodyUnread, Refusal, Scheme, Verdict, VerdictNowOrLater};
use crate::verified::{Verified, VerifiedNowOrLater};

/// Admits clients whose TLS connection has a certificate that a [`VerifyCertificate`] knows.
///
/// **The TLS layer must verify the certificate**: the chain, the dates and the revocation. This scheme trusts every
/// certificate that it gets. See [`ClientCertificate`].
///
/// - **It sends no challenge**, because a client shows its certificate before the first request, and no scheme of HTTP asks
///   for one. So it is a member beside other schemes. `RequireAuth::client_certificate` makes a layer of it alone, whose
///   refusals are `403`.
/// - **An unknown certificate** is `401` with the challenges of the other schemes, and no failure for a throttle: a
///   certificate cannot be guessed.
/// - **A certificate of a proxy that cannot be read** is `400`.
///
/// # A request with a certificate and credentials
///
/// [`beside`](Self::beside) makes one scheme of this one and another. Choose it if every certificate belongs to a caller that
/// both schemes know: both must name the same caller, or the request is refused with `401`. For example, a token with the
/// `sub` `ada` fits a certificate whose holder is `ada`.
///
/// A tuple is for clients whose certificates are in no table, for example partners whose tokens are bound to them
/// (`CertificateBound`). The credentials then decide alone, and the certificate counts only in a request without a token:
/// `RequireAuth::new((tokens, CertificateLogin::new(known)?))`. Put this scheme last: credentials in other places than
/// `Authorization`, such as an API key, decide only if their scheme stands first.
///
/// # Example
///
/// ```
/// use http::Request;
/// use tower_challenge::client::ClientCertificate;
/// use tower_challenge::scheme::client_certificate::CertificateLogin;
/// use tower_challenge::scheme::{Attempt, Scheme, ServerRole, Verdict};
/// use tower_challenge::{Principal, RequestHead};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let of_ada = ClientCertificate::from_der([0x30, 0x03, 0x02, 0x01, 0x01]);
/// let thumbprint = of_ada.thumbprint();
/// let certificates = CertificateLogin::new(move |shown: &ClientCertificate| {
///     (shown.thumbprint() == thumbprint).then(|| Principal::new("ada"))
/// })?;
///
/// let judge = |certificate: Option<ClientCertificate>| {
///     let mut request = Request::new(());
///     certificate.map(|certificate| request.extensions_mut().insert(certificate));
///     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
///     let verdict = certificates.authenticate(&attempt)?.try_now().ok()?;
///     Some(matches!(verdict, Ok(Verdict::Admit(_))))
/// };
/// assert_eq!(judge(Some(of_ada)), Some(true));
/// assert_eq!(judge(Some(ClientCertificate::from_der([0x30, 0x00]))), Some(false));
/// assert_eq!(judge(None), None, "left to the other schemes");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CertificateLogin<V> {
    verifier: V,
}

impl<V: VerifyCertificate> CertificateLogin<V> {
    /// Admits the callers to whom `verifier` says that the certificate belongs: a
    /// [`KnownCertificates`](super::KnownCertificates), a closure, or a verifier of your own.
    ///
    /// # Errors
    ///
    /// The verifier [accepts no certificate](VerifyCertificate::is_empty).
    pub fn new(verifier: V) -> Result<Self, ConfigError> {
        if verifier.is_empty() {
            return Err(ConfigError::new(
                "no certificate is configured: add at least one",
            ));
        }
        Ok(Self { verifier })
    }

    /// Verifies the certificate of a request. Returns the refusal of a certificate that cannot be read, and `None` if
    /// there is none.
    pub(super) fn judge(
        &self,
        request: &RequestHead<'_>,
    ) -> Option<Result<VerifiedNowOrLater<V::Identity>, Refusal>> {
        if ClientCertificate::is_unusable_in(request) {
            let refusal = Refusal::malformed_because(reasons::UNREADABLE);
            return Some(Err(refusal.uncounted()));
        }
        let certificate = ClientCertificate::of(request)?;
        Some(Ok(self.verifier.verify(certificate)))
    }
}

/// Whether the request has a certificate, or one that cannot be read.
pub(super) fn has_certificate(request: &RequestHead<'_>) -> bool {
    ClientCertificate::of(request).is_some() || ClientCertificate::is_unusable_in(request)
}

pub(super) fn verdict<I>(verified: Verified<I>) -> Verdict<I> {
    match verified {
        Ok(identity) => Verdict::Admit(Admission::new(identity)),
        Err(failure) => Verdict::Refuse(Refusal::unverified(failure.uncounted(), reasons::UNKNOWN)),
    }
}

impl<V: VerifyCertificate> Scheme for CertificateLogin<V> {
    type Identity = V::Identity;
    type BodyAccess = BodyUnread;

    /// Adds nothing: no challenge makes a client show a certificate.
    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, _: &mut Vec<Challenge>) {}

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        has_certificate(&attempt.head()) && !attempt.names_offered()
    }

    /// The verifier finds the account. A certificate cannot be guessed, so a throttle has nothing to count for it.
    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<V::Identity>> {
        if attempt.names_offered() {
            return None;
        }
        Some(match self.judge(&attempt.head())? {
            Ok(verified) => verified.map(|verified| verified.map(verdict)),
            Err(refusal) => refusal.at_once(),
        })
    }

    /// The scheme does not read the credentials field.
    fn is_malformed(&self, _: &Attempt<'_>) -> bool {
        false
    }
}

shows! { impl[V] CertificateLogin[V] as self {} }
