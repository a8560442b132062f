//! Tokens that are bound to a certificate (RFC 8705 section 3).

use super::reasons;
use crate::client::{CertificateThumbprint, ClientCertificate};
use crate::derives::shows;
use crate::reason::ReasonText;
use crate::request_head::RequestHead;
use crate::scheme::bearer::{BoundIdentity, TokenConfirmation, VerifyBoundToken, VerifyToken};
use crate::secret::Secret;
use crate::verified::{Verified, VerifiedNowOrLater, VerifyFailure};

/// Accepts tokens that are bound to a certificate (RFC 8705 section 3), on connections with that certificate. It is a
/// verifier for [`Bearer`](crate::scheme::Bearer) around another one, for example around a `JwtVerifier`.
///
/// An authorization server binds a token to the certificate that the client showed it: the claim
/// `cnf: {"x5t#S256": ".."}` holds its [thumbprint](crate::client::CertificateThumbprint). A thief of the token has no
/// private key for the certificate, so the token is of no use to him.
///
/// | the token is bound to | the token is accepted |
/// |---|---|
/// | a certificate (`x5t#S256`) | if the connection of the request has that certificate |
/// | nothing | unless [`require_bound`](Self::require_bound) forbids it |
/// | a key (`jkt`), also if it is bound to a certificate, too | never: Bearer has no proof of the key. Such tokens are for DPoP |
/// | something else | never |
///
/// A token that is not accepted is `401` with `error="invalid_token"` (RFC 8705 section 3). The audit learns why.
///
/// The certificate may be self-signed and may have expired, if the TLS layer lets it pass: the binding needs only the
/// private key. See [`ClientCertificate`] for how the certificate gets to this crate.
///
/// # Example
///
/// ```
/// use http::Request;
/// use tower_challenge::client::ClientCertificate;
/// use tower_challenge::scheme::Bearer;
/// use tower_challenge::scheme::bearer::{
///     BoundIdentity, BoundNowOrLater, TokenConfirmation, VerifyBoundToken, VerifyToken,
/// };
/// use tower_challenge::scheme::client_certificate::CertificateBound;
/// use tower_challenge::{ConfigError, NowOrLater, Principal, RequestHead, RequireAuth, Secret, VerifyFailure};
///
/// /// Knows one token, which is bound to one certificate. An application has a `JwtVerifier` here.
/// struct OneToken(ClientCertificate);
///
/// impl VerifyBoundToken for OneToken {
///     type Identity = Principal;
///
///     fn verify_bound(&self, token: Secret<'_>) -> BoundNowOrLater<Principal> {
///         let binding = TokenConfirmation::certificate(*self.0.thumbprint().as_bytes());
///         let owner = || BoundIdentity::new(Principal::new("ada"), Some(binding));
///         let owner = token.matches("t0ken").then(owner);
///         NowOrLater::now(Ok(owner.ok_or(VerifyFailure::default())))
///     }
/// }
///
/// let of_ada = ClientCertificate::from_der([0x30, 0x03, 0x02, 0x01, 0x01]);
/// let verifier = CertificateBound::new(OneToken(of_ada.clone())).require_bound();
/// let why = |certificate: Option<ClientCertificate>| {
///     let mut request = Request::new(());
///     certificate.map(|certificate| request.extensions_mut().insert(certificate));
///     let verified = verifier.verify_for(Secret::new("t0ken"), RequestHead::of(&request)).try_now();
///     verified.unwrap().unwrap().err().and_then(|failure| failure.code())
/// };
/// assert_eq!(why(Some(of_ada)), None);
/// assert_eq!(why(Some(ClientCertificate::from_der([0x30, 0x00]))), Some("client_certificate_mismatch"));
/// assert_eq!(why(None), Some("client_certificate_missing"));
///
/// let auth = RequireAuth::new(Bearer::new("api", verifier)?)?;
/// # drop(auth);
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone)]
pub struct CertificateBound<V> {
    verifier: V,
    requires_binding: bool,
}

impl<V: VerifyBoundToken> CertificateBound<V> {
    /// Accepts the tokens of `verifier` that are bound to the certificate of their connection, and those that are bound to
    /// nothing.
    #[must_use]
    pub const fn new(verifier: V) -> Self {
        Self {
            verifier,
            requires_binding: false,
        }
    }

    /// Refuses tokens that are bound to no certificate. FAPI 2.0 demands it.
    #[must_use]
    pub const fn require_bound(mut self) -> Self {
        self.requires_binding = true;
        self
    }

    /// Verifies a token that comes through a connection with the certificate `shown`.
    fn verify_with(
        &self,
        token: Secret<'_>,
        shown: Option<CertificateThumbprint>,
    ) -> VerifiedNowOrLater<V::Identity> {
        let requires_binding = self.requires_binding;
        let verified = self.verifier.verify_bound(token);
        verified.map(move |verified| {
            Ok(verified?.and_then(|bound| found(bound, shown, requires_binding)))
        })
    }
}

fn found<I>(
    bound: BoundIdentity<I>,
    shown: Option<CertificateThumbprint>,
    requires_binding: bool,
) -> Verified<I> {
    let checked = match bound.confirmation() {
        None if requires_binding => Err(reasons::NOT_BOUND),
        None => Ok(()),
        Some(confirmation) if confirmation.key_thumbprint().is_some() => Err(reasons::BOUND_TO_KEY),
        Some(confirmation) => check_certificate(confirmation, shown),
    };
    match checked {
        Ok(()) => Ok(bound.into_identity()),
        Err(why) => Err(VerifyFailure::for_reason(why)),
    }
}

/// Compares the certificate of the connection with the one to which a token is bound.
///
/// A thumbprint is no secret, so the comparison may stop at the first byte that differs.
fn check_certificate(
    confirmation: &TokenConfirmation,
    shown: Option<CertificateThumbprint>,
) -> Result<(), ReasonText> {
    let shown = shown.ok_or(reasons::MISSING)?;
    match confirmation.certificate_thumbprint() {
        Some(bound) if bound == shown.as_bytes() => Ok(()),
        _ => Err(reasons::MISMATCH),
    }
}

impl<V: VerifyBoundToken> VerifyToken for CertificateBound<V> {
    type Identity = V::Identity;

    /// Verifies a token as on a connection without a certificate: every bound token is refused.
    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<V::Identity> {
        self.verify_with(token, None)
    }

    fn verify_for(
        &self,
        token: Secret<'_>,
        head: RequestHead<'_>,
    ) -> VerifiedNowOrLater<V::Identity> {
        let shown = ClientCertificate::of(&head).map(ClientCertificate::thumbprint);
        self.verify_with(token, shown)
    }

    fn is_empty(&self) -> bool {
        self.verifier.is_empty()
    }
}

shows! { impl[V] CertificateBound[V] as self { requires_binding: self.requires_binding } }
