//! The sender of a request, as its token identifies it.

use std::sync::Arc;

use crate::principal::Principal;

/// The application server that has signed a request: its public key, and its contact.
///
/// A clone is cheap: it increments two reference counters.
///
/// [`map_identity`](crate::scheme::SchemeExt::map_identity) makes a [`Principal`] of it, for example beside other schemes:
/// `vapid.map_identity(|sender| sender.principal())`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ApplicationServer {
    key: Arc<str>,
    contact: Option<Arc<str>>,
}

impl ApplicationServer {
    pub(super) fn new(key: &str, contact: Option<&str>) -> Self {
        Self {
            key: key.into(),
            contact: contact.map(Into::into),
        }
    }

    /// Returns the public key: an uncompressed point of P-256 in base64url, 87 characters. Each key has exactly one spelling,
    /// so keys can be compared as texts.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.key
    }

    /// Returns the claim `sub` of the token, if it has one: a `mailto:` or `https:` URI, by which the operator of the push
    /// service can reach the sender (RFC 8292 section 2.1). Nothing verifies it, and it may be any text.
    #[must_use]
    pub fn contact(&self) -> Option<&str> {
        self.contact.as_deref()
    }

    /// Returns a principal whose name is the public key.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal::new(&self.key)
    }
}
