//! Tokens that are bound to a key of the client.

use std::sync::Arc;

use crate::derives::shows;
use crate::forward::forward;
use crate::now_or_later::NowOrLater;
use crate::secret::Secret;
use crate::unavailable::Unavailable;
use crate::verified::Verified;

/// The key and the certificate to which an authorization server has bound a token: the claim `cnf` (RFC 7800).
///
/// A client may use such a token only together with a proof that it has the private key. Each member is a SHA-256
/// thumbprint of 32 bytes.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::bearer::TokenConfirmation;
///
/// let of_key = TokenConfirmation::key([7; 32]);
/// assert_eq!(of_key.key_thumbprint(), Some(&[7; 32]));
/// assert_eq!(of_key.certificate_thumbprint(), None);
///
/// let of_both = of_key.and_certificate([9; 32]);
/// assert_eq!(of_both.certificate_thumbprint(), Some(&[9; 32]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenConfirmation {
    key: Option<[u8; 32]>,
    certificate: Option<[u8; 32]>,
}

impl TokenConfirmation {
    /// The token is bound to the key with this thumbprint (RFC 7638): the member `jkt` (RFC 9449 section 6.1). A client
    /// proves with DPoP that it has the key.
    #[must_use]
    pub const fn key(thumbprint: [u8; 32]) -> Self {
        Self {
            key: Some(thumbprint),
            certificate: None,
        }
    }

    /// The token is bound to the certificate with this thumbprint, which is the SHA-256 of its DER form: the member
    /// `x5t#S256` (RFC 8705 section 3.1). A client proves with mutual TLS that it has the key of the certificate.
    #[must_use]
    pub const fn certificate(thumbprint: [u8; 32]) -> Self {
        Self {
            key: None,
            certificate: Some(thumbprint),
        }
    }

    /// The token is bound to the certificate, too. The client has to prove both.
    #[must_use]
    pub const fn and_certificate(mut self, thumbprint: [u8; 32]) -> Self {
        self.certificate = Some(thumbprint);
        self
    }

    /// Returns the thumbprint of the key, if the token is bound to one.
    #[must_use]
    pub const fn key_thumbprint(&self) -> Option<&[u8; 32]> {
        self.key.as_ref()
    }

    /// Returns the thumbprint of the certificate, if the token is bound to one.
    #[must_use]
    pub const fn certificate_thumbprint(&self) -> Option<&[u8; 32]> {
        self.certificate.as_ref()
    }
}

/// The identity that belongs to a token, and what else the client has to prove before it may use the token.
///
/// A [`VerifyBoundToken`] returns it. The scheme that calls the verifier checks the proof.
#[derive(Clone)]
pub struct BoundIdentity<I> {
    identity: I,
    confirmation: Option<TokenConfirmation>,
}

impl<I> BoundIdentity<I> {
    /// Returns `identity` for a token that is bound as `confirmation` says. `None` is for a plain bearer token.
    #[must_use]
    pub const fn new(identity: I, confirmation: Option<TokenConfirmation>) -> Self {
        Self {
            identity,
            confirmation,
        }
    }

    /// Returns the key and the certificate to which the token is bound, or `None` for a plain bearer token.
    #[must_use]
    pub const fn confirmation(&self) -> Option<&TokenConfirmation> {
        self.confirmation.as_ref()
    }

    /// Returns the identity. The caller has checked the [`confirmation`](Self::confirmation).
    #[must_use]
    pub fn into_identity(self) -> I {
        self.identity
    }
}

shows! {
    /// Shows the binding. The identity may be personal.
    impl[I] BoundIdentity[I] as self { confirmation: self.confirmation }
}

/// A [`BoundIdentity`] that is ready now or later. It is an error when the verifier cannot tell whether the token is good.
pub type BoundNowOrLater<I> = NowOrLater<Result<Verified<BoundIdentity<I>>, Unavailable>>;

/// Finds the identity that belongs to a token, and the key of the client to which the token is bound.
///
/// A scheme that checks proofs calls this trait, and a scheme that checks none calls
/// [`VerifyToken`](super::VerifyToken). A verifier that implements both has to refuse every bound token in
/// [`VerifyToken::verify`](super::VerifyToken::verify), so that no bound token is ever good as a plain bearer token.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::bearer::{
///     BoundIdentity, BoundNowOrLater, TokenConfirmation, VerifyBoundToken,
/// };
/// use tower_challenge::{NowOrLater, Principal, Secret, VerifyFailure};
///
/// struct OneToken;
///
/// impl VerifyBoundToken for OneToken {
///     type Identity = Principal;
///
///     fn verify_bound(&self, token: Secret<'_>) -> BoundNowOrLater<Principal> {
///         let key = TokenConfirmation::key([7; 32]);
///         let owner = || BoundIdentity::new(Principal::new("ada"), Some(key));
///         let owner = token.matches("t0ken").then(owner);
///         NowOrLater::now(Ok(owner.ok_or(VerifyFailure::default())))
///     }
/// }
///
/// let verify = |token| OneToken.verify_bound(Secret::new(token)).try_now().unwrap().unwrap();
/// let bound = verify("t0ken").unwrap();
/// assert_eq!(bound.confirmation().unwrap().key_thumbprint(), Some(&[7; 32]));
/// assert!(verify("guess").is_err());
/// ```
pub trait VerifyBoundToken: Send + Sync + 'static {
    /// The identity of a caller with a valid token.
    type Identity: Clone + Send + Sync + 'static;

    /// Finds the identity that belongs to `token`, and what the token is bound to. The token is a b64token (RFC 6750
    /// section 2.1) and never empty. For an unknown, expired or revoked token, the answer is
    /// [`VerifyFailure`](crate::VerifyFailure). So it is for a token that is bound to something that
    /// [`TokenConfirmation`] cannot say: it must not pass as an unbound token.
    ///
    /// # Errors
    ///
    /// The answer is an error if the verifier cannot tell, for example because its database is out of reach.
    fn verify_bound(&self, token: Secret<'_>) -> BoundNowOrLater<Self::Identity>;

    /// Whether the verifier knows beforehand that it will accept no token. The schemes refuse such a verifier when they
    /// are built.
    fn is_empty(&self) -> bool {
        false
    }
}

forward! { Arc: VerifyBoundToken {
    type Identity;
    fn verify_bound(&self, token: Secret<'_>) -> BoundNowOrLater<T::Identity>;
    fn is_empty(&self) -> bool;
} }
