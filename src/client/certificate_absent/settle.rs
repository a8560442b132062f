//! Leaves certificates alone.

use http::Request;

use super::source::CertificateSource;
use crate::client::resolver::ClientResolver;

impl ClientResolver {
    /// Leaves the request as it is: without the feature, no code reads a certificate.
    #[inline]
    pub(crate) const fn settle_certificate<B>(&self, _: &mut Request<B>) {
        let CertificateSource = self.certificate;
    }
}
