//! Certificate authorities that the application names.

use super::builder::{IDLE_CONNECTIONS, IntrospectionVerifierBuilder};
use crate::config_error::ConfigError;
use crate::http_client::client_with_roots;

impl<I: Clone + Send + Sync + 'static> IntrospectionVerifierBuilder<I> {
    /// Trusts the certificate authorities of `pem` and no other. It is the text of one or more certificates in PEM
    /// (RFC 7468), for example that of the authority of a company.
    ///
    /// # Errors
    ///
    /// `pem` has no certificate, or has a certificate that cannot be read.
    pub fn tls_roots(self, pem: &str) -> Result<Self, ConfigError> {
        Ok(self.with_client(client_with_roots(pem, IDLE_CONNECTIONS)?))
    }
}
