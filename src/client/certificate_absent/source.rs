//! Stands in for the field of a certificate.

/// Trusts no field.
#[derive(Clone, Debug)]
pub(in crate::client) struct CertificateSource;

impl CertificateSource {
    pub(in crate::client) const NONE: Self = Self;
}
