//! Does the caller of a verifier check to which key a token is bound?

use crate::scheme::bearer::{BoundIdentity, TokenConfirmation};

/// Whether the caller of a verifier checks to what a token is bound.
pub(crate) trait BindingCheck<I> {
    /// The identity, as the caller gets it.
    type Found: Send + 'static;

    /// Returns the identity of a valid token that is bound as `confirmation` says.
    ///
    /// # Errors
    ///
    /// The token is bound, and the caller does not check to what.
    fn found(
        identity: &I,
        confirmation: Option<&TokenConfirmation>,
    ) -> Result<Self::Found, UncheckedBinding>;
}

/// Says that a token is bound, and that the caller of the verifier does not check to what.
pub(crate) struct UncheckedBinding;

/// The caller checks no proof, so a bound token is refused.
pub(crate) enum PlainTokens {}

/// The caller checks the proof.
pub(crate) enum BoundTokens {}

impl<I: Clone + Send + 'static> BindingCheck<I> for PlainTokens {
    type Found = I;

    #[inline]
    fn found(
        identity: &I,
        confirmation: Option<&TokenConfirmation>,
    ) -> Result<I, UncheckedBinding> {
        match confirmation {
            None => Ok(identity.clone()),
            Some(_) => Err(UncheckedBinding),
        }
    }
}

impl<I: Clone + Send + 'static> BindingCheck<I> for BoundTokens {
    type Found = BoundIdentity<I>;

    #[inline]
    fn found(
        identity: &I,
        confirmation: Option<&TokenConfirmation>,
    ) -> Result<BoundIdentity<I>, UncheckedBinding> {
        Ok(BoundIdentity::new(identity.clone(), confirmation.copied()))
    }
}
