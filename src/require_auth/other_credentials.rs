//! How does the layer hide credentials that schemes read outside of the credentials field?

use std::sync::Arc;

use http::{HeaderName, Request};

use crate::scheme::{CredentialsField, Scheme};
use crate::server_role::ServerRole;

/// The fields in which the schemes of a layer read credentials beside the credentials field. A field is there once for each
/// scheme that reads it, because each scheme may hide another part of it.
#[derive(Clone, Debug)]
pub(super) struct OtherCredentials(Arc<[CredentialsField]>);

impl OtherCredentials {
    pub(super) fn of<A: Scheme>(scheme: &A) -> Self {
        let mut fields = Vec::new();
        scheme.credentials_fields(&mut fields);
        Self(fields.into())
    }

    /// Hides these credentials from the inner service. If another scheme has admitted the caller, they are not even verified.
    #[inline]
    pub(super) fn hide<B>(&self, role: ServerRole, request: &mut Request<B>) {
        for field in &*self.0 {
            field.hide(role, request);
        }
    }

    /// Marks these credentials as sensitive, for a request that passes without a caller.
    pub(super) fn mark<B>(&self, request: &mut Request<B>) {
        for field in &*self.0 {
            field.mark(request);
        }
    }

    /// Iterates over the fields that caches have to know. A name may be there several times.
    pub(super) fn varied(&self) -> impl Iterator<Item = &HeaderName> {
        let varied = self.0.iter().filter(|field| field.is_varied_by());
        varied.map(CredentialsField::name)
    }
}
