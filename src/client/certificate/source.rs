//! Which field of the trusted proxies holds the certificate of their client?

use super::field::CertificateField;

/// The field in which the trusted proxies send the certificate of their client, if they do.
#[derive(Clone, Debug)]
pub(in crate::client) struct CertificateSource(pub(super) Option<CertificateField>);

impl CertificateSource {
    /// Trusts no field.
    pub(in crate::client) const NONE: Self = Self(None);
}
