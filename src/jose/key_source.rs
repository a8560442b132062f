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
pub trait KeySource: Send + Sync + 'static {
    /// Returns the keys that are good now. A verifier asks for every token, also for a token that it has verified
    /// before, so that a key that is withdrawn takes effect at once.
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
