//! The header of the last token that verified.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use crate::jose::JoseHeader;

/// Remembers the header of the last token that verified, since most tokens of an issuer have the same header. Each verifier
/// has one of its own, so a remembered header has passed the rules of that verifier.
///
/// Only a token with a right signature replaces it. So a client without such a token cannot make the verifier read each
/// header anew.
#[derive(Default)]
pub(super) struct LastHeader(RwLock<Option<Arc<KnownHeader>>>);

pub(super) struct KnownHeader {
    /// The header in base64url.
    encoded: Box<str>,
    pub(super) header: JoseHeader<'static>,
}

impl LastHeader {
    /// Returns the header whose base64url is `encoded`, or `None` if the last token had another.
    pub(super) fn find(&self, encoded: &str) -> Option<Arc<KnownHeader>> {
        let last = self.0.read().unwrap_or_else(PoisonError::into_inner);
        last.as_ref()
            .filter(|known| *known.encoded == *encoded)
            .cloned()
    }

    pub(super) fn keep(&self, encoded: &str, header: JoseHeader<'_>) {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let known = KnownHeader {
            encoded: encoded.into(),
            header: JoseHeader {
                algorithm: header.algorithm,
                key_id: header.key_id.map(owned),
            },
        };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(known));
    }
}
