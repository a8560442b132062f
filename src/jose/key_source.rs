//! Says which keys of an issuer are good now.

use std::sync::Arc;

use super::key_set::KeySet;
use crate::forward::forward;
use crate::now_or_later::NowOrLater;
use crate::unavailable::Unavailable;

/// Says which keys of an issuer are good now.
///
/// A [`KeySet`] is a source whose keys never change. A [`KeyFile`](super::KeyFile) follows a file, and `jwks::RemoteKeys`
/// (feature `jwks`) follows the URL of an issuer.
///
/// # Example
///
/// ```
/// # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
/// use std::sync::{Arc, RwLock};
/// use tower_challenge::jose::{KeySet, KeySource};
/// use tower_challenge::{NowOrLater, Unavailable};
///
/// /// Keys that an operator sets while the program runs.
/// #[derive(Clone, Default)]
/// struct OperatorKeys(Arc<RwLock<Option<KeySet>>>);
///
/// impl KeySource for OperatorKeys {
///     fn keys(&self) -> NowOrLater<Result<KeySet, Unavailable>> {
///         let keys = self.0.read().unwrap().clone();
///         NowOrLater::now(keys.ok_or_else(|| Unavailable::new("the operator has set no keys")))
///     }
/// }
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let source = OperatorKeys::default();
/// let keys = || source.keys().try_now().ok().unwrap();
/// assert!(keys().is_err(), "a token gets 503");
///
/// let jwks = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// *source.0.write().unwrap() = Some(KeySet::from_jwks(jwks)?);
/// assert_eq!(keys().unwrap().len(), 1);
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
pub trait KeySource: Send + Sync + 'static {
    /// Returns the keys that are good now. A verifier asks for every token, also for a token that it has verified
    /// before, so that a key that is withdrawn takes effect at once.
    ///
    /// Return clones of one [`KeySet`] until the keys change. A set that is made again for each call is another set, even
    /// if its keys are the same: the verifier then searches it for the key of each token that it remembers.
    ///
    /// # Errors
    ///
    /// There are no keys, for example because the issuer did not answer since the program started. The layer answers
    /// `503`.
    fn keys(&self) -> NowOrLater<Result<KeySet, Unavailable>>;

    /// Returns keys that are newer than `known`, because a token names a key that `known` does not have. Returns `known`
    /// itself if there are no newer keys, or if the source looked for them a short while ago. The verifier then
    /// refuses the token.
    ///
    /// The default never has newer keys.
    fn newer_than(&self, known: KeySet) -> NowOrLater<KeySet> {
        NowOrLater::now(known)
    }
}

impl KeySource for KeySet {
    fn keys(&self) -> NowOrLater<Result<KeySet, Unavailable>> {
        NowOrLater::now(Ok(self.clone()))
    }
}

forward! { Arc, Box: KeySource {
    fn keys(&self) -> NowOrLater<Result<KeySet, Unavailable>>;
    fn newer_than(&self, known: KeySet) -> NowOrLater<KeySet>;
} }
